// The fast path of a move: one frame computes the scenario and draws every chart, outside the components.
import { runOf } from "../run";
import { givenIn } from "./doses";
import { faultOf } from "./faults";
import { scenario, session, shown, view } from "./state";
import { chartTimes } from "./times";

type Painter = () => void;
const painters = new Set<Painter>();
const afterwards = new Set<Painter>();
let isWaiting = false;
let rest: ReturnType<typeof setTimeout> | undefined;

/** Draw with every frame; returns how to stop. */
export function paintWith(painter: Painter): () => void {
  painters.add(painter);
  return () => void painters.delete(painter);
}

/** Call once a move has come to rest: words, tables, the address, the virtual patients. */
export function afterMove(listener: Painter): () => void {
  afterwards.add(listener);
  return () => void afterwards.delete(listener);
}

/** Milliseconds without a move after which it has come to rest. */
const REST = 160;

function simulateNow(): void {
  const { loaded } = session.get();
  if (!loaded) return;
  const { doc } = scenario.get();
  try {
    const given = givenIn(doc, loaded.tables);
    const run = runOf(loaded, doc, (first, last) => chartTimes(first, last, given.flatMap((dose) => dose.times), view.get().zoom));
    shown.set(run.status === "OK" ? { run, fault: null } : { fault: { key: run.status, reason: String(run.failTime), cure: "" } });
  } catch (error) {
    shown.set({ fault: faultOf(error) });
  }
}

/** Draw every chart again without a new run. */
export function paint(): void {
  for (const painter of painters) painter();
}

function frame(): void {
  isWaiting = false;
  simulateNow();
  paint();
  clearTimeout(rest);
  rest = setTimeout(() => {
    for (const listener of [...afterwards]) listener();
  }, REST);
}

/** Simulate and draw with the next frame. */
export function requestRun(): void {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(frame);
}

/** Simulate and draw at once; for the first view and for tests. */
export function runAtOnce(): void {
  frame();
}
