/** Segments of constant inputs with jumps between them, and the times at which a scenario reports: `scenario.segments`. */

import type { ModelTables, ScenarioDocument } from "../model";
import { ScenarioFault } from "./fault";
import { quantity, quantityOf, tableOf, tablesOf } from "./quantities";
import { challengesOf, type DoseEvent, ordersOf } from "./regimen";

/** How long after a dose results are reported more often, day. */
const WATCHED = 2;
/** Times closer than this share a boundary, day: they differ by rounding only. */
const SAME_TIME = 1e-9;

export interface Segments {
  boundaries: Float64Array;
  inputs: Float64Array[];
  jumps: Float64Array[];
}

/** The segments between two times. Infusions into the same input add up, and so do boluses at the same time. */
export function buildSegments(events: DoseEvent[], tables: ModelTables, start: number, end: number): Segments {
  const rows = new Map(tables.inputs.map((input, i) => [input.name, i]));
  const pools = new Map(tables.pools.map((pool, i) => [pool.name, i]));
  for (const event of events) refuseUnusable(event, rows, pools, start, end);
  const boundaries = Float64Array.from(merged(events, start, end));
  const n = boundaries.length - 1;
  const inputs = Array.from({ length: n }, () => new Float64Array(tables.inputs.length));
  const jumps = Array.from({ length: n }, () => new Float64Array(tables.pools.length));
  for (const event of events) {
    const first = nearestBoundary(boundaries, event.start);
    if (event.kind === "bolus") {
      jumps[first]![pools.get(event.pool)!]! += event.amount;
      continue;
    }
    const last = nearestBoundary(boundaries, event.stop);
    const isUnmoved = boundaries[first] === event.start && boundaries[last] === event.stop;
    const rate = isUnmoved ? event.rate : event.amount / (boundaries[last]! - boundaries[first]!);
    const row = rows.get(event.input)!;
    for (let k = first; k < last; k++) inputs[k]![row]! += rate;
  }
  return { boundaries, inputs, jumps };
}

function refuseUnusable(event: DoseEvent, inputs: Map<string, number>, pools: Map<string, number>, start: number, end: number): void {
  const isKnown = event.kind === "infusion" ? inputs.has(event.input) : pools.has(event.pool);
  if (!isKnown) throw new ScenarioFault(`the model has no input or pool "${event.kind === "infusion" ? event.input : event.pool}"`, event.key);
  if (!(event.start >= start - SAME_TIME && event.stop <= end + SAME_TIME)) {
    throw new ScenarioFault(`lies outside the simulated days ${short(start)} to ${short(end)}`, event.key, "simulate a longer time or leave it out");
  }
  if (event.kind === "bolus" && event.start > end - SAME_TIME) {
    throw new ScenarioFault(`is given at the end of the simulation, day ${short(end)}`, event.key, "simulate a longer time");
  }
  if (event.kind === "infusion" && !(event.stop - event.start > 2 * SAME_TIME)) {
    throw new ScenarioFault("is an infusion without a duration", event.key, "give it a duration or make it a bolus");
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function merged(events: DoseEvent[], start: number, end: number): number[] {
  const times = sortedUnique(events.flatMap((event) => [event.start, event.stop]));
  const found = [start];
  for (const time of times) if (time - found.at(-1)! > SAME_TIME && end - time > SAME_TIME) found.push(time);
  return [...found, end];
}

function sortedUnique(values: number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** The index of the boundary that an event's time was merged into. */
function nearestBoundary(boundaries: Float64Array, time: number): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boundaries[middle]! < time) low = middle + 1;
    else high = middle;
  }
  const after = Math.min(Math.max(low, 1), boundaries.length - 1);
  return boundaries[after]! - time < time - boundaries[after - 1]! ? after : after - 1;
}

/** Where the simulation starts: the earliest dose, challenge, onset, observed point or output, day 0 at the latest. */
export function startOf(doc: ScenarioDocument, tables: ModelTables, doses: DoseEvent[], horizon: number): number {
  const output = tableOf(doc.output, "output");
  const rules = tablesOf(output.rule, "output.rule").map((rule) => quantity(rule.start, "time", "output.rule.start"));
  const orders = ordersOf(doc, tables).map((order) => order.start);
  const others = challengesOf(doc, tables, horizon).map((event) => event.start);
  return Math.min(0, ...doses.map((event) => event.start), ...orders, ...observedTimes(doc), ...extraTimes(doc), ...rules, ...others);
}

export function observedTimes(doc: ScenarioDocument): number[] {
  return tablesOf(doc.observed, "observed").flatMap((series) =>
    tablesOf(series.points, "observed.points").map((point) => quantity(point.time, "time", "observed.points.time")),
  );
}

function extraTimes(doc: ScenarioDocument): number[] {
  const { extra } = tableOf(doc.output, "output");
  return Array.isArray(extra) ? extra.map((time) => quantity(time, "time", "output.extra")) : [];
}

/** The times at which the scenario reports on the command line. */
export function outputTimes(doc: ScenarioDocument, doses: DoseEvent[], start: number, end: number): Float64Array {
  const output = tableOf(doc.output, "output");
  const ruled = tablesOf(output.rule, "output.rule").flatMap((rule) => {
    const [first, last] = [quantity(rule.start, "time", "output.rule.start"), quantity(rule.stop, "time", "output.rule.stop")];
    return multiples(0, last - first + SAME_TIME, quantity(rule.every, "time", "output.rule.every")).map((time) => first + time);
  });
  const regular = output.visits_only === true ? [] : [...multiples(start, end, quantityOf(output, "every", "time", "output", 1)), ...aroundDoses(doc, doses)];
  const all = [start, end, ...extraTimes(doc), ...observedTimes(doc), ...ruled, ...regular];
  const times = all.filter((time) => time >= start && time <= end).sort((a, b) => a - b);
  const kept = times.filter((time, i) => i === 0 || time - times[i - 1]! > SAME_TIME);
  if (kept.at(-1) !== times.at(-1)) kept[kept.length - 1] = end;
  return Float64Array.from(kept);
}

function aroundDoses(doc: ScenarioDocument, doses: DoseEvent[]): number[] {
  const step = quantityOf(tableOf(doc.output, "output"), "during_treatment", "time", "output", 1 / 24);
  const single = doses.filter((event) => event.kind === "bolus" || !event.isContinuous);
  return single.flatMap((event) => [...multiples(event.start, event.stop + WATCHED, step), event.start, event.stop]);
}

function multiples(start: number, end: number, step: number): number[] {
  const first = Math.ceil(start / step);
  const n = Math.floor(end / step) + 1 - first;
  return Array.from({ length: Math.max(n, 0) }, (_unused, k) => (first + k) * step + 0);
}
