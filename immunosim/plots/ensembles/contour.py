"""Contours: lines of equal result over two factors, with clinical thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import gaussian_filter

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import Flags, OutcomeColumns, is_failed, outcome, varied
from immunosim.errors import DataError
from immunosim.plots.ensembles.axes import (
    COLOURS,
    FAILED,
    Threshold,
    add_colour_bar,
    censored_note,
    failure_note,
    missing_note,
    norm_of,
    set_axis,
    set_title,
    spans_decades,
    title_of,
    with_unit,
    write_notes,
)
from immunosim.plots.ensembles.field import Cells, Field, field_of
from immunosim.plots.ensembles.heatmap import notes_of
from immunosim.plots.ensembles.thinning import SEED, chosen_rows
from immunosim.plots.style import BLACK
from immunosim.plots.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMOOTHING = 1.0
"""Standard deviation, in bins, of the smoothing of scattered patients."""

FINER = 5
"""Points of the smoothed field per bin."""

LEAST_WEIGHT = 0.3
"""Smallest smoothed number of patients, relative to the median of filled bins, that is drawn."""

MOST_FAILED = 500
"""Largest number of failed patients that are all marked."""

FEWEST_LINES = 3
"""Smallest number of values along an axis of contours."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A field for contours: x, shape (n_x,), y, shape (n_y,), values, shape (n_y, n_x)."""

    x: Array
    y: Array
    values: Array

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return float(np.nanmin(self.values)), float(np.nanmax(self.values))

    @property
    def drawable(self) -> tuple[Array, Array, Array]:
        """The arguments for matplotlib."""
        return self.x, self.y, np.ma.masked_invalid(self.values)


def draw_contour(
    ax: Axes,
    dataset: xr.Dataset,
    of: str,
    x: str,
    y: str,
    at: float | None = None,
    thresholds: Sequence[Threshold] = (),
) -> Axes:
    """Draw contours of a result over two factors, and thresholds as labelled lines.

    The values of a grid are used as they are; the medians of binned scattered patients are smoothed.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        An endpoint, or a read-out or pool.
    x, y : str
        Varied quantities, which must be numbers.
    at : float, optional
        Day at which a read-out is taken; by default the last.
    thresholds : sequence of Threshold

    Raises
    ------
    DataError
        If a name is unknown, a quantity is a choice or has fewer than three values, or there are too few patients.
    """
    column, failed = outcome(dataset, of, at), is_failed(dataset)
    field = field_of(varied(dataset, x, "x"), varied(dataset, y, "y"), column, failed)
    for key, cells in (("x", field.x), ("y", field.y)):
        _refuse_few(key, cells)
    surface = surface_of(field)
    set_axis(ax, "x", field.x.about)
    set_axis(ax, "y", field.y.about)
    ax.set_xlim(float(surface.x[0]), float(surface.x[-1]))
    ax.set_ylim(float(surface.y[0]), float(surface.y[-1]))
    _fill(ax, field, surface, column)
    lines = _draw_thresholds(ax, surface, thresholds, column.unit)
    crosses = _mark_failed(ax, field, failed)
    set_title(ax, title_of(column))
    how = (
        ""
        if field.is_grid
        else f"Smoothed by a Gaussian of {SMOOTHING:g} bin; blank: few patients, most failed, or not reached."
    )
    left_out = [missing_note(column, failed), censored_note(column), failure_note(failed)]
    return write_notes(ax, [*notes_of(field), how, lines, *left_out, crosses])


def surface_of(field: Field) -> Surface:
    """Return the points of a grid, or the medians of bins smoothed with their numbers of patients.

    NaN far from any patient, where most failed, and where a median is not reached.
    """
    is_filled = (field.counts > 0) & np.isfinite(field.medians)
    if field.is_grid:
        return Surface(field.x.centres, field.y.centres, np.where(is_filled, field.medians, np.nan))
    medians = np.where(is_filled, field.medians, 0.0)
    weights = _finer(np.where(is_filled, field.counts, 0).astype(np.float64))
    blur = SMOOTHING * FINER
    total = gaussian_filter(weights * _finer(medians), blur, mode="nearest")
    weight = gaussian_filter(weights, blur, mode="nearest")
    values = np.full(weights.shape, np.nan)
    without = field.failed + np.where(is_filled, 0, field.counts)
    failed = gaussian_filter(_finer(without.astype(np.float64)), blur, mode="nearest")
    is_near = (weight > LEAST_WEIGHT * np.median(field.counts[is_filled])) & (weight > failed)
    np.divide(total, weight, out=values, where=is_near)
    return Surface(_fine(field.x), _fine(field.y), values)


