"""Visual predictive check over published points: percentile bands of a cohort under published means, SDs and medians.

Takes the dataset of a cohort and targets; computes no statistic of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from immunosim.cohorts.courses import series
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.statistics import weighted_mean, weighted_quantile
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import DataError
from immunosim.plots.cohorts.published import MARKERS, draw_points, spread_points
from immunosim.plots.ensembles.axes import (
    Threshold,
    count_text,
    draw_thresholds,
    failure_note,
    sentence_case,
    with_unit,
)
from immunosim.plots.ensembles.courses import set_time
from immunosim.plots.style import BLACK, BLUE, GREY, STYLE, time_unit
from immunosim.plots.text import plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRACTIONS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Bounds of the bands of 90 % and 50 %, and the median."""

MARGIN = 0.02
"""Fraction of the time before the first, for points at it."""

PANEL = (3.4, 2.4)
"""Inches of a panel."""


def checked_readouts(dataset: xr.Dataset, targets: Sequence[PublishedTarget]) -> list[str]:
    """Return the read-outs of a cohort that have published points, those with many first."""
    known = set(series(dataset))
    records = [target.record for target in targets if not target.record.group]
    drawn = Counter(record.readout for record in records if record.statistic in MARKERS and record.readout in known)
    return [name for name, _ in drawn.most_common()]


def predictive_check_figure(
    dataset: xr.Dataset,
    targets: Sequence[PublishedTarget] = (),
    footer: str = "",
    readouts: Sequence[str] = (),
    limits: Mapping[str, Sequence[Threshold]] | None = None,
) -> Figure:
    """Return a panel for each read-out, by default for each with published points.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of a cohort, with the dimension ``patient``.
    targets : sequence of PublishedTarget
        Of the same cohort.
    footer : str
        End of the caption, such as the intended use.
    readouts : sequence of str
    limits : mapping of str to sequence of Threshold, optional
        Clinical thresholds by read-out, in its unit.

    Raises
    ------
    DataError
        If no read-out is named, and no target is a mean or a median of a read-out with a course.
    """
    names = list(readouts) or checked_readouts(dataset, targets)
    if not names:
        cure = "give targets with statistic mean, median or geometric_mean of read-outs that the cohort keeps"
        raise DataError("no target can be drawn over time", key="targets", cure=cure)
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    with mpl.rc_context(STYLE):
        size = (max(PANEL[0] * columns, 4.6), PANEL[1] * rows + 0.6)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for ax, name in zip(axes, names, strict=False):
            draw_predictive_check(ax, dataset, name, targets, (limits or {}).get(name, ()))
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        _write_legend(figure, axes)
        _write_caption(figure, CohortSample.of(dataset), bool(targets), footer)
    return figure


def _write_legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """Write one legend for all panels, with what any of them shows."""
    shown = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(shown.values(), shown.keys(), loc="outside upper left", ncols=4, frameon=False, fontsize=6.5)


def _write_caption(figure: Figure, sample: CohortSample, has_points: bool, footer: str) -> None:
    n, n_failed = int(sample.is_well.sum()), int((~sample.is_well).sum())
    parts = [
        f"Bands and lines: {count_text(n)}, weighted.",
        "Points: published, with their SD where it is published." if has_points else "",
        failure_note(~sample.is_well) if n_failed else "",
        footer,
    ]
    text = "\n".join(wrapped(" ".join(part for part in parts if part), int(19 * figure.get_figwidth())))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=6.0, color=GREY)


def draw_predictive_check(
    ax: Axes,
    dataset: xr.Dataset,
    of: str,
    targets: Sequence[PublishedTarget] = (),
    thresholds: Sequence[Threshold] = (),
) -> Axes:
    """Draw percentile bands, median and mean of a read-out, and the published points over them.

    Targets of a group, and those of other read-outs, are left out.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
    of : str
    targets : sequence of PublishedTarget
    thresholds : sequence of Threshold
        Levels to draw, in the unit of the read-out, where the axis reaches them.

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
    points = spread_points(targets, of, sample.unit(of))
    draw_points(ax, points, [point.day / unit.days for point in points])
    set_time(ax, times)
    # A published point at the first time is drawn whole.
    ax.set_xlim(left=drawn[0] - MARGIN * (drawn[-1] - drawn[0]))
    ax.set_ylim(bottom=0.0)
    draw_thresholds(ax, [threshold for threshold in thresholds if threshold.value < ax.get_ylim()[1]])
    label, plain_unit = sample.label(of), sample.unit(of)
    ax.set_ylabel(plain(with_unit(label, plain_unit)))
    ax.set_title(plain(sentence_case(label)), fontweight="bold")
    return ax
