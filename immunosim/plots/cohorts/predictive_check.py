"""Visual predictive check over published points: percentile bands of a cohort under published means, SDs and medians.

Takes the dataset of a cohort and targets; computes no statistic of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from immunosim.codegen.loader import Array
from immunosim.cohorts.sample import CohortSample, series
from immunosim.cohorts.statistics import weighted_mean, weighted_quantile
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import DataError
from immunosim.plots.ensembles.axes import sentence_case, with_unit
from immunosim.plots.ensembles.courses import set_time
from immunosim.plots.style import BLACK, BLUE, GREY, STYLE, VERMILION, TimeUnit, time_unit
from immunosim.plots.text import plain, wrapped
from immunosim.units import factor_to

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRACTIONS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Bounds of the bands of 90 % and 50 %, and the median."""

POINTS = {"mean": "o", "median": "D", "geometric_mean": "s"}
"""Statistics that are drawn as points, and their markers."""

MARGIN = 0.02
"""Fraction of the time before the first, for points at it."""

PANEL = (3.4, 2.4)
"""Inches of a panel."""


def checked_readouts(dataset: xr.Dataset, targets: Sequence[PublishedTarget]) -> list[str]:
    """Return the read-outs of a cohort that have published points, in the order of the targets."""
    drawn = (target.record.readout for target in targets if target.record.statistic in POINTS)
    known = set(series(dataset))
    return [name for name in dict.fromkeys(drawn) if name in known]


def predictive_check_figure(dataset: xr.Dataset, targets: Sequence[PublishedTarget], footer: str = "") -> Figure:
    """Return a panel for each read-out with published points.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of a cohort, with the dimension ``patient``.
    targets : sequence of PublishedTarget
        Of the same cohort.
    footer : str
        End of the caption, such as the intended use.

    Raises
    ------
    DataError
        If no target is a mean or a median of a read-out with a course.
    """
    names = checked_readouts(dataset, targets)
    if not names:
        cure = "give targets with statistic mean, median or geometric_mean of read-outs that the cohort keeps"
        raise DataError("no target can be drawn over time", key="targets", cure=cure)
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    with mpl.rc_context(STYLE):
        size = (max(PANEL[0] * columns, 4.6), PANEL[1] * rows + 0.6)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, name in zip(axes, names, strict=False):
            draw_predictive_check(ax, dataset, name, targets)
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=5, frameon=False, fontsize=6.5)
        caption = "Bands and lines: simulated patients. Points: published, with their SD where it is published."
        text = "\n".join(wrapped(f"{caption} {footer}".strip(), int(19 * size[0])))
        figure.supxlabel(text, x=0.01, ha="left", fontsize=6.0, color=GREY)
    return figure


def draw_predictive_check(ax: Axes, dataset: xr.Dataset, of: str, targets: Sequence[PublishedTarget]) -> Axes:
    """Draw percentile bands, median and mean of a read-out, and the published points over them.

    Targets of a group, and those of other read-outs, are left out.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
    of : str
    targets : sequence of PublishedTarget

    Raises
    ------
    DataError
        If the read-out has no course.
    """
    sample = CohortSample.of(dataset)
    times, courses = sample.courses(of)
    unit = time_unit(float(times[-1] - times[0]))
    quantiles = np.array(
        [[weighted_quantile(values, fraction, sample.weight) for values in courses.T] for fraction in FRACTIONS]
    )
    means = [weighted_mean(values, sample.weight) for values in courses.T]
    drawn = times / unit.days
    ax.fill_between(drawn, quantiles[0], quantiles[4], color=BLUE, alpha=0.18, lw=0, label="90 % of patients")
    ax.fill_between(drawn, quantiles[1], quantiles[3], color=BLUE, alpha=0.35, lw=0, label="50 %")
    ax.plot(drawn, quantiles[2], color=BLUE, lw=1.5, label="median")
    ax.plot(drawn, means, color=BLACK, lw=1.0, ls=(0, (4, 2)), label="mean")
    _draw_published(ax, of, sample.unit(of), targets, unit)
    set_time(ax, times)
    # A published point at the first time is drawn whole.
    ax.set_xlim(left=drawn[0] - MARGIN * (drawn[-1] - drawn[0]))
    ax.set_ylim(bottom=0.0)
    label, plain_unit = sample.label(of), sample.unit(of)
    ax.set_ylabel(plain(with_unit(label, plain_unit)))
    ax.set_title(plain(sentence_case(label)), fontweight="bold")
    return ax


def _draw_published(ax: Axes, of: str, unit: str, targets: Sequence[PublishedTarget], time: TimeUnit) -> None:
    records = [target.record for target in targets if target.record.readout == of and not target.record.group]
    dated = [(record, record.time) for record in records if record.time is not None]
    spreads = {day: record.value * factor_to(record.unit, unit) for record, day in dated if record.statistic == "sd"}
    for statistic, marker in POINTS.items():
        points = [(day, record) for record, day in dated if record.statistic == statistic]
        if not points:
            continue
        days = np.array([day for day, _ in points])
        values = np.array([record.value * factor_to(record.unit, unit) for _, record in points])
        bars = _bars(values, [spreads.get(day, 0.0) for day in days.tolist()]) if statistic == "mean" else None
        ax.errorbar(
            days / time.days,
            values,
            bars,
            fmt=marker,
            color=VERMILION,
            ms=3.6,
            lw=0.9,
            capsize=2.0,
            zorder=4,
            label=f"published {statistic.replace('_', ' ')}",
        )


def _bars(values: Array, spreads: Sequence[float]) -> Array:
    """Return the lengths of bars below and above points, shape (2, n); none goes below zero."""
    above = np.array(spreads)
    return np.array([np.minimum(above, values), above])
