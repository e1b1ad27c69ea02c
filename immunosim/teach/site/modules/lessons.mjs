// src/lessons/record.ts
function variantsOf(task) {
  return task.options ?? task.items ?? task.wrong ?? [];
}
function isOfRanges(task) {
  return task.kind === "choice" && (task.options ?? []).some((option) => option.runs === null);
}

// src/lessons/answers.ts
var FACTORS = { "1e9/L>cells/uL": 1e3, "cells/uL>1e9/L": 1e-3, "1/year>1/day": 1 / 365.25, "1/day>1/year": 365.25, "mg/L>ug/mL": 1, "ug/mL>mg/L": 1 };
function numberOf(asked, runs, factor, measureIn) {
  const first = measureIn(runs.set, runs.measure);
  if (asked.as === null) return first * factor;
  const other = runs.against_measure ?? runs.measure;
  const inFirst = FACTORS[`${other.unit}>${runs.measure.unit}`] ?? 1;
  const second = inFirst * measureIn(runs.against ?? runs.set, other);
  if (asked.as === "difference") return (first - second) * factor;
  const ratio = first / second;
  return (asked.as === "ratio" ? ratio : 100 * (ratio - 1)) * factor;
}
function toleranceOf(task, value) {
  if (task.tolerance.absolute !== void 0) return task.tolerance.absolute;
  if (!Number.isFinite(value) || value === 0) return 0;
  const digit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Math.max((task.tolerance.relative ?? 0.1) * Math.abs(value), digit);
}
function within(value, bounds) {
  return value >= (bounds.at_least ?? -Infinity) && value <= (bounds.at_most ?? Infinity);
}
function answerOf(task, measureIn) {
  const variants = {};
  for (const variant of variantsOf(task)) {
    if (variant.runs) variants[variant.id] = numberOf(task, variant.runs, variant.factor ?? task.factor, measureIn);
  }
  const value = task.runs && (task.kind === "number" || task.kind === "state" || isOfRanges(task)) ? numberOf(task, task.runs, task.factor, measureIn) : NaN;
  return { value, variants, right: rightOf(task, value, variants) };
}
function rightOf(task, value, variants) {
  if (isOfRanges(task)) return (task.options ?? []).find((option) => within(value, option))?.id ?? "";
  const names = Object.keys(variants);
  if (task.kind === "choice") {
    const sign = task.best === "smallest" ? -1 : 1;
    return names.reduce((best, name) => sign * variants[name] > sign * variants[best] ? name : best, names[0] ?? "");
  }
  if (task.kind === "order") {
    const sign = task.by === "falling" ? -1 : 1;
    return names.sort((a, b) => sign * (variants[a] - variants[b]));
  }
  return "";
}
function numberIn(task, own, measureIn) {
  const ownSet = {};
  const runs = { ...task.runs, set: ownSet };
  return numberOf(task, runs, task.factor, (changes, measure) => changes === ownSet ? own() : measureIn(changes, measure));
}
function factOf(asked, measureIn) {
  return asked.runs ? numberOf(asked, asked.runs, asked.factor, measureIn) : NaN;
}
function judge(task, answer, given) {
  if (task.kind === "number") return judgeNumber(task, answer, given);
  const isRight = JSON.stringify(given) === JSON.stringify(answer.right);
  const known = isRight || task.kind !== "choice" ? null : (task.options ?? []).find((option) => option.id === given && option.says) ?? null;
  return { isRight, side: "", known };
}
function judgeNumber(task, answer, given) {
  if (Math.abs(given - answer.value) <= toleranceOf(task, answer.value)) return { isRight: true, side: "", known: null };
  let known = null;
  for (const variant of task.wrong ?? []) {
    const distance = Math.abs(given - answer.variants[variant.id]);
    if (!(distance <= toleranceOf(task, answer.variants[variant.id]))) continue;
    if (!known || distance < Math.abs(given - answer.variants[known.id])) known = variant;
  }
  return { isRight: false, side: given > answer.value ? "high" : "low", known };
}
function judgeState(task, value) {
  return within(value, task);
}
function placeholders(lesson, answers, facts, withUnit) {
  const filled = {};
  for (const fact of lesson.facts) if (fact.id in facts) filled[fact.id] = withUnit(facts[fact.id], fact.unit);
  for (const task of lesson.tasks) {
    const answer = answers[task.id];
    if (!answer) continue;
    const label = (id) => variantsOf(task).find((variant) => variant.id === id)?.label ?? id;
    if (Number.isFinite(answer.value)) filled[task.id] = withUnit(answer.value, task.unit);
    else if (typeof answer.right === "string") filled[task.id] = label(answer.right);
    else filled[task.id] = answer.right.map(label).join(", ");
    for (const [id, value] of Object.entries(answer.variants)) filled[`${task.id}.${id}`] = withUnit(value, task.unit);
  }
  return filled;
}

