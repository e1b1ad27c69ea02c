/** The step as JavaScript, for one patient: `step_ir`, `control_ir` and `output_ir` of the lane core in the same order. */

import { type Arrays, type Core, lengthOf } from "./core";
import { addRows } from "./elements";
import { acceptedFactor, type Memory, rejectedFactor } from "./step_control";
import type { EngineModel } from "./types";

export function jsCore(model: EngineModel): Core {
  return new JsCore(model);
}

class JsCore implements Core {
  readonly kind = "js";
  readonly width = 1;
  readonly arrays: Arrays = {};
  private readonly increments: Float64Array[];
  private readonly jacobian: Float64Array;
  private readonly slope: Float64Array;
  private readonly shares: Float64Array;

  constructor(private readonly model: EngineModel) {
    for (const name of model.frame) this.arrays[name] = new Float64Array(lengthOf(name, model));
    const n = model.sizes.pools;
    this.increments = model.tableau.A.map((_, j) => this.arrays.increments!.subarray(j * n, (j + 1) * n));
    this.jacobian = new Float64Array(model.sizes.rows.length);
    this.slope = new Float64Array(n);
    this.shares = new Float64Array(model.tableau.A.length);
  }

  attempt(): void {
    const { model, arrays: at, increments } = this;
    const { kernels, tableau } = model;
    const [h, rest] = this.propose();
    kernels.jacobian(at.y!, at.p!, at.u!, this.jacobian);
    at.growth![0] = kernels.factorise(this.jacobian, at.shift![0]!, at.lu!);
    increments[0]!.set(at.f!);
    kernels.solve(at.lu!, increments[0]!);
    for (let stage = 1; stage < tableau.n_stages; stage++) this.stage(stage, at.y_new!);
    const last = increments[tableau.n_stages - 1]!;
    for (let i = 0; i < last.length; i++) at.y_new![i] = at.y_new![i]! + last[i]!;
    kernels.rhs(at.y_new!, at.p!, at.u!, at.f_new!);
    this.look(last);
    this.judge(h, rest);
  }

  /** One stage, equation (T1); `state` receives where its right-hand side is taken. */
  private stage(stage: number, state: Float64Array): void {
    const { arrays: at, increments, shares } = this;
    const { A, C } = this.model.tableau;
    const a = A[stage]!;
    const c = C[stage]!;
    const perH = at.per_h![0]!;
    const out = increments[stage]!;
    const before = A[stage - 1]!;
    const follows = stage > 1 && a[stage - 1] === 1 && a.slice(0, stage - 1).every((share, j) => share === before[j]);
    if (!follows) state.set(at.y!);
    for (let j = 0; j < stage; j++) shares[j] = a[j]!;
    addRows(state, shares, at.increments!, follows ? stage - 1 : 0, stage);
    this.model.kernels.rhs(state, at.p!, at.u!, out);
    for (let j = 0; j < stage; j++) shares[j] = c[j]! * perH;
    addRows(out, shares, at.increments!, 0, stage);
    this.model.kernels.solve(at.lu!, out);
  }

  /** Fit the next trial to the segment; return its step and what is left of the segment. */
  private propose(): [number, number] {
    const { arrays: at } = this;
    const { lands } = this.model.control;
    const t = at.t![0]!;
    const rest = at.end![0]! - t;
    let h = Math.max(this.shortest(t, rest), Math.min(at.h![0]!, at.max_step![0]!));
    const short = h + h > rest ? 0.5 * rest : h;
    h = h * lands >= rest ? rest : t + short - t;
    at.shift![0] = 1 / (this.model.tableau.gamma * h);
    at.per_h![0] = 1 / h;
    return [h, rest];
  }

  private shortest(t: number, rest: number): number {
    const { shortest_of_time, shortest_of_rest } = this.model.control;
    return Math.max(shortest_of_time * Math.abs(t), shortest_of_rest * rest);
  }

  /** Note error norm, validity and margin of the trial. */
  private look(error: Float64Array): void {
    const { arrays: at } = this;
    const [y, yNew, fNew, atol, negative] = [at.y!, at.y_new!, at.f_new!, at.atol!, at.negative_tolerance!];
    const rtol = at.rtol![0]!;
    let [norm, validity, margin] = [0, 0, Infinity];
    for (let i = 0; i < error.length; i++) {
      const next = yNew[i]!;
      const one = Math.abs(y[i]!);
      const other = Math.abs(next);
      const share = Math.abs(error[i]!) / (atol[i]! + rtol * (one > other ? one : other));
      if (share > norm) norm = share;
      // The sum times zero is zero, or NaN as soon as any number is not finite.
      validity += (next + error[i]! + fNew[i]!) * 0;
      const room = next + negative[i]!;
      if (room < margin) margin = room;
    }
    at.norm![0] = norm;
    at.validity![0] = validity;
    at.margin![0] = margin;
  }

