// What a curve does, in words, and a table of its values: for those who do not see the curve, and for those who quote it.
import { t } from "../text";
import type { ChartSpec, Curve } from "./charts";
import { DAYS_PER_MONTH, duration, number, when, withUnit } from "./format";

/** Value of a course at a time, interpolated. */
export function at(times: ArrayLike<number>, values: ArrayLike<number>, time: number): number {
  const last = times.length - 1;
  if (time <= times[0]!) return values[0]!;
  if (time >= times[last]!) return values[last]!;
  let low = 0, high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle;
    else high = middle;
  }
  const share = (time - times[low]!) / (times[high]! - times[low]! || 1);
  return values[low]! + share * (values[high]! - values[low]!);
}

/** How long a course lies below a level, between values by straight lines. */
function timeBelow(times: ArrayLike<number>, values: ArrayLike<number>, level: number): number {
  let total = 0;
  for (let i = 1; i < times.length; i++) {
    const before = values[i - 1]! - level, after = values[i]! - level;
    const share = before < 0 && after < 0 ? 1 : before < 0 ? before / (before - after) : after < 0 ? after / (after - before) : 0;
    total += share * (times[i]! - times[i - 1]!);
  }
  return total;
}

/** The part of a course that is on show. */
function shownPart(times: Float64Array, course: Float64Array, zoom: readonly [number, number] | null): [Float64Array, Float64Array] {
  if (!zoom) return [times, course];
  const isShown = (_unused: number, i: number): boolean => times[i]! >= zoom[0] && times[i]! <= zoom[1];
  const part = times.filter(isShown);
  return part.length > 1 ? [part, course.filter(isShown)] : [times, course];
}

/** One curve in words, as far as it is on show: lowest or highest value and when, time below the limits, the end. */
export function wordsOf(spec: ChartSpec, curve: Curve, allTimes: Float64Array, all: Float64Array, zoom: readonly [number, number] | null): string {
  const [times, course] = shownPart(allTimes, all, zoom);
  const values = spec.unseen > 0 ? course.map((value) => (Math.abs(value) < spec.unseen ? 0 : value)) : course;
  let low = 0, high = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! < values[low]!) low = i;
    if (values[i]! > values[high]!) high = i;
  }
  const start = values[0]!, end = values[values.length - 1]!;
  const name = spec.curves.length > 1 ? `${curve.label}: ` : "";
  if (values[high]! - values[low]! <= 1e-3 * Math.max(Math.abs(values[high]!), 1e-9)) {
    return `${name}${t("wordsSteady", { value: withUnit(start, spec.unit) })}`;
  }
  const parts: string[] = [];
  const falls = start - values[low]!, rises = values[high]! - start;
  const share = (value: number): string => (start > 0 && Math.abs(value / start) < 10 && spec.side === "clinic" ? ` (${t("ofStart", { percent: number((100 * value) / start, 2) })})` : "");
  if (falls > 0.02 * Math.abs(start)) parts.push(t("wordsLowest", { value: number(values[low]!) + share(values[low]!), when: when(times[low]!) }));
  if (rises > 0.05 * Math.abs(start)) parts.push(t("wordsHighest", { value: number(values[high]!), when: when(times[high]!) }));
  if (spec.curves.length === 1) {
    for (const limit of spec.limits.filter((one) => one.kind !== "detection")) {
      const spent = timeBelow(times, values, limit.value);
      if (spent > 1) parts.push(t("wordsBelow", { limit: number(limit.value), time: duration(spent) }));
    }
  }
  parts.push(t("wordsEnd", { value: number(end) + share(end) }));
  return name + parts.join(" ");
}

/** Times of a table: days of the first month, then months, then half years. */
export function tableTimes(first: number, last: number, zoom: readonly [number, number] | null): number[] {
  const from = zoom ? Math.max(first, zoom[0]) : first;
  const to = zoom ? Math.min(last, zoom[1]) : last;
  if (to - from <= 95) {
    const step = to - from <= 16 ? 1 : to - from <= 40 ? 2 : 7;
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_unused, k) => from + k * step);
  }
  const months = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 21, 24, 27, 30, 33, 36, 42, 48, 54, 60, 72, 84, 96, 108, 120];
  const days = [...(from <= 0 ? [1, 5, 14] : []), ...months.map((month) => month * DAYS_PER_MONTH)];
  return [...new Set([from, ...days.filter((day) => day > from && day < to), to])].sort((a, b) => a - b);
}

export function timeText(days: number): string {
  return Math.abs(days) < 2 * DAYS_PER_MONTH ? `${number(days)} ${t("days")}` : `${number(days / DAYS_PER_MONTH)} ${t("months")}`;
}
