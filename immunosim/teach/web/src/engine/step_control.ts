/** Choice of the step: the formulas of `immunosim.numerics.step_control` for one patient. */

import { addScaled, firstNonFinite, largestScaled } from "./elements";
import type { EngineModel, Problem } from "./types";

/** What a step would be multiplied by to have an error of one. */
export function rootOf(model: EngineModel, norm: number): number {
  const { smallest_error, largest_error } = model.control;
  const bounded = Math.min(Math.max(norm, smallest_error), largest_error);
  return bounded ** (-1 / (model.tableau.embedded_order + 1));
}

/** Sizes of the last step: `h` (0 for none) and its root. */
export interface Memory {
  h: number;
  root: number;
}

/** The factor from an accepted step to the next (Gustafsson's predictive controller), which is remembered. */
export function acceptedFactor(model: EngineModel, memory: Memory, h: number, norm: number): number {
  const { safety, largest_factor, smallest_factor, smallest_remembered_error } = model.control;
  const root = rootOf(model, norm);
  let factor = safety * root;
  if (memory.h > 0) factor = Math.min(factor, safety * (h / memory.h) * ((root * root) / memory.root));
  memory.h = h;
  memory.root = Math.min(root, rootOf(model, smallest_remembered_error));
  return Math.min(largest_factor, Math.max(smallest_factor, factor));
}

/** The factor by which a step with too large an error shrinks. */
export function rejectedFactor(model: EngineModel, norm: number): number {
  return Math.max(model.control.smallest_factor, model.control.safety * rootOf(model, norm));
}

/** A first step from the first and second derivative at the start (Hairer, Norsett and Wanner I, II.4). */
export function firstStep(
  model: EngineModel,
  problem: Problem,
  y: Float64Array,
  f: Float64Array,
  u: Float64Array,
  span: number,
  scratch: [Float64Array, Float64Array],
): number {
  const { atol, rtol, vector } = problem;
  const size = largestScaled(y, y, y, atol, rtol)[0];
  const slope = largestScaled(f, y, y, atol, rtol)[0];
  const trial = Math.min(span, size > 1e-5 && slope > 1e-5 ? (0.01 * size) / slope : 1e-6 * span);
  const [yTrial, fTrial] = scratch;
  yTrial.set(y);
  addScaled(yTrial, trial, f);
  model.kernels.rhs(yTrial, vector, u, fTrial);
  // Euler's step left the domain of the rates: a hundredth of it is tried, and step control does the rest.
  if (firstNonFinite(fTrial) >= 0) return 0.01 * trial;
  addScaled(fTrial, -1, f);
  const steepest = Math.max(slope, largestScaled(fTrial, y, y, atol, rtol)[0] / trial);
  if (steepest <= 1e-15) return Math.max(1e-6 * span, 1e-3 * trial);
  return Math.min(100 * trial, (0.01 / steepest) ** (1 / model.tableau.order), span);
}
