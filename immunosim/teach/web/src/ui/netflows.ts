// Flows of the network at a time: exchanges between two pools, and gains and losses of one, summed over processes.
import type { ModelTables } from "../model";
import type { Run } from "../run";
import { ratesAt } from "./flows";

export interface Flow {
  key: string;
  source: string;
  target: string;
  /** Colour of the family of its largest process. */
  colour: string;
  /** What flows in a day, in the unit of the pool. */
  rate: number;
  /** The same as a share of the pool before treatment. */
  share: number;
  label: string;
}

/** Which pools a level of detail shows: cells; drugs and cytokines with them; everything. */
export function poolsOfLevel(tables: ModelTables, level: number): Set<string> {
  const cells = tables.pools.filter((pool) => pool.unit === "cells/uL");
  if (level >= 3 || cells.length === 0) return new Set(tables.pools.map((pool) => pool.name));
  const chosen = new Set(cells.map((pool) => pool.name));
  if (level === 2) {
    for (const drug of tables.drugs) for (const pool of drug.holds) chosen.add(pool);
    for (const pool of tables.pools) if (pool.mechanism === "cytokines") chosen.add(pool.name);
  }
  return chosen;
}

/** Amounts of every pool at the time nearest to one. */
export function statesAt(tables: ModelTables, run: Run, time: number): Float64Array {
  let nearest = 0;
  for (let i = 1; i < run.times.length; i++) if (Math.abs(run.times[i]! - time) < Math.abs(run.times[nearest]! - time)) nearest = i;
  const width = tables.pools.length;
  return run.states.subarray(nearest * width, (nearest + 1) * width);
}

/** What a pool holds before treatment; its scale where that is nothing. */
export function untreated(tables: ModelTables, run: Run): Map<string, number> {
  return new Map(tables.pools.map((pool, index) => {
    const start = run.states[index]!;
    return [pool.name, start > 1e-3 * pool.scale ? start : pool.scale];
  }));
}

function familyColours(tables: ModelTables): Map<string, string> {
  return new Map((tables.network?.families ?? []).flatMap((family) => family.mechanisms.map((mechanism) => [mechanism, family.colour] as const)));
}

/** Flows among the pools of a level, at a time; processes with the same ends are one flow, at full detail by family. */
export function flowsAt(tables: ModelTables, run: Run, time: number, level: number): Flow[] {
  const shown = poolsOfLevel(tables, level);
  const rates = ratesAt(tables, run, time);
  const before = untreated(tables, run), colours = familyColours(tables);
  const found = new Map<string, Flow & { most: number }>();
  tables.processes.forEach((process, index) => {
    const source = shown.has(process.source) ? process.source : "", target = shown.has(process.target) ? process.target : "";
    if (!source && !target) return;
    const colour = colours.get(process.mechanism) ?? "grey";
    const key = `${source}>${target}${level >= 3 ? `:${colour}` : ""}`;
    const rate = Math.max(rates[index]!, 0);
    const flow = found.get(key) ?? { key, source, target, colour, rate: 0, share: 0, label: process.label, most: -1 };
    flow.rate += rate;
    if (rate > flow.most) Object.assign(flow, { most: rate, colour, label: process.label });
    found.set(key, flow);
  });
  for (const flow of found.values()) flow.share = flow.rate / (before.get(flow.source || flow.target) ?? 1);
  return [...found.values()];
}

const LEAST = 5e-4, MOST = 1;

/** How thick an arrow is, millimetres: on a logarithmic scale from 0.05 % to all of the pool in a day. */
export function thickness(share: number): number {
  if (!(share > 0)) return 0;
  const place = Math.log1p(Math.min(share, MOST) / LEAST) / Math.log1p(MOST / LEAST);
  return 0.2 + 1.5 * place;
}
