"""A comparison as plain data and as tables of text. Knows no disk and no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from immunosim.attribution.export import as_dict
from immunosim.attribution.scenario_differences import input_differences
from immunosim.safe_text import csv_text
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution.comparison import Attribution, Comparison

ComparisonRow = dict[str, Any]


def difference_rows(comparison: Comparison, readouts: Sequence[str], times: Sequence[float]) -> list[ComparisonRow]:
    """Return read-outs at times, a row for each scenario beside the reference, in the read-outs' units.

    ``percent`` is relative to the reference, and None where the reference is zero.
    """
    places = [comparison.place(time) for time in times]
    return [
        _row(comparison, i, readout, float(comparison.times[index]), index)
        for readout in readouts
        for index in places
        for i in comparison.others
    ]


def largest_rows(comparison: Comparison, readouts: Sequence[str]) -> list[ComparisonRow]:
    """Return the largest difference of every read-out from the reference, and whether it exceeds the solver's error."""
    rows = []
    for readout in readouts:
        for i in comparison.others:
            time = comparison.largest(i, readout).time
            row = _row(comparison, i, readout, time, comparison.place(time))
            rows.append(row | {"differs": comparison.differs(readout, [i])})
    return rows


def comparison_dict(
    comparison: Comparison, readouts: Sequence[str], times: Sequence[float], attributions: Sequence[Attribution]
) -> dict[str, Any]:
    """Return a comparison as plain data: inputs, differences, and the attributions at their own times."""
    problems = [trajectory.problem for trajectory in comparison.trajectories]
    return {
        "reference": comparison.names[0],
        "scenarios": [
            {"name": name, "title": trajectory.scenario.title, "horizon_day": trajectory.scenario.horizon}
            for name, trajectory in zip(comparison.names, comparison.trajectories, strict=True)
        ],
        "from_day": float(comparison.times[0]),
        "to_day": float(comparison.times[-1]),
        "inputs": [
            {"key": difference.key, "values": dict(zip(comparison.names, difference.values, strict=True))}
            for difference in input_differences(problems)
        ],
        "largest_differences": largest_rows(comparison, readouts),
        "differences": difference_rows(comparison, readouts, times),
        "attributions": [_attribution(attribution) for attribution in attributions],
    }


def attribution_csv(attributions: Sequence[ComparisonRow]) -> str:
    """Return every contribution to every difference, and the residual, one per row.

    Parameters
    ----------
    attributions : sequence of dict
        As in the record of a comparison.
    """
    return rows_csv([row for attribution in attributions for row in _contribution_rows(attribution)])


def rows_csv(rows: Sequence[ComparisonRow]) -> str:
    """Return rows as text with their keys as header; empty without rows."""
    return csv_text([list(rows[0]), *(list(row.values()) for row in rows)]) if rows else ""


def _row(comparison: Comparison, i: int, readout: str, time: float, index: int) -> ComparisonRow:
    reference, value = (float(comparison.values(k, readout)[index]) for k in (0, i))
    is_nothing = abs(reference) <= comparison.noise(i, readout)
    return {
        "readout": readout,
        "unit": comparison.describe(readout)[1],
        "day": time,
        "month": time / DAYS_PER_MONTH,
        "reference": comparison.names[0],
        "scenario": comparison.names[i],
        "reference_value": reference,
        "value": value,
        "difference": value - reference,
        "percent": None if is_nothing else 100.0 * (value - reference) / reference,
    }


def _attribution(attribution: Attribution) -> dict[str, Any]:
    about = as_dict(attribution.explanation)
    names = {"reference": attribution.reference, "scenario": attribution.name}
    kept = ("readout", "label", "unit", "at_day", "contributions", "by_mechanism", "residual", "tolerance", "closed")
    total = sum(item.value for item in attribution.explanation.contributions)
    return names | {"difference": about["change"], "sum": total} | {key: about[key] for key in kept}


def _contribution_rows(attribution: ComparisonRow) -> Iterator[ComparisonRow]:
    shared = {key: attribution[key] for key in ("readout", "unit", "at_day", "reference", "scenario")}
    keys = ("name", "label", "mechanism", "contribution")
    for item in attribution["contributions"]:
        yield shared | {key: item[key] for key in keys}
    rest = ("not_accounted_for", "not accounted for", "", attribution["residual"])
    yield shared | dict(zip(keys, rest, strict=True))
