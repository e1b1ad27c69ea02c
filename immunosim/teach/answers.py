"""The answers of a lesson, computed by running the model: of every task, every wrong answer and every fact.

Says what came out, not whether that makes a good task: ``check`` judges it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from immunosim.codegen.loader import say_nothing
from immunosim.errors import InputProblem
from immunosim.teach.asking import Asked, asked
from immunosim.teach.faults import LessonError
from immunosim.teach.lesson import Fact, Lesson
from immunosim.teach.marking import TaskAnswer
from immunosim.teach.reading import LessonFolder
from immunosim.teach.runs import LessonRuns, Number, base_scenario

Settings = Mapping[str, object]


@dataclass(frozen=True)
class LessonAnswers:
    """All computed answers of a lesson, by the ids of tasks and facts."""

    folder: LessonFolder
    runs: LessonRuns
    answers: dict[str, TaskAnswer]

    @property
    def model_key(self) -> str:
        """Hash of the model and its numerics."""
        return self.runs.base.model.key

    def number(self, name: str) -> Number | None:
        """Return the number that a placeholder stands for; None where it is a label or a list of labels."""
        task, _, variant = name.partition(".")
        answer = self.answers[task]
        value = answer.variants[variant] if variant else answer.value
        return None if math.isnan(value) else Number(value, answer.unit)


def compute_answers(
    folder: LessonFolder, overrides: Settings | None = None, announce: Callable[[str], None] = say_nothing
) -> LessonAnswers:
    """Run the model for every answer of a lesson.

    Parameters
    ----------
    folder : LessonFolder
    overrides : mapping, optional
        Changes on top of those of the lesson, such as another value of a parameter.
    announce : callable

    Raises
    ------
    LessonError
        If a run, a measure or a unit is impossible, with file and key.
    """
    lesson, file = folder.lesson, folder.file
    base = base_scenario(lesson.scenario, {**lesson.changes, **(overrides or {})}, file)
    runs = LessonRuns(base, file, announce)
    waiting: dict[str, Asked] = {}
    problems: list[InputProblem] = []
    for key, fact in keyed(lesson):
        try:
            waiting[fact.id] = asked(runs, fact, key)
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems=problems)
    runs.solve()
    return LessonAnswers(folder, runs, {name: entry.answer() for name, entry in waiting.items()})


def keyed(lesson: Lesson) -> Iterator[tuple[str, Fact]]:
    """Yield tasks and facts with the key paths of messages."""
    yield from ((f"task[{number}]", task) for number, task in enumerate(lesson.task, 1))
    yield from ((f"fact[{number}]", fact) for number, fact in enumerate(lesson.fact, 1))
