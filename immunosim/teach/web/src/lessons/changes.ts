// Changes of a scenario document by key, as links and lessons hold them: the port of immunosim/teach/link.py.
import type { Changes } from "./record";

type Table = Record<string, unknown>;

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

function isTable(value: unknown): value is Table {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function areTables(value: unknown): value is Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

/** The document that changes give with their base; null removes a key. */
export function layOver<D extends object>(base: D, changes: Changes): D {
  const document = structuredClone(base) as unknown as Table;
  for (const [key, value] of Object.entries(changes)) {
    const steps = key.split(".");
    if (steps.some((step) => FORBIDDEN.has(step))) throw new Error(`${key} cannot be changed`);
    const last = steps.pop()!;
    let table: unknown = document;
    for (const step of steps) {
      if (Array.isArray(table)) table = table[Number(step) - 1];
      else if (isTable(table)) table = table[step] ??= {};
    }
    if (Array.isArray(table)) table[Number(last) - 1] = structuredClone(value);
    else if (!isTable(table)) throw new Error(`${key} is not in the scenario`);
    else if (value === null) delete table[last];
    else table[last] = structuredClone(value);
  }
  return document as unknown as D;
}

/** What must be laid over a base document to get another, by key. */
export function differences(base: object, other: object): Changes {
  const found: Changes = {};
  compare(base, other, "", found);
  return found;
}

function compare(base: unknown, other: unknown, path: string, found: Changes): void {
  if (isTable(base) && isTable(other)) {
    for (const key of new Set([...Object.keys(base), ...Object.keys(other)])) {
      const place = path ? `${path}.${key}` : key;
      if (!(key in other)) found[place] = null;
      else if (!(key in base)) found[place] = other[key];
      else compare(base[key], other[key], place, found);
    }
  } else if (areTables(base) && areTables(other) && base.length === other.length) {
    base.forEach((mine, n) => compare(mine, other[n], `${path}.${n + 1}`, found));
  } else if (JSON.stringify(base) !== JSON.stringify(other)) {
    found[path] = other;
  }
}

/** The keys of changes down to single values: a table that the base has not is every value in it. */
export function leaves(changes: Changes): string[] {
  return Object.entries(changes).flatMap(([key, value]) => (isTable(value) ? leaves(value).map((below) => `${key}.${below}`) : [key]));
}
