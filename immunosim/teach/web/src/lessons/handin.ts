// The file that a student hands in: answers, predictions and the scenario of each; `immunosim teach grade` recomputes them.
import { language } from "../text";
import { progressOf, type Progress } from "./progress";
import type { Changes, Lesson } from "./record";

export const FORMAT = "immunosim hand-in 1";

function answerRecord(task: Lesson["tasks"][number], progress: Progress): Record<string, unknown> {
  const key = { number: "value", choice: "choice", order: "order", state: "link" }[task.kind];
  const record: Record<string, unknown> = {};
  if (progress.given !== undefined && task.kind !== "state") record[key] = progress.given;
  if (progress.predicted !== undefined && progress.predicted !== null) record.predicted = progress.predicted;
  if (progress.at) record.at = progress.at;
  return record;
}

/** The hand-in of a lesson. `linkOf` writes the link of a scenario that differs from the lesson's in some changes. */
export function handIn(lesson: Lesson, tasks: Record<string, Progress>, student: string, linkOf: (changes: Changes) => string): Record<string, unknown> {
  const answers: Record<string, unknown> = {}, links: Record<string, string> = {};
  for (const task of lesson.tasks) {
    const progress = progressOf(tasks, lesson, task);
    if (progress.given === undefined && progress.predicted === undefined) continue;
    const record = answerRecord(task, progress);
    const link = linkOf(progress.changes ?? {});
    if (task.kind === "state" && progress.given !== undefined) record.link = link;
    answers[task.id] = record;
    links[task.id] = link;
  }
  return { format: FORMAT, lesson: lesson.id, version: lesson.version, model: lesson.model, model_key: lesson.model_key, language: language(), student, answers, links };
}

