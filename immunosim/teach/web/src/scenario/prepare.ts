/** A scenario as numbers: parameter vector, untreated state, segments, output times and tolerances; `immunosim.problem`. */

import type { Kernels, Problem } from "../engine";
import type { ModelTables, ScenarioDocument } from "../model";
import { ScenarioFault } from "./fault";
import { individualVector, switchedOff } from "./patient";
import { quantity, shown, tableOf } from "./quantities";
import { challengesOf, eventsOf } from "./regimen";
import { buildSegments, outputTimes, startOf } from "./segments";

const NEGLIGIBLE = 1e-5;
const NEGATIVE = 1e-6;
const DAYS_PER_MONTH = 30.4375;
const LARGEST_TOLERANCE = 1e-2;
const SMALLEST_TOLERANCE = 1e-12;
/** The longest simulation of a page: thirty years. */
const LONGEST = 30 * 365.25;

export interface Prepared extends Problem {
  doc: ScenarioDocument;
}

/** Turn a document into numbers. Throws a ScenarioFault that names what is wrong. */
export function prepare(doc: ScenarioDocument, bundle: { tables: ModelTables; kernels: Kernels }): Prepared {
  const { tables, kernels } = bundle;
  checkModel(doc, tables);
  const horizon = doc.horizon === undefined ? 36 * DAYS_PER_MONTH : quantity(doc.horizon, "time", "horizon");
  const doses = eventsOf(doc, tables, horizon);
  const start = startOf(doc, tables, doses, horizon);
  if (!(horizon > start)) throw new ScenarioFault("ends before it starts", "horizon", "simulate a longer time");
  if (horizon - start > LONGEST) throw new ScenarioFault("is too long for the page", "horizon", "simulate at most 30 years here; the command line has no such limit");
  const vector = individualVector(doc, tables, kernels);
  const initial = new Float64Array(tables.pools.length);
  kernels.baseline(vector, initial);
  const rtol = toleranceOf(doc);
  const ordered = [...doses].sort((a, b) => a.start - b.start);
  const segments = buildSegments([...ordered, ...challengesOf(doc, tables, horizon)], tables, start, horizon);
  const off = switchedOff(doc, tables);
  for (const jump of segments.jumps) tables.pools.forEach((pool, i) => off.has(pool.mechanism) && (jump[i] = 0));
  return {
    doc,
    vector,
    initial,
    ...segments,
    times: outputTimes(doc, doses, start, horizon),
    rtol,
    atol: Float64Array.from(tables.pools, (pool, i) => NEGLIGIBLE * rtol * (initial[i]! > 0 ? Math.min(pool.scale, initial[i]!) : pool.scale)),
    negative: Float64Array.from(tables.pools, (pool) => NEGATIVE * pool.scale),
    maxSteps: maxStepsOf(doc),
  };
}

function checkModel(doc: ScenarioDocument, tables: ModelTables): void {
  if (doc.model !== undefined && doc.model !== tables.name) throw new ScenarioFault(`is of the model ${shown(doc.model)}`, "model", `this page runs ${tables.name}`);
  if (doc.parameter_set !== undefined && doc.parameter_set !== tables.parameter_set) {
    throw new ScenarioFault(`unknown parameter set ${shown(doc.parameter_set)}`, "parameter_set", `this page has "${tables.parameter_set}"`);
  }
}

function toleranceOf(doc: ScenarioDocument): number {
  const { rtol, method } = tableOf(doc.solver, "solver");
  if (method !== undefined && method !== "rodas5p") throw new ScenarioFault(`this page has no method ${shown(method)}`, "solver.method", 'set it to "rodas5p"');
  if (rtol === undefined) return 1e-5;
  if (typeof rtol !== "number" || !(rtol >= SMALLEST_TOLERANCE && rtol <= LARGEST_TOLERANCE)) {
    throw new ScenarioFault(`${shown(rtol)} is not a relative tolerance`, "solver.rtol", `choose from ${SMALLEST_TOLERANCE} to ${LARGEST_TOLERANCE}`);
  }
  return rtol;
}

/** A page would stand still for longer than its reader waits: fewer steps than the command line allows. */
function maxStepsOf(doc: ScenarioDocument): number {
  const { max_steps } = tableOf(doc.solver, "solver");
  return Math.min(typeof max_steps === "number" ? max_steps : 1_000_000, 100_000);
}
