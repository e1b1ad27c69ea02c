"""Counterfactuals as plain data and as tables of text. Knows no disk and no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from immunosim.safe_text import csv_text

if TYPE_CHECKING:
    from immunosim.attribution.effects import Counterfactual, Counterfactuals, Through

COLUMNS = (
    "kind",
    "quantity",
    "label",
    "day",
    "with",
    "without",
    "difference",
    "unit",
    "is_notable",
    "largest_difference",
    "day_of_largest",
)


def rows(result: Counterfactuals) -> list[tuple[object, ...]]:
    """Return a row for each effect that is more than nothing at any time, as ``COLUMNS``."""
    return [
        (
            effect.left_out.kind,
            effect.left_out.name,
            effect.left_out.label,
            result.at,
            effect.with_it,
            effect.without_it,
            effect.difference,
            result.unit,
            effect.is_notable,
            effect.largest,
            effect.largest_at,
        )
        for effect in result.effects
        if effect.is_ever_notable
    ]


def effects_csv(result: Counterfactuals) -> str:
    """Return the rows as text, with their header."""
    return csv_text([COLUMNS, *rows(result)])


def courses_csv(result: Counterfactuals) -> str:
    """Return the read-out over time, with everything and without each thing that ever matters."""
    effects = [effect for effect in result.effects if effect.is_ever_notable]
    header = ("time", result.readout, *(f"without {effect.left_out.name}" for effect in effects))
    columns = [result.times, result.values, *(effect.course for effect in effects)]
    return csv_text([header, *zip(*(column.tolist() for column in columns), strict=True)])


def as_dict(result: Counterfactuals) -> dict[str, Any]:
    """Return counterfactuals as plain data, the sentence first, without the courses over time."""
    return {
        "sentence": result.sentence(),
        "sentences": result.sentences(),
        "readout": result.readout,
        "label": result.label,
        "unit": result.unit,
        "at_day": result.at,
        "value": result.value,
        "threshold": result.threshold,
        "effects": list(_effects(result)),
        "simulations": result.n_runs,
        "failures": dict(result.failures),
    }


def _effects(result: Counterfactuals) -> Iterator[dict[str, Any]]:
    for effect, row in zip([e for e in result.effects if e.is_ever_notable], rows(result), strict=True):
        yield dict(zip(COLUMNS, row, strict=True)) | _mechanisms(effect)


def _mechanisms(effect: Counterfactual) -> dict[str, Any]:
    return {"through": [_entry(item) for item in effect.through]} if effect.through else {}


def _entry(item: Through) -> dict[str, Any]:
    return {
        "mechanism": item.name,
        "label": item.label,
        "role": item.role,
        "share": item.share,
        "with": item.with_treatment,
        "without": item.without_treatment,
    }
