/**
 * One patient in a lane of the core: its segments, its outputs, and what is wrong with a trial that no vector can judge;
 * `numerics.lanes.driver`, `control`, `fallback` and `output` for one lane.
 */

import type { Core } from "./core";
import { firstBelow, firstNonFinite, gather, largestScaled, scatter } from "./elements";
import { ScalarStep } from "./pivoting";
import { acceptedFactor, firstStep, rejectedFactor } from "./step_control";
import type { EngineModel, Problem, Solution, Status } from "./types";

/** In the place of the growth of the factors: the trial was repeated with pivoting. */
const PIVOTED_GROWTH = -1;

/** What a lane wants of a round of samples. */
export type Wish = "nothing" | "middle" | "checked" | "distrusted";

export class Lane {
  readonly solution: Solution;
  wish: Wish = "nothing";
  isBusy = true;
  private segment = 0;
  private nextTime = 0;
  private status: Status = "OK";
  private pool = -1;
  private readonly y: Float64Array;
  private readonly f: Float64Array;
  private readonly yNew: Float64Array;
  private readonly error: Float64Array;

  constructor(
    private readonly model: EngineModel,
    private readonly core: Core,
    private readonly lane: number,
    private readonly problem: Problem,
    private readonly scalar: ScalarStep,
  ) {
    const n = model.sizes.pools;
    [this.y, this.f, this.yNew, this.error] = [0, 1, 2, 3].map(() => new Float64Array(n)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const states = new Float64Array(problem.times.length * n).fill(NaN);
    this.solution = { status: "REFUSED_INPUT", failTime: NaN, pool: -1, states, nSteps: 0, nRejected: 0 };
    this.begin();
  }

  private at(name: string): number {
    return this.core.arrays[name]![this.lane]!;
  }

  private put(name: string, value: number): void {
    this.core.arrays[name]![this.lane] = value;
  }

  private load(name: string, out: Float64Array, first = 0): void {
    gather(this.core.arrays[name]!, this.core.width, this.lane, out, first);
  }

  private store(values: Float64Array, name: string, first = 0): void {
    scatter(values, this.core.arrays[name]!, this.core.width, this.lane, first);
  }

  private get inputs(): Float64Array {
    return this.problem.inputs[this.segment]!;
  }

  private begin(): void {
    const { problem } = this;
    const { boundaries, times } = problem;
    this.y.set(problem.initial);
    const isOrdered = times.length === 0 || (boundaries[0]! <= times[0]! && times.at(-1)! <= boundaries.at(-1)!);
    if (firstNonFinite(this.y) >= 0 || firstNonFinite(problem.vector) >= 0 || !isOrdered) {
      this.end("REFUSED_INPUT", boundaries[0]!, -1);
      return;
    }
    for (const [name, value] of [
      ["rtol", problem.rtol],
      ["max_step", problem.maxStep ?? Infinity],
      ["max_trials", problem.maxSteps],
      ["n_trials", 0],
      ["n_accepted", 0],
    ] as const)
      this.put(name, value);
    this.store(problem.atol, "atol");
    this.store(problem.negative, "negative_tolerance");
    this.store(problem.vector, "p");
    while (this.nextTime < times.length && times[this.nextTime] === boundaries[0]) this.deliver(this.y);
    this.setOutputTime();
    this.beginSegment();
  }

  /** Start the next segment from `y`: jump, inputs, first step. */
  private beginSegment(): void {
    const { problem, segment, model } = this;
    const start = problem.boundaries[segment]!;
    const end = problem.boundaries[segment + 1]!;
    this.put("t", start);
    this.put("end", end);
    this.put("last_h", 0);
    this.put("was_rejected", 0);
    const jump = problem.jumps[segment]!;
    for (let i = 0; i < this.y.length; i++) this.y[i] = this.y[i]! + jump[i]!;
    const negative = firstBelow(this.y, problem.negative);
    if (negative >= 0) return this.end("NEGATIVE", start, negative);
    model.kernels.rhs(this.y, problem.vector, this.inputs, this.f);
    const broken = firstNonFinite(this.f);
    if (broken >= 0) return this.end("NON_FINITE", start, broken);
    const scratch: [Float64Array, Float64Array] = [this.yNew, this.error];
    this.put("h", firstStep(model, problem, this.y, this.f, this.inputs, end - start, scratch));
    this.store(this.y, "y");
    this.store(this.f, "f");
    this.store(this.inputs, "u");
    if (this.at("n_trials") >= problem.maxSteps) this.end("STEP_LIMIT", start, -1);
  }

  private end(status: Status, t: number, pool: number): void {
    const { solution } = this;
    this.isBusy = false;
    solution.status = status;
    solution.pool = pool;
    const trials = status === "REFUSED_INPUT" ? 0 : this.at("n_trials");
    solution.nSteps = status === "REFUSED_INPUT" ? 0 : this.at("n_accepted");
    solution.nRejected = trials - solution.nSteps;
    if (status !== "OK") {
      solution.failTime = t;
      solution.states.fill(NaN);
    }
  }

  /** Keep the lane out of what the core computes for the other one. */
  rest(): void {
    for (const name of ["accepted", "event", "due"]) this.put(name, 0);
  }

  // --- trials -------------------------------------------------------------------------------------------------------

  /** Look at a trial with an event: repeat it with pivoting, or find why it cannot be accepted. */
  look(): void {
    if (!(this.at("growth") <= this.model.control.growth_limit)) this.repeat();
    this.status = "OK";
    this.pool = -1;
    if (this.at("accepted") !== 0) return;
    const norm = this.at("norm");
    const isSound = this.at("growth") <= this.model.control.growth_limit && this.at("validity") === 0;
    let problem: Status = "OK";
    if (!(isSound && (norm > 1 || this.at("margin") >= 0))) {
      [problem, this.pool] = this.problemOfTrial(norm);
      const factor = problem === "OK" ? rejectedFactor(this.model, norm) : this.model.control.blind_factor;
      this.put("h", this.at("h") * factor);
      this.put("was_rejected", 1);
    }
    const t = this.at("t");
    const { shortest_of_time, shortest_of_rest } = this.model.control;
    const shortest = Math.max(shortest_of_time * Math.abs(t), shortest_of_rest * (this.at("end") - t));
    if (this.at("h") < shortest) this.status = problem === "OK" ? "STEP_UNDERFLOW" : problem;
    else if (this.at("n_trials") >= this.problem.maxSteps) this.status = "STEP_LIMIT";
    if (problem === "OK" && this.status !== "OK") this.pool = this.worstPool();
  }

  private loadError(): void {
    this.load("increments", this.error, (this.model.tableau.n_stages - 1) * this.model.sizes.pools);
  }

  private worstPool(): number {
    this.load("y", this.y);
    this.load("y_new", this.yNew);
    this.loadError();
    return largestScaled(this.error, this.y, this.yNew, this.problem.atol, this.problem.rtol)[1];
  }

  private problemOfTrial(norm: number): [Status, number] {
    if (!(this.at("growth") <= this.model.control.growth_limit)) {
      this.load("y", this.y);
      this.model.kernels.jacobian(this.y, this.problem.vector, this.inputs, this.scalar.jacobian);
      return [firstNonFinite(this.scalar.jacobian) < 0 ? "SINGULAR_MATRIX" : "NON_FINITE", -1];
    }
    this.load("y_new", this.yNew);
    let pool = firstNonFinite(this.yNew);
    if (pool >= 0) return ["NON_FINITE", pool];
    this.loadError();
    pool = firstNonFinite(this.error);
    if (pool >= 0) return ["NON_FINITE", pool];
    if (norm > 1) return ["OK", -1];
    pool = firstBelow(this.yNew, this.problem.negative);
    if (pool >= 0) return ["NEGATIVE", pool];
    this.load("f_new", this.f);
    return ["NON_FINITE", firstNonFinite(this.f)];
  }

  /** Repeat the trial with pivoting and judge it again; leave it as it is if that breaks down. */
  private repeat(): void {
    const { scalar, problem, model } = this;
    this.load("y", this.y);
    model.kernels.jacobian(this.y, problem.vector, this.inputs, scalar.jacobian);
    if (!scalar.factorisePivoted(this.at("shift"))) return;
    this.load("f", this.f);
    // Of a trial that cannot be judged the vectors leave the step where the wish for the next one would stand.
    const h = this.at("h");
    scalar.stages(this.y, this.f, problem.vector, this.inputs, h);
    model.kernels.rhs(scalar.yNew, problem.vector, this.inputs, scalar.fNew);
    const error = scalar.increments[model.tableau.n_stages - 1]!;
    const norm = largestScaled(error, this.y, scalar.yNew, problem.atol, problem.rtol)[0];
    const isFinite = [scalar.yNew, error, scalar.fNew].every((values) => firstNonFinite(values) < 0);
    const margin = scalar.yNew.reduce((least, value, i) => Math.min(least, value + problem.negative[i]!), Infinity);
    this.put("norm", norm);
    this.put("validity", isFinite ? 0 : NaN);
    this.put("margin", margin);
    this.put("growth", PIVOTED_GROWTH);
    this.store(scalar.yNew, "y_new");
    this.store(scalar.fNew, "f_new");
    scalar.increments.forEach((values, j) => this.store(values, "increments", j * values.length));
    if (isFinite) this.judgeAgain(norm, margin, h);
  }

  private judgeAgain(norm: number, margin: number, h: number): void {
    const [t, end] = [this.at("t"), this.at("end")];
    if (norm > 1) {
      this.put("h", h * rejectedFactor(this.model, norm));
      this.put("was_rejected", 1);
    } else if (margin >= 0) {
      const memory = { h: this.at("last_h"), root: this.at("last_root") };
      const factor = acceptedFactor(this.model, memory, h, norm);
      this.put("last_h", memory.h);
      this.put("last_root", memory.root);
      this.put("h", h * (this.at("was_rejected") !== 0 ? Math.min(factor, 1) : factor));
      const reached = h === end - t ? end : t + h;
      this.put("t_new", reached);
      this.put("accepted", 1);
      this.put("was_rejected", 0);
      this.put("n_accepted", this.at("n_accepted") + 1);
      this.put("due", this.at("output_time") <= reached ? 1 : 0);
      this.put("event", reached >= end || this.at("n_trials") >= this.problem.maxSteps ? 1 : 0);
    }
  }

  /** Do what follows from an event: fail, begin the next segment, or end. */
  settle(): void {
    if (this.status !== "OK") return this.end(this.status, this.at("t"), this.pool);
    if (this.at("accepted") === 0) return;
    const t = this.at("t_new");
    this.load("y_new", this.y);
    // The lane leaves its vectors here: `advance` must not touch what is put there instead.
    this.put("accepted", 0);
    if (t < this.at("end")) return this.end("STEP_LIMIT", t, -1);
    this.segment += 1;
    if (this.segment < this.problem.inputs.length) this.beginSegment();
    else {
      const pool = this.worstPool();
      this.end("OK", t, pool);
    }
  }

  // --- outputs ------------------------------------------------------------------------------------------------------

  private deliver(state: Float64Array): void {
    this.solution.states.set(state, this.nextTime * state.length);
    this.nextTime += 1;
  }

  private setOutputTime(): void {
    this.put("output_time", this.problem.times[this.nextTime] ?? Infinity);
  }

  /** Note what the lane wants of the first round after an accepted step, or deliver the step's end. */
  firstWish(): void {
    const { times } = this.problem;
    const end = this.at("t_new");
    this.wish = "nothing";
    if (times[this.nextTime]! >= end) return this.deliverEnds();
    if (this.at("growth") === PIVOTED_GROWTH) this.wish = "distrusted";
    else this.wish = this.nextTime + 1 < times.length && times[this.nextTime + 1]! < end ? "middle" : "checked";
  }

  /** Tell the core where to sample. */
  place(): void {
    const t = this.at("t");
    const share = (this.problem.times[this.nextTime]! - t) / (this.at("t_new") - t);
    this.put("theta", this.wish === "middle" ? 0.5 : share);
  }

  /** Use what a round computed, and note what is wanted of the next. */
  answer(): void {
    const { times } = this.problem;
    const { largest_defect, quiet_defect } = this.model.control;
    const defect = this.at("norm");
    if (this.wish === "middle") {
      this.wish = "checked";
      if (defect <= quiet_defect) {
        this.wish = "nothing";
        this.deliverQuiet();
      }
      return;
    }
    if (this.wish === "checked" && !(defect <= largest_defect)) this.wish = "distrusted";
    let state: Float64Array = this.yNew;
    this.load("state", state);
    if (this.wish === "distrusted" && this.stepToOutput(this.at("theta"))) state = this.scalar.yNew;
    this.deliver(state);
    this.setOutputTime();
    if (this.nextTime === times.length || times[this.nextTime]! >= this.at("t_new")) {
      this.wish = "nothing";
      this.deliverEnds();
    }
  }

  private stepToOutput(theta: number): boolean {
    this.load("y", this.y);
    this.load("f", this.f);
    const h = theta * (this.at("t_new") - this.at("t"));
    return this.scalar.step(this.y, this.f, this.problem.vector, this.inputs, h);
  }

  private deliverEnds(): void {
    const { times } = this.problem;
    const end = this.at("t_new");
    if (this.nextTime < times.length && times[this.nextTime] === end) this.load("y_new", this.yNew);
    while (this.nextTime < times.length && times[this.nextTime] === end) this.deliver(this.yNew);
    this.setOutputTime();
  }

  /** Deliver all output times of a step that can be interpolated unseen, equation (T3). */
  private deliverQuiet(): void {
    const { times } = this.problem;
    const { H } = this.model.tableau;
    const n = this.model.sizes.pools;
    const [t, end] = [this.at("t"), this.at("t_new")];
    const { increments } = this.core.arrays;
    const { width } = this.core;
    this.load("y", this.y);
    this.load("y_new", this.yNew);
    const dense = H.map((row) => {
      const total = new Float64Array(n);
      row.forEach((share, j) => {
        if (share === 0) return;
        for (let i = 0; i < n; i++) total[i] = total[i]! + share * increments![(j * n + i) * width + this.lane]!;
      });
      return total;
    });
    const state = this.f;
    while (this.nextTime < times.length && times[this.nextTime]! < end) {
      const theta = (times[this.nextTime]! - t) / (end - t);
      const rest = 1 - theta;
      for (let i = 0; i < n; i++) {
        let inner = 0;
        for (let k = dense.length - 1; k >= 0; k--) inner = dense[k]![i]! + theta * inner;
        state[i] = rest * this.y[i]! + theta * (this.yNew[i]! + rest * inner);
      }
      this.deliver(state);
    }
    this.deliverEnds();
  }
}
