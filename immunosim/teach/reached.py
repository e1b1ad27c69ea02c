"""What a scenario that somebody made reaches in a task, and whether only what is allowed was changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.scenario import Scenario
from immunosim.teach.answers import LessonAnswers
from immunosim.teach.asking import asked
from immunosim.teach.documents import json_document
from immunosim.teach.lesson import LessonTask
from immunosim.teach.link import differences
from immunosim.teach.runs import LessonRuns

WITHOUT_EFFECT = frozenset({"title", "description", "output", "observed", "note"})
"""Tables of a scenario that change no curve."""


def value_reached(task: LessonTask, scenario: Scenario, answers: LessonAnswers) -> tuple[float, list[str]]:
    """Return the number of a state in a scenario, and the keys that were changed although they may not be.

    Raises
    ------
    LessonError
        If the scenario is impossible, or its run fails.
    """
    foreign = list(_foreign(task, scenario, answers))
    runs = LessonRuns(scenario, "link")
    # The scenario stands for the task's: what is measured in it has no further changes.
    alone = task.model_copy(update={"set": {}, "solution": {}, "kind": "number", "tolerance": None})
    waiting = asked(runs, alone, f"task.{task.id}")
    runs.solve()
    return waiting.answer().value, foreign


def _foreign(task: LessonTask, scenario: Scenario, answers: LessonAnswers) -> Iterator[str]:
    start = json_document(answers.runs.changed(task.set))
    for key in _leaves(differences(start, json_document(scenario))):
        if key.partition(".")[0] in WITHOUT_EFFECT or any(_is_within(key, allowed) for allowed in task.allowed):
            continue
        yield key


def _leaves(changes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of changes: a table that the start has not is every value in it."""
    for key, value in changes.items():
        if isinstance(value, Mapping):
            yield from (f"{key}.{below}" for below in _leaves(value))
        else:
            yield key


def _is_within(key: str, allowed: str) -> bool:
    """Return whether a key is an allowed one, or in its table."""
    plain = allowed.replace("[", ".").replace("]", "")
    return key == plain or key.startswith(f"{plain}.")
