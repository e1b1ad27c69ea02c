"""A heat map: one result over two factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.collections import PolyCollection

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import Flags, is_failed, outcome, varied
from immunosim.plots.ensembles.axes import (
    COLOURS,
    FAILED,
    add_colour_bar,
    censored_note,
    count_text,
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
from immunosim.plots.ensembles.field import Field, field_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_heatmap(ax: Axes, dataset: xr.Dataset, of: str, x: str, y: str, at: float | None = None) -> Axes:
    """Draw a result over two factors.

    A grid is drawn cell by cell, scattered patients as the medians of bins. Cells most of whose patients failed
    are hatched.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        An endpoint, or a read-out or pool.
    x, y : str
        Varied quantities.
    at : float, optional
        Day at which a read-out is taken; by default the last.

    Raises
    ------
    DataError
        If a name is unknown, or there are too few patients.
    """
    column, failed = outcome(dataset, of, at), is_failed(dataset)
    field = field_of(varied(dataset, x, "x"), varied(dataset, y, "y"), column, failed)
    is_log = spans_decades(field.shown)
    colours = ax.pcolormesh(
        field.x.edges,
        field.y.edges,
        np.ma.masked_invalid(field.shown),
        cmap=COLOURS,
        norm=norm_of(field.shown, is_log),
        rasterized=field.medians.size > 10000,  # a file of vectors would be large and slow
    )
    set_axis(ax, "x", field.x.about)
    set_axis(ax, "y", field.y.about)
    ax.set_xlim(float(field.x.edges[0]), float(field.x.edges[-1]))
    ax.set_ylim(float(field.y.edges[0]), float(field.y.edges[-1]))
    hatched = _hatch(ax, field)
    add_colour_bar(ax, colours, with_unit(_quantity(field), column.unit), field.shown if is_log else None)
    set_title(ax, title_of(column))
    return write_notes(
        ax, [*notes_of(field), *hatched, missing_note(column, failed), censored_note(column), failure_note(failed)]
    )


def notes_of(field: Field) -> list[str]:
    """Return a note on the cells of a field."""
    counts = field.counts[field.counts >= field.fewest]
    low, high = int(counts.min()), int(counts.max())
    number = count_text(low) if low == high else f"{low:,} to {count_text(high)}"
    if field.is_grid and high == 1:
        notes = ["Each point of the grid is one patient."]
    elif field.is_grid:
        notes = [f"Each point of the grid is the median of {number}, who differ in other factors."]
    else:
        shape = f"{field.x.centres.size} by {field.y.centres.size}"
        notes = [f"Medians of {shape} bins with {number} (half of the bins with {int(np.median(counts)):,} or more)."]
    if field.n_outside:
        notes.append(f"{count_text(field.n_outside)} outside the axes or without a value.")
    return notes


def _quantity(field: Field) -> str:
    return "value" if field.is_grid and field.counts.max() == 1 else "median"


def _hatch(ax: Axes, field: Field) -> list[str]:
    """Hatch the cells that have patients but no value, and return notes on them."""
    notes = [] if field.is_grid else [f"Bins with fewer than {field.fewest} are blank."]
    for cells, colour, hatch, text in (
        (field.most_failed, FAILED, "////", "Hatched: more than half of the patients failed; without colour: all."),
        (field.without_value, "#999999", "....", "Dotted: no patient has a value."),
        (field.not_reached, "#999999", "....", "Dotted: the median is not reached."),
    ):
        if cells.any():
            corners = _corners(field, cells)
            ax.add_collection(PolyCollection(corners, facecolor="none", edgecolor=colour, hatch=hatch, linewidth=0.0))
            notes.append(text)
    return notes


def _corners(field: Field, cells: Flags) -> list[Array]:
    """Return the corners of some cells, each of shape (4, 2)."""
    j, i = np.nonzero(cells)
    x, y = field.x.edges, field.y.edges
    columns = [np.column_stack([x[i + a], y[j + b]]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
    return list(np.stack(columns, axis=1))
