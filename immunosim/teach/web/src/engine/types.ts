/** What the engine solves and what it returns. Pure arithmetic: knows no scenario, no page and no worker. */

/** The kernels of a model as JavaScript, written by `immunosim.codegen.web.javascript`. */
export interface Kernels {
  close(p: Float64Array): void;
  baseline(p: Float64Array, out: Float64Array): void;
  rhs(y: Float64Array, p: Float64Array, u: Float64Array, out: Float64Array): void;
  jacobian(y: Float64Array, p: Float64Array, u: Float64Array, out: Float64Array): void;
  factorise(jacobian: Float64Array, shift: number, lu: Float64Array): number;
  solve(lu: Float64Array, b: Float64Array): void;
  rates(y: Float64Array, p: Float64Array, u: Float64Array, out: Float64Array): void;
  readouts(y: Float64Array, p: Float64Array, u: Float64Array, out: Float64Array): void;
}

/** The method, equations (T1) to (T3) of `immunosim.numerics.tableaus`, and the constants of step control. */
export interface Tableau {
  name: string;
  gamma: number;
  order: number;
  embedded_order: number;
  n_stages: number;
  A: number[][];
  C: number[][];
  H: number[][];
}

/** Lengths of the arrays, and where the nonzero entries of the Jacobian stand. */
export interface Sizes {
  pools: number;
  parameters: number;
  inputs: number;
  readouts: number;
  processes: number;
  lu: number;
  rows: number[];
  columns: number[];
}

/** Constants of the integrator, as Python has them, so that they are written once. */
export interface Control {
  safety: number;
  largest_factor: number;
  smallest_factor: number;
  smallest_error: number;
  largest_error: number;
  smallest_remembered_error: number;
  blind_factor: number;
  lands: number;
  shortest_of_time: number;
  shortest_of_rest: number;
  growth_limit: number;
  largest_defect: number;
  quiet_defect: number;
}

/** A model as the engine sees it. */
export interface EngineModel {
  sizes: Sizes;
  tableau: Tableau;
  control: Control;
  frame: string[];
  kernels: Kernels;
}

/** One patient under one regimen, as numbers; times in days. */
export interface Problem {
  vector: Float64Array;
  initial: Float64Array;
  boundaries: Float64Array;
  inputs: Float64Array[];
  jumps: Float64Array[];
  times: Float64Array;
  rtol: number;
  atol: Float64Array;
  negative: Float64Array;
  maxSteps: number;
  maxStep?: number;
}

export const STATUSES = [
  "OK",
  "STEP_LIMIT",
  "STEP_UNDERFLOW",
  "NON_FINITE",
  "NEGATIVE",
  "SINGULAR_MATRIX",
  "REFUSED_INPUT",
] as const;
export type Status = (typeof STATUSES)[number];

/** What became of a solve: a failure is a value, and its states stay NaN. */
export interface Solution {
  status: Status;
  /** Day that a failed solve reached; NaN where it succeeded. */
  failTime: number;
  /** Pool that decided over the last step, -1 for none. */
  pool: number;
  /** Shape (n_times, n_pools), line by line. */
  states: Float64Array;
  nSteps: number;
  nRejected: number;
}
