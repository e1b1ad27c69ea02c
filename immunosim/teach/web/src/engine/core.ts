/**
 * The trial step over one or two lanes: arrays that the step shares with its driver, and the step itself as
 * WebAssembly or as JavaScript. Names, order and meaning of the arrays are those of
 * `immunosim.numerics.lanes.records.FRAME`.
 */

import type { EngineModel } from "./types";

/** Arrays over lanes by name, lanes innermost. */
export type Arrays = Record<string, Float64Array>;

export interface Core {
  kind: "wasm" | "js";
  width: number;
  arrays: Arrays;
  /** Try a step in all lanes and judge it. */
  attempt(): void;
  /** Fill `state` and `change` at the fraction `theta` of the step. */
  sample(): void;
  /** Put the size of the sampled states' defect in `norm`. */
  defect(): void;
  /** Move lanes that accepted the step to its end. */
  advance(): void;
}

const PER_POOL = ["y", "f", "y_new", "f_new", "atol", "negative_tolerance", "state", "change"];

/** The number of vectors that an array of the frame holds. */
export function lengthOf(name: string, model: EngineModel): number {
  const { sizes, tableau } = model;
  if (PER_POOL.includes(name)) return sizes.pools;
  if (name === "p") return sizes.parameters;
  if (name === "u") return Math.max(sizes.inputs, 1);
  if (name === "lu") return sizes.lu;
  if (name === "increments") return tableau.A.length * sizes.pools;
  return 1;
}
