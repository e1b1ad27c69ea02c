// src/engine/core.ts
var PER_POOL = ["y", "f", "y_new", "f_new", "atol", "negative_tolerance", "state", "change"];
function lengthOf(name, model) {
  const { sizes, tableau } = model;
  if (PER_POOL.includes(name)) return sizes.pools;
  if (name === "p") return sizes.parameters;
  if (name === "u") return Math.max(sizes.inputs, 1);
  if (name === "lu") return sizes.lu;
  if (name === "increments") return tableau.A.length * sizes.pools;
  return 1;
}

// src/engine/elements.ts
function gather(vector, width, lane, out, first = 0) {
  for (let i = 0; i < out.length; i++) out[i] = vector[(first + i) * width + lane];
}
function scatter(values, vector, width, lane, first = 0) {
  for (let i = 0; i < values.length; i++) vector[(first + i) * width + lane] = values[i];
}
function addScaled(total, share, values) {
  for (let i = 0; i < total.length; i++) total[i] = total[i] + share * values[i];
}
function addRows(total, shares, rows, from, to) {
  const n = total.length;
  for (let i = 0; i < n; i++) {
    let sum = total[i];
    for (let j = from; j < to; j++) sum += shares[j] * rows[j * n + i];
    total[i] = sum;
  }
}
function firstNonFinite(values) {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}
function firstBelow(values, tolerance) {
  for (let i = 0; i < values.length; i++) if (values[i] < -tolerance[i]) return i;
  return -1;
}
function largestScaled(values, size, otherSize, atol, rtol) {
  let largest = 0;
  let place = 0;
  for (let i = 0; i < values.length; i++) {
    const one = Math.abs(size[i]);
    const other = Math.abs(otherSize[i]);
    const scaled = Math.abs(values[i]) / (atol[i] + rtol * (other > one ? other : one));
    if (scaled > largest) {
      largest = scaled;
      place = i;
    }
  }
  return [largest, place];
}

// src/engine/step_control.ts
function rootOf(model, norm) {
  const { smallest_error, largest_error } = model.control;
  const bounded = Math.min(Math.max(norm, smallest_error), largest_error);
  return bounded ** (-1 / (model.tableau.embedded_order + 1));
}
function acceptedFactor(model, memory, h, norm) {
  const { safety, largest_factor, smallest_factor, smallest_remembered_error } = model.control;
  const root = rootOf(model, norm);
  let factor = safety * root;
  if (memory.h > 0) factor = Math.min(factor, safety * (h / memory.h) * (root * root / memory.root));
  memory.h = h;
  memory.root = Math.min(root, rootOf(model, smallest_remembered_error));
  return Math.min(largest_factor, Math.max(smallest_factor, factor));
}
function rejectedFactor(model, norm) {
  return Math.max(model.control.smallest_factor, model.control.safety * rootOf(model, norm));
}
function firstStep(model, problem, y, f, u, span, scratch) {
  const { atol, rtol, vector } = problem;
  const size = largestScaled(y, y, y, atol, rtol)[0];
  const slope = largestScaled(f, y, y, atol, rtol)[0];
  const trial = Math.min(span, size > 1e-5 && slope > 1e-5 ? 0.01 * size / slope : 1e-6 * span);
  const [yTrial, fTrial] = scratch;
  yTrial.set(y);
  addScaled(yTrial, trial, f);
  model.kernels.rhs(yTrial, vector, u, fTrial);
  if (firstNonFinite(fTrial) >= 0) return 0.01 * trial;
  addScaled(fTrial, -1, f);
  const steepest = Math.max(slope, largestScaled(fTrial, y, y, atol, rtol)[0] / trial);
  if (steepest <= 1e-15) return Math.max(1e-6 * span, 1e-3 * trial);
  return Math.min(100 * trial, (0.01 / steepest) ** (1 / model.tableau.order), span);
}