// src/lessons/measures.ts
var DAYS_PER_YEAR = 365.25;
function measureTimes(boundaries, measures) {
  const first = boundaries[0], last = boundaries[boundaries.length - 1];
  const times = /* @__PURE__ */ new Set([first, last]);
  const N = 3e3;
  for (let i = 0; i <= N; i++) times.add(first + (last - first) * i / N);
  const offsets = [1e-6, 0.01, 0.02, 0.04, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.5, 2, 3, 4, 5, 7, 10, 14, 20, 30];
  const n = Math.min(boundaries.length, 200);
  for (let i = 0; i < n; i++) for (const offset of offsets) times.add(boundaries[i] + offset);
  for (let i = 0; i < boundaries.length; i++) times.add(boundaries[i]);
  for (const measure of measures) for (const time of [measure.at, measure.start, measure.end]) if (time !== void 0) times.add(time);
  return Float64Array.from([...times].filter((time) => time >= first && time <= last).sort((a, b) => a - b));
}
function windowed(times, values, start, end) {
  const t = [], v = [];
  for (let i = 0; i < times.length; i++) {
    if (times[i] >= start && times[i] <= end) {
      t.push(times[i]);
      v.push(values[i]);
    }
  }
  return { t, v };
}
function lowest(t, v) {
  let best = 0;
  for (let i = 1; i < v.length; i++) if (v[i] < v[best]) best = i;
  const here = { time: t[best], value: v[best] };
  if (best === 0 || best === v.length - 1) return here;
  const a = t[best - 1] - here.time, b = t[best + 1] - here.time;
  const p = v[best - 1] - here.value, q = v[best + 1] - here.value;
  const det = a * b * (b - a);
  const c1 = (p * b * b - q * a * a) / det, c2 = (q * a - p * b) / det;
  if (!(c2 > 0)) return here;
  const shift = -c1 / (2 * c2);
  if (!(shift > a && shift < b)) return here;
  return { time: here.time + shift, value: here.value + c1 * shift + c2 * shift * shift };
}
function area(t, v) {
  let sum = 0;
  for (let i = 1; i < t.length; i++) sum += 0.5 * (v[i] + v[i - 1]) * (t[i] - t[i - 1]);
  return sum;
}
function below(t, v, level) {
  const found = { first: NaN, last: NaN, total: 0 };
  const note = (from, to) => {
    if (!(to > from)) return;
    if (Number.isNaN(found.first)) found.first = from;
    found.last = to;
    found.total += to - from;
  };
  for (let i = 1; i < t.length; i++) {
    const p = v[i - 1] - level, q = v[i] - level;
    const crossing = t[i - 1] + (t[i] - t[i - 1]) * p / (p - q);
    if (p < 0 && q < 0) note(t[i - 1], t[i]);
    else if (p < 0) note(t[i - 1], Number.isFinite(crossing) ? crossing : t[i]);
    else if (q < 0) note(Number.isFinite(crossing) ? crossing : t[i - 1], t[i]);
  }
  return found;
}
function valueAt(times, values, at) {
  let high = times.length - 1;
  let low = 0;
  if (at < times[0] || at > times[high]) return NaN;
  while (high - low > 1) {
    const middle = low + high >> 1;
    if (times[middle] <= at) low = middle;
    else high = middle;
  }
  if (times[high] === at) return values[high];
  const share = (at - times[low]) / (times[high] - times[low]);
  return values[low] + share * (values[high] - values[low]);
}
function measureCourse(measure, times, values, unit) {
  if (measure.kind === "value") return valueAt(times, values, measure.at ?? NaN);
  const { t, v } = windowed(times, values, measure.start ?? -Infinity, measure.end ?? Infinity);
  if (t.length < 2) return NaN;
  const negative = v.map((value) => -value);
  const level = measure.threshold ?? NaN;
  const perDay = /year/.test(unit) ? 1 / DAYS_PER_YEAR : 1;
  switch (measure.kind) {
    case "minimum":
      return lowest(t, v).value;
    case "time_of_minimum":
      return lowest(t, v).time;
    case "maximum":
      return -lowest(t, negative).value;
    case "time_of_maximum":
      return lowest(t, negative).time;
    case "area":
      return area(t, v);
    case "mean":
      return area(t, v) / (t.at(-1) - t[0]);
    case "time_below":
      return below(t, v, level).total;
    case "time_above":
      return below(t, negative, -level).total;
    case "first_below":
      return below(t, v, level).first;
    case "first_above":
      return below(t, negative, -level).first;
    case "last_below":
      return below(t, v, level).last;
    case "last_above":
      return below(t, negative, -level).last;
    case "cumulative_hazard":
      return perDay * area(t, v);
    case "risk":
      return 1 - Math.exp(-perDay * area(t, v));
  }
}

// src/lessons/changes.ts
function leaves(changes) {
  return Object.entries(changes).flatMap(
    ([key, value]) => value !== null && typeof value === "object" && !Array.isArray(value) ? leaves(value).map((below2) => `${key}.${below2}`) : [key]
  );
}
export {
  answerOf,
  factOf,
  isOfRanges,
  judge,
  judgeState,
  leaves,
  measureCourse,
  measureTimes,
  numberIn,
  placeholders,
  toleranceOf,
  variantsOf
};
