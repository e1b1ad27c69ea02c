// One task: predict, run, answer, be told what a wrong answer means, and read the explanation.
import { useMemo, useState } from "preact/hooks";
import { t } from "../text";
import { startFrom } from "../ui/actions";
import { faultOf } from "../ui/faults";
import { number, withUnit } from "../ui/format";
import { announce, scenario } from "../ui/state";
import { useStore } from "../ui/store";
import { judge, judgeState, placeholders, type Answer, type Given } from "./answers";
import { differences, laidOver } from "../scenario";
import { leaves } from "./changes";
import { Html } from "./Html";
import { AnswerInput, emptyDraft, givenIn, wordsOf, type Draft } from "./inputs";
import { note, progress, progressOf } from "./progress";
import { isOfRanges, variantsOf, type Changes, type Lesson, type Task } from "./record";
import type { LessonAnswers } from "./solve";

interface Props {
  lesson: Lesson;
  task: Task;
  index: number;
  answers: LessonAnswers;
}

/** The numbers of the model for texts; empty, with the reason, where a run failed. */
export function numbersOf(lesson: Lesson, answers: LessonAnswers): Record<string, string> {
  try {
    const { answers: all, facts } = answers.all();
    return placeholders(lesson, all, facts, withUnit);
  } catch {
    return {};
  }
}

function filler(numbers: Record<string, string>): (label: string) => string {
  return (label) => label.replace(/\{([a-z0-9_.]+)\}/g, (whole, name: string) => numbers[name] ?? whole);
}

export function TaskView({ lesson, task, index, answers }: Props) {
  const mine = useStore(progress, (p) => progressOf(p.tasks, lesson, task));
  const numbers = useMemo(() => numbersOf(lesson, answers), [lesson, answers]);
  const mustPredict = task.predict && mine.predicted === undefined;
  return (
    <section class="task" aria-labelledby={`task-${task.id}`} data-task={task.id}>
      <h3 id={`task-${task.id}`}>{t("task", { n: index + 1 })}</h3>
      <Html text={task.question} fill={numbers} />
      {task.predict && mine.predicted !== undefined && (
        <p class="prediction">{mine.predicted === null ? t("predictedNone") : t("predicted", { what: wordsOf(task, mine.predicted, filler(numbers)) })}</p>
      )}
      {mustPredict ? <Predict lesson={lesson} task={task} fill={filler(numbers)} /> : <Work lesson={lesson} task={task} index={index} answers={answers} numbers={numbers} />}
    </section>
  );
}

function Predict({ lesson, task, fill }: { lesson: Lesson; task: Task; fill(label: string): string }) {
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(task));
  const [problem, setProblem] = useState("");
  const predict = (event: Event): void => {
    event.preventDefault();
    const found = givenIn(task, draft);
    if ("problem" in found) setProblem(found.problem);
    else note(lesson, task, { predicted: found.given });
  };
  return (
    <form onSubmit={predict}>
      <p class="note">{t("predictFirst")}</p>
      <AnswerInput task={task} draft={draft} name={`predict-${task.id}`} fill={fill} change={setDraft} />
      <div class="buttons">
        <button type="submit" class="primary">{t("predict")}</button>
        <button type="button" onClick={() => note(lesson, task, { predicted: null })}>{t("noIdea")}</button>
      </div>
      <p class="verdict" role="status">{problem}</p>
    </form>
  );
}

interface WorkProps extends Props {
  numbers: Record<string, string>;
}

function Work({ lesson, task, answers, numbers }: WorkProps) {
  const mine = useStore(progress, (p) => progressOf(p.tasks, lesson, task));
  const [draft, setDraft] = useState<Draft>(() => draftOf(task, mine.given ?? mine.predicted ?? undefined));
  const [verdict, setVerdict] = useState<{ text: string; says: string; run: Changes | null }>({ text: "", says: "", run: null });
  const fill = filler(numbers);
  const submit = (event: Event): void => {
    event.preventDefault();
    try {
      setVerdict(task.kind === "state" ? checkState(lesson, task, answers) : checkGiven(lesson, task, answers, draft));
    } catch (error) {
      setVerdict({ text: t("taskFailed", { reason: faultOf(error).reason }), says: "", run: null });
    }
  };
  return (
    <form onSubmit={submit}>
      {task.kind === "state" ? <p class="note">{targetOf(task)}</p> : <AnswerInput task={task} draft={draft} name={`answer-${task.id}`} fill={fill} change={setDraft} />}
      <div class="buttons">
        <button type="submit" class="primary">{task.kind === "state" ? t("useCurrent") : t("check")}</button>
        {task.kind === "state" && Object.keys(task.runs?.set ?? {}).length > 0 && (
          <button type="button" onClick={() => showRun(lesson, task.runs!.set)}>{t("beginState")}</button>
        )}
        {mine.tries >= 2 && !mine.isOpen && <button type="button" onClick={() => note(lesson, task, { isOpen: true })}>{t("showAnswer")}</button>}
        {verdict.run && <button type="button" onClick={() => showRun(lesson, verdict.run!)}>{t("showRun")}</button>}
      </div>
      <p class={`verdict${mine.isRight ? " is-right" : ""}`} role="status">{verdict.text || (mine.isRight ? t("right") : "")}</p>
      {verdict.says && <Html class="says" text={verdict.says} fill={numbers} />}
      {task.hint && !mine.isRight && mine.tries > 0 && <details class="hint"><summary>{t("hint")}</summary><Html text={task.hint} fill={numbers} /></details>}
      {(mine.isRight || mine.isOpen) && <Explanation task={task} answers={answers} numbers={numbers} />}
    </form>
  );
}

