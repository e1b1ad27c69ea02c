// Small observable records, and the hook by which components follow a part of one.
import { useEffect, useRef, useState } from "preact/hooks";

export class Store<T extends object> {
  private readonly followers = new Set<() => void>();
  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(changes: Partial<T>): void {
    this.value = { ...this.value, ...changes };
    for (const follower of [...this.followers]) follower();
  }

  /** Call a function after every change; returns how to stop that. */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }
}

/** The selected part of a record; the component renders again when it is another. */
export function useStore<T extends object, P>(store: Store<T>, select: (value: T) => P): P {
  const value = select(store.get());
  const latest = useRef({ select, value });
  latest.current = { select, value };
  const [, again] = useState(0);
  useEffect(() => {
    const look = (): void => {
      if (!Object.is(latest.current.select(store.get()), latest.current.value)) again((n) => n + 1);
    };
    look();
    return store.follow(look);
  }, [store]);
  return value;
}
