"""Kaplan-Meier curves of times to events: the fraction that has had the event, with band and numbers at risk.

Takes times and axes; knows neither data sets nor fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.survival import EventTimes
from immunosim.plots.style import BLUE, GREY, TimeUnit, time_unit
from immunosim.plots.text import headline, plain
from immunosim.scenario.time_reference import TimeReference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONFIDENCE = 0.9
"""Of the bands."""

LINE = 9.0
"""Points between the lines of numbers at risk."""

BELOW_TICKS = 21.0
"""Points from the axis to the first line of numbers at risk."""

LEFT = -0.025
"""Right end of the names beside the numbers at risk, as a fraction of the axes."""

MOST_COUNTS = 9
"""Days at which numbers at risk are given."""

LONGEST_NAME = 24
"""Letters of the name of a group."""

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Marks of an axis of fractions."""

AtRisk = Callable[[Sequence[float]], NDArray[Any]]
"""Takes days and returns the number at risk on each."""


@dataclass(frozen=True, eq=False)
class EventGroup:
    """Times that become one curve.

    Attributes
    ----------
    name : str
        Empty where there is one group.
    times : EventTimes
    colour : str
    """

    name: str
    times: EventTimes
    colour: str = BLUE


@dataclass(frozen=True)
class EventAxis:
    """The axis of time: its origin and its unit.

    Attributes
    ----------
    start, end : float, day
        First and last day.
    reference : TimeReference or None
        None counts from day 0.
    """

    start: float
    end: float
    reference: TimeReference | None = None

    @classmethod
    def of(cls, groups: Sequence[EventGroup], reference: TimeReference | None, until: float = -math.inf) -> EventAxis:
        """Return the axis that shows all groups from the start of their observation or the last course."""
        end = max(until, *(float(group.times.days.max()) for group in groups))
        starts = [min(group.times.start, float(group.times.days.min())) for group in groups]
        return cls(min([*starts, cls(0.0, end, reference).origin]), end, reference)

    @property
    def origin(self) -> float:
        """Day from which is counted."""
        return (self.reference and self.reference.last_course) or 0.0

    @property
    def unit(self) -> TimeUnit:
        """Unit of the marks."""
        return time_unit(self.end - self.start)

    def drawn(self, days: Array | float) -> Array:
        """Return days as they are drawn."""
        return (np.asarray(days, np.float64) - self.origin) / self.unit.days

    def marks(self) -> list[int]:
        """Return the places of the tick marks."""
        step = self.unit.step(self.end - self.start)
        first, last = float(self.drawn(self.start)), float(self.drawn(self.end))
        return list(range(math.ceil(first / step - 1e-9) * step, math.floor(last + 1e-9) + 1, step))

    @property
    def label(self) -> str:
        """Label of the axis."""
        has_course = self.reference is not None and self.reference.last_course is not None
        return f"{self.unit.name.capitalize()} after {'the last course' if has_course else 'day 0'}"


def draw_event_curves(
    ax: Axes,
    groups: Sequence[EventGroup],
    reference: TimeReference | None = None,
    heading: str = "",
    until: float = -math.inf,
) -> Axes:
    """Draw the fraction of each group that has had the event, with its band, censoring, median and numbers at risk.

    Parameters
    ----------
    ax : Axes
    groups : sequence of EventGroup
        Each with at least one time.
    reference : TimeReference, optional
        What time is counted from; day 0 without one.
    heading : str
        Of the names of the groups.
    until : float, day
        What the axis shows at least; a curve that has reached all ends there.
    """
    axis = EventAxis.of(groups, reference, until)
    for group in groups:
        _draw_curve(ax, group, axis)
    ax.axhline(0.5, color=GREY, lw=0.6, ls=":", zorder=1)
    ax.set_ylim(0.0, 1.03)
    low, high = (float(axis.drawn(day)) for day in (axis.start, axis.end))
    ax.set_xlim(low, high + 0.01 * (high - low))
    ax.set_xticks(axis.marks())
    ax.set_yticks(QUARTERS, [f"{100.0 * fraction:g} %" for fraction in QUARTERS])
    write_at_risk(ax, [(group.name, group.colour, group.times.at_risk) for group in groups], axis)
    ax.set_xlabel(axis.label, labelpad=6.0 + LINE * (len(groups) + (len(groups) > 1)))
    if len(groups) > 1:
        about = {"title": plain(heading), "title_fontsize": 7.0, "alignment": "left"}
        ax.legend(frameon=False, loc="upper left", fontsize=7.0, **about)
    return ax


def _draw_curve(ax: Axes, group: EventGroup, axis: EventAxis) -> None:
    times, curve = group.times, group.times.curve(CONFIDENCE)
    first = min(times.start, float(curve.days[0]))
    days = axis.drawn(np.concatenate([[first], curve.days]))
    reached, low, high = (1.0 - np.concatenate([[1.0], part]) for part in (curve.probability, curve.high, curve.low))
    if times.is_observed.all() and float(curve.days[-1]) < axis.end:
        days = np.append(days, axis.drawn(axis.end))
        reached, low, high = (np.append(part, part[-1]) for part in (reached, low, high))
    ax.fill_between(days, low, high, step="post", color=group.colour, alpha=0.18, lw=0)
    label = f"{plain(group.name)} ({times.n_observed:,} of {len(times):,})" if group.name else None
    ax.step(days, reached, where="post", color=group.colour, label=label)
    censored = np.unique(times.days[~times.is_observed])
    at = np.clip(np.searchsorted(curve.days, censored, side="right") - 1, 0, None)
    ax.plot(axis.drawn(censored), 1.0 - curve.probability[at], "|", color=group.colour, ms=6, mew=1.0)
    if math.isfinite(times.median):
        median = float(axis.drawn(times.median))
        ax.plot([median, median], [0.0, 0.5], color=group.colour, lw=0.8, ls=(0, (3, 2)))


def write_at_risk(ax: Axes, groups: Sequence[tuple[str, str, AtRisk]], axis: EventAxis) -> None:
    """Write below the axis how many have not had the event and are still observed.

    Parameters
    ----------
    ax : Axes
    groups : sequence of (str, str, callable)
        Name, colour and numbers at risk on given days; a single group may have no name.
    axis : EventAxis
    """
    marks = axis.marks()[:: -(-len(axis.marks()) // MOST_COUNTS)]
    # An end of observation that a sum of floats misses by a rounding is on its mark.
    days = [mark * axis.unit.days + axis.origin - 1e-9 for mark in marks]
    is_divided = len(groups) > 1 or bool(groups[0][0])
    if is_divided:
        _write(ax, LEFT, "at risk", 0, GREY, "axes fraction", "right")
    for line, (name, colour, at_risk) in enumerate(groups, int(is_divided)):
        label = headline(name, LONGEST_NAME) if is_divided else "at risk"
        _write(ax, LEFT, label, line, colour if is_divided else GREY, "axes fraction", "right")
        for mark, number in zip(marks, at_risk(days), strict=True):
            _write(ax, mark, f"{round(float(number)):,}", line, colour, "data", "center")


def _write(ax: Axes, x: float, text: str, line: int, colour: str, coords: str, side: str) -> None:
    where = ax.get_xaxis_transform() if coords == "data" else ax.transAxes
    ax.annotate(
        text,
        (x, 0.0),
        (0.0, -BELOW_TICKS - LINE * line),
        xycoords=where,
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=6.8,
        color=colour,
        annotation_clip=False,
    )
