"""Whether the answers of lessons make good tasks, and which of them moved since they were stored.

A right answer has to be one number and no other: wrong answers, options and items must lie apart from it, a state must
not be reached before anybody does anything, and somebody must be able to reach it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from immunosim.codegen.loader import say_nothing
from immunosim.errors import InputProblem, did_you_mean
from immunosim.models import available_models
from immunosim.scenario import load_scenario
from immunosim.teach.answers import LessonAnswers, compute_answers, keyed
from immunosim.teach.faults import LessonError
from immunosim.teach.keys import key_problem
from immunosim.teach.lesson import LessonTask
from immunosim.teach.marking import TaskAnswer, bounds_of, tolerance_of
from immunosim.teach.reading import LessonFolder, read_lessons
from immunosim.teach.stored import Moved, moved_answers, read_stored, write_stored

MARGIN = 1e-3
"""Relative distance from its bound that a state keeps at the start and at its solution: two engines must agree."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class LessonCheck:
    """What came of checking lessons.

    Attributes
    ----------
    answers : tuple of LessonAnswers
    problems : tuple of InputProblem
        Of lessons whose answers make no good tasks.
    moved : tuple of Moved
        Answers that are not those that are stored.
    stored : Path or None
        The file of the stored answers; None where the folder has none.
    """

    answers: tuple[LessonAnswers, ...]
    problems: tuple[InputProblem, ...]
    moved: tuple[Moved, ...]
    stored: Path | None

    @property
    def moved_lessons(self) -> list[str]:
        """Names of the lessons whose answers moved, each once."""
        return list(dict.fromkeys(entry.lesson for entry in self.moved))

    def update(self) -> Path:
        """Store the answers as they are now, and return the file.

        Raises
        ------
        LessonError
            If there are problems, or the lessons are not in one folder.
        """
        if self.problems:
            raise LessonError(problems=self.problems)
        folders = {answers.folder.path.parent for answers in self.answers}
        if len(folders) != 1:
            raise LessonError("lessons are in several folders", cure="check one folder at a time")
        return write_stored(folders.pop(), self.answers)


def check_lessons(
    folder: Path | str | None = None,
    overrides: Mapping[str, object] | None = None,
    announce: Say = say_nothing,
    report: Callable[[int, int, str], None] | None = None,
) -> LessonCheck:
    """Recompute every answer of lessons and judge it.

    Parameters
    ----------
    folder : Path or str, optional
        Of a lesson or of several; by default those that come with the package.
    overrides : mapping, optional
        Changes of every lesson's scenario, such as another value of a parameter, to see which lessons follow from it.
    announce : callable
        Receives a sentence before a slow step.
    report : callable, optional
        Receives how many lessons are done, of how many, and the name of the next.

    Raises
    ------
    LessonError
        If a file cannot be read as a lesson, with every problem.
    """
    lessons = read_lessons(None if folder is None else Path(folder))
    computed: list[LessonAnswers] = []
    problems: list[InputProblem] = []
    for number, lesson in enumerate(lessons):
        if report is not None:
            report(number, len(lessons), lesson.id)
        try:
            answers = compute_answers(lesson, _fitting(lesson, overrides or {}), announce)
        except LessonError as error:
            problems += error.problems
            continue
        computed.append(answers)
        problems += judged(answers)
    where = lessons[0].path.parent
    stored = read_stored(where)
    moved = [] if stored is None else moved_answers(computed, stored)
    if folder is None and stored is not None:
        problems += _unstored(lessons, stored, where)
    return LessonCheck(tuple(computed), tuple(problems), tuple(moved), None if stored is None else where)


def _fitting(lesson: LessonFolder, overrides: Mapping[str, object]) -> dict[str, object]:
    """Return the changes that a lesson's model knows: lessons of several models are changed together.

    Raises
    ------
    LessonError
        If no model has the parameter.
    """
    fitting = dict(overrides)
    for key in overrides:
        name = key.removeprefix("parameters.")
        if name == key:
            continue
        models = {model: package.parameters() for model, package in available_models().items()}
        if not any(name in parameters for parameters in models.values()):
            known = [known for parameters in models.values() for known in parameters]
            raise LessonError(f'unknown parameter "{name}"', file="--set", cure=did_you_mean(name, known))
        scenario = load_scenario(lesson.lesson.scenario)
        if name not in models.get(scenario.model, {}):
            del fitting[key]
    return fitting


def judged(answers: LessonAnswers) -> list[InputProblem]:
    """Return what makes a lesson's answers no good tasks, with file and key."""
    lesson, file = answers.folder.lesson, answers.folder.file
    problems = [*_pages(answers)]
    for key, fact in keyed(lesson):
        answer = answers.answers[fact.id]
        faults = list(_without_value(answer))
        if not faults and isinstance(fact, LessonTask):
            faults = list(_JUDGES[fact.kind](fact, answer))
        problems += [InputProblem(p.reason, file, f"{key}.{p.key}" if p.key else key, p.cure) for p in faults]
    return problems


