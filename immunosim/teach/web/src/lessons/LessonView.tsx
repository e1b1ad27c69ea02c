// A lesson beside the charts that it needs: text and tasks on one side, its knobs and curves on the other.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../text";
import { startFrom } from "../ui/actions";
import { ChartCard } from "../ui/ChartCard";
import { catalogue, FaultNote, FrontChart } from "../ui/Curves";
import { download } from "../ui/files";
import { LessonKnobs } from "../ui/Form";
import { linkTo } from "../ui/address";
import { useNarrow } from "../ui/media";
import { scenario, session, view } from "../ui/state";
import { useStore } from "../ui/store";
import { FIRST_30_DAYS, Legends, Toolbar } from "../ui/Toolbar";
import { Why } from "../ui/Why";
import { laidOver } from "../scenario";
import { handIn } from "./handin";
import { Html } from "./Html";
import { hidesCurves, progress, progressOf } from "./progress";
import type { Lesson } from "./record";
import { LessonAnswers } from "./solve";
import { numbersOf, TaskView } from "./TaskView";

export function LessonView({ lesson }: { lesson: Lesson }) {
  const loaded = useStore(session, (s) => s.loaded)!;
  const answers = useMemo(() => new LessonAnswers(lesson, loaded), [lesson, loaded]);
  const numbers = useMemo(() => numbersOf(lesson, answers), [lesson, answers]);
  const embed = useStore(view, (v) => v.embed);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (scenario.get().of !== lesson.id) startFrom({ base: lesson.base, of: lesson.id });
    view.set({ zoom: lesson.view === "first_30_days" ? FIRST_30_DAYS : null, front: "" });
    title.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [lesson]);
  return (
    <div class="lesson">
      <article class="lesson-text">
        {embed === "" && <button type="button" class="quiet" onClick={() => view.set({ lesson: "", page: "lessons" })}>← {t("backToList")}</button>}
        <h2 ref={title} tabIndex={-1}>{lesson.number}. {lesson.title}</h2>
        <Html text={lesson.intro} fill={numbers} />
        <details class="goals"><summary>{t("goals")} …</summary><ul>{lesson.goals.map((goal, n) => <li key={n}><Html text={goal} /></li>)}</ul></details>
      </article>
      <Stage lesson={lesson} />
      <div class="tasks">
        {lesson.tasks.map((task, index) => <TaskView key={`${lesson.id}.${task.id}`} lesson={lesson} task={task} index={index} answers={answers} />)}
        <HandIn lesson={lesson} />
      </div>
    </div>
  );
}

/** The knobs of a lesson and its curves; on a phone the curve stays in sight above the knobs. */
function Stage({ lesson }: { lesson: Lesson }) {
  const hides = useStore(progress, (p) => hidesCurves(p.tasks, lesson));
  const narrow = useNarrow();
  const front = useStore(view, (v) => v.front);
  const why = useStore(view, (v) => v.why);
  const ids = lesson.charts.length > 0 ? lesson.charts : catalogue().usual.slice(0, 4);
  if (hides) return <div class="stage is-hidden"><p>{t("predictFirst")}</p></div>;
  const specs = catalogue().of(ids);
  const inFront = narrow ? (specs.find((spec) => spec.id === front) ?? specs[0]) : undefined;
  return (
    <div class="stage">
      {narrow && <FrontChart ids={ids} />}
      <div class="stage-knobs"><LessonKnobs keys={lesson.knobs} /></div>
      <Toolbar />
      <Legends />
      <FaultNote />
      {why && <Why />}
      <div class="grid">{specs.filter((spec) => spec !== inFront).map((spec) => <ChartCard key={spec.id} spec={spec} />)}</div>
      <button type="button" class="quiet" onClick={() => view.set({ page: "explore", lesson: "", charts: ids })}>{t("toExplorer")}</button>
    </div>
  );
}

function HandIn({ lesson }: { lesson: Lesson }) {
  const tasks = useStore(progress, (p) => p.tasks);
  const student = useStore(progress, (p) => p.student);
  const done = lesson.tasks.filter((task) => progressOf(tasks, lesson, task).given !== undefined).length;
  const write = (): void => {
    const record = handIn(lesson, tasks, student, (changes) => linkTo(laidOver(lesson.base, changes), lesson.base));
    const name = student.replace(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 40);
    download(`${lesson.id}${name ? `-${name}` : ""}.json`, JSON.stringify(record, null, 2), "application/json");
  };
  return (
    <section class="task handin">
      <h3>{t("handIn")}</h3>
      <p role="status">{t("answered", { n: done, of: lesson.tasks.length })}</p>
      <label class="choice-row"><span>{t("student")}</span><input type="text" maxLength={80} autocomplete="off" value={student} onInput={(event) => progress.set({ student: event.currentTarget.value })} /></label>
      <div class="buttons">
        <button type="button" class="primary" onClick={write}>{t("handInFile")}</button>
        <button type="button" onClick={() => window.print()}>{t("printHandout")}</button>
      </div>
      <p class="note">{t("handInNote")}</p>
    </section>
  );
}
