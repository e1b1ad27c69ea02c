// In a learning platform the score of a lesson is told to it; elsewhere nothing happens.
import type { Lesson } from "../lessons/record";
import { progress, progressOf } from "../lessons/progress";
import { globals } from "./models";
import { language } from "../text";
import { view } from "./state";

interface WithLessons {
  lessons(language: string): Lesson[];
}

export function reportScore(site: WithLessons): void {
  progress.follow(() => {
    const { scorm } = globals();
    const lesson = site.lessons(language()).find((one) => one.id === view.get().lesson);
    if (!scorm || !lesson) return;
    const states = lesson.tasks.map((task) => progressOf(progress.get().tasks, lesson, task));
    const answered = states.filter((state) => state.given !== undefined).length;
    const right = states.filter((state) => state.isRight).length;
    if (answered > 0) scorm.report({ score: Math.round((100 * right) / states.length), answered, total: states.length });
  });
}
