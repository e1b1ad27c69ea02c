// Solves problems that Python prepared, in JavaScript and in WebAssembly of one and two lanes.
import { bundles, data, floats, load, plain } from "./reading.mjs";

const { createEngine } = await load("engine");
const engines = {};
const found = {};
for (const [name, given] of Object.entries(data)) {
  const problem = {
    vector: floats(given.vector), initial: floats(given.initial), boundaries: floats(given.boundaries), inputs: given.inputs.map(floats),
    jumps: given.jumps.map(floats), times: floats(given.times), rtol: given.rtol, atol: floats(given.atol), negative: floats(given.negative),
    maxSteps: given.max_steps,
  };
  const n = given.inputs[0].length;
  found[name] = {};
  for (const [core, kind, width] of [["js", "js", 1], ["wasm", "wasm", 1], ["simd", "wasm", 2]]) {
    const engine = (engines[`${given.model} ${core}`] ??= await createEngine(bundles[given.model], kind, width));
    const solved = engine.solveAll(width === 2 ? [problem, problem] : [problem]);
    const last = solved.at(-1);
    const inputs = new Float64Array(problem.times.length * n);
    const readouts = engine.readouts(problem.vector, inputs, last.states);
    found[name][core] = {
      status: last.status, steps: last.nSteps, rejected: last.nRejected, pool: last.pool, fail_time: Number.isFinite(last.failTime) ? last.failTime : null,
      states: plain(last.states), readouts: plain(readouts), same: solved.every((one) => one.states.every((value, i) => Object.is(value, last.states[i]))),
    };
  }
}
process.stdout.write(JSON.stringify(found));
