// The lesson record that the package exports (immunosim/teach/record.py): texts as HTML that Python rendered, runs as changes
// of a base scenario, measures in internal units. Right answers are not in it: the page computes them.
import type { ScenarioDocument } from "../model";
import type { Changes } from "../scenario";

export type MeasureKind =
  | "value" | "minimum" | "time_of_minimum" | "maximum" | "time_of_maximum" | "area" | "mean"
  | "time_below" | "time_above" | "first_below" | "first_above" | "last_below" | "last_above"
  | "cumulative_hazard" | "risk";

/** What is measured in a run; times in days, the threshold in the unit of the read-out. */
export interface Measure {
  kind: MeasureKind;
  readout: string;
  unit: string;
  at?: number;
  start?: number;
  end?: number;
  threshold?: number;
  /** Whether what is measured is a pool and not a read-out. */
  is_pool?: boolean;
  text?: string;
}

/** Values to lay over the base scenario by key; null removes the key. */
export type { Changes };

export interface Runs {
  set: Changes;
  measure: Measure;
  against: Changes | null;
  against_measure: Measure | null;
}

export type Comparison = "difference" | "ratio" | "percent";

export interface Asked {
  id: string;
  unit: string;
  as: Comparison | null;
  factor: number;
  runs: Runs | null;
}

/** A wrong answer of a number, an option of a choice or an item to order. */
export interface Variant {
  id: string;
  label: string;
  says: string;
  runs: Runs | null;
  factor?: number;
  at_least: number | null;
  at_most: number | null;
}

export type TaskKind = "number" | "choice" | "order" | "state";

export interface Task extends Asked {
  kind: TaskKind;
  predict: boolean;
  tolerance: { relative?: number; absolute?: number };
  best: "largest" | "smallest" | null;
  by: "rising" | "falling" | null;
  at_least: number | null;
  at_most: number | null;
  allowed: string[];
  question: string;
  hint: string;
  explain: string;
  options?: Variant[];
  items?: Variant[];
  wrong?: Variant[];
}

export interface Lesson {
  id: string;
  number: string;
  minutes: number;
  level: "basic" | "advanced";
  version: string;
  model: string;
  model_key: string;
  scenario: string;
  base: ScenarioDocument;
  knobs: string[];
  charts: string[];
  view: "all" | "first_30_days";
  title: string;
  summary: string;
  goals: string[];
  misconception: string;
  intro: string;
  facts: Asked[];
  tasks: Task[];
}

/** Options, items or wrong answers: a task has one of them. */
export function variantsOf(task: Task): Variant[] {
  return task.options ?? task.items ?? task.wrong ?? [];
}

/** Whether a choice asks for the range that holds the answer. */
export function isOfRanges(task: Task): boolean {
  return task.kind === "choice" && (task.options ?? []).some((option) => option.runs === null);
}