// src/engine/js_core.ts
function jsCore(model) {
  return new JsCore(model);
}
var JsCore = class {
  constructor(model) {
    this.model = model;
    for (const name of model.frame) this.arrays[name] = new Float64Array(lengthOf(name, model));
    const n = model.sizes.pools;
    this.increments = model.tableau.A.map((_, j) => this.arrays.increments.subarray(j * n, (j + 1) * n));
    this.jacobian = new Float64Array(model.sizes.rows.length);
    this.slope = new Float64Array(n);
    this.shares = new Float64Array(model.tableau.A.length);
  }
  kind = "js";
  width = 1;
  arrays = {};
  increments;
  jacobian;
  slope;
  shares;
  attempt() {
    const { model, arrays: at, increments } = this;
    const { kernels, tableau } = model;
    const [h, rest] = this.propose();
    kernels.jacobian(at.y, at.p, at.u, this.jacobian);
    at.growth[0] = kernels.factorise(this.jacobian, at.shift[0], at.lu);
    increments[0].set(at.f);
    kernels.solve(at.lu, increments[0]);
    for (let stage = 1; stage < tableau.n_stages; stage++) this.stage(stage, at.y_new);
    const last = increments[tableau.n_stages - 1];
    for (let i = 0; i < last.length; i++) at.y_new[i] = at.y_new[i] + last[i];
    kernels.rhs(at.y_new, at.p, at.u, at.f_new);
    this.look(last);
    this.judge(h, rest);
  }
  /** One stage, equation (T1); `state` receives where its right-hand side is taken. */
  stage(stage, state) {
    const { arrays: at, increments, shares } = this;
    const { A, C } = this.model.tableau;
    const a = A[stage];
    const c = C[stage];
    const perH = at.per_h[0];
    const out = increments[stage];
    const before = A[stage - 1];
    const follows = stage > 1 && a[stage - 1] === 1 && a.slice(0, stage - 1).every((share, j) => share === before[j]);
    if (!follows) state.set(at.y);
    for (let j = 0; j < stage; j++) shares[j] = a[j];
    addRows(state, shares, at.increments, follows ? stage - 1 : 0, stage);
    this.model.kernels.rhs(state, at.p, at.u, out);
    for (let j = 0; j < stage; j++) shares[j] = c[j] * perH;
    addRows(out, shares, at.increments, 0, stage);
    this.model.kernels.solve(at.lu, out);
  }
  /** Fit the next trial to the segment; return its step and what is left of the segment. */
  propose() {
    const { arrays: at } = this;
    const { lands } = this.model.control;
    const t = at.t[0];
    const rest = at.end[0] - t;
    let h = Math.max(this.shortest(t, rest), Math.min(at.h[0], at.max_step[0]));
    const short = h + h > rest ? 0.5 * rest : h;
    h = h * lands >= rest ? rest : t + short - t;
    at.shift[0] = 1 / (this.model.tableau.gamma * h);
    at.per_h[0] = 1 / h;
    return [h, rest];
  }
  shortest(t, rest) {
    const { shortest_of_time, shortest_of_rest } = this.model.control;
    return Math.max(shortest_of_time * Math.abs(t), shortest_of_rest * rest);
  }
  /** Note error norm, validity and margin of the trial. */
  look(error) {
    const { arrays: at } = this;
    const [y, yNew, fNew, atol, negative] = [at.y, at.y_new, at.f_new, at.atol, at.negative_tolerance];
    const rtol = at.rtol[0];
    let [norm, validity, margin] = [0, 0, Infinity];
    for (let i = 0; i < error.length; i++) {
      const next = yNew[i];
      const one = Math.abs(y[i]);
      const other = Math.abs(next);
      const share = Math.abs(error[i]) / (atol[i] + rtol * (one > other ? one : other));
      if (share > norm) norm = share;
      validity += (next + error[i] + fNew[i]) * 0;
      const room = next + negative[i];
      if (room < margin) margin = room;
    }
    at.norm[0] = norm;
    at.validity[0] = validity;
    at.margin[0] = margin;
  }
  /** Judge the trial: accept it or not, choose the next step, mark what the driver has to look at. */
  judge(h, rest) {
    const { arrays: at, model } = this;
    const [norm, t, end] = [at.norm[0], at.t[0], at.end[0]];
    const isSound = at.growth[0] <= model.control.growth_limit && at.validity[0] === 0;
    const hasRoom = at.margin[0] >= 0;
    const accepted = isSound && norm <= 1 && hasRoom;
    const isCalm = isSound && (hasRoom || norm > 1);
    let hNext = h;
    if (accepted) {
      const memory = { h: at.last_h[0], root: at.last_root[0] };
      const grown = acceptedFactor(model, memory, h, norm);
      hNext = h * (at.was_rejected[0] > 0 ? Math.min(grown, 1) : grown);
      at.last_h[0] = memory.h;
      at.last_root[0] = memory.root;
    } else if (isCalm) hNext = h * rejectedFactor(model, norm);
    const reached = accepted ? h === rest ? end : t + h : t;
    at.n_trials[0]++;
    const isStuck = !accepted && hNext < this.shortest(t, rest);
    const isLast = at.n_trials[0] >= at.max_trials[0];
    const isThrough = accepted && reached >= end;
    at.h[0] = hNext;
    if (accepted) at.was_rejected[0] = 0;
    else if (isCalm) at.was_rejected[0] = 1;
    at.t_new[0] = reached;
    at.n_accepted[0] += accepted ? 1 : 0;
    at.accepted[0] = accepted ? 1 : 0;
    at.event[0] = !isCalm || isStuck || isLast || isThrough ? 1 : 0;
    at.due[0] = accepted && at.output_time[0] <= reached ? 1 : 0;
  }
  sample() {
    const { arrays: at, increments } = this;
    const { H, A, n_stages } = this.model.tableau;
    for (let stage = n_stages; stage < A.length; stage++) this.stage(stage, at.state);
    const theta = at.theta[0];
    const rest = 1 - theta;
    const both = theta * rest;
    const tilt = rest - theta;
    const state = at.state;
    const change = at.change;
    for (let i = 0; i < state.length; i++) {
      state[i] = rest * at.y[i] + theta * at.y_new[i];
      change[i] = at.y_new[i] - at.y[i];
    }
    for (let j = 0; j < A.length; j++) {
      let lifted = theta * H[2][j];
      let bend = H[1][j] + (lifted + lifted);
      if (H.length === 4) {
        const cubic = theta * (theta * H[3][j]);
        lifted += cubic;
        bend += 3 * cubic;
      }
      const inner = H[0][j] + theta * (H[1][j] + lifted);
      const value = both * inner;
      const slope = tilt * inner + both * bend;
      const u = increments[j];
      for (let i = 0; i < state.length; i++) {
        state[i] = state[i] + value * u[i];
        change[i] = change[i] + slope * u[i];
      }
    }
    const perH = -at.per_h[0];
    for (let i = 0; i < change.length; i++) change[i] = change[i] * perH;
  }
  defect() {
    const { arrays: at, model } = this;
    const change = at.change;
    const f = this.slope;
    model.kernels.rhs(at.state, at.p, at.u, f);
    for (let i = 0; i < f.length; i++) change[i] = change[i] + f[i];
    model.kernels.solve(at.lu, change);
    let norm = 0;
    const rtol = at.rtol[0];
    for (let i = 0; i < change.length; i++) {
      const share = Math.abs(change[i]) / (at.atol[i] + rtol * Math.abs(at.state[i]));
      if (share > norm) norm = share;
    }
    at.norm[0] = norm;
  }
  advance() {
    const { arrays: at } = this;
    if (!(at.accepted[0] > 0.5)) return;
    at.t[0] = at.t_new[0];
    at.y.set(at.y_new);
    at.f.set(at.f_new);
  }
};

