// What the screen is like: narrow ones keep one chart in sight above the knobs.
import { useEffect, useState } from "preact/hooks";

const NARROW = "(max-width: 760px)";

export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const list = matchMedia(NARROW);
    const look = (): void => setNarrow(list.matches);
    list.addEventListener("change", look);
    return () => list.removeEventListener("change", look);
  }, []);
  return narrow;
}
