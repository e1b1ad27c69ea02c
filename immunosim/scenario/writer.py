"""Writing of a resolved scenario: TOML that names every value and is read back to an equal scenario."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, get_args

from pydantic.fields import FieldInfo

from immunosim.safe_text import toml_text
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.history import History
from immunosim.scenario.quantities import Quantity
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.table import ScenarioTable
from immunosim.scenario.treatments import DrugDosing
from immunosim.units import format_quantity

_USUAL = {"implausible": False, "followed": True, "overlaps": False}
"""Usual values, which are not written."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(scenario: Scenario) -> str:
    """Return a scenario as TOML text with every default written out and every time in days.

    Numbers are written with `repr`, so that the text is read back to the same bits.
    """
    return document_text(document_of(scenario))


def document_text(document: Mapping[str, Any]) -> str:
    """Return a document as TOML text; numbers are read back to the same bits."""
    tables = {key: value for key, value in document.items() if _is_table(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if key not in tables]
    for key, value in tables.items():
        for entry in value if isinstance(value, list) else [value]:
            header = f"[[{_key(key)}]]" if isinstance(value, list) else f"[{_key(key)}]"
            lines += ["", header, *_lines(entry, key)]
    return "\n".join(lines).lstrip("\n") + "\n"


def document_of(record: ScenarioTable) -> dict[str, Any]:
    """Return a record as the document that a file would hold: text with units, without empty values."""
    with with_drugs_of(record) if isinstance(record, History) else nullcontext():
        names = type(record).known_keys()
        written = {name: _written(getattr(record, name), _unit_of(record, name)) for name in names}
    if "premedication" in written and not isinstance(record, DrugDosing):
        written["premedication"] = written["premedication"] or False
    if written.get("effect") is not None:
        written["dose"] = None  # the effect stands for it
    return {
        name: value
        for name, value in written.items()
        if value is not None and value is not _USUAL.get(name) and not _is_left_out(value, _field(record, name))
    }


def _field(record: ScenarioTable, name: str) -> FieldInfo | None:
    """Return the field of a key; None where the model names the key."""
    return type(record).model_fields.get(name)


def _is_left_out(value: Any, field: FieldInfo | None) -> bool:
    # An empty value is written only where it differs from the default.
    if value not in ("", [], {}):
        return False
    return field is None or (
        not field.is_required() and _written(field.get_default(call_default_factory=True), None) == value
    )


def _written(value: Any, unit: str | None) -> Any:
    if isinstance(value, ScenarioTable):
        return document_of(value)
    if isinstance(value, tuple):
        return [_written(entry, unit) for entry in value]
    return format_quantity(value, unit) if unit not in (None, "1") and isinstance(value, float) else value


def _unit_of(record: ScenarioTable, name: str) -> str | None:
    annotation = _field(record, name) or type(record).annotation_of(name)
    return next((item.unit for item in _metadata(annotation) if isinstance(item, Quantity)), None)


def _metadata(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, FieldInfo):
        yield from annotation.metadata
        annotation = annotation.annotation
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from _metadata(argument)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(entry, dict) for entry in value))


def _lines(table: dict[str, Any], path: str) -> list[str]:
    below = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in below]
    for key, value in below.items():
        lines += [f"[{path}.{_key(key)}]", *_lines(value, f"{path}.{_key(key)}")]
    return lines


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else toml_text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + "}"
    return repr(value)
