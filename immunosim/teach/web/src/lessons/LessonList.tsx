// All lessons, with what each asks for.
import { t } from "../text";
import { view } from "../ui/state";
import { useStore } from "../ui/store";
import { Html } from "./Html";
import { progress, progressOf } from "./progress";
import type { Lesson } from "./record";

export function LessonList({ lessons }: { lessons: Lesson[] }) {
  const tasks = useStore(progress, (p) => p.tasks);
  if (lessons.length === 0) return <p>{t("noLessons")}</p>;
  return (
    <section class="lesson-list">
      <h2>{t("lessonList")}</h2>
      <ol>
        {lessons.map((lesson) => {
          const done = lesson.tasks.filter((task) => progressOf(tasks, lesson, task).isRight).length;
          return (
            <li key={lesson.id}>
              <button type="button" class="lesson-card" onClick={() => view.set({ page: "lessons", lesson: lesson.id })}>
                <span class="number" aria-hidden="true">{lesson.number}</span>
                <span class="title">{lesson.title}</span>
                <span class="about">{t("minutes", { n: lesson.minutes })} · {t(lesson.level)}{done > 0 && ` · ${t("answered", { n: done, of: lesson.tasks.length })}`}</span>
              </button>
              <Html text={lesson.summary} class="summary" />
            </li>
          );
        })}
      </ol>
    </section>
  );
}