// src/engine/lane.ts
var PIVOTED_GROWTH = -1;
var Lane = class {
  constructor(model, core, lane, problem, scalar) {
    this.model = model;
    this.core = core;
    this.lane = lane;
    this.problem = problem;
    this.scalar = scalar;
    const n = model.sizes.pools;
    [this.y, this.f, this.yNew, this.error] = [0, 1, 2, 3].map(() => new Float64Array(n));
    const states = new Float64Array(problem.times.length * n).fill(NaN);
    this.solution = { status: "REFUSED_INPUT", failTime: NaN, pool: -1, states, nSteps: 0, nRejected: 0 };
    this.begin();
  }
  solution;
  wish = "nothing";
  isBusy = true;
  segment = 0;
  nextTime = 0;
  status = "OK";
  pool = -1;
  y;
  f;
  yNew;
  error;
  at(name) {
    return this.core.arrays[name][this.lane];
  }
  put(name, value) {
    this.core.arrays[name][this.lane] = value;
  }
  load(name, out, first = 0) {
    gather(this.core.arrays[name], this.core.width, this.lane, out, first);
  }
  store(values, name, first = 0) {
    scatter(values, this.core.arrays[name], this.core.width, this.lane, first);
  }
  get inputs() {
    return this.problem.inputs[this.segment];
  }
  begin() {
    const { problem } = this;
    const { boundaries, times } = problem;
    this.y.set(problem.initial);
    const isOrdered = times.length === 0 || boundaries[0] <= times[0] && times.at(-1) <= boundaries.at(-1);
    if (firstNonFinite(this.y) >= 0 || firstNonFinite(problem.vector) >= 0 || !isOrdered) {
      this.end("REFUSED_INPUT", boundaries[0], -1);
      return;
    }
    for (const [name, value] of [
      ["rtol", problem.rtol],
      ["max_step", problem.maxStep ?? Infinity],
      ["max_trials", problem.maxSteps],
      ["n_trials", 0],
      ["n_accepted", 0]
    ])
      this.put(name, value);
    this.store(problem.atol, "atol");
    this.store(problem.negative, "negative_tolerance");
    this.store(problem.vector, "p");
    while (this.nextTime < times.length && times[this.nextTime] === boundaries[0]) this.deliver(this.y);
    this.setOutputTime();
    this.beginSegment();
  }
  /** Start the next segment from `y`: jump, inputs, first step. */
  beginSegment() {
    const { problem, segment, model } = this;
    const start = problem.boundaries[segment];
    const end = problem.boundaries[segment + 1];
    this.put("t", start);
    this.put("end", end);
    this.put("last_h", 0);
    this.put("was_rejected", 0);
    const jump = problem.jumps[segment];
    for (let i = 0; i < this.y.length; i++) this.y[i] = this.y[i] + jump[i];
    const negative = firstBelow(this.y, problem.negative);
    if (negative >= 0) return this.end("NEGATIVE", start, negative);
    model.kernels.rhs(this.y, problem.vector, this.inputs, this.f);
    const broken = firstNonFinite(this.f);
    if (broken >= 0) return this.end("NON_FINITE", start, broken);
    const scratch = [this.yNew, this.error];
    this.put("h", firstStep(model, problem, this.y, this.f, this.inputs, end - start, scratch));
    this.store(this.y, "y");
    this.store(this.f, "f");
    this.store(this.inputs, "u");
    if (this.at("n_trials") >= problem.maxSteps) this.end("STEP_LIMIT", start, -1);
  }
  end(status, t, pool) {
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
  rest() {
    for (const name of ["accepted", "event", "due"]) this.put(name, 0);
  }
  // --- trials -------------------------------------------------------------------------------------------------------
  /** Look at a trial with an event: repeat it with pivoting, or find why it cannot be accepted. */
  look() {
    if (!(this.at("growth") <= this.model.control.growth_limit)) this.repeat();
    this.status = "OK";
    this.pool = -1;
    if (this.at("accepted") !== 0) return;
    const norm = this.at("norm");
    const isSound = this.at("growth") <= this.model.control.growth_limit && this.at("validity") === 0;
    let problem = "OK";
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
  loadError() {
    this.load("increments", this.error, (this.model.tableau.n_stages - 1) * this.model.sizes.pools);
  }
  worstPool() {
    this.load("y", this.y);
    this.load("y_new", this.yNew);
    this.loadError();
    return largestScaled(this.error, this.y, this.yNew, this.problem.atol, this.problem.rtol)[1];
  }
  problemOfTrial(norm) {
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
  repeat() {
    const { scalar, problem, model } = this;
    this.load("y", this.y);
    model.kernels.jacobian(this.y, problem.vector, this.inputs, scalar.jacobian);
    if (!scalar.factorisePivoted(this.at("shift"))) return;
    this.load("f", this.f);
    const h = this.at("h");
    scalar.stages(this.y, this.f, problem.vector, this.inputs, h);
    model.kernels.rhs(scalar.yNew, problem.vector, this.inputs, scalar.fNew);
    const error = scalar.increments[model.tableau.n_stages - 1];
    const norm = largestScaled(error, this.y, scalar.yNew, problem.atol, problem.rtol)[0];
    const isFinite = [scalar.yNew, error, scalar.fNew].every((values) => firstNonFinite(values) < 0);
    const margin = scalar.yNew.reduce((least, value, i) => Math.min(least, value + problem.negative[i]), Infinity);
    this.put("norm", norm);
    this.put("validity", isFinite ? 0 : NaN);
    this.put("margin", margin);
    this.put("growth", PIVOTED_GROWTH);
    this.store(scalar.yNew, "y_new");
    this.store(scalar.fNew, "f_new");
    scalar.increments.forEach((values, j) => this.store(values, "increments", j * values.length));
    if (isFinite) this.judgeAgain(norm, margin, h);
  }
  judgeAgain(norm, margin, h) {
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
  settle() {
    if (this.status !== "OK") return this.end(this.status, this.at("t"), this.pool);
    if (this.at("accepted") === 0) return;
    const t = this.at("t_new");
    this.load("y_new", this.y);
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
  deliver(state) {
    this.solution.states.set(state, this.nextTime * state.length);
    this.nextTime += 1;
  }
  setOutputTime() {
    this.put("output_time", this.problem.times[this.nextTime] ?? Infinity);
  }
  /** Note what the lane wants of the first round after an accepted step, or deliver the step's end. */
  firstWish() {
    const { times } = this.problem;
    const end = this.at("t_new");
    this.wish = "nothing";
    if (times[this.nextTime] >= end) return this.deliverEnds();
    if (this.at("growth") === PIVOTED_GROWTH) this.wish = "distrusted";
    else this.wish = this.nextTime + 1 < times.length && times[this.nextTime + 1] < end ? "middle" : "checked";
  }
  /** Tell the core where to sample. */
  place() {
    const t = this.at("t");
    const share = (this.problem.times[this.nextTime] - t) / (this.at("t_new") - t);
    this.put("theta", this.wish === "middle" ? 0.5 : share);
  }
  /** Use what a round computed, and note what is wanted of the next. */
  answer() {
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
    let state = this.yNew;
    this.load("state", state);
    if (this.wish === "distrusted" && this.stepToOutput(this.at("theta"))) state = this.scalar.yNew;
    this.deliver(state);
    this.setOutputTime();
    if (this.nextTime === times.length || times[this.nextTime] >= this.at("t_new")) {
      this.wish = "nothing";
      this.deliverEnds();
    }
  }
  stepToOutput(theta) {
    this.load("y", this.y);
    this.load("f", this.f);
    const h = theta * (this.at("t_new") - this.at("t"));
    return this.scalar.step(this.y, this.f, this.problem.vector, this.inputs, h);
  }
  deliverEnds() {
    const { times } = this.problem;
    const end = this.at("t_new");
    if (this.nextTime < times.length && times[this.nextTime] === end) this.load("y_new", this.yNew);
    while (this.nextTime < times.length && times[this.nextTime] === end) this.deliver(this.yNew);
    this.setOutputTime();
  }
  /** Deliver all output times of a step that can be interpolated unseen, equation (T3). */
  deliverQuiet() {
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
        for (let i = 0; i < n; i++) total[i] = total[i] + share * increments[(j * n + i) * width + this.lane];
      });
      return total;
    });
    const state = this.f;
    while (this.nextTime < times.length && times[this.nextTime] < end) {
      const theta = (times[this.nextTime] - t) / (end - t);
      const rest = 1 - theta;
      for (let i = 0; i < n; i++) {
        let inner = 0;
        for (let k = dense.length - 1; k >= 0; k--) inner = dense[k][i] + theta * inner;
        state[i] = rest * this.y[i] + theta * (this.yNew[i] + rest * inner);
      }
      this.deliver(state);
    }
    this.deliverEnds();
  }
};

// src/engine/pivoting.ts
var ScalarStep = class {
  constructor(model) {
    this.model = model;
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
  jacobian;
  lu;
  increments;
  yNew;
  fNew;
  matrix;
  sizes;
  swaps;
  isPivoted = false;
  /** Factorise I / (gamma h) - J, with pivoting where need be; false if that breaks down too. */
  factorise(y, p, u, h) {
    const shift = 1 / (this.model.tableau.gamma * h);
    this.model.kernels.jacobian(y, p, u, this.jacobian);
    this.isPivoted = false;
    if (this.model.kernels.factorise(this.jacobian, shift, this.lu) <= this.model.control.growth_limit) return true;
    return this.factorisePivoted(shift);
  }
  /** Factorise with partial pivoting the Jacobian that is there; false if the matrix is singular. */
  factorisePivoted(shift) {
    if (!this.assemble(shift)) return false;
    const { matrix, sizes, swaps } = this;
    const n = sizes.length;
    for (let k = 0; k < n; k++) {
      let best = 0;
      let chosen = k;
      for (let i = k; i < n; i++) {
        const candidate = Math.abs(matrix[i * n + k]) / sizes[i];
        if (candidate > best) [best, chosen] = [candidate, i];
      }
      if (best === 0) return false;
      swaps[k] = chosen;
      if (chosen !== k) this.swap(k, chosen);
      for (let i = k + 1; i < n; i++) {
        const share = matrix[i * n + k] / matrix[k * n + k];
        matrix[i * n + k] = share;
        for (let j = k + 1; j < n; j++) matrix[i * n + j] = matrix[i * n + j] - share * matrix[k * n + j];
      }
    }
    this.isPivoted = true;
    return true;
  }
  swap(k, chosen) {
    const { matrix, sizes } = this;
    const n = sizes.length;
    for (let j = 0; j < n; j++) {
      const kept = matrix[k * n + j];
      matrix[k * n + j] = matrix[chosen * n + j];
      matrix[chosen * n + j] = kept;
    }
    sizes[chosen] = sizes[k];
  }
  /** Write shift I - J as a dense matrix, and the size of each row; false if a row is empty or not finite. */
  assemble(shift) {
    const { matrix, sizes, jacobian } = this;
    const { rows, columns } = this.model.sizes;
    const n = sizes.length;
    matrix.fill(0);
    for (let i = 0; i < n; i++) matrix[i * n + i] = shift;
    for (let k = 0; k < jacobian.length; k++) {
      const place = rows[k] * n + columns[k];
      matrix[place] = matrix[place] - jacobian[k];
    }
    for (let i = 0; i < n; i++) {
      sizes[i] = 0;
      for (let j = 0; j < n; j++) {
        const size = Math.abs(matrix[i * n + j]);
        if (!Number.isFinite(size)) return false;
        sizes[i] = Math.max(sizes[i], size);
      }
      if (sizes[i] === 0) return false;
    }
    return true;
  }
  solve(b) {
    if (!this.isPivoted) return this.model.kernels.solve(this.lu, b);
    const { matrix, swaps } = this;
    const n = b.length;
    for (let k = 0; k < n; k++) {
      const chosen = swaps[k];
      if (chosen !== k) [b[k], b[chosen]] = [b[chosen], b[k]];
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) b[i] = b[i] - matrix[i * n + j] * b[j];
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) b[i] = b[i] - matrix[i * n + j] * b[j];
      b[i] = b[i] / matrix[i * n + i];
    }
  }
  /** Fill the increments and `yNew` with the factors that are there, equations (T1) and (T2). */
  stages(y, f, p, u, h) {
    const { tableau, kernels } = this.model;
    this.increments[0].set(f);
    this.solve(this.increments[0]);
    for (let stage = 1; stage < tableau.n_stages; stage++) {
      const out = this.increments[stage];
      this.yNew.set(y);
      for (let j = 0; j < stage; j++) addScaled(this.yNew, tableau.A[stage][j], this.increments[j]);
      kernels.rhs(this.yNew, p, u, out);
      for (let j = 0; j < stage; j++) addScaled(out, tableau.C[stage][j] / h, this.increments[j]);
      this.solve(out);
    }
    addScaled(this.yNew, 1, this.increments[tableau.n_stages - 1]);
  }
  /** Reach a state by a step of its own, in `yNew`; false if that breaks down. */
  step(y, f, p, u, h) {
    if (!this.factorise(y, p, u, h)) return false;
    this.stages(y, f, p, u, h);
    return firstNonFinite(this.yNew) < 0;
  }
};

