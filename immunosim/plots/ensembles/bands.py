"""Bands: the median course of a read-out, and the ranges of 50 % and 90 % of the patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import xarray as xr

from immunosim.ensembles.columns import is_failed
from immunosim.ensembles.coverage import coverage_note
from immunosim.plots.ensembles.axes import Threshold, failure_note, write_notes
from immunosim.plots.ensembles.courses import courses, frame, months_or_days
from immunosim.plots.style import BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_bands(ax: Axes, dataset: xr.Dataset, of: str, thresholds: Sequence[Threshold] = ()) -> Axes:
    """Draw the median of a read-out over time and the bands of 50 % and 90 % of the patients.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of an ensemble.
    of : str
        A read-out or pool.
    thresholds : sequence of Threshold
        Levels to draw, such as its lower limit of normal.

    Raises
    ------
    DataError
        If it has no time course, or all patients failed.
    """
    of_readout = courses(dataset, of)
    quantiles = of_readout.quantiles()
    time = months_or_days(of_readout.times)
    outer = ax.fill_between(time, quantiles[0], quantiles[4], color=BLUE, alpha=0.18, linewidth=0)
    inner = ax.fill_between(time, quantiles[1], quantiles[3], color=BLUE, alpha=0.35, linewidth=0)
    (median,) = ax.plot(time, quantiles[2], color=BLUE, linewidth=1.8)
    frame(ax, of_readout, quantiles, thresholds)
    names = ("median", "50 % of patients", "90 % of patients")
    ax.legend([median, inner, outer], names, frameon=False, loc="best")
    note = "Median, 25th to 75th and 5th to 95th percentile of the patients at each time."
    return write_notes(ax, [note, coverage_note(dataset), of_readout.note, failure_note(is_failed(dataset))])
