"""Spaghetti: the courses of some patients, and the median of all patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from immunosim.ensembles.columns import RowIndices, Varied, is_failed, varied
from immunosim.ensembles.coverage import coverage_note
from immunosim.plots.ensembles.axes import (
    COLOURS,
    Threshold,
    add_colour_bar,
    count_text,
    failure_note,
    norm_of,
    with_unit,
    write_notes,
)
from immunosim.plots.ensembles.courses import courses, frame, months_or_days
from immunosim.plots.ensembles.thinning import SEED, chosen_rows
from immunosim.plots.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION
from immunosim.plots.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_COURSES = 200
"""Courses that are drawn."""

CHOICES = (BLUE, ORANGE, GREEN, PURPLE, VERMILION)
"""Colours of choices."""


def draw_spaghetti(
    ax: Axes,
    dataset: xr.Dataset,
    of: str,
    color: str = "",
    thresholds: Sequence[Threshold] = (),
    most: int = MAX_COURSES,
) -> Axes:
    """Draw the courses of a read-out in some patients, and the median of all patients.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        A read-out or pool.
    color : str
        A factor that colours the courses, and over whose ranks they are chosen evenly; none if empty.
    thresholds : sequence of Threshold
        Levels to draw, such as its lower limit of normal.
    most : int
        Courses to draw, at most.

    Raises
    ------
    DataError
        If a name is unknown or has no time course, or all patients failed.
    """
    coloured = varied(dataset, color, "color") if color else None
    of_readout = courses(dataset, of)
    ranked: RowIndices = np.arange(of_readout.rows.size)
    if coloured is not None:
        ranked = ranked[np.argsort(coloured.values[of_readout.rows], kind="stable")]
    # In random order, so that no end of the ranking lies on top.
    order = np.random.default_rng(SEED).permutation(chosen_rows(ranked, most))
    time = months_or_days(of_readout.times)
    lines = LineCollection(
        [np.column_stack([time, of_readout.values[i]]) for i in order],
        linewidths=0.6,
        alpha=0.35 if coloured is None else 0.7,
        colors=BLUE,
        zorder=2,
    )
    if coloured is not None:
        _colour(ax, lines, coloured.taken(of_readout.rows), order)
    ax.add_collection(lines, autolim=True)
    quantiles = of_readout.quantiles()
    ax.plot(time, quantiles[2], color="white", linewidth=3.6, zorder=3)
    (median,) = ax.plot(time, quantiles[2], color=BLACK, linewidth=2.0, zorder=4)
    frame(ax, of_readout, quantiles, thresholds)
    _legend(ax, median, coloured)
    notes = [_note(order.size, of_readout.n_well, coloured), coverage_note(dataset), of_readout.note]
    return write_notes(ax, [*notes, failure_note(is_failed(dataset))])


def _colour(ax: Axes, lines: LineCollection, about: Varied, order: RowIndices) -> None:
    """Colour lines by a quantity, with a bar for numbers."""
    values = about.values[order]
    if about.choices:
        lines.set_color([CHOICES[int(value) % len(CHOICES)] for value in values])
        return
    norm = norm_of(about.values, about.is_log)
    lines.set_color(mpl.colormaps[COLOURS](norm(values)))
    bar: Any = ScalarMappable(norm, COLOURS)
    add_colour_bar(ax, bar, with_unit(about.label, about.unit), about.values if about.is_log else None)


def _legend(ax: Axes, median: Line2D, coloured: Varied | None) -> None:
    keys = [(median, "median of all patients")]
    if coloured is not None:
        for i, choice in enumerate(coloured.choices):
            keys.append((Line2D([], [], color=CHOICES[i % len(CHOICES)]), plain(choice.replace("_", " "))))
    ax.legend([key for key, _ in keys], [text for _, text in keys], frameon=False, loc="upper center", ncols=4)


def _note(n: int, n_well: int, coloured: Varied | None) -> str:
    if n == n_well:
        return f"The courses of all {count_text(n)}."
    order = "the order of the design" if coloured is None else f"the ranks of {coloured.name}"
    return f"{n:,} courses of {n_well:,}, chosen evenly over {order} with seed {SEED}."