  /** Judge the trial: accept it or not, choose the next step, mark what the driver has to look at. */
  private judge(h: number, rest: number): void {
    const { arrays: at, model } = this;
    const [norm, t, end] = [at.norm![0]!, at.t![0]!, at.end![0]!];
    const isSound = at.growth![0]! <= model.control.growth_limit && at.validity![0] === 0;
    const hasRoom = at.margin![0]! >= 0;
    const accepted = isSound && norm <= 1 && hasRoom;
    const isCalm = isSound && (hasRoom || norm > 1);
    let hNext = h;
    if (accepted) {
      const memory: Memory = { h: at.last_h![0]!, root: at.last_root![0]! };
      const grown = acceptedFactor(model, memory, h, norm);
      hNext = h * (at.was_rejected![0]! > 0 ? Math.min(grown, 1) : grown);
      at.last_h![0] = memory.h;
      at.last_root![0] = memory.root;
    } else if (isCalm) hNext = h * rejectedFactor(model, norm);
    const reached = accepted ? (h === rest ? end : t + h) : t;
    at.n_trials![0]!++;
    const isStuck = !accepted && hNext < this.shortest(t, rest);
    const isLast = at.n_trials![0]! >= at.max_trials![0]!;
    const isThrough = accepted && reached >= end;
    at.h![0] = hNext;
    if (accepted) at.was_rejected![0] = 0;
    else if (isCalm) at.was_rejected![0] = 1;
    at.t_new![0] = reached;
    at.n_accepted![0]! += accepted ? 1 : 0;
    at.accepted![0] = accepted ? 1 : 0;
    at.event![0] = !isCalm || isStuck || isLast || isThrough ? 1 : 0;
    at.due![0] = accepted && at.output_time![0]! <= reached ? 1 : 0;
  }

  sample(): void {
    const { arrays: at, increments } = this;
    const { H, A, n_stages } = this.model.tableau;
    for (let stage = n_stages; stage < A.length; stage++) this.stage(stage, at.state!);
    const theta = at.theta![0]!;
    const rest = 1 - theta;
    const both = theta * rest;
    const tilt = rest - theta;
    const state = at.state!;
    const change = at.change!;
    for (let i = 0; i < state.length; i++) {
      state[i] = rest * at.y![i]! + theta * at.y_new![i]!;
      change[i] = at.y_new![i]! - at.y![i]!;
    }
    for (let j = 0; j < A.length; j++) {
      let lifted = theta * H[2]![j]!;
      let bend = H[1]![j]! + (lifted + lifted);
      if (H.length === 4) {
        const cubic = theta * (theta * H[3]![j]!);
        lifted += cubic;
        bend += 3 * cubic;
      }
      const inner = H[0]![j]! + theta * (H[1]![j]! + lifted);
      const value = both * inner;
      const slope = tilt * inner + both * bend;
      const u = increments[j]!;
      for (let i = 0; i < state.length; i++) {
        state[i] = state[i]! + value * u[i]!;
        change[i] = change[i]! + slope * u[i]!;
      }
    }
    const perH = -at.per_h![0]!;
    for (let i = 0; i < change.length; i++) change[i] = change[i]! * perH;
  }

  defect(): void {
    const { arrays: at, model } = this;
    const change = at.change!;
    const f = this.slope;
    model.kernels.rhs(at.state!, at.p!, at.u!, f);
    for (let i = 0; i < f.length; i++) change[i] = change[i]! + f[i]!;
    model.kernels.solve(at.lu!, change);
    let norm = 0;
    const rtol = at.rtol![0]!;
    for (let i = 0; i < change.length; i++) {
      const share = Math.abs(change[i]!) / (at.atol![i]! + rtol * Math.abs(at.state![i]!));
      if (share > norm) norm = share;
    }
    at.norm![0] = norm;
  }

  advance(): void {
    const { arrays: at } = this;
    if (!(at.accepted![0]! > 0.5)) return;
    at.t![0] = at.t_new![0]!;
    at.y!.set(at.y_new!);
    at.f!.set(at.f_new!);
  }
}
