"""Courses of a read-out in many patients: bands of quantiles, and some of the courses themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import RowIndices, is_failed, is_series, times_of
from immunosim.errors import DataError
from immunosim.plots.drawing import set_log_axis
from immunosim.plots.ensembles.axes import (
    Threshold,
    count_text,
    draw_thresholds,
    sentence_case,
    set_title,
    with_unit,
)
from immunosim.plots.ensembles.thinning import SEED, chosen_rows
from immunosim.plots.style import time_unit
from immunosim.plots.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VALUES = 50_000_000
"""Largest number of values held in memory, 400 MB; of a larger result a sample of patients is drawn."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Bounds of the bands of 90 % and 50 %, and the median."""

LOG_SPAN = 30.0
"""Ratio of the highest 95th percentile to the lowest median above which an axis becomes logarithmic."""


@dataclass(frozen=True, eq=False)
class Courses:
    """A read-out of the patients that did not fail.

    Attributes
    ----------
    name, label, unit : str
    times : ndarray, shape (n_times,), day
    rows : ndarray, shape (n,)
        Indices of the patients held in memory.
    values : ndarray, shape (n, n_times)
    n_well : int
        Patients that did not fail; more than are held where the result is large.
    """

    name: str
    label: str
    unit: str
    times: Array
    rows: RowIndices
    values: Array
    n_well: int

    @property
    def note(self) -> str:
        """Note where only a sample of patients is held."""
        if self.rows.size == self.n_well:
            return ""
        return f"Quantiles over {self.rows.size:,} of {count_text(self.n_well)}, drawn with seed {SEED}."

    def quantiles(self) -> Array:
        """Return ``QUANTILES`` over the patients that have a value, shape (5, n_times); NaN at a time without any."""
        missing = np.isnan(self.values)
        if not missing.any():
            return np.asarray(np.quantile(self.values, QUANTILES, axis=0))
        known = ~missing.all(axis=0)
        quantiles = np.full((len(QUANTILES), self.times.size), np.nan)
        quantiles[:, known] = np.nanquantile(self.values[:, known], QUANTILES, axis=0)
        return quantiles


def courses(dataset: xr.Dataset, of: str) -> Courses:
    """Return the courses of a read-out or pool.

    Raises
    ------
    DataError
        If it has no time course, or all patients failed, or none has a value.
    """
    if not is_series(dataset, of):
        cure = "name a read-out that was stored over time, or draw `kind=heatmap`, contour or parallel"
        raise DataError(f'"{of}" is an endpoint, which has no time course', key="of", cure=cure)
    times, failed = times_of(dataset), is_failed(dataset)
    if times.size < 2:
        reason, cure = (
            f'"{of}" was stored at {times.size} time, which is not a time course',
            "draw `kind=heatmap` or parallel",
        )
        raise DataError(reason, key="of", cure=cure)
    well = np.flatnonzero(~failed)
    if not well.size:
        raise DataError(f"all {count_text(failed.size)} failed, so there is nothing to draw", key="of")
    rows = chosen_rows(well, max(1, MOST_VALUES // max(1, times.size)))
    variable = dataset[of]
    values = np.asarray((variable if rows.size == failed.size else variable.isel(sample=rows)).values, np.float64)
    if np.isnan(values).all():
        raise DataError(f'no patient has a value of "{of}"', key="of", cure="draw another result")
    label, unit = str(variable.attrs.get("long_name", of)), str(variable.attrs.get("units", "1"))
    return Courses(of, label, unit, times, rows, values, int(well.size))


def frame(ax: Axes, of_readout: Courses, quantiles: Array, thresholds: Sequence[Threshold]) -> Axes:
    """Set and label the axes of courses, and draw thresholds."""
    set_time(ax, of_readout.times)
    low, median, high = quantiles[0], quantiles[2], quantiles[-1]
    lowest = float(np.nanmin(low))
    highest = max([float(np.nanmax(high)), *(threshold.value for threshold in thresholds)])
    if any(threshold.is_detection for threshold in thresholds):
        set_log_axis(ax, 0.005, 3.0 * max(1.0, highest))
    elif lowest > 0.0 and not thresholds and highest > LOG_SPAN * np.nanmin(median):
        set_log_axis(ax, 0.5 * lowest, 2.0 * highest)
    elif lowest >= -1e-9 * abs(highest):  # a pool may be below zero by rounding
        ax.set_ylim(0.0, 1.15 * max(highest, ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) else 0.0) or 1.0)
    draw_thresholds(ax, thresholds)
    ax.set_ylabel(plain(with_unit(of_readout.label, of_readout.unit)))
    return set_title(ax, f"{sentence_case(of_readout.label)}, {count_text(of_readout.n_well)}")


def months_or_days(times: Array) -> Array:
    """Return times as they are drawn, in the unit that suits their length."""
    drawn: Array = times / time_unit(float(times[-1] - times[0])).days
    return drawn


def set_time(ax: Axes, times: Array) -> Axes:
    """Label the axis of time."""
    first, last = float(times[0]), float(times[-1])
    unit = time_unit(last - first)
    step = unit.step(last - first)
    begin, end = first / unit.days, last / unit.days
    if begin < end:
        ax.set_xlim(begin, end)
        ax.set_xticks(range(int(np.ceil(begin / step)) * step, int(np.floor(end + 1e-9)) + 1, step))
    ax.set_xlabel(f"{sentence_case(unit.name)} since day 0")
    return ax
