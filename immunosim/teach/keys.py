"""Keys of a scenario that a page can show as knobs: what a key is the key of, and whether the scenario has it."""

from __future__ import annotations

import re
from typing import Any

from immunosim.door.scenarios import document_of
from immunosim.errors import InputProblem, did_you_mean
from immunosim.problem import Problem
from immunosim.scenario import Scenario
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.table import ScenarioTable, is_listed, record_in

_INDEX = re.compile(r"\[(\d+)\]")


def key_problem(problem: Problem, key: str) -> InputProblem | None:
    """Return why a key is none of a scenario; None where it is.

    Tables and lists are counted from one, as in overrides: ``course.2.dose``. A key that has its default value is one
    as well.
    """
    steps = _INDEX.sub(r".\1", key).split(".")
    if steps[0] == "parameters":
        return _parameter(problem, steps)
    with with_drugs_of(problem.scenario):
        return _walked(document_of(problem.scenario), steps, key)


def _walked(document: Any, steps: list[str], key: str) -> InputProblem | None:
    record: type[ScenarioTable] | None = Scenario
    for position, step in enumerate(steps):
        if isinstance(document, list):
            if not step.isdecimal() or not 1 <= int(step) <= len(document):
                return InputProblem(f'the scenario has no entry "{step}"', cure=f"it has {len(document)}")
            document = document[int(step) - 1]
            continue
        known = [] if record is None else list(record.known_keys())
        annotation = None if record is None else record.annotation_of(step)
        if annotation is None:
            return InputProblem(f'"{key}" is not a key of a scenario', cure=did_you_mean(step, known))
        record = record_in(annotation)
        is_last = position == len(steps) - 1
        value = document.get(step) if isinstance(document, dict) else None
        if value is None and not is_last and is_listed(annotation):
            return InputProblem(f'the scenario has no "{step}"', cure="choose a key that it has")
        document = {} if value is None and not is_last else value  # a table of defaults is not written
    if isinstance(document, dict) or (isinstance(document, list) and document and isinstance(document[0], dict)):
        return InputProblem(f'"{key}" is a table, not a value', cure="name a key in it")
    return None


def _parameter(problem: Problem, steps: list[str]) -> InputProblem | None:
    name = ".".join(steps[1:])
    if name in problem.parameters:
        return None
    return InputProblem(f'unknown parameter "{name}"', cure=did_you_mean(name, problem.parameters))
