/**
 * A trial whose factors grew too much, repeated with a dense matrix and partial pivoting: `numerics.pivoting` and the
 * stages of `numerics.rosenbrock`, for one patient. Also the step of its own that an output takes where the interpolant
 * is not trusted.
 */

import { addScaled, firstNonFinite } from "./elements";
import type { EngineModel } from "./types";

export class ScalarStep {
  readonly jacobian: Float64Array;
  readonly lu: Float64Array;
  readonly increments: Float64Array[];
  readonly yNew: Float64Array;
  readonly fNew: Float64Array;
  private readonly matrix: Float64Array;
  private readonly sizes: Float64Array;
  private readonly swaps: Int32Array;
  private isPivoted = false;

  constructor(private readonly model: EngineModel) {
    const n = model.sizes.pools;
    this.jacobian = new Float64Array(model.sizes.rows.length);
    this.lu = new Float64Array(model.sizes.lu);
    this.increments = model.tableau.A.map(() => new Float64Array(n));
    this.yNew = new Float64Array(n);
    this.fNew = new Float64Array(n);
    this.matrix = new Float64Array(n * n);
    this.sizes = new Float64Array(n);
    this.swaps = new Int32Array(n);
  }

  /** Factorise I / (gamma h) - J, with pivoting where need be; false if that breaks down too. */
  factorise(y: Float64Array, p: Float64Array, u: Float64Array, h: number): boolean {
    const shift = 1 / (this.model.tableau.gamma * h);
    this.model.kernels.jacobian(y, p, u, this.jacobian);
    this.isPivoted = false;
    if (this.model.kernels.factorise(this.jacobian, shift, this.lu) <= this.model.control.growth_limit) return true;
    return this.factorisePivoted(shift);
  }

  /** Factorise with partial pivoting the Jacobian that is there; false if the matrix is singular. */
  factorisePivoted(shift: number): boolean {
    if (!this.assemble(shift)) return false;
    const { matrix, sizes, swaps } = this;
    const n = sizes.length;
    for (let k = 0; k < n; k++) {
      let best = 0;
      let chosen = k;
      for (let i = k; i < n; i++) {
        const candidate = Math.abs(matrix[i * n + k]!) / sizes[i]!;
        if (candidate > best) [best, chosen] = [candidate, i];
      }
      if (best === 0) return false;
      swaps[k] = chosen;
      if (chosen !== k) this.swap(k, chosen);
      for (let i = k + 1; i < n; i++) {
        const share = matrix[i * n + k]! / matrix[k * n + k]!;
        matrix[i * n + k] = share;
        for (let j = k + 1; j < n; j++) matrix[i * n + j] = matrix[i * n + j]! - share * matrix[k * n + j]!;
      }
    }
    this.isPivoted = true;
    return true;
  }

  private swap(k: number, chosen: number): void {
    const { matrix, sizes } = this;
    const n = sizes.length;
    for (let j = 0; j < n; j++) {
      const kept = matrix[k * n + j]!;
      matrix[k * n + j] = matrix[chosen * n + j]!;
      matrix[chosen * n + j] = kept;
    }
    sizes[chosen] = sizes[k]!;
  }

  /** Write shift I - J as a dense matrix, and the size of each row; false if a row is empty or not finite. */
  private assemble(shift: number): boolean {
    const { matrix, sizes, jacobian } = this;
    const { rows, columns } = this.model.sizes;
    const n = sizes.length;
    matrix.fill(0);
    for (let i = 0; i < n; i++) matrix[i * n + i] = shift;
    for (let k = 0; k < jacobian.length; k++) {
      const place = rows[k]! * n + columns[k]!;
      matrix[place] = matrix[place]! - jacobian[k]!;
    }
    for (let i = 0; i < n; i++) {
      sizes[i] = 0;
      for (let j = 0; j < n; j++) {
        const size = Math.abs(matrix[i * n + j]!);
        if (!Number.isFinite(size)) return false;
        sizes[i] = Math.max(sizes[i]!, size);
      }
      if (sizes[i] === 0) return false;
    }
    return true;
  }

  private solve(b: Float64Array): void {
    if (!this.isPivoted) return this.model.kernels.solve(this.lu, b);
    const { matrix, swaps } = this;
    const n = b.length;
    for (let k = 0; k < n; k++) {
      const chosen = swaps[k]!;
      if (chosen !== k) [b[k], b[chosen]] = [b[chosen]!, b[k]!];
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) b[i] = b[i]! - matrix[i * n + j]! * b[j]!;
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) b[i] = b[i]! - matrix[i * n + j]! * b[j]!;
      b[i] = b[i]! / matrix[i * n + i]!;
    }
  }

  /** Fill the increments and `yNew` with the factors that are there, equations (T1) and (T2). */
  stages(y: Float64Array, f: Float64Array, p: Float64Array, u: Float64Array, h: number): void {
    const { tableau, kernels } = this.model;
    this.increments[0]!.set(f);
    this.solve(this.increments[0]!);
    for (let stage = 1; stage < tableau.n_stages; stage++) {
      const out = this.increments[stage]!;
      this.yNew.set(y);
      for (let j = 0; j < stage; j++) addScaled(this.yNew, tableau.A[stage]![j]!, this.increments[j]!);
      kernels.rhs(this.yNew, p, u, out);
      for (let j = 0; j < stage; j++) addScaled(out, tableau.C[stage]![j]! / h, this.increments[j]!);
      this.solve(out);
    }
    addScaled(this.yNew, 1, this.increments[tableau.n_stages - 1]!);
  }

  /** Reach a state by a step of its own, in `yNew`; false if that breaks down. */
  step(y: Float64Array, f: Float64Array, p: Float64Array, u: Float64Array, h: number): boolean {
    if (!this.factorise(y, p, u, h)) return false;
    this.stages(y, f, p, u, h);
    return firstNonFinite(this.yNew) < 0;
  }
}
