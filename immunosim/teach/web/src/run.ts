// From a scenario document to numbers at chosen times: the only way in which the page, its lessons and the worker run the model.
import { createEngine, type Engine, type Solution } from "./engine";
import type { ModelTables, ScenarioDocument } from "./model";
import { prepare, type Prepared } from "./scenario";

/** What a model script registers: tables and kernels that Python wrote. */
export interface ModelBundle {
  tables: ModelTables;
  kernels: Record<string, (...values: never[]) => unknown>;
  wasm?: string;
  wasm2?: string;
}

export interface Loaded {
  name: string;
  bundle: ModelBundle;
  tables: ModelTables;
  engine: Engine;
  kind: "wasm" | "js";
}

/** A solved scenario. */
export interface Run {
  doc: ScenarioDocument;
  status: string;
  failTime: number;
  times: Float64Array;
  vector: Float64Array;
  states: Float64Array;
  /** Values of a read-out at every time. */
  readout(index: number): Float64Array;
  pool(index: number): Float64Array;
  /** Rates of all processes at every time, time by time. */
  rates(): Float64Array;
}

/** Start a model: WebAssembly where the browser allows it, JavaScript otherwise; of two lanes for many patients. */
export async function load(name: string, bundle: ModelBundle, width: 1 | 2 = 1): Promise<Loaded> {
  try {
    const engine = await createEngine(bundle as never, "wasm", width);
    return { name, bundle, tables: bundle.tables, engine, kind: "wasm" };
  } catch {
    const engine = await createEngine(bundle as never, "js");
    return { name, bundle, tables: bundle.tables, engine, kind: "js" };
  }
}

function column(values: Float64Array, width: number, index: number): Float64Array {
  const n = values.length / width;
  const found = new Float64Array(n);
  for (let i = 0, k = index; i < n; i++, k += width) found[i] = values[k]!;
  return found;
}

/** Which times a run is looked at, of its first and last time and its boundaries. */
export type Choose = (first: number, last: number, boundaries: Float64Array) => Float64Array;

/**
 * Solve a scenario at the times that `choose` names.
 *
 * Throws a ScenarioFault where the scenario is impossible; a solve that failed has its status.
 */
export function runOf(loaded: Loaded, doc: ScenarioDocument, choose: Choose): Run {
  const problem = problemOf(loaded, doc, choose);
  return finished(loaded, problem, loaded.engine.solve(problem));
}

/** A scenario as numbers, to be looked at at chosen times. */
export function problemOf(loaded: Loaded, doc: ScenarioDocument, choose: Choose): Prepared {
  const prepared = prepare(doc, loaded.bundle as never);
  const { boundaries } = prepared;
  return { ...prepared, times: choose(boundaries[0]!, boundaries[boundaries.length - 1]!, boundaries) };
}

/** A run from its solution. */
export function finished(loaded: Loaded, problem: Prepared, solved: Solution): Run {
  const { doc, times, vector } = problem;
  return { doc, status: solved.status, failTime: solved.failTime, times, vector, states: solved.states, ...lazily(loaded, problem, solved.states) };
}

/** Read-outs and rates, computed when they are first asked for. */
function lazily(loaded: Loaded, problem: { vector: Float64Array; boundaries: Float64Array; inputs: Float64Array[]; times: Float64Array }, states: Float64Array) {
  const { tables, engine } = loaded;
  const n = tables.readouts.length;
  let readouts: Float64Array | undefined, rates: Float64Array | undefined, inputs: Float64Array | undefined;
  const given = (): Float64Array => (inputs ??= inputsAt(problem));
  return {
    readout: (index: number) => column((readouts ??= engine.readouts(problem.vector, given(), states)), n, index),
    pool: (index: number) => column(states, tables.pools.length, index),
    rates: () => (rates ??= engine.rates(problem.vector, given(), states)),
  };
}

/** The inputs that hold at each time: those of the segment that ends there or in which it lies. */
function inputsAt(problem: { boundaries: Float64Array; inputs: Float64Array[]; times: Float64Array }): Float64Array {
  const { boundaries, inputs, times } = problem;
  const width = inputs[0]?.length ?? 0;
  const found = new Float64Array(times.length * width);
  let segment = 0;
  for (let i = 0; i < times.length; i++) {
    while (segment < inputs.length - 1 && times[i]! > boundaries[segment + 1]!) segment++;
    found.set(inputs[segment]!, i * width);
  }
  return found;
}