// src/engine/wasm_core.ts
var PAGE = 65536;
var ALIGNMENT = 64;
async function codeOf(base64) {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
async function wasmCore(model, base64, width) {
  const places = [];
  let next = align(4 * model.frame.length + ALIGNMENT);
  for (const name of model.frame) {
    places.push(next);
    next = align(next + 8 * width * lengthOf(name, model));
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(next / PAGE) });
  const module = await WebAssembly.compile(await codeOf(base64));
  const instance = await WebAssembly.instantiate(module, { env: { __linear_memory: memory } });
  const made = instance.exports;
  new Int32Array(memory.buffer, ALIGNMENT, places.length).set(places);
  const arrays = {};
  model.frame.forEach((name, k) => {
    arrays[name] = new Float64Array(memory.buffer, places[k], width * lengthOf(name, model));
  });
  return {
    kind: "wasm",
    width,
    arrays,
    attempt: () => made.attempt(ALIGNMENT),
    sample: () => made.sample(ALIGNMENT),
    defect: () => made.defect(ALIGNMENT),
    advance: () => made.advance(ALIGNMENT)
  };
}
function align(place) {
  return Math.ceil(place / ALIGNMENT) * ALIGNMENT;
}

// src/engine/types.ts
var STATUSES = [
  "OK",
  "STEP_LIMIT",
  "STEP_UNDERFLOW",
  "NON_FINITE",
  "NEGATIVE",
  "SINGULAR_MATRIX",
  "REFUSED_INPUT"
];

