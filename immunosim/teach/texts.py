"""The records of a lesson's texts: what ``en.toml`` and the other languages hold, and that nothing is missing.

Numbers that follow from the model stand in texts as placeholders, ``{nadir}`` for the answer of a task or a fact and
``{nadir.forgot_thymus}`` for one of its wrong answers, options or items. Texts may use a small Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import Field

from immunosim.errors import InputProblem, did_you_mean
from immunosim.scenario.base import Text
from immunosim.teach.fields import LessonRecord, Name, counted, sized
from immunosim.teach.lesson import Lesson, LessonTask

LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
"""A number in a text of a lesson."""

TEACHER_PLACEHOLDER = re.compile(r"\{\{answer:([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}\}")
"""A number, an option or an order on a teacher's page."""

MOST_TEACHER = 60_000
"""Characters of a teacher's page."""

OneLine = Annotated[Text, sized(300)]
Prose = Annotated[Text, sized(6000)]


class TaskText(LessonRecord):
    """Texts of a task: question, hint, what is said afterwards, and the texts of options, items and wrong answers.

    ``wrong`` says what a wrong answer tells about the one who gave it: of a number by the id of a wrong answer, of a
    choice by the id of an option.
    """

    question: Prose
    hint: Prose | None = None
    explain: Prose
    option: dict[Name, OneLine] = Field(default_factory=dict)
    item: dict[Name, OneLine] = Field(default_factory=dict)
    wrong: dict[Name, Prose] = Field(default_factory=dict)


class LessonText(LessonRecord):
    """Texts of a lesson in one language."""

    title: OneLine
    summary: Prose
    goals: Annotated[tuple[Prose, ...], counted(1, 6)]
    misconception: Prose
    intro: Prose
    task: dict[Name, TaskText]


def text_problems(lesson: Lesson, text: LessonText) -> Iterator[InputProblem]:
    """Yield the texts that a lesson needs and that are missing, those that nothing needs, and wrong placeholders."""
    yield from _same_keys("task", text.task, [task.id for task in lesson.task], "of the lesson's tasks")
    names = placeholder_names(lesson)
    for task in lesson.task:
        if task.id in text.task:
            yield from _task_problems(task, text.task[task.id], names)
    yield from _placeholders("intro", text.intro, [fact.id for fact in lesson.fact])
    for key in ("title", "summary", "misconception"):
        yield from _placeholders(key, getattr(text, key), [])
    for number, goal in enumerate(text.goals, 1):
        yield from _placeholders(f"goals[{number}]", goal, [])


def placeholder_names(lesson: Lesson) -> list[str]:
    """Return every name that a placeholder may hold.

    A choice between runs is filled by the label of the right option, an order by its labels, all others by numbers.
    """
    names = [fact.id for fact in lesson.fact]
    for task in lesson.task:
        names += [] if task.kind == "state" else [task.id]
        names += [] if task.is_of_ranges else [f"{task.id}.{variant.id}" for variant in task.variants]
    return names


def layout(text: LessonText) -> set[str]:
    """Return the keys of all texts, which every language has to have alike."""
    keys = set()
    for name, task in text.task.items():
        keys |= {f"task.{name}.{key}" for key in ("question", "hint", "explain") if getattr(task, key) is not None}
        for kind in ("option", "item", "wrong"):
            keys |= {f"task.{name}.{kind}.{key}" for key in getattr(task, kind)}
    return keys | {f"goals[{number}]" for number, _ in enumerate(text.goals, 1)}


def different_layout(first: LessonText, other: LessonText) -> Iterator[InputProblem]:
    """Yield the keys that only one of two languages has."""
    mine, theirs = layout(first), layout(other)
    for key in sorted(mine - theirs):
        yield InputProblem("is missing, the first language has it", key=key, cure="translate it")
    for key in sorted(theirs - mine):
        yield InputProblem("is not in the first language", key=key, cure="leave it out, or add it there")


def teacher_problems(lesson: Lesson, text: str) -> Iterator[InputProblem]:
    """Yield wrong placeholders of a teacher's page."""
    names = placeholder_names(lesson)
    for name in TEACHER_PLACEHOLDER.findall(text):
        if name not in names:
            yield InputProblem(f"{{{{answer:{name}}}}} is not an answer", cure=did_you_mean(name, names))
    if "{{" in TEACHER_PLACEHOLDER.sub("", text):
        yield InputProblem("has {{ that begins no answer", cure="write {{answer:ID}}")


def _task_problems(task: LessonTask, text: TaskText, names: Collection[str]) -> Iterator[InputProblem]:
    key = f"task.{task.id}"
    for kind, entries in (("option", task.option), ("item", task.item)):
        yield from _same_keys(f"{key}.{kind}", getattr(text, kind), [entry.id for entry in entries], f"of the {kind}s")
    if task.kind == "number":
        yield from _same_keys(f"{key}.wrong", text.wrong, [entry.id for entry in task.wrong], "of the wrong answers")
    else:
        yield from _unknown(f"{key}.wrong", text.wrong, [option.id for option in task.option], "of the options")
    told = [name for name in names if name.partition(".")[0] not in (task.id,)]
    for part, value in (("question", text.question), ("hint", text.hint or "")):
        yield from _placeholders(f"{key}.{part}", value, told)
    yield from _placeholders(f"{key}.explain", text.explain, names)
    for kind, allowed in (("option", told), ("item", told), ("wrong", names)):
        for name, value in getattr(text, kind).items():
            yield from _placeholders(f"{key}.{kind}.{name}", value, allowed)


def _same_keys(key: str, given: Mapping[str, object], wanted: Collection[str], what: str) -> Iterator[InputProblem]:
    for name in wanted:
        if name not in given:
            yield InputProblem("is missing", key=f"{key}.{name}", cure=f"write the text {what}")
    yield from _unknown(key, given, wanted, what)


def _unknown(key: str, given: Mapping[str, object], wanted: Collection[str], what: str) -> Iterator[InputProblem]:
    for name in given:
        if name not in wanted:
            yield InputProblem(f"is none {what}", key=f"{key}.{name}", cure=did_you_mean(name, wanted))


def _placeholders(key: str, text: str, allowed: Collection[str]) -> Iterator[InputProblem]:
    for name in PLACEHOLDER.findall(text):
        if name not in allowed:
            cure = did_you_mean(name, allowed) if allowed else "write the sentence without it"
            yield InputProblem(f"{{{name}}} may not stand here", key=key, cure=cure)
    if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
        yield InputProblem("has a brace that belongs to no placeholder", key=key, cure="write {ID}, or no brace")
