"""Scenarios as links: what differs from a base scenario, as text for the part of an address after the sign #.

The same form is written and read by the page (``web/src/scenario``). A document is the canonical one, as ``to_toml``
writes it; differences are laid over it by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REMOVED = None
"""Stands for a key that the base has and the scenario has not."""


def differences(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be laid over a base document to get another, by key.

    Keys are those of overrides, ``course.2.dose``, counted from one. Lists of tables of another length are replaced
    whole.
    """
    found: dict[str, Any] = {}
    _compare(base, document, "", found)
    return found


def laid_over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document that differences give with their base."""
    import copy

    document: Any = copy.deepcopy(dict(base))
    for key, value in changes.items():
        *steps, last = key.split(".")
        table = document
        for step in steps:
            table = table[int(step) - 1] if isinstance(table, list) else table.setdefault(step, {})
        if isinstance(table, list):
            table[int(last) - 1] = value
        elif value is REMOVED:
            table.pop(last, None)
        else:
            table[last] = copy.deepcopy(value)
    return dict(document)


def _compare(base: Any, other: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(base, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*base, *other)):
            place = f"{path}.{key}" if path else str(key)
            if key not in other:
                found[place] = REMOVED
            elif key not in base:
                found[place] = other[key]
            else:
                _compare(base[key], other[key], place, found)
    elif _are_tables(base) and _are_tables(other) and len(base) == len(other):
        for number, (mine, theirs) in enumerate(zip(base, other, strict=True), 1):
            _compare(mine, theirs, f"{path}.{number}", found)
    elif type(base) is not type(other) or base != other:
        found[path] = other


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)
