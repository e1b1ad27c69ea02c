// Solves problems that Python prepared, in JavaScript and in WebAssembly of one and two lanes.
import { bundles, data, floats, load, plain } from "./reading.mjs";

const CORES = [["js", "js", 1], ["wasm", "wasm", 1], ["simd", "wasm", 2]];
const { createEngine } = await load("engine");
const engines = {};

/** The engine of a core, with other limits of trust where a problem asks for them. */
async function engineOf(model, [core, kind, width], control) {
  const { tables } = bundles[model];
  const bundle = { ...bundles[model], tables: { ...tables, control: { ...tables.control, ...control } } };
  return (engines[`${model} ${core} ${JSON.stringify(control)}`] ??= await createEngine(bundle, kind, width));
}

function problemOf(given) {
  const { boundaries, times, rtol, max_steps: maxSteps, max_step: maxStep } = given;
  const [vector, initial, atol, negative] = [given.vector, given.initial, given.atol, given.negative].map(floats);
  const [inputs, jumps] = [given.inputs, given.jumps].map((rows) => rows.map(floats));
  return { vector, initial, boundaries: floats(boundaries), inputs, jumps, times: floats(times), rtol, atol, negative, maxSteps, maxStep: maxStep ?? Infinity };
}

/** The inputs at each time: those of the segment that ends there or in which it lies. */
function inputsAt({ times, boundaries, inputs }) {
  const segments = Array.from(times, (time) => Math.max(boundaries.findIndex((boundary) => boundary >= time) - 1, 0));
  return Float64Array.from(segments.flatMap((segment) => Array.from(inputs[segment])));
}

const isSame = (a, b) => a.status === b.status && a.states.every((value, i) => Object.is(value, b.states[i]));
const before = {};
const found = {};
for (const [name, given] of Object.entries(data)) {
  const problem = problemOf(given);
  found[name] = {};
  for (const core of CORES) {
    const engine = await engineOf(given.model, core, given.control ?? {});
    const solution = engine.solve(problem);
    // Beside another patient, and after it, in the other lane: neither may change a bit.
    const other = before[given.model] ?? problem;
    const again = engine.width === 2 ? engine.solveAll([other, problem])[1] : (engine.solve(other), engine.solve(problem));
    const inputs = inputsAt(problem);
    found[name][core[0]] = {
      status: solution.status, steps: solution.nSteps, rejected: solution.nRejected, pool: solution.pool, fail_time: plain([solution.failTime])[0],
      states: plain(solution.states), is_same: isSame(solution, again),
      ...(given.follows && { readouts: plain(engine.readouts(problem.vector, inputs, solution.states)), rates: plain(engine.rates(problem.vector, inputs, solution.states)) }),
    };
  }
  before[given.model] = problem;
}
process.stdout.write(JSON.stringify(found));
