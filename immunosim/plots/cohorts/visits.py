"""Spread of a read-out at visits: boxes of weighted percentiles of a cohort, beside published means and SDs.

Takes the dataset of a cohort and targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.cohorts.courses import SAME_DAY
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.statistics import weighted_mean, weighted_quantile
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import DataError
from immunosim.plots.cohorts.groups import COLOURS, groups_of, heading_of
from immunosim.plots.cohorts.published import draw_points, spread_points
from immunosim.plots.ensembles.axes import count_text, failure_note, sentence_case, set_title, with_unit, write_notes
from immunosim.plots.style import BLACK
from immunosim.plots.text import plain
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRACTIONS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Ends of the whiskers and the box, and the median."""

MOST_VISITS = 14
"""Boxes of a group that are drawn side by side."""

ROOM = 0.8
"""Part of the distance of visits that boxes and points take."""


def draw_visits(
    ax: Axes,
    dataset: xr.Dataset,
    of: str,
    color: str = "",
    targets: Sequence[PublishedTarget] = (),
) -> Axes:
    """Draw a box of each group at each visit, the mean as a cross, and published means with their SD beside it.

    Visits are those of the published numbers where there are some, or the times of the cohort; at equal distances.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of a cohort.
    of : str
        A read-out with a course.
    color : str
        A column by which patients are divided.
    targets : sequence of PublishedTarget

    Raises
    ------
    DataError
        If the read-out has no course, or the column does not divide the patients.
    """
    sample = CohortSample.of(dataset)
    times, _ = sample.courses(of)
    points = spread_points(targets, of, sample.unit(of))
    visits = _visits(times, [point.day for point in points])
    groups = groups_of(dataset, color)
    if not groups:
        raise DataError("no patient was simulated, so there is nothing to draw", key="of")
    step = ROOM / (len(groups) + bool(points))
    left = 0.5 * step * (1 - len(groups) - bool(points))
    for number, (name, group) in enumerate(groups):
        places = np.arange(len(visits), dtype=np.float64) + (left + number * step)
        _draw_boxes(ax, _boxes(group, of, visits), places, 0.75 * step, COLOURS[number], name or "simulated")
    draw_points(ax, points, np.searchsorted(visits, [point.day for point in points]) - left)
    _frame(ax, sample, of, visits)
    if color or points:
        heading = plain(heading_of(dataset, color)) if color else None
        ax.legend(title=heading, frameon=False, fontsize=7.0, title_fontsize=7.0, alignment="left", loc="best")
    note = "Box: 25th to 75th percentile with the median; whiskers: 5th to 95th percentile; cross: mean. Weighted."
    bars = "Bars of published means: their SD." if points else ""
    return write_notes(ax, [note, bars, failure_note(~sample.is_well)])


def _visits(times: Array, published: Sequence[float]) -> Array:
    """Return the published days that the cohort has, else its own, thinned where they are many."""
    known = np.array([day for day in sorted(set(published)) if np.abs(times - day).min() <= SAME_DAY])
    return known if known.size else times[:: -(-len(times) // MOST_VISITS)]


def _boxes(group: CohortSample, of: str, visits: Array) -> list[dict[str, Any]]:
    """Return the numbers of a box for each visit, as matplotlib takes them."""
    boxes = []
    for day in visits.tolist():
        values, weight = group.values(of, day), group.weight
        low, quarter, median, upper, high = (weighted_quantile(values, fraction, weight) for fraction in FRACTIONS)
        ends = {"whislo": low, "q1": quarter, "med": median, "q3": upper, "whishi": high}
        boxes.append(ends | {"mean": weighted_mean(values, weight), "fliers": []})
    return boxes


def _draw_boxes(ax: Axes, boxes: list[dict[str, Any]], places: Array, width: float, colour: str, name: str) -> None:
    drawn = ax.bxp(
        boxes,
        positions=places,
        widths=width,
        patch_artist=True,
        showfliers=False,
        showmeans=True,
        boxprops={"facecolor": colour, "alpha": 0.35, "edgecolor": colour, "lw": 0.8},
        medianprops={"color": colour, "lw": 1.5},
        whiskerprops={"color": colour, "lw": 0.8},
        capprops={"color": colour, "lw": 0.8},
        meanprops={"marker": "x", "markeredgecolor": BLACK, "markersize": 3.5},
        manage_ticks=False,
    )
    drawn["boxes"][0].set_label(plain(name))


def _frame(ax: Axes, sample: CohortSample, of: str, visits: Array) -> None:
    ax.set_xticks(range(len(visits)), [f"{day / DAYS_PER_MONTH:.4g}" for day in visits.tolist()])
    ax.set_xlim(-0.6, len(visits) - 0.4)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("Visit, months since day 0")
    ax.set_ylabel(plain(with_unit(sample.label(of), sample.unit(of))))
    set_title(ax, f"{sentence_case(sample.label(of))}, {count_text(int(sample.is_well.sum()))}")