// src/engine/index.ts
var Engine = class {
  constructor(model, core) {
    this.model = model;
    this.core = core;
    this.scalar = Array.from({ length: core.width }, () => new ScalarStep(model));
  }
  scalar;
  get kind() {
    return this.core.kind;
  }
  /** How many patients a call of `solveAll` takes at once. */
  get width() {
    return this.core.width;
  }
  solve(problem) {
    return this.solveAll([problem])[0];
  }
  /** Solve as many patients as the core has lanes, or fewer. Neither changes a number of the other. */
  solveAll(problems) {
    const lanes = problems.map((problem, k) => new Lane(this.model, this.core, k, problem, this.scalar[k]));
    while (lanes.some((lane) => lane.isBusy)) {
      this.core.attempt();
      const due = this.core.arrays.due;
      const event = this.core.arrays.event;
      for (let k = lanes.length; k < this.core.width; k++) due[k] = event[k] = this.core.arrays.accepted[k] = 0;
      lanes.forEach((lane, k) => {
        if (!lane.isBusy) lane.rest();
        else if (event[k] !== 0) lane.look();
      });
      if (lanes.some((_, k) => due[k] !== 0)) this.writeOutputs(lanes);
      lanes.forEach((lane, k) => {
        if (lane.isBusy && event[k] !== 0) lane.settle();
      });
      this.core.advance();
    }
    return lanes.map((lane) => lane.solution);
  }
  writeOutputs(lanes) {
    lanes.forEach((lane, k) => {
      if (this.core.arrays.due[k] !== 0) lane.firstWish();
    });
    for (; ; ) {
      const wishing = lanes.filter((lane) => lane.wish !== "nothing");
      if (wishing.length === 0) return;
      for (const lane of wishing) lane.place();
      this.core.sample();
      if (wishing.some((lane) => lane.wish !== "distrusted")) this.core.defect();
      for (const lane of wishing) lane.answer();
    }
  }
  /** Read-outs at times, line by line; `inputsAt` holds the inputs at each, line by line. */
  readouts(vector, inputsAt, states) {
    return this.overTimes(this.model.kernels.readouts, this.model.sizes.readouts, vector, inputsAt, states);
  }
  /** Rates of all processes at times, line by line. */
  rates(vector, inputsAt, states) {
    return this.overTimes(this.model.kernels.rates, this.model.sizes.processes, vector, inputsAt, states);
  }
  overTimes(kernel, width, vector, inputsAt, states) {
    const { pools, inputs } = this.model.sizes;
    const nTimes = states.length / pools;
    const values = new Float64Array(nTimes * width);
    for (let k = 0; k < nTimes; k++) {
      const given = inputsAt.subarray(k * inputs, (k + 1) * inputs);
      kernel(states.subarray(k * pools, (k + 1) * pools), vector, given, values.subarray(k * width, (k + 1) * width));
    }
    return values;
  }
};
function jsEngine(bundle) {
  const model = modelOf(bundle);
  return new Engine(model, jsCore(model));
}
async function createEngine(bundle, kind, width = 1) {
  if (kind === "js") return jsEngine(bundle);
  const model = modelOf(bundle);
  const base64 = width === 1 ? bundle.wasm : bundle.wasm2;
  if (!base64) throw new Error(`the model has no WebAssembly of ${width} lanes`);
  return new Engine(model, await wasmCore(model, base64, width));
}
function modelOf({ tables, kernels }) {
  const sizes = {
    pools: tables.pools.length,
    parameters: tables.n_vector,
    inputs: tables.inputs.length,
    readouts: tables.readouts.length,
    processes: tables.processes.length,
    lu: tables.n_lu,
    rows: tables.jacobian_rows,
    columns: tables.jacobian_columns
  };
  return { sizes, tableau: tables.tableau, control: tables.control, frame: tables.frame, kernels };
}
export {
  Engine,
  STATUSES,
  createEngine,
  jsEngine
};
