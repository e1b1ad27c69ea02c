"""Kaplan-Meier curves of the patients of an ensemble, whole or by a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import Varied, is_failed, varied
from immunosim.ensembles.event_times import event_times
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError
from immunosim.formatting import unit_text
from immunosim.plots.ensembles.axes import count_text, failure_note, sentence_case, set_title, with_unit, write_notes
from immunosim.plots.event_curves import EventGroup, draw_event_curves
from immunosim.plots.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from immunosim.scenario.time_reference import TimeReference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)

THIRDS = (1 / 3, 2 / 3)
"""Where the values of a factor that is a number are divided."""


def draw_kaplan_meier(
    ax: Axes, dataset: xr.Dataset, of: str, color: str = "", reference: TimeReference | None = None
) -> Axes:
    """Draw the fraction of the patients that has had an event over time.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        An endpoint that is a time to an event.
    color : str
        A factor by which the patients are divided: its choices, or thirds of its values.
    reference : TimeReference, optional
        What time is counted from.

    Raises
    ------
    DataError
        If the endpoint is not a time to an event, the factor has too many choices, or all patients failed.
    """
    times = event_times(dataset, of)
    if not len(times):
        raise DataError("no patient was simulated, so there is nothing to draw", key="of")
    groups, heading = [EventGroup("", times)], ""
    if color:
        factor = varied(dataset, color, "color")
        heading = with_unit(factor.label, factor.unit)
        groups = _groups(factor, factor.values[~is_failed(dataset)], times)
    draw_event_curves(ax, groups, reference, heading)
    ax.set_ylabel("Fraction of patients")
    set_title(ax, f"{_title(dataset, of)}, {count_text(len(times))}")
    notes = ["Kaplan-Meier; band: 90 % confidence, pointwise; upright marks: censored.", _reached(times)]
    return write_notes(ax, [*notes, failure_note(np.asarray(dataset["status"].values > 0))])


def _groups(factor: Varied, values: Array, times: EventTimes) -> list[EventGroup]:
    if len(factor.choices) > len(COLOURS):
        cure = f"choose a factor with at most {len(COLOURS)} choices"
        raise DataError(f"{factor.name} has {len(factor.choices)} choices", key="color", cure=cure)
    if factor.choices:
        parts = [(name.replace("_", " "), values == code) for code, name in enumerate(factor.choices)]
    else:
        parts = list(_thirds(values))
    return [
        EventGroup(name, times.chosen(rows), colour)
        for (name, rows), colour in zip(parts, COLOURS, strict=False)
        if rows.any()
    ]


def _thirds(values: Array) -> list[tuple[str, np.typing.NDArray[np.bool_]]]:
    """Return the thirds of a number by its values, the lowest first; fewer where values repeat."""
    edges = np.unique([values.min(), *np.quantile(values, THIRDS), values.max()])
    if edges.size < 3:
        return [(f"{edges[0]:.3g}", np.full(values.size, True))]
    part = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, edges.size - 2)
    return [(f"{edges[k]:.3g} to {edges[k + 1]:.3g}", part == k) for k in range(edges.size - 1)]


def _title(dataset: xr.Dataset, of: str) -> str:
    return sentence_case(unit_text(str(dataset[of].attrs["event"])).replace(" 10⁹", " × 10⁹"))


def _reached(times: EventTimes) -> str:
    """Return who had the event, and by when half of them."""
    median = times.median
    by = f"median day {median:.4g}" if np.isfinite(median) else "median not reached"
    there = f", {times.n_at_start:,} at the start" if times.n_at_start else ""
    return f"{times.n_observed:,} of {count_text(len(times))} by day {times.days.max():.4g}{there}; {by}."
