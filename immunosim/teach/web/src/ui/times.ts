// When a chart looks at the model: few enough times to draw within a frame, dense where blood counts fall in hours.

const AFTER_DOSES = [0, 0.02, 0.06, 0.12, 0.2, 0.3, 0.45, 0.65, 0.85];
/** Hours after a dose at which counts in blood turn, as days: lowest values of a course lie there. */
const OF_A_DAY = [0.08, 0.17, 0.25, 0.4];
const N_ALL = 420;
const N_ZOOMED = 320;
const N_OUTSIDE = 120;
/** Days after a first dose that get times of their own. */
const DENSE_DAYS = 30;
const N_DENSE = 50;
/** Courses and pulses that get times of their own; doses that are given for ever are seen by the even grid. */
const MOST_DENSE = 5;

/** The starts of treatments: doses that follow a pause of at least 20 days. */
export function treatmentStarts(doses: readonly number[]): number[] {
  const sorted = [...doses].sort((a, b) => a - b);
  return sorted.filter((time, i) => i === 0 || time - sorted[i - 1]! > 20);
}

/** The doses of the first days of treatments. */
function firstDoses(doses: readonly number[], starts: readonly number[]): number[] {
  return doses.filter((time) => starts.some((start) => time >= start && time < start + 6)).slice(0, 20);
}

/**
 * The times of charts, rising and within the boundaries.
 *
 * `doses` are the times of doses, `zoom` the part that is shown larger.
 */
export function chartTimes(first: number, last: number, doses: readonly number[], zoom: readonly [number, number] | null): Float64Array {
  const times = new Set<number>([first, last]);
  const even = (from: number, to: number, n: number): void => {
    for (let i = 0; i <= n; i++) times.add(from + ((to - from) * i) / n);
  };
  const from = zoom ? Math.max(first, Math.min(zoom[0], last)) : first;
  const to = zoom ? Math.min(last, Math.max(zoom[1], first)) : last;
  const isZoomed = zoom !== null && to > from;
  const starts = treatmentStarts(doses.filter((time) => time >= first && time < last)).slice(0, MOST_DENSE);
  if (isZoomed) {
    even(first, last, N_OUTSIDE);
    even(from, to, N_ZOOMED);
  } else {
    even(first, last, N_ALL - N_DENSE * Math.min(starts.length, 3));
  }
  for (const start of starts) {
    for (let i = 1; i <= N_DENSE; i++) times.add(start + DENSE_DAYS * (i / N_DENSE) ** 1.7);
  }
  const near = isZoomed ? doses.filter((time) => time >= from && time < to).slice(0, 12) : firstDoses(doses, starts);
  for (const dose of near) for (const offset of isZoomed ? AFTER_DOSES : OF_A_DAY) times.add(dose + offset);
  const kept = [...times].filter((time) => time >= first && time <= last).sort((a, b) => a - b);
  return Float64Array.from(kept);
}
