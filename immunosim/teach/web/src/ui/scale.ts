// Ends and ticks of axes: steady while a knob moves, so that a higher curve looks higher.
import { DAYS_PER_MONTH } from "./format";

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The next round number above a value. */
export function roundUp(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Largest and smallest value, and the smallest above zero, of columns between two times. */
export function extent(times: ArrayLike<number>, columns: ArrayLike<number>[], from: number, to: number): { low: number; high: number; least: number } {
  let low = Infinity, high = -Infinity, least = Infinity;
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      if (times[i]! < from || times[i]! > to) continue;
      const value = column[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value > 0 && value < least) least = value;
    }
  }
  return { low, high, least };
}

/** Decades shown below the top of a logarithmic axis, at most. */
const DECADES = 6;

/** Ends of an axis of values. */
export function valueRange(low: number, high: number, least: number, log: boolean, limits: readonly number[]): [number, number] {
  if (!Number.isFinite(high)) return log ? [0.1, 1] : [0, 1];
  const top = roundUp(Math.max(high * 1.02, 0));
  const inReach = limits.filter((limit) => limit < 3 * top);
  const end = Math.max(top, ...inReach.map((limit) => roundUp(limit)));
  if (!log) return [low < 0 ? -roundUp(-low) : 0, end];
  const floor = Number.isFinite(least) ? 10 ** Math.floor(Math.log10(least)) : end / 1000;
  return [Math.max(floor, 10 ** (Math.ceil(Math.log10(end)) - DECADES)), Math.max(end, floor * 10)];
}

/** Whether an axis of times counts in months. */
export function inMonths(from: number, to: number): boolean {
  return to - from > 95;
}

const DAY_STEPS = [0.25, 0.5, 1, 2, 5, 7, 10, 14, 30];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240];

/** Places of ticks on an axis of times, in days. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const unit = inMonths(from, to) ? DAYS_PER_MONTH : 1;
  const steps = unit === 1 ? DAY_STEPS : MONTH_STEPS;
  const step = unit * (steps.find((candidate) => (to - from) / (candidate * unit) <= most) ?? steps.at(-1)!);
  const ticks: number[] = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9; k++) ticks.push(k * step + 0);
  return ticks;
}
