// Answers of a lesson by the page's own engine: each run once, at dense times.
import { measureCourse, measureTimes } from "./measures";
import { laidOver } from "../scenario";
import type { Answer, MeasureIn } from "./answers";
import { answerOf, factOf, numberIn } from "./answers";
import type { Changes, Lesson, Measure, Task } from "./record";
import { variantsOf } from "./record";
import { runOf, type Loaded, type Run } from "../run";
import type { ScenarioDocument } from "../model";

/** Every measure that a lesson takes anywhere: each run is looked at at the times of all of them. */
function measuresOf(lesson: Lesson): Measure[] {
  const runs = [...lesson.facts.map((fact) => fact.runs), ...lesson.tasks.flatMap((task) => [task.runs, ...variantsOf(task).map((variant) => variant.runs)])];
  return runs.flatMap((one) => (one ? [one.measure, ...(one.against_measure ? [one.against_measure] : [])] : []));
}

/** Computes and remembers the answers of a lesson. */
export class LessonAnswers {
  private readonly runs = new Map<string, Run>();
  private readonly found = new Map<string, Answer>();
  private readonly facts: Record<string, number> = {};
  private readonly measures: Measure[];

  constructor(private readonly lesson: Lesson, private readonly loaded: Loaded) {
    this.measures = measuresOf(lesson);
  }

  /** The number of a task in a scenario. Throws where it does not run. */
  stateIn(task: Task, doc: ScenarioDocument): number {
    return numberIn(task, () => this.measured(this.runOf(doc, JSON.stringify(doc)), task.runs!.measure), this.measureIn);
  }

  private readonly measureIn: MeasureIn = (changes: Changes, measure: Measure) =>
    this.measured(this.runOf(laidOver(this.lesson.base, changes), JSON.stringify(changes)), measure);

  private runOf(doc: ScenarioDocument, key: string): Run {
    let run = this.runs.get(key);
    if (!run) {
      run = runOf(this.loaded, doc, (_first, _last, boundaries) => measureTimes(boundaries, this.measures));
      if (run.status !== "OK") throw new Error(`${run.status}, day ${run.failTime}`);
      if (this.runs.size > 60) this.runs.clear();
      this.runs.set(key, run);
    }
    return run;
  }

  private measured(run: Run, measure: Measure): number {
    const { readouts, pools } = this.loaded.tables;
    const among: { name: string; unit: string }[] = measure.is_pool ? pools : readouts;
    const index = among.findIndex((entry) => entry.name === measure.readout);
    if (index < 0) throw new Error(`unknown read-out "${measure.readout}"`);
    const values = measure.is_pool ? run.pool(index) : run.readout(index);
    return measureCourse(measure, run.times, values, among[index]!.unit);
  }

  answer(task: Task): Answer {
    let answer = this.found.get(task.id);
    if (!answer) this.found.set(task.id, (answer = answerOf(task, this.measureIn)));
    return answer;
  }

  /** All answers, for the numbers in texts. */
  all(): { answers: Record<string, Answer>; facts: Record<string, number> } {
    for (const fact of this.lesson.facts) this.facts[fact.id] ??= factOf(fact, this.measureIn);
    return { answers: Object.fromEntries(this.lesson.tasks.map((task) => [task.id, this.answer(task)])), facts: this.facts };
  }
}
