"""Changes to a scenario document before it becomes records: merging with a base, and `a.b=c` overrides."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from immunosim.errors import ScenarioError, did_you_mean
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.table import ScenarioTable, is_listed, record_in
from immunosim.units import index_of, shown

Overrides = Mapping[str, object] | Iterable[str]
"""Changes of a scenario: values by key, or texts ``KEY=VALUE``."""

LONGEST_PATH = 200
"""Longest key path, in characters."""

_SOURCE = "overrides"
_INDEX = re.compile(r"\[(\d+)\]")


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with changes laid over a base: tables are merged, everything else is replaced whole."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result


def override_texts(overrides: Overrides) -> list[str]:
    """Return changes as the command line takes them: ``patient.weight=80 kg`` for ``{"patient.weight": "80 kg"}``."""
    if isinstance(overrides, str):
        return [overrides]
    if not isinstance(overrides, Mapping):
        return list(overrides)
    return [f"{key}={_written(value)}" for key, value in overrides.items()]


def _written(value: object) -> str:
    """Return a value as TOML, and text as it is, for ``_value`` to read."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    plain = value.tolist() if hasattr(value, "tolist") else value
    return json.dumps(plain) if isinstance(plain, (bool, list, tuple)) else repr(plain)


def apply_overrides(data: Mapping[str, Any], overrides: Overrides, source: str = _SOURCE) -> dict[str, Any]:
    """Return a copy of a document with overrides such as ``patient.age=40`` or ``course.1.dose=10 mg`` applied in turn.

    A mapping gives the same by key, such as ``{"patient.age": 40, "course.1.dose": "10 mg"}``.
    Entries of arrays are counted from one. A value is read as TOML where that is possible, and as text otherwise.
    ``source`` is what messages name as the origin of a problem.

    Raises
    ------
    ScenarioError
        Where an override has no value or names a key that scenarios do not have.
    """
    result = copy.deepcopy(dict(data))
    for override in override_texts(overrides):
        path, equals, text = override.partition("=")
        try:
            if not equals or not path.strip():
                reason, cure = f'"{override}" is not an override', 'write for example "patient.age=40"'
                raise ScenarioError(reason, cure=cure)
            with with_drugs_of(result):
                _set(result, path.strip(), text.strip())
        except ScenarioError as error:
            problems = [replace(problem, file=source) for problem in error.problems]
            raise ScenarioError(problems=problems) from None
    return result


def _set(document: dict[str, Any], path: str, text: str) -> None:
    if not text:
        raise ScenarioError("has no value", key=path, cure=f"write {path}=...")
    if len(path) > LONGEST_PATH:
        raise ScenarioError(f"{shown(path)} is too long for a key", cure='write for example "patient.age=40"')
    steps = [step.strip() for step in _INDEX.sub(r".\1", path).split(".")]
    table: Any = document
    record: type[ScenarioTable] | None = Scenario
    for position, step in enumerate(steps):
        final = position == len(steps) - 1
        if isinstance(table, list):
            key: Any = _index(table, step, path)
        else:
            annotation = _annotation(record, step, path)
            key = _present_name(table, record, step)
            record = record_in(annotation)
            if not final:
                table[key] = _container(table.get(key), record, annotation, path)
        if final:
            table[key] = _value(text)
        else:
            table = table[key]


def _annotation(record: type[ScenarioTable] | None, step: str, path: str) -> Any:
    if record is None:
        return None  # below [parameters], whose names are the model's
    annotation = record.annotation_of(step)
    if annotation is None:
        raise ScenarioError(f'unknown key "{step}"', key=path, cure=did_you_mean(step, record.known_keys()))
    return annotation


def _present_name(table: Mapping[str, Any], record: type[ScenarioTable] | None, step: str) -> str:
    """Return the key to set: for a superseded key the present one, where the table already has that."""
    name = step if record is None else record.superseded.get(step, step)
    return name if name in table and step not in table and not isinstance(table[name], (list, dict)) else step


def _container(present: Any, record: type[ScenarioTable] | None, annotation: Any, path: str) -> Any:
    if isinstance(present, (dict, list)):
        return present
    if is_listed(annotation):
        return []
    if record is None and getattr(annotation, "__origin__", None) is not dict:
        raise ScenarioError("goes deeper than a single value", key=path, cure="shorten the path")
    return {}


def _index(entries: list[Any], step: str, path: str) -> int:
    number = index_of(step) or 0
    if not 1 <= number <= len(entries):
        count = f"{len(entries)} entries" if len(entries) != 1 else "1 entry"
        cure = "entries are counted from 1" if entries else "add the entry in the file"
        raise ScenarioError(f"unknown entry {shown(step)} among {count}", key=path, cure=cure)
    return number - 1


def _value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text
