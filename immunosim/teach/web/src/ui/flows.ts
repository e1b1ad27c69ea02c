// Which processes fill and empty a pool, from the rates of a run.
import type { ModelTables } from "../model";
import type { Run } from "../run";

export interface Contribution {
  label: string;
  mechanism: string;
  /** Change of the pool a day, at every chosen time: above zero it gains. */
  values: Float64Array;
  size: number;
}

/** Every how many-th time is looked at: a stacked drawing needs no more than about 240. */
const MOST_TIMES = 240;

export function sampleTimes(run: Run, range: readonly [number, number]): number[] {
  const places: number[] = [];
  for (let i = 0; i < run.times.length; i++) if (run.times[i]! >= range[0] && run.times[i]! <= range[1]) places.push(i);
  const every = Math.max(1, Math.ceil(places.length / MOST_TIMES));
  return places.filter((_unused, n) => n % every === 0 || n === places.length - 1);
}

/**
 * Contributions of processes to a pool, largest first; those beyond `most` are summed into one.
 *
 * Cells go to and fro between two pools many times a day: what counts is the difference, so both ways are one contribution.
 */
export function contributions(tables: ModelTables, run: Run, pool: string, places: readonly number[], most: number, words: Words): Contribution[] {
  const rates = run.rates();
  const width = tables.processes.length;
  const found = new Map<string, Contribution>();
  tables.processes.forEach((process, index) => {
    const sign = (process.target === pool ? 1 : 0) - (process.source === pool ? 1 : 0);
    if (sign === 0) return;
    const partner = process.target === pool ? process.source : process.target;
    const isBothWays = partner !== "" && goesBothWays(tables, pool, partner);
    const key = isBothWays ? `>${partner}` : `${index}`;
    const one = found.get(key) ?? { label: isBothWays ? words.exchange(labelOf(tables, partner)) : process.label, mechanism: process.mechanism, values: new Float64Array(places.length), size: 0 };
    places.forEach((i, n) => (one.values[n]! += sign * rates[i * width + index]!));
    found.set(key, one);
  });
  const all = [...found.values()];
  for (const one of all) one.size = area(run.times, places, one.values);
  const sorted = all.filter((one) => one.size > 0).sort((a, b) => b.size - a.size);
  if (sorted.length <= most) return sorted;
  const rest = sorted.slice(most - 1);
  const sum = new Float64Array(places.length);
  for (const one of rest) one.values.forEach((value, i) => (sum[i]! += value));
  return [...sorted.slice(0, most - 1), { label: words.others(rest.length), mechanism: "", values: sum, size: 0 }];
}

/** What contributions that stand for several processes are called. */
export interface Words {
  others(n: number): string;
  exchange(pool: string): string;
}

function labelOf(tables: ModelTables, pool: string): string {
  return tables.pools.find((one) => one.name === pool)?.label ?? pool;
}

function goesBothWays(tables: ModelTables, a: string, b: string): boolean {
  const goes = (from: string, to: string): boolean => tables.processes.some((process) => process.source === from && process.target === to);
  return goes(a, b) && goes(b, a);
}

function area(times: Float64Array, places: readonly number[], values: Float64Array): number {
  let sum = 0;
  for (let n = 1; n < places.length; n++) sum += Math.abs(values[n]!) * (times[places[n]!]! - times[places[n - 1]!]!);
  return sum;
}

/** Rates of all processes at the time nearest to one. */
export function ratesAt(tables: ModelTables, run: Run, time: number): Float64Array {
  let nearest = 0;
  for (let i = 1; i < run.times.length; i++) if (Math.abs(run.times[i]! - time) < Math.abs(run.times[nearest]! - time)) nearest = i;
  const width = tables.processes.length;
  return run.rates().subarray(nearest * width, (nearest + 1) * width);
}
