// One number of the course of a read-out, as the endpoints of the package define it, from values at dense times.
// The package integrates these along the steps of the solver; here a parabola through three times stands for them.
import type { Measure } from "./record";

const DAYS_PER_YEAR = 365.25;

/** Times at which a run is looked at so that its measures are exact enough: even ones, and dense after every boundary. */
export function measureTimes(boundaries: ArrayLike<number>, measures: readonly Measure[]): Float64Array {
  const first = boundaries[0]!, last = boundaries[boundaries.length - 1]!;
  const times = new Set<number>([first, last]);
  const N = 3000;
  for (let i = 0; i <= N; i++) times.add(first + ((last - first) * i) / N);
  const offsets = [1e-6, 0.01, 0.02, 0.04, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.5, 2, 3, 4, 5, 7, 10, 14, 20, 30];
  const n = Math.min(boundaries.length, 200);
  for (let i = 0; i < n; i++) for (const offset of offsets) times.add(boundaries[i]! + offset);
  for (let i = 0; i < boundaries.length; i++) times.add(boundaries[i]!);
  for (const measure of measures) for (const time of [measure.at, measure.start, measure.end]) if (time !== undefined) times.add(time);
  return Float64Array.from([...times].filter((time) => time >= first && time <= last).sort((a, b) => a - b));
}

/** The part of a course between two times, with interpolated ends. */
function windowed(times: Float64Array, values: Float64Array, start: number, end: number): { t: number[]; v: number[] } {
  const t: number[] = [], v: number[] = [];
  for (let i = 0; i < times.length; i++) {
    if (times[i]! >= start && times[i]! <= end) {
      t.push(times[i]!);
      v.push(values[i]!);
    }
  }
  return { t, v };
}

/** Lowest value and its time: at a time, or at the vertex of the parabola through it and its neighbours. */
function lowest(t: number[], v: number[]): { time: number; value: number } {
  let best = 0;
  for (let i = 1; i < v.length; i++) if (v[i]! < v[best]!) best = i;
  const here = { time: t[best]!, value: v[best]! };
  if (best === 0 || best === v.length - 1) return here;
  const a = t[best - 1]! - here.time, b = t[best + 1]! - here.time;
  const p = v[best - 1]! - here.value, q = v[best + 1]! - here.value;
  // p = c1 a + c2 a^2 and q = c1 b + c2 b^2
  const det = a * b * (b - a);
  const c1 = (p * b * b - q * a * a) / det, c2 = (q * a - p * b) / det;
  if (!(c2 > 0)) return here;
  const shift = -c1 / (2 * c2);
  if (!(shift > a && shift < b)) return here;
  return { time: here.time + shift, value: here.value + c1 * shift + c2 * shift * shift };
}

function area(t: number[], v: number[]): number {
  let sum = 0;
  for (let i = 1; i < t.length; i++) sum += 0.5 * (v[i]! + v[i - 1]!) * (t[i]! - t[i - 1]!);
  return sum;
}

interface Below {
  first: number;
  last: number;
  total: number;
}

/** When a course is below a level: first, last and how long; NaN where it never is. */
function below(t: number[], v: number[], level: number): Below {
  const found: Below = { first: NaN, last: NaN, total: 0 };
  const note = (from: number, to: number): void => {
    if (!(to > from)) return;
    if (Number.isNaN(found.first)) found.first = from;
    found.last = to;
    found.total += to - from;
  };
  for (let i = 1; i < t.length; i++) {
    const p = v[i - 1]! - level, q = v[i]! - level;
    const crossing = t[i - 1]! + ((t[i]! - t[i - 1]!) * p) / (p - q);
    if (p < 0 && q < 0) note(t[i - 1]!, t[i]!);
    else if (p < 0) note(t[i - 1]!, Number.isFinite(crossing) ? crossing : t[i]!);
    else if (q < 0) note(Number.isFinite(crossing) ? crossing : t[i - 1]!, t[i]!);
  }
  return found;
}

function valueAt(times: Float64Array, values: Float64Array, at: number): number {
  let high = times.length - 1;
  let low = 0;
  if (at < times[0]! || at > times[high]!) return NaN;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= at) low = middle;
    else high = middle;
  }
  if (times[high]! === at) return values[high]!;
  const share = (at - times[low]!) / (times[high]! - times[low]!);
  return values[low]! + share * (values[high]! - values[low]!);
}

/** A measure of a course in its natural unit; NaN where it never comes. `unit` is that of the read-out. */
export function measureCourse(measure: Measure, times: Float64Array, values: Float64Array, unit: string): number {
  if (measure.kind === "value") return valueAt(times, values, measure.at ?? NaN);
  const { t, v } = windowed(times, values, measure.start ?? -Infinity, measure.end ?? Infinity);
  if (t.length < 2) return NaN;
  const negative = v.map((value) => -value);
  const level = measure.threshold ?? NaN;
  const perDay = /year/.test(unit) ? 1 / DAYS_PER_YEAR : 1;
  switch (measure.kind) {
    case "minimum": return lowest(t, v).value;
    case "time_of_minimum": return lowest(t, v).time;
    case "maximum": return -lowest(t, negative).value;
    case "time_of_maximum": return lowest(t, negative).time;
    case "area": return area(t, v);
    case "mean": return area(t, v) / (t.at(-1)! - t[0]!);
    case "time_below": return below(t, v, level).total;
    case "time_above": return below(t, negative, -level).total;
    case "first_below": return below(t, v, level).first;
    case "first_above": return below(t, negative, -level).first;
    case "last_below": return below(t, v, level).last;
    case "last_above": return below(t, negative, -level).last;
    case "cumulative_hazard": return perDay * area(t, v);
    case "risk": return 1 - Math.exp(-perDay * area(t, v));
  }
}
