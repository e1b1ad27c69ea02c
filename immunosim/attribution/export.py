"""An explanation as plain data and as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from immunosim.safe_text import csv_text

if TYPE_CHECKING:
    from immunosim.attribution.records import Contribution, Explanation


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data, without its courses over time."""
    return {
        "readout": explanation.readout,
        "label": explanation.label,
        "unit": explanation.unit,
        "since_day": explanation.since,
        "at_day": explanation.at,
        "before": explanation.before,
        "after": explanation.after,
        "change": explanation.change,
        "direct": explanation.is_direct,
        "gross": explanation.is_gross,
        "contributions": [_entry(explanation, item) for item in explanation.contributions],
        "by_mechanism": [_entry(explanation, item) for item in explanation.by_mechanism()],
        "residual": explanation.residual,
        "tolerance": explanation.tolerance,
        "closed": explanation.is_closed,
    }


def table_csv(explanation: Explanation) -> str:
    """Return every contribution and the residual, one per row, in the unit of the read-out."""
    rows = [(item.name, item.label, item.mechanism, item.value) for item in explanation.contributions]
    rows.append(("not_accounted_for", "not accounted for", "", explanation.residual))
    return csv_text([("process", "label", "mechanism", "contribution"), *rows])


def series_csv(explanation: Explanation) -> str:
    """Return the cumulative contributions, one per column, after the time [day] and the read-out."""
    names = [item.name for item in explanation.contributions]
    columns = [explanation.times, explanation.values, *(item.series for item in explanation.contributions)]
    columns.append(explanation.residual_series)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return csv_text([("time", explanation.readout, *names, "not_accounted_for"), *rows])


def _entry(explanation: Explanation, item: Contribution) -> dict[str, Any]:
    return {
        "name": item.name,
        "label": item.label,
        "mechanism": item.mechanism,
        "contribution": item.value,
        "share_of_change": explanation.share(item),
    }
