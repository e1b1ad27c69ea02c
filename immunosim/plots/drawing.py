"""Pieces that every panel is made of: curves, limits, observed points, marks of treatment, labels at the curves' ends.

Time on the axis is in months after day 0. Knows trajectories and scenarios, not which panel it draws for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from immunosim.plots.style import BLACK, GREY
from immunosim.scenario.regimen import courses_of, pulses_of
from immunosim.units import DAYS_PER_MONTH, convert

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

    from immunosim.codegen.loader import Array
    from immunosim.scenario import Point, Scenario
    from immunosim.trajectory import Trajectory

LEAD = 0.03
"""Fraction of the simulated time for which the untreated steady state is drawn before it."""


@dataclass(frozen=True)
class Curve:
    """One curve of a panel: a read-out or pool, its label and its colour."""

    name: str
    label: str
    colour: str
    dashes: str | tuple[int, tuple[int, ...]] = "-"


def months_of(trajectory: Trajectory) -> Array:
    """Return the times to draw, shape (n_times + 1,), months; the first is the lead-in."""
    months: Array = trajectory.time / DAYS_PER_MONTH
    return np.concatenate([[months[0] - LEAD * (months[-1] - months[0])], months])


def values_of(trajectory: Trajectory, name: str) -> Array:
    """Return the values to draw of a read-out or pool, shape (n_times + 1,); the first is the lead-in."""
    values = trajectory[name]
    return np.concatenate([values[:1], values])


def draw_curves(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve]) -> Axes:
    """Draw curves and the observed points of the same read-outs.

    A curve that is alone needs no label, and its observed points are black.
    """
    for curve in curves:
        label, colour = (curve.label, curve.colour) if len(curves) > 1 else (None, BLACK)
        values = values_of(trajectory, curve.name)
        ax.plot(months_of(trajectory), values, color=curve.colour, linestyle=curve.dashes, label=label, zorder=3)
        draw_observed(ax, trajectory, curve.name, colour)
    return ax


def draw_limit(ax: Axes, value: float, text: str, colour: str = GREY) -> Axes:
    """Draw a dashed horizontal line that is labelled as a curve is."""
    ax.axhline(value, color=colour, linewidth=0.8, linestyle=(0, (5, 3)), label=text, zorder=1)
    return ax


def set_log_axis(ax: Axes, lowest: float, highest: float) -> Axes:
    """Make the vertical axis logarithmic, with plain numbers at the decades."""
    first, last = math.ceil(math.log10(lowest)), math.floor(math.log10(highest))
    decades = range(first, last + 1, 1 if last - first < 5 else 2)
    ax.set_ylim(lowest, highest)  # first, since a curve of zeros cannot be scaled automatically
    ax.set_yscale("log")
    ax.set_yticks([10.0**decade for decade in decades], [f"{10.0**decade:g}" for decade in decades])
    ax.minorticks_off()
    return ax


def draw_observed(ax: Axes, trajectory: Trajectory, name: str, colour: str = BLACK) -> Axes:
    """Draw the observed values of a read-out, converted to its unit.

    Values are circles, ranges are bars, and values below a limit of quantification are triangles at the limit that
    point down.
    """
    for point, low, high in _observed(trajectory, name):
        months = point.time / DAYS_PER_MONTH
        if low < high and point.below is None:
            ax.plot([months, months], [low, high], "_-", color=colour, linewidth=1.1, ms=6, mew=1.1, zorder=5)
        else:
            marker = "o" if point.below is None else "v"
            ax.plot(months, high, marker, ms=4.2, mfc="white", mec=colour, mew=1.1, zorder=5)
    return ax


def observed_ranges(trajectory: Trajectory, name: str) -> Iterator[tuple[float, float, float]]:
    """Yield time [months], low and high of the observed points of a read-out; a value is a range of no width."""
    return ((point.time / DAYS_PER_MONTH, low, high) for point, low, high in _observed(trajectory, name))


def _observed(trajectory: Trajectory, name: str) -> Iterator[tuple[Point, float, float]]:
    """Yield the observed points of a read-out, each with its lowest and highest value in the read-out's unit."""
    for series in trajectory.scenario.observed:
        if series.readout == name:
            unit = trajectory.unit(name)
            for point in series.points:
                low, high = (convert(end, series.unit, unit) for end in point.ends)
                yield point, low, high


def mark_treatments(ax: Axes, scenario: Scenario) -> Axes:
    """Draw a thin vertical line at the start of each course, and a dotted one at each pulse."""
    for course in courses_of(scenario):
        ax.axvline(course.dosing.start / DAYS_PER_MONTH, color=GREY, linewidth=0.7, zorder=0)
    for pulse in pulses_of(scenario):
        ax.axvline(pulse.dosing.start / DAYS_PER_MONTH, color=GREY, linewidth=0.9, linestyle=":", zorder=0)
    return ax


def treatment_lines(scenario: Scenario) -> str:
    """Return the sentence of a caption on the lines that ``mark_treatments`` draws; empty where it draws none."""
    kinds = (("courses", courses_of(scenario), "solid"), ("pulses", pulses_of(scenario), "dotted"))
    lines = []
    for kind, orders, style in kinds:
        labels = dict.fromkeys(order.drug.label for order in orders)
        if labels:
            lines.append(f"{kind} of {' or '.join(labels)} ({style})")
    return f"Vertical lines: {', '.join(lines)}." if lines else ""


def draw_number(ax: Axes, x: float, y: float, number: int | str, transform: Transform | None = None) -> Axes:
    """Draw a number in a circle, to which a caption refers."""
    circle = {"boxstyle": "circle,pad=0.18", "fc": "white", "ec": GREY, "lw": 0.8}
    where = ax.transData if transform is None else transform
    ax.text(x, y, str(number), fontsize=6.0, ha="center", va="center", bbox=circle, zorder=6, transform=where)
    return ax


def label_ends(ax: Axes, gap: float = 9.5, lowest: float | None = None) -> Axes:
    """Write the label of each labelled line in its colour at its right end, at least `gap` points from the others.

    The limits and the place of the axes must be final. With `lowest` no label is lower than so many points above the
    bottom of the axes.
    """
    named = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    lines = [line for line in named if np.size(line.get_ydata())]
    low, high = ax.get_ylim()
    ends = [float(np.clip(np.asarray(line.get_ydata(), dtype=float)[-1], low, high)) for line in lines]
    points = [float(ax.transData.transform((0.0, end))[1]) * 72.0 / ax.figure.dpi for end in ends]
    order = [int(i) for i in np.argsort(points) if np.isfinite(points[i])]
    heights = spread([points[i] for i in order], gap)
    if lowest is not None:
        bottom = float(ax.transAxes.transform((0.0, 0.0))[1]) * 72.0 / ax.figure.dpi + lowest
        heights = [max(height, bottom + gap * i) for i, height in enumerate(heights)]
    for i, height in zip(order, heights, strict=True):
        ax.annotate(
            str(lines[i].get_label()),
            xy=(1.0, ends[i]),
            xycoords=ax.get_yaxis_transform(),
            xytext=(5.0, height - points[i]),
            textcoords="offset points",
            color=lines[i].get_color(),
            fontsize=7.5,
            va="center",
            annotation_clip=False,
        )
    return ax


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return rising heights moved as little as possible so that neighbours are at least `gap` apart.

    Neighbours that are too close form a group, which is spaced evenly about its mean.
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-2], gap) + gap > _bottom(groups[-1], gap):
            last = groups.pop()
            groups[-1].extend(last)
    return [_bottom(group, gap) + gap * i for group in groups for i in range(len(group))]


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2
