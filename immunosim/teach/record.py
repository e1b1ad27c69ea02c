"""Lessons as the page reads them: plain data with texts as HTML, scenarios as documents and measures as numbers.

Holds no answers: the page computes them with its own engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from immunosim.teach.answers import LessonAnswers
from immunosim.teach.asking import against_of, measure_of, settings_of
from immunosim.teach.documents import json_document
from immunosim.teach.lesson import Fact, LessonTask, Option, TaskVariant
from immunosim.teach.link import differences
from immunosim.teach.markdown import html, inline_html, plain
from immunosim.teach.marking import SEPARATION, TOLERANCE, bounds_of
from immunosim.teach.runs import LessonRuns
from immunosim.teach.texts import LessonText, TaskText
from immunosim.units import factor_to, parse_quantity

Settings = Mapping[str, object]


def lesson_record(answers: LessonAnswers, language: str) -> dict[str, Any]:
    """Return a lesson in a language as plain data.

    Parameters
    ----------
    answers : LessonAnswers
        Computed: units of answers follow from them, and nothing else.
    language : str
    """
    folder, runs = answers.folder, answers.runs
    lesson, text = folder.lesson, folder.text(language)
    about = {
        "id": lesson.id,
        "number": lesson.number,
        "minutes": lesson.minutes,
        "level": lesson.level,
        "version": folder.version,
        "model": runs.scenario.model,
        "model_key": answers.model_key,
        "scenario": lesson.scenario,
        "base": json_document(runs.scenario),
        "knobs": list(lesson.knobs),
        "charts": list(lesson.charts),
        "view": lesson.view,
    }
    units = {name: answer.unit for name, answer in answers.answers.items()}
    facts = [_asked(runs, fact, units[fact.id]) for fact in lesson.fact]
    tasks = [_task(runs, task, text.task[task.id], units[task.id]) for task in lesson.task]
    return about | _texts(text) | {"facts": facts, "tasks": tasks}


def _texts(text: LessonText) -> dict[str, Any]:
    return {
        "title": plain(text.title),
        "summary": html(text.summary),
        "goals": [inline_html(goal) for goal in text.goals],
        "misconception": html(text.misconception),
        "intro": html(text.intro),
    }


def _task(runs: LessonRuns, task: LessonTask, text: TaskText, unit: str) -> dict[str, Any]:
    low, high = bounds_of(task, unit)
    return (
        _asked(runs, task, unit)
        | {
            "kind": task.kind,
            "predict": task.predict,
            "tolerance": _tolerance(task, unit),
            "best": task.best,
            "by": task.by,
            "at_least": _finite(low),
            "at_most": _finite(high),
            "allowed": list(task.allowed),
            "question": html(text.question),
            "hint": html(text.hint) if text.hint else "",
            "explain": html(text.explain),
        }
        | {
            name: [_variant(runs, task, entry, text, unit) for entry in entries]
            for name, entries in (("options", task.option), ("items", task.item), ("wrong", task.wrong))
            if entries
        }
    )


def _variant(runs: LessonRuns, task: LessonTask, variant: TaskVariant, text: TaskText, unit: str) -> dict[str, Any]:
    says = text.wrong.get(variant.id, "")
    label = text.option.get(variant.id) or text.item.get(variant.id, "")
    about = {"id": variant.id, "label": plain(label), "says": html(says) if says else ""}
    if isinstance(variant, Option) and variant.is_range:
        low, high = bounds_of(variant, unit)
        return about | {"runs": None, "at_least": _finite(low), "at_most": _finite(high)}
    return about | _measured(runs, task, variant, unit) | {"at_least": None, "at_most": None}


def _asked(runs: LessonRuns, fact: Fact, unit: str) -> dict[str, Any]:
    about: dict[str, Any] = {"id": fact.id, "unit": unit, "as": fact.comparison}
    if fact.measure or not isinstance(fact, LessonTask):
        return about | _measured(runs, fact, None, unit)
    # Every option or item has a measure of its own, in one natural unit.
    return about | _measured(runs, fact, fact.variants[0], unit) | {"runs": None}


def _measured(runs: LessonRuns, fact: Fact, variant: TaskVariant | None, unit: str) -> dict[str, Any]:
    """Return the runs and measures of a number, and by what it is multiplied to be in the unit of the answer."""
    settings, text = settings_of(fact, variant), measure_of(fact, variant)
    first = _measure(runs, settings, text)
    asked: dict[str, Any] = {"set": changes(runs, settings), "measure": first, "against": None, "against_measure": None}
    if fact.comparison is not None:
        other, other_text = against_of(fact, variant)
        asked |= {"against": changes(runs, other), "against_measure": _measure(runs, other, other_text)}
    natural = {"ratio": "1", "percent": "%"}.get(fact.comparison or "", first["unit"])
    return {"factor": factor_to(natural, unit), "runs": asked}


def _measure(runs: LessonRuns, settings: Settings, text: str) -> dict[str, Any]:
    return {"text": text} | runs.described(settings, text)


def changes(runs: LessonRuns, settings: Settings) -> dict[str, Any]:
    """Return the changes of a run as canonical values by key."""
    if not settings:
        return {}
    return differences(json_document(runs.scenario), json_document(runs.changed(settings)))


def _tolerance(task: LessonTask, unit: str) -> dict[str, float]:
    if isinstance(task.tolerance, str):
        return {"absolute": parse_quantity(task.tolerance, unit)}
    usual = TOLERANCE if task.kind == "number" else SEPARATION
    return {"relative": usual if task.tolerance is None else task.tolerance}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
