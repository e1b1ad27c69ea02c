"""The runs of a lesson as scenarios, for those who teach with Python: its figures, with any tool of the package."""

from __future__ import annotations

from pathlib import Path

from immunosim.errors import did_you_mean
from immunosim.scenario import Scenario
from immunosim.teach.faults import LessonError
from immunosim.teach.lesson import LessonTask
from immunosim.teach.reading import read_lessons
from immunosim.teach.runs import LessonRuns, Settings, base_scenario

AS_IT_STARTS = "as the lesson starts"


def lesson_scenarios(lesson: str, folder: Path | str | None = None) -> dict[str, Scenario]:
    """Return the scenario that a lesson starts from, and every run that its tasks name.

    Parameters
    ----------
    lesson : str
        Its id.
    folder : Path or str, optional
        Of your own lessons; by default those that come with the package.

    Returns
    -------
    dict of str to Scenario
        By what was changed, such as "course.2.start = 24 months"; the start of the lesson comes first.

    Raises
    ------
    LessonError
        If there is no such lesson, or a run is impossible.

    Examples
    --------
    >>> ims.compare(*lesson_scenarios("second_course").values()).plot()  # doctest: +SKIP
    """
    lessons = {entry.id: entry for entry in read_lessons(None if folder is None else Path(folder))}
    if lesson not in lessons:
        raise LessonError(f'there is no lesson "{lesson}"', key="lesson", cure=did_you_mean(lesson, lessons))
    entry = lessons[lesson]
    runs = LessonRuns(base_scenario(entry.lesson.scenario, entry.lesson.changes, entry.file), entry.file)
    scenarios = {AS_IT_STARTS: runs.scenario}
    for task in entry.lesson.task:
        for settings in _settings(task):
            name = ", ".join(f"{key} = {value}" for key, value in settings.items())
            if name:
                scenarios[name] = runs.changed(settings)
    return scenarios


def _settings(task: LessonTask) -> list[Settings]:
    """Return the changes of every run of a task."""
    named = [task.set, task.against, *(variant.set for variant in task.variants)]
    solution = {**task.set, **task.solution} if task.solution else None
    return [settings for settings in (*named, solution) if settings]
