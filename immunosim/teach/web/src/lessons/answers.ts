// The answers of a lesson, computed by running the model, and what another number says: the port of immunosim/teach/marking.py
// and asking.py. Knows neither the page nor the engine: it is given how to measure in a run.
import type { Asked, Changes, Lesson, Measure, Runs, Task, Variant } from "./record";
import { isOfRanges, variantsOf } from "./record";

/** A measure in a run of the lesson, in its natural unit. Throws where the run fails. */
export type MeasureIn = (changes: Changes, measure: Measure) => number;

export interface Answer {
  /** The number in the unit of the task; NaN of a choice between runs and of an order. */
  value: number;
  /** Id of the right option, or ids in the right order. */
  right: string | string[];
  /** Numbers of options, items or wrong answers. */
  variants: Record<string, number>;
}

/** What a number of one unit is multiplied with to be one of another: those in which read-outs come. */
const FACTORS: Record<string, number> = { "1e9/L>cells/uL": 1000, "cells/uL>1e9/L": 0.001, "1/year>1/day": 1 / 365.25, "1/day>1/year": 365.25, "mg/L>ug/mL": 1, "ug/mL>mg/L": 1 };

function numberOf(asked: Asked, runs: Runs, factor: number, measureIn: MeasureIn): number {
  const first = measureIn(runs.set, runs.measure);
  if (asked.as === null) return first * factor;
  const other = runs.against_measure ?? runs.measure;
  const inFirst = FACTORS[`${other.unit}>${runs.measure.unit}`] ?? 1;
  const second = inFirst * measureIn(runs.against ?? runs.set, other);
  if (asked.as === "difference") return (first - second) * factor;
  const ratio = first / second;
  return (asked.as === "ratio" ? ratio : 100 * (ratio - 1)) * factor;
}

/** The largest absolute error of a number that is still right: at least a unit in its second digit. */
export function toleranceOf(task: Task, value: number): number {
  if (task.tolerance.absolute !== undefined) return task.tolerance.absolute;
  if (!Number.isFinite(value) || value === 0) return 0;
  const digit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Math.max((task.tolerance.relative ?? 0.1) * Math.abs(value), digit);
}

function within(value: number, bounds: { at_least: number | null; at_most: number | null }): boolean {
  return value >= (bounds.at_least ?? -Infinity) && value <= (bounds.at_most ?? Infinity);
}

/** The computed answer of a task. */
export function answerOf(task: Task, measureIn: MeasureIn): Answer {
  const variants: Record<string, number> = {};
  for (const variant of variantsOf(task)) {
    if (variant.runs) variants[variant.id] = numberOf(task, variant.runs, variant.factor ?? task.factor, measureIn);
  }
  const value = task.runs && (task.kind === "number" || task.kind === "state" || isOfRanges(task)) ? numberOf(task, task.runs, task.factor, measureIn) : NaN;
  return { value, variants, right: rightOf(task, value, variants) };
}

function rightOf(task: Task, value: number, variants: Record<string, number>): string | string[] {
  if (isOfRanges(task)) return (task.options ?? []).find((option) => within(value, option))?.id ?? "";
  const names = Object.keys(variants);
  if (task.kind === "choice") {
    const sign = task.best === "smallest" ? -1 : 1;
    return names.reduce((best, name) => (sign * variants[name]! > sign * variants[best]! ? name : best), names[0] ?? "");
  }
  if (task.kind === "order") {
    const sign = task.by === "falling" ? -1 : 1;
    return names.sort((a, b) => sign * (variants[a]! - variants[b]!));
  }
  return "";
}

/** The number of a task in a run of its own, compared as the task says. */
export function numberIn(task: Task, own: () => number, measureIn: MeasureIn): number {
  const ownSet: Changes = {};
  const runs = { ...task.runs!, set: ownSet };
  return numberOf(task, runs, task.factor, (changes, measure) => (changes === ownSet ? own() : measureIn(changes, measure)));
}

/** The number of a fact. */
export function factOf(asked: Asked, measureIn: MeasureIn): number {
  return asked.runs ? numberOf(asked, asked.runs, asked.factor, measureIn) : NaN;
}

export type Given = number | string | string[];

export interface Verdict {
  isRight: boolean;
  /** Whether a number was too high or too low. */
  side: "high" | "low" | "";
  /** The wrong answer that this one is, if it is a known one. */
  known: Variant | null;
}

/** What an answer is worth: a number, the id of an option or ids in order. */
export function judge(task: Task, answer: Answer, given: Given): Verdict {
  if (task.kind === "number") return judgeNumber(task, answer, given as number);
  const isRight = JSON.stringify(given) === JSON.stringify(answer.right);
  const known = isRight || task.kind !== "choice" ? null : (task.options ?? []).find((option) => option.id === given && option.says) ?? null;
  return { isRight, side: "", known };
}

function judgeNumber(task: Task, answer: Answer, given: number): Verdict {
  if (Math.abs(given - answer.value) <= toleranceOf(task, answer.value)) return { isRight: true, side: "", known: null };
  let known: Variant | null = null;
  for (const variant of task.wrong ?? []) {
    const distance = Math.abs(given - answer.variants[variant.id]!);
    if (!(distance <= toleranceOf(task, answer.variants[variant.id]!))) continue;
    if (!known || distance < Math.abs(given - answer.variants[known.id]!)) known = variant;
  }
  return { isRight: false, side: given > answer.value ? "high" : "low", known };
}

/** The value of a state task in a scenario, and whether it is reached. */
export function judgeState(task: Task, value: number): boolean {
  return within(value, task);
}

/** Number and unit of every placeholder of a lesson, or the labels of a choice or an order. */
export function placeholders(lesson: Lesson, answers: Record<string, Answer>, facts: Record<string, number>, withUnit: (value: number, unit: string) => string): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const fact of lesson.facts) if (fact.id in facts) filled[fact.id] = withUnit(facts[fact.id]!, fact.unit);
  for (const task of lesson.tasks) {
    const answer = answers[task.id];
    if (!answer) continue;
    const label = (id: string): string => variantsOf(task).find((variant) => variant.id === id)?.label ?? id;
    if (Number.isFinite(answer.value)) filled[task.id] = withUnit(answer.value, task.unit);
    else if (typeof answer.right === "string") filled[task.id] = label(answer.right);
    else filled[task.id] = answer.right.map(label).join(", ");
    for (const [id, value] of Object.entries(answer.variants)) filled[`${task.id}.${id}`] = withUnit(value, task.unit);
  }
  return filled;
}
