"""Problems of scenario records: the errors of pydantic become a ScenarioError with keys, reasons and cures.

This module knows the shape of records in general, and no record in particular.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from immunosim.errors import (
    MOST_SEARCHED,
    MOST_SHOWN,
    ImmunosimError,
    InputProblem,
    ScenarioError,
    Suggestions,
    any_of,
    close_matches,
    did_you_mean,
)
from immunosim.scenario.table import ScenarioTable, record_in
from immunosim.units import shown


class RecordFault(ValueError):
    """Problems by the rules of a record, with keys relative to the record."""

    def __init__(self, problems: Sequence[InputProblem], n_more: int = 0) -> None:
        self.problems = tuple(problems)
        self.n_more = n_more
        super().__init__("; ".join(str(problem) for problem in problems))


def key_path(location: Sequence[int | str]) -> str:
    """Return a key path as messages and overrides write it, counting from one: ``course[1].dose``."""
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def translated(error: ValidationError | RecordFault, record: type[ScenarioTable], file: str) -> ScenarioError:
    """Return the errors of pydantic, or of the record's rules, as one ScenarioError that lists every problem."""
    if isinstance(error, RecordFault):
        return ScenarioError(problems=[replace(problem, file=file) for problem in error.problems], n_more=error.n_more)
    problems: dict[InputProblem, None] = {}
    cures, n_more = Suggestions(), 0
    for details in error.errors(include_url=False):
        location = tuple(details["loc"])
        n_more += getattr(details.get("ctx", {}).get("error"), "n_more", 0)
        for problem in _problems_of(details, location, record, cures):
            key = ".".join(part for part in (key_path(location), problem.key) if part)
            problems[replace(problem, file=file, key=key or None)] = None
    return ScenarioError(problems=tuple(problems), n_more=n_more)


def unknown_keys(data: object, record: type[ScenarioTable]) -> RecordFault | None:
    """Return the unknown keys of a table that has very many of them: the first are named, the others counted.

    Pydantic would list each of them at length.
    """
    if not isinstance(data, Mapping) or len(data) <= MOST_SEARCHED:
        return None
    known = record.known_keys()
    if len(data) <= len(known) + MOST_SEARCHED:
        return None
    unknown = [str(key) for key in data if key not in known and key not in record.model_fields]
    named = unknown[:MOST_SHOWN]
    problems = [InputProblem("unknown key", key=name, cure=did_you_mean(name, known)) for name in named]
    return RecordFault(problems, len(unknown) - len(named))


def _problems_of(
    details: Any, location: tuple[int | str, ...], record: type[ScenarioTable], cures: Suggestions
) -> Iterator[InputProblem]:
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, RecordFault):
        yield from cause.problems
    elif isinstance(cause, ImmunosimError):
        yield from (replace(problem, key=None) for problem in cause.problems)
    else:
        yield _sentence(details, location, record, cures)


def _sentence(
    details: Any, location: tuple[int | str, ...], record: type[ScenarioTable], cures: Suggestions
) -> InputProblem:
    kind, value, limits = details["type"], shown(details["input"]), details.get("ctx", {})
    if kind == "missing" and isinstance(location[-1], int):
        return InputProblem("is missing", cure="add it to the list")
    if kind == "missing":
        return InputProblem("is missing", cure=_example(record, location))
    if kind == "extra_forbidden":
        return InputProblem("unknown key", cure=_present_key(record, location) or _close_key(record, location, cures))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        path = ".".join(part for part in location if isinstance(part, str))
        brackets = f"[[{path}]]" if isinstance(location[-1], int) else f"[{path}]"
        return InputProblem("expected a table", cure=f"write {brackets}, got {value}")
    if kind == "too_long":
        return InputProblem(f"has {limits['actual_length']} values", cure=f"give {limits['max_length']}")
    if kind == "tuple_type":
        return _expected_list(location, record, value)
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", limits["expected"])
        matches = close_matches(value.strip(chr(34)), choices, limit=1)
        return InputProblem(
            f"{value} is not one of {any_of(choices)}", cure=f'did you mean "{matches[0]}"?' if matches else None
        )
    if kind in _LIMITS:
        return InputProblem(f"{value} {_LIMITS[kind]} {next(iter(limits.values()))}")
    if kind in _KINDS:
        return InputProblem(f"{value} is not {_KINDS[kind][0]}", cure=_KINDS[kind][1])
    return InputProblem(details["msg"].removeprefix("Value error, "), cure=f"got {value}")


def _present_key(record: type[ScenarioTable], location: Sequence[int | str]) -> str:
    """Return what a superseded key is called now; empty for any other."""
    nested = _nested(record, location[:-1])
    name = None if nested is None else nested.superseded.get(str(location[-1]))
    return "" if name is None else f"its present name is {name}"


def _close_key(record: type[ScenarioTable], location: Sequence[int | str], cures: Suggestions) -> str:
    return cures.cure(str(location[-1]), _fields(record, location[:-1]))


_LIMITS = {
    "greater_than": "is out of range, must be greater than",
    "greater_than_equal": "is out of range, must be at least",
    "less_than": "is out of range, must be less than",
    "less_than_equal": "is out of range, must be at most",
}
_KINDS = {
    "string_type": ("text", "write it in quotes"),
    "string_unicode": ("text in Unicode", "leave out what is not a letter"),
    "bool_type": ("true or false", "write true or false without quotes"),
    "int_type": ("a whole number", "write for example 5"),
}


def _expected_list(location: tuple[int | str, ...], record: type[ScenarioTable], value: str) -> InputProblem:
    holds_records = _nested(record, location) is not None
    cure = (
        f"write [[{location[0]}]]"
        if len(location) == 1
        else "write [{...}, {...}]"
        if holds_records
        else 'write ["...", "..."]'
    )
    return InputProblem(
        "expected an array of tables" if holds_records else "expected a list", cure=f"{cure}, got {value}"
    )


def _nested(record: type[ScenarioTable], location: Sequence[int | str]) -> type[ScenarioTable] | None:
    nested: type[ScenarioTable] | None = record
    for part in location:
        if isinstance(part, str) and nested is not None:
            nested = record_in(nested.annotation_of(part))
    return nested


def _fields(record: type[ScenarioTable], location: Sequence[int | str]) -> list[str]:
    nested = _nested(record, location)
    return [] if nested is None else list(nested.known_keys())


def _example(record: type[ScenarioTable], location: Sequence[int | str]) -> str:
    nested, name = _nested(record, location[:-1]), str(location[-1])
    field = None if nested is None else nested.model_fields.get(name)
    example = next((item.example for item in (field.metadata if field else ()) if hasattr(item, "example")), None)
    return f'write for example {name} = "{example}"' if example else f"add {name} = ..."
