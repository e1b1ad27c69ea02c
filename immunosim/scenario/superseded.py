"""Superseded keys of older scenario files: they are still read, with a warning.

Knows a scenario as plain data, before it becomes records.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

from immunosim.errors import InputProblem

OLD_TABLE, TABLE = "additional_dose", "dose"
"""The table of single doses besides the plan, and the one that takes its entries: they say ``followed = false``."""

OLD_TIME, TIME = "time", "start"
"""When the dose of a table of single doses was given."""

_ENTRY = re.compile(r"(?P<table>\w+)\[(?P<number>\d+)\](?P<rest>.*)", re.DOTALL)


class SupersededKeyWarning(FutureWarning):
    """A scenario has a superseded key, which is still read.

    Attributes
    ----------
    problem : InputProblem
        File, key, and what to write in its place.
    """

    def __init__(self, problem: InputProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def in_present_words(data: Mapping[str, Any], drugs: Collection[str]) -> dict[str, Any]:
    """Return a scenario with its superseded keys renamed; invalid values are left for the records to refuse.

    Parameters
    ----------
    data : mapping
        The scenario as TOML gives it.
    drugs : collection of str
        The names of its model's drugs, whose tables are called after them.
    """
    present = {key: _renamed(value) if key in drugs else value for key, value in data.items()}
    older, doses = present.get(OLD_TABLE), present.get(TABLE, ())
    if isinstance(older, (list, tuple)) and isinstance(doses, (list, tuple)):
        del present[OLD_TABLE]
        singles = [
            {"label": f"additional dose {number}", "followed": False, **entry} if isinstance(entry, dict) else entry
            for number, entry in enumerate(_renamed(older), 1)
        ]
        present[TABLE] = [*doses, *singles]
    return present


def superseded_keys(data: Mapping[str, Any], drugs: Collection[str]) -> Iterator[InputProblem]:
    """Yield the superseded keys of a scenario, each kind once, with what to write in their place."""
    if OLD_TABLE in data:
        cure = f"rename it, with {TIME} for {OLD_TIME}, and add followed = false to each entry"
        yield InputProblem(f"is now {TABLE}", key=OLD_TABLE, cure=cure)
    for table in drugs:
        entries = data.get(table, ())
        number = next((number for number, entry in enumerate(_listed(entries), 1) if _is_old(entry)), None)
        if number is not None:
            yield InputProblem(f"is now {TIME}", key=f"{table}[{number}].{OLD_TIME}", cure="rename it")


def key_in_file(key: str, data: Mapping[str, Any]) -> str:
    """Return the key path that a file has for one of its records, which may have a superseded key."""
    match = _ENTRY.fullmatch(key)
    if match is None:
        return key
    table, number, rest = match["table"], int(match["number"]), match["rest"]
    n_doses = len(_listed(data.get(TABLE, ())))
    if table == TABLE and number > n_doses:
        table, number = OLD_TABLE, number - n_doses
    entries = _listed(data.get(table, ()))
    if not 1 <= number <= len(entries):
        return key
    is_time = rest == f".{TIME}" and _is_old(entries[number - 1])
    return f"{table}[{number}]{f'.{OLD_TIME}' if is_time else rest}"


def warn_of(problems: Iterable[InputProblem]) -> None:
    """Warn of superseded keys, at the line outside of the package that gave the scenario."""
    for problem in problems:
        warnings.warn(SupersededKeyWarning(problem), stacklevel=_levels_inside())


def _levels_inside() -> int:
    """Return how many frames above ``warn_of`` is the first of another package, as ``stacklevel`` counts them."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _package_of(frame) in ("immunosim", "pydantic"):
        frame, level = frame.f_back, level + 1
    return level


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _renamed(entries: Any) -> Any:
    """Return entries of single doses with the present name of their time."""
    if not any(map(_is_old, _listed(entries))):
        return entries
    return [
        {TIME if key == OLD_TIME else key: value for key, value in entry.items()} if _is_old(entry) else entry
        for entry in entries
    ]


def _is_old(entry: object) -> bool:
    return isinstance(entry, dict) and OLD_TIME in entry and TIME not in entry


def _listed(entries: object) -> tuple[Any, ...]:
    return tuple(entries) if isinstance(entries, (list, tuple)) else ()
