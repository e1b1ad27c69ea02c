"""Differences between scenarios: keys and readable values.

Only differences that can affect a simulated course count: titles, labels, observed values, relapses without a
severity, notes and reporting times do not. Knows problems, not their solutions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from immunosim.problem import Problem
from immunosim.scenario import Scenario, build_scenario
from immunosim.scenario.writer import document_of
from immunosim.units import DAYS_PER_MONTH

NOT_SIMULATED = ("title", "description", "start_date", "observed", "note", "output", "parameters")
"""Keys of a scenario that do not affect a course, and the parameters, which are compared by value.

Relapses do where one has a severity.
"""

ABSENT = "-"
"""Shown where a scenario lacks a key."""

_SPANS = ((DAYS_PER_MONTH, "months", math.inf), (1.0, "days", math.inf), (1 / 24, "h", 2.0), (1 / 1440, "min", 2.0))
"""Units of time: length in days, name, and the longest time shown in them, days."""

_PLURAL = {"months": "month", "days": "day"}


@dataclass(frozen=True)
class InputDifference:
    """A key of the scenario, as ``--set`` takes it, and its value in each of the compared scenarios."""

    key: str
    values: tuple[str, ...]


def input_differences(problems: Sequence[Problem]) -> list[InputDifference]:
    """Return the keys in which scenarios differ, with readable values.

    Parameters
    ----------
    problems : sequence of Problem
        One for each scenario.

    Returns
    -------
    list of InputDifference
        A treatment that some scenarios do not have is one entry. Parameters are given with their unit and marked where
        they are the default.
    """
    documents = [_simulated(document_of(problem.scenario)) for problem in problems]
    return [*_differences("", documents), *_parameter_differences(problems)]


def with_keys_of(scenario: Scenario, source: Scenario, keys: Sequence[str]) -> Scenario:
    """Return a scenario with some keys as in another, which may not have them.

    Parameters
    ----------
    scenario, source : Scenario
    keys : sequence of str
        As ``input_differences`` returns them: ``course.1.dose``, or ``course.2`` for a whole treatment.

    Raises
    ------
    ScenarioError
        If the result is no possible scenario.
    """
    document, given = document_of(scenario), document_of(source)
    for key in reversed(keys):  # the last entries first: one that is left out moves those behind it
        _set(document, key.split("."), _get(given, key.split(".")))
    return build_scenario(document)


def _get(document: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(document, list):
            document = document[int(step) - 1] if int(step) <= len(document) else None
        else:
            document = (document or {}).get(step)
    return document


def _set(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value of a document, or remove it where there is none; what contains it is made or removed as well."""
    (step, *below), inner = path, document.get(path[0])
    if not below:
        changed = value
    elif below[0].isdigit():
        entries, first = list(inner or []), int(below[0]) - 1
        if len(below) == 1:
            entries[first : first + 1] = [] if value is None else [value]
        else:
            _set(entries[first], below[1:], value)
        changed = entries or None
    else:
        changed = dict(inner or {})
        _set(changed, below, value)
        changed = changed or None
    if changed is None:
        document.pop(step, None)
    else:
        document[step] = changed


def readable(value: object) -> str:
    """Return a value of a scenario's document as readable text: "18 months", "1 g", "4 h"."""
    if value is None or value in ([], {}):
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {readable(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(readable(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return _quantity(value) if isinstance(value, str) else str(value)


def _quantity(text: str) -> str:
    number, _, unit = text.partition(" ")
    if unit == "day":
        return _span(float(number))
    if unit == "mg":
        return f"{float(number) / 1000:g} g" if float(number) >= 1000 else f"{float(number):.6g} mg"
    if unit in ("kg", "year", "cells/uL"):
        return f"{float(number):.6g} {'years' if unit == 'year' else unit}"
    return text


def _span(days: float) -> str:
    """Return a time in the largest unit of which it is a whole number, and in days where there is none."""
    for length, unit, most in _SPANS:
        count = round(days / length)
        if count and abs(days) < most and abs(count * length - days) < 1e-6:
            return f"{count} {_PLURAL.get(unit, unit) if abs(count) == 1 else unit}"
    return f"{days:.6g} days"


def _simulated(document: dict[str, Any]) -> dict[str, Any]:
    left_out = {
        *NOT_SIMULATED,
        *(() if any("severity" in entry for entry in document.get("relapse", ())) else ("relapse",)),
    }
    return {key: _unlabelled(value) for key, value in document.items() if key not in left_out}


def _unlabelled(value: Any) -> Any:
    if isinstance(value, list):
        return [_unlabelled(entry) for entry in value]
    return (
        {key: item for key, item in value.items() if key not in ("label", "note")} if isinstance(value, dict) else value
    )


def _differences(key: str, values: Sequence[Any]) -> Iterator[InputDifference]:
    if all(value == values[0] for value in values):
        return
    if all(value is None or isinstance(value, dict) for value in values):
        tables = [value or {} for value in values]
        for name in dict.fromkeys(name for table in tables for name in table):
            yield from _differences(f"{key}.{name}".lstrip("."), [table.get(name) for table in tables])
    elif all(_is_array_of_tables(value) for value in values):
        arrays = [value or [] for value in values]
        for i in range(max(map(len, arrays))):
            yield from _entry_differences(f"{key}.{i + 1}", [array[i] if i < len(array) else None for array in arrays])
    else:
        yield _difference(key, values)


def _entry_differences(key: str, entries: Sequence[Any]) -> Iterator[InputDifference]:
    """Yield the differences of one treatment, or the whole of it where some scenarios do not have it."""
    if any(entry is None for entry in entries):
        yield _difference(key, entries)
    else:
        yield from _differences(key, entries)


def _difference(key: str, values: Sequence[Any]) -> InputDifference:
    return InputDifference(key, tuple(readable(value) for value in values))


def _is_array_of_tables(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, dict) for entry in value))


def _parameter_differences(problems: Sequence[Problem]) -> Iterator[InputDifference]:
    """Yield the parameters set by a scenario that differ between patients."""
    first = problems[0]
    for name in dict.fromkeys(name for problem in problems for name in problem.scenario.parameters):
        values = [float(problem.vector[problem.model.position[name]]) for problem in problems]
        if any(value != values[0] for value in values):
            yield InputDifference(f"parameters.{name}", tuple(_parameter(first, name, value) for value in values))


def _parameter(problem: Problem, name: str, value: float) -> str:
    unit = problem.parameters[name].unit
    text = f"{value:.4g}" if unit in ("", "1") else f"{value:.4g} {unit}"
    return f"{text} (default)" if value == problem.parameters.value(name) else text
