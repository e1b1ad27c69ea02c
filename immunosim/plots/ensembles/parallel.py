"""Parallel coordinates: every patient as a line through the factors to one result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import (
    Flags,
    OutcomeColumns,
    RowIndices,
    Varied,
    is_failed,
    outcome,
    scaled,
    varied,
    varied_names,
)
from immunosim.errors import DataError
from immunosim.plots.ensembles.axes import (
    COLOURS,
    FAILED,
    FEW_DECADES,
    censored_note,
    count_text,
    missing_note,
    norm_of,
    set_title,
    spans_decades,
    title_of,
    with_unit,
    write_notes,
)
from immunosim.plots.ensembles.ranking import most_correlated
from immunosim.plots.ensembles.thinning import SEED, chosen_rows
from immunosim.plots.style import BLACK
from immunosim.plots.text import plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_AXES = 8
"""Largest number of factors that are drawn, beside the result."""

MOST_LINES, MOST_FAILED = 500, 150
"""Largest numbers of patients drawn: with a value, and failed."""

BELOW = -0.12
"""End of the lines of failed patients on the axis of the result, relative to its height."""


def draw_parallel(ax: Axes, dataset: xr.Dataset, of: str, at: float | None = None) -> Axes:
    """Draw patients as lines through the factors to a result, whose value colours them.

    The factors most correlated with the result are next to it. Failed patients have a separate colour and end below
    its axis.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        An endpoint, or a read-out or pool.
    at : float, optional
        Day at which a read-out is taken; by default the last.

    Raises
    ------
    DataError
        If a name is unknown, nothing varied, or no patient has a value.
    """
    column, failed = outcome(dataset, of, at), is_failed(dataset)
    names = most_correlated(dataset, column, MOST_AXES)[::-1]
    if not names:
        raise DataError("no factor varied, so there is nothing to draw", key="of", cure="draw `kind=bands`")
    axes = [varied(dataset, name) for name in names]
    is_drawable: Flags = np.logical_and.reduce([np.isfinite(axis.scaled) for axis in axes])
    well = np.flatnonzero(is_drawable & np.isfinite(column.values) & ~failed)
    if not well.size:
        raise DataError("no patient has a value", key="of", cure="draw another result")
    bad = np.flatnonzero(is_drawable & failed)
    drawn, drawn_bad = chosen_rows(well, MOST_LINES), chosen_rows(bad, MOST_FAILED)
    rows = np.concatenate([well, bad])
    is_log = spans_decades(column.values[well])
    last = scaled(column.values, is_log)
    ends = [(axis.scaled[rows].min(), axis.scaled[rows].max()) for axis in axes]
    ends.append((last[well].min(), last[well].max()))
    lines = np.column_stack([*(axis.scaled for axis in axes), last])
    heights = np.column_stack([_height(column, *end) for column, end in zip(lines.T, ends, strict=True)])
    heights[failed, -1] = BELOW
    _draw(ax, heights, drawn, column.values, is_log)
    _draw_failed(ax, heights, drawn_bad)
    for i, (axis, end) in enumerate(zip(axes, ends[:-1], strict=True)):
        _axis(ax, i, end, axis.is_log, axis.choices)
    _axis(ax, len(axes), ends[-1], is_log)
    _strip(ax, len(axes))
    _frame(ax, axes, column, bad.size)
    notes = [_note(dataset, axes, drawn.size, well.size, drawn_bad.size, failed)]
    notes += [missing_note(column, failed), censored_note(column, are_drawn=False)]
    lost = int((~is_drawable).sum())
    if lost:
        notes.append(f"{count_text(lost)} not drawn, since a factor is not a number.")
    return write_notes(ax, notes, is_below_label=False)


def _height(values: Array, low: float, high: float) -> Array:
    """Return the positions of values on an axis from 0 to 1."""
    heights: Array = np.full(values.shape, 0.5) if high <= low else (values - low) / (high - low)
    return heights


def _draw(ax: Axes, heights: Array, rows: RowIndices, values: Array, is_log: bool) -> None:
    order = np.random.default_rng(SEED).permutation(rows)
    colours = mpl.colormaps[COLOURS](norm_of(values[rows], is_log)(values[order]))
    _add(ax, heights[order], colors=colours, linewidths=0.6, alpha=0.55 if rows.size > 200 else 0.8, zorder=2)


def _draw_failed(ax: Axes, heights: Array, rows: RowIndices) -> None:
    if rows.size:
        _add(ax, heights[rows], colors=FAILED, linewidths=0.6, alpha=0.45, zorder=3)


def _add(ax: Axes, heights: Array, **style: Any) -> None:
    places = np.arange(heights.shape[1])
    ax.add_collection(LineCollection([np.column_stack([places, line]) for line in heights], **style))


def _axis(ax: Axes, index: int, end: tuple[float, float], is_log: bool, choices: Sequence[str] = ()) -> None:
    """Draw one vertical axis with its numbers."""
    ax.plot([index, index], [0.0, 1.0], color=BLACK, linewidth=0.9, zorder=4)
    for value, text in _ticks(*end, is_log, choices):
        height = float(_height(np.array([value]), *end)[0])
        ax.plot([index - 0.02, index], [height, height], color=BLACK, linewidth=0.7, zorder=4)
        ax.annotate(
            text,
            (index, height),
            (-4.0, 0.0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=6.8,
            zorder=5,
            bbox={"boxstyle": "square,pad=0.08", "fc": "white", "ec": "none", "alpha": 0.75},
        )


def _strip(ax: Axes, index: int) -> None:
    """Colour the axis of the result as the lines are coloured."""
    steps = np.linspace(0.0, 1.0, 129)
    ax.pcolormesh([index, index + 0.05], steps, steps[:-1, np.newaxis], cmap=COLOURS, zorder=4, rasterized=True)


def _ticks(low: float, high: float, is_log: bool, choices: Sequence[str]) -> list[tuple[float, str]]:
    """Return the positions and labels of the tick marks of an axis."""
    if choices:
        return [(float(i), plain(choice.replace("_", " "))) for i, choice in enumerate(choices) if low <= i <= high]
    if high <= low:
        return [(low, f"{10.0**low if is_log else low:.3g}")]
    if not is_log:
        return [(float(tick), f"{tick:g}") for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    factors = (1.0,) if high - low > FEW_DECADES else (1.0, 2.0, 5.0)
    marks = [factor * 10.0**decade for decade in range(int(np.floor(low)), int(high) + 2) for factor in factors]
    return [(float(np.log10(mark)), f"{mark:g}") for mark in marks if low <= np.log10(mark) <= high]


def _frame(ax: Axes, axes: Sequence[Varied], column: OutcomeColumns, n_failed: int) -> None:
    labels = [with_unit(axis.label, axis.unit) for axis in axes] + [
        with_unit(column.label.partition(",")[0], column.unit)
    ]
    width = max(12, 96 // len(labels))
    ax.set_xticks(range(len(labels)), ["\n".join(wrapped(label, width)) for label in labels], fontsize=7.0)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0, pad=4)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlim(-0.35, len(axes) + 0.12)
    ax.set_ylim(BELOW - 0.04 if n_failed else -0.03, 1.03)
    if n_failed:
        ax.annotate(
            "failed",
            (len(axes), BELOW),
            (4.0, 0.0),
            textcoords="offset points",
            color=FAILED,
            fontsize=7.5,
            va="center",
            annotation_clip=False,
        )
    set_title(ax, title_of(column))


def _note(dataset: xr.Dataset, axes: Sequence[Varied], n: int, n_well: int, n_bad: int, failed: Flags) -> str:
    """Return a note on the drawn patients."""
    n_failed, n_varied = int(failed.sum()), len(varied_names(dataset))
    some = f"{n:,} of {count_text(n_well)} drawn, chosen evenly with seed {SEED}" if n < n_well else count_text(n)
    text = f"{some}; colour: result."
    if n_failed:
        text += f" {n_failed:,} of {count_text(failed.size)} failed"
        text += f"; {n_bad:,} of them are drawn." if n_bad < n_failed else " and are drawn as well."
    if len(axes) < n_varied:
        text += f" Of {n_varied} factors the {len(axes)} most correlated with the result are shown."
    return text
