// What a student answered so far, kept while the page is open.
import type { Given } from "./answers";
import type { Changes, Lesson, Task } from "./record";
import { Store } from "../ui/store";

export interface Progress {
  /** What was predicted; null where the student had no idea. */
  predicted?: Given | null;
  given?: Given;
  isRight?: boolean;
  /** Changes of the lesson's scenario with which a state was reached or last checked. */
  changes?: Changes;
  tries: number;
  isOpen: boolean;
  at?: string;
}

export const NOTHING: Progress = { tries: 0, isOpen: false };

export const progress = new Store<{ tasks: Record<string, Progress>; student: string }>({ tasks: {}, student: "" });

const keyOf = (lesson: Lesson, task: Task): string => `${lesson.id}.${task.id}`;

export function progressOf(tasks: Record<string, Progress>, lesson: Lesson, task: Task): Progress {
  return tasks[keyOf(lesson, task)] ?? NOTHING;
}

export function note(lesson: Lesson, task: Task, changes: Partial<Progress>): void {
  const { tasks } = progress.get();
  progress.set({ tasks: { ...tasks, [keyOf(lesson, task)]: { ...progressOf(tasks, lesson, task), ...changes } } });
}

/** Whether a task still hides the curves: it asks for a prediction that nobody made. */
export function hidesCurves(tasks: Record<string, Progress>, lesson: Lesson): boolean {
  return lesson.tasks.some((task) => task.predict && progressOf(tasks, lesson, task).predicted === undefined);
}