def levels_between(low: float, high: float, is_log: bool) -> Array:
    """Return round levels, the first at or below the lowest value and the last at or above the highest."""
    if is_log:
        decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        levels = np.array([float(f"{factor}e{decade}") for decade in decades for factor in (1, 2, 5)])
    else:
        levels = np.asarray(MaxNLocator(10).tick_values(low, high if high > low else low + 1.0))
    first = max(0, int(np.searchsorted(levels, low, "right")) - 1)
    return levels[first : max(first + 1, int(np.searchsorted(levels, high))) + 1]


def _finer(values: Array) -> Array:
    return np.repeat(np.repeat(values, FINER, axis=0), FINER, axis=1)


def _fine(cells: Cells) -> Array:
    """Return points from the first edge of bins to the last, on their scale."""
    if cells.is_exact:
        middle = (np.arange(cells.centres.size * FINER) + 0.5) / FINER - 0.5
        return np.asarray(np.interp(middle, np.arange(cells.centres.size), cells.centres))
    spread = np.geomspace if cells.about.is_log else np.linspace
    return np.asarray(spread(cells.edges[0], cells.edges[-1], cells.centres.size * FINER))


def _refuse_few(key: str, cells: Cells) -> None:
    name, n = cells.about.name, cells.centres.size
    if cells.about.choices or n < FEWEST_LINES:
        why = "is a choice, not a number" if cells.about.choices else f"has {n} values, too few for contours"
        raise DataError(f'"{name}" {why}', key=key, cure="draw `kind=heatmap`")


def _fill(ax: Axes, field: Field, surface: Surface, column: OutcomeColumns) -> None:
    low, high = surface.ends
    is_log = spans_decades(surface.values)
    levels = levels_between(low, high, is_log)
    inner = levels[(levels > low) & (levels < high)]
    shown = ax.contourf(*surface.drawable, levels=levels, cmap=COLOURS, norm=norm_of(levels, is_log))
    if inner.size:
        ax.contour(*surface.drawable, levels=inner, colors="white", linewidths=0.4, alpha=0.7)
    label = with_unit("value" if field.is_grid and field.counts.max() == 1 else "median", column.unit)
    bar = add_colour_bar(ax, shown, label, levels if is_log else None)
    bar.set_ticks(levels, labels=[f"{level:g}" for level in levels])


def _draw_thresholds(ax: Axes, surface: Surface, thresholds: Sequence[Threshold], unit: str) -> str:
    """Draw the thresholds that the surface crosses; return a note on the others."""
    low, high = surface.ends
    crossed = [threshold for threshold in thresholds if low < threshold.value < high]
    for threshold in crossed:
        lines = ax.contour(*surface.drawable, levels=[threshold.value], colors=BLACK, linewidths=1.6)
        for label in ax.clabel(
            lines, fmt={threshold.value: plain(threshold.text(unit))}, fontsize=7.5, inline_spacing=4
        ):
            label.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
            label.set_fontweight("bold")
    sentences = []
    for start, beyond in (
        ("Black:", crossed),
        ("All values lie above", [threshold for threshold in thresholds if threshold.value <= low]),
        ("All values lie below", [threshold for threshold in thresholds if threshold.value >= high]),
    ):
        if beyond:
            sentences.append(f"{start} {', '.join(threshold.text(unit) for threshold in beyond)}.")
    return " ".join(sentences)


def _mark_failed(ax: Axes, field: Field, failed: Flags) -> str:
    """Mark failed patients with crosses, a sample of them where they are many; return a note."""
    places = np.flatnonzero(failed & (field.x.index >= 0) & (field.y.index >= 0))
    if not places.size:
        return ""
    rows = chosen_rows(places, MOST_FAILED)
    x, y = field.x.about.values[rows], field.y.about.values[rows]
    ax.plot(x, y, "x", color=FAILED, ms=3.5, mew=0.8, zorder=4, clip_on=False)
    some = f" ({rows.size:,} of them, chosen evenly with seed {SEED})" if rows.size < places.size else ""
    return f"Crosses: failed patients{some}."