def _pages(answers: LessonAnswers) -> Iterator[InputProblem]:
    """Yield knobs that are no keys of the scenario, and charts that are neither read-outs nor pools."""
    lesson, file, problem = answers.folder.lesson, answers.folder.file, answers.runs.base
    known = problem.model.units
    for number, name in enumerate(lesson.charts, 1):
        if name not in known:
            cure = did_you_mean(name, known)
            yield InputProblem(f'unknown read-out or pool "{name}"', file, f"charts[{number}]", cure)
    for number, name in enumerate(lesson.knobs, 1):
        if fault := key_problem(problem, name):
            yield InputProblem(fault.reason, file, f"knobs[{number}]", fault.cure)


def _without_value(answer: TaskAnswer) -> Iterator[InputProblem]:
    numbers = dict(answer.variants)
    if answer.kind in ("number", "state") or not numbers:
        numbers["measure"] = answer.value
    if answer.kind == "state":
        numbers["solution"] = answer.solved
    for name, value in numbers.items():
        if not math.isfinite(value):
            reason = f"{name} has no value in this run (such as a level that is never reached)"
            yield InputProblem(reason, key="measure", cure="measure something else, or in another time span")


def _number(task: LessonTask, answer: TaskAnswer) -> Iterator[InputProblem]:
    if answer.tolerance == 0.0:
        cure = 'give it as a quantity, for example tolerance = "5 days"'
        yield InputProblem("the answer is 0, which has no relative tolerance", key="tolerance", cure=cure)
        return
    widths = {name: tolerance_of(task.tolerance, value, answer.unit) for name, value in answer.variants.items()}
    for number, (name, value) in enumerate(answer.variants.items(), 1):
        if abs(value - answer.value) <= widths[name] + answer.tolerance:
            reason = f"{name} gives {_text(value, answer)}, the right answer is {_text(answer.value, answer)}"
            cure = "choose another wrong answer, or a smaller tolerance: they cannot be told apart"
            yield InputProblem(reason, key=f"wrong[{number}]", cure=cure)
    for a, b in combinations(answer.variants, 2):
        if abs(answer.variants[a] - answer.variants[b]) <= widths[a] + widths[b]:
            reason = f"{a} and {b} give {_text(answer.variants[a], answer)} and {_text(answer.variants[b], answer)}"
            yield InputProblem(reason, key="wrong", cure="leave one out: they cannot be told apart")


def _choice(task: LessonTask, answer: TaskAnswer) -> Iterator[InputProblem]:
    if task.is_of_ranges:
        yield from _ranges(task, answer)
        return
    best = answer.variants[str(answer.right)]
    for name, value in answer.variants.items():
        if name != answer.right and _are_close(value, best, answer.tolerance):
            reason = f"{name} ({_text(value, answer)}) is as good as {answer.right} ({_text(best, answer)})"
            yield InputProblem(reason, key="option", cure="change an option: there must be one right answer")


def _ranges(task: LessonTask, answer: TaskAnswer) -> Iterator[InputProblem]:
    if not answer.right:
        reason = f"the answer, {_text(answer.value, answer)}, lies in none of the ranges, or in several"
        yield InputProblem(reason, key="option", cure="let exactly one range hold it")
        return
    for number, option in enumerate(task.option, 1):
        for bound in bounds_of(option, answer.unit):
            if math.isfinite(bound) and _are_close(bound, answer.value, answer.tolerance):
                reason = f"the answer, {_text(answer.value, answer)}, lies at the end of a range"
                yield InputProblem(reason, key=f"option[{number}]", cure="choose other ranges")


def _order(task: LessonTask, answer: TaskAnswer) -> Iterator[InputProblem]:
    for a, b in zip(answer.right, answer.right[1:], strict=False):
        if _are_close(answer.variants[a], answer.variants[b], answer.tolerance):
            values = f"{_text(answer.variants[a], answer)} and {_text(answer.variants[b], answer)}"
            cure = "leave one out: there must be one right order"
            yield InputProblem(f"{a} and {b} have nearly the same value ({values})", key="item", cure=cure)


def _state(task: LessonTask, answer: TaskAnswer) -> Iterator[InputProblem]:
    low, high = answer.bounds
    wide = MARGIN * max(abs(bound) for bound in answer.bounds if math.isfinite(bound))
    if low - wide <= answer.value <= high + wide:
        reason = f"is reached before anything is changed ({_text(answer.value, answer)})"
        yield InputProblem(reason, key="at_most" if task.at_least is None else "at_least", cure="ask for more")
    if not low + wide <= answer.solved <= high - wide:
        reason = f"gives {_text(answer.solved, answer)}, which is not what is asked for"
        yield InputProblem(reason, key="solution", cure="give changes that reach it")


_JUDGES: dict[str, Callable[[LessonTask, TaskAnswer], Iterator[InputProblem]]] = {
    "number": _number,
    "choice": _choice,
    "order": _order,
    "state": _state,
}


def _unstored(lessons: list[LessonFolder], stored: Mapping[str, object], where: Path) -> Iterator[InputProblem]:
    """Yield stored answers of lessons that are gone; a lesson without stored answers counts as moved."""
    for name in stored:
        if name not in {lesson.id for lesson in lessons}:
            cure = "run immunosim teach check --update"
            yield InputProblem(f'has answers of "{name}", which does not exist', str(where), cure=cure)


def _are_close(a: float, b: float, relative: float) -> bool:
    return abs(a - b) <= relative * max(abs(a), abs(b))


def _text(value: float, answer: TaskAnswer) -> str:
    return f"{value:.4g}" if answer.unit == "1" else f"{value:.4g} {answer.unit}"