function Explanation({ task, answers, numbers }: { task: Task; answers: LessonAnswers; numbers: Record<string, string> }) {
  return (
    <div class="explanation">
      {task.kind !== "state" && <p><strong>{t("theAnswer", { what: answerText(task, answers.answer(task), filler(numbers)) })}</strong></p>}
      <Html text={task.explain} fill={numbers} />
    </div>
  );
}

function draftOf(task: Task, given: Given | undefined): Draft {
  const draft = emptyDraft(task);
  if (typeof given === "number") draft.text = String(given);
  if (typeof given === "string") draft.choice = given;
  if (Array.isArray(given)) draft.order = given;
  return draft;
}

function answerText(task: Task, answer: Answer, fill: (label: string) => string): string {
  if (task.kind === "number") return withUnit(answer.value, task.unit);
  const words = wordsOf(task, answer.right, fill);
  return isOfRanges(task) ? `${words} (${withUnit(answer.value, task.unit)})` : words;
}

function targetOf(task: Task): string {
  const bounds = [task.at_least !== null && t("atLeast", { value: withUnit(task.at_least, task.unit) }), task.at_most !== null && t("atMost", { value: withUnit(task.at_most, task.unit) })];
  return bounds.filter(Boolean).join(", ");
}

function showRun(lesson: Lesson, changes: Changes): void {
  startFrom({ base: lesson.base, of: lesson.id, doc: laidOver(lesson.base, changes), start: lesson.base });
}

type Shown = { text: string; says: string; run: Changes | null };

function checkGiven(lesson: Lesson, task: Task, answers: LessonAnswers, draft: Draft): Shown {
  const found = givenIn(task, draft);
  if ("problem" in found) return { text: found.problem, says: "", run: null };
  const verdict = judge(task, answers.answer(task), found.given);
  const changes = differences(lesson.base, scenario.get().doc);
  const { tries } = progressOf(progress.get().tasks, lesson, task);
  note(lesson, task, { given: found.given, isRight: verdict.isRight, tries: tries + 1, changes, at: new Date().toISOString() });
  const text = verdict.isRight ? t("right") : verdict.known ? t("wrong") : verdict.side === "high" ? t("tooHigh") : verdict.side === "low" ? t("tooLow") : t("wrong");
  announce(text);
  const run = !verdict.isRight && typeof found.given === "string" ? variantsOf(task).find((variant) => variant.id === found.given)?.runs?.set ?? null : verdict.known?.runs?.set ?? null;
  return { text, says: verdict.isRight ? "" : verdict.known?.says ?? "", run };
}

/** Tables of a scenario that change no curve. */
const WITHOUT_EFFECT = new Set(["title", "description", "output", "observed", "note"]);

/** Whether the scenario as it is set reaches a state by the knobs that the task allows. */
function checkState(lesson: Lesson, task: Task, answers: LessonAnswers): Shown {
  const { doc } = scenario.get();
  const start = laidOver(lesson.base, task.runs!.set);
  const foreign = leaves(differences(start, doc)).filter((key) => !task.allowed.some((one) => key === one || key.startsWith(`${one}.`)) && !WITHOUT_EFFECT.has(key.split(".")[0]!));
  const { tries } = progressOf(progress.get().tasks, lesson, task);
  if (foreign.length > 0) return { text: t("notAllowed", { keys: foreign.join(", ") }), says: "", run: null };
  const value = answers.stateIn(task, doc);
  const isRight = judgeState(task, value);
  note(lesson, task, { given: "state", isRight, tries: tries + 1, changes: differences(lesson.base, doc), at: new Date().toISOString() });
  const text = isRight ? t("reached", { value: withUnit(value, task.unit) }) : t("notReached", { value: Number.isFinite(value) ? withUnit(value, task.unit) : number(value), target: targetOf(task) });
  announce(text);
  return { text, says: "", run: null };
}
