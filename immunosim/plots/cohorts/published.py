"""Published numbers as points over a cohort: means with SDs, medians, and incidences with their 95 % intervals.

Takes targets; knows no cohort.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.target_records import Target
from immunosim.cohorts.targets import PublishedTarget
from immunosim.plots.style import BLACK, VERMILION
from immunosim.units import factor_to

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"mean": "o", "median": "D", "geometric_mean": "s"}
"""Statistics of a read-out that are drawn as points, and their markers."""

INCIDENCES = frozenset({"incidence", "risk"})
"""Statistics that are points of a cumulative incidence."""

_OF_EVENTS = frozenset({"since"})
"""Key that statistics of events take."""

_OF_PASSAGES = ("readout", "endpoint", "level", "direction", "baseline", "start", "end", "visits", "delay", "competing")
"""Keys that say what a passage is."""

WIDTH_95 = 1.96
"""Half the width of a 95 % interval, in standard deviations."""


@dataclass(frozen=True)
class PublishedPoint:
    """A published number on a day.

    Attributes
    ----------
    day : float
        After day 0; of an incidence after the origin of its times.
    value, low, high : float
        The ends are the value where nothing is published of it.
    marker : str
    name : str
        What it is, for the legend.
    """

    day: float
    value: float
    low: float
    high: float
    marker: str
    name: str


def spread_points(targets: Sequence[PublishedTarget], readout: str, unit: str) -> list[PublishedPoint]:
    """Return published means, with their SD where it is published, and medians of a read-out.

    Parameters
    ----------
    targets : sequence of PublishedTarget
        Those of a group and of other read-outs are left out.
    readout : str
    unit : str
        Of the points.
    """
    records = [target.record for target in targets if target.record.readout == readout and not target.record.group]
    dated = [(record, record.time) for record in records if record.time is not None]
    spreads = {day: _in(record, unit) for record, day in dated if record.statistic == "sd"}
    points = []
    for record, day in dated:
        if record.statistic in MARKERS:
            value = _in(record, unit)
            sd = spreads.get(day, 0.0) if record.statistic == "mean" else 0.0
            name = f"published {record.statistic.replace('_', ' ')}"
            points.append(PublishedPoint(day, value, max(0.0, value - sd), value + sd, MARKERS[record.statistic], name))
    return points


def incidence_points(targets: Sequence[PublishedTarget], request: StatisticRequest) -> list[PublishedPoint]:
    """Return the published incidences of the event of a request with 95 % intervals, and published medians."""
    points = []
    for record in (target.record for target in targets):
        if not _is_of(record, request):
            continue
        if record.statistic in INCIDENCES and record.time is not None:
            points.append(
                PublishedPoint(record.time, _in(record, "1"), *_interval(record), "o", "published, 95 % interval")
            )
        elif record.statistic == "median_time":
            points.append(PublishedPoint(_in(record, "day"), 0.5, 0.5, 0.5, "D", "published median time"))
    return points


def _is_of(record: Target, request: StatisticRequest) -> bool:
    """Return whether a number is of the event of a request, of all patients, with the same origin of time."""
    names = ("hazard", "readout", "endpoint", "level", "since")
    return not record.group and all(getattr(record, name) == getattr(request, name) for name in names)


def draw_points(ax: Axes, points: Sequence[PublishedPoint], positions: ArrayLike) -> Axes:
    """Draw points with their intervals.

    Parameters
    ----------
    ax : Axes
    points : sequence of PublishedPoint
    positions : array_like, shape (n_points,)
        Where they lie on the horizontal axis.
    """
    x, names = np.asarray(positions, np.float64), np.array([point.name for point in points])
    ends = np.array([(point.value, point.low, point.high) for point in points]).reshape(-1, 3)
    for name in dict.fromkeys(names.tolist()):
        value, low, high = ends[names == name].T
        marker = next(point.marker for point in points if point.name == name)
        ax.errorbar(
            x[names == name],
            value,
            np.array([value - low, high - value]),
            fmt=marker,
            color=VERMILION,
            mec=BLACK,
            mew=0.4,
            ms=4.0,
            elinewidth=1.0,
            capsize=2.0,
            zorder=4,
            label=name,
        )
    return ax


def _in(record: Target, unit: str) -> float:
    return record.value * factor_to(record.unit, unit)


def _interval(record: Target) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a fraction."""
    factor = factor_to(record.unit, "1")
    if record.interval is not None and math.isclose(record.confidence, 0.95):
        low, high = record.interval
    elif record.scale == "log":
        low, high = (record.value * math.exp(sign * WIDTH_95 * record.spread) for sign in (-1.0, 1.0))
    else:
        low, high = (record.value + sign * WIDTH_95 * record.spread for sign in (-1.0, 1.0))
    return max(0.0, factor * low), min(1.0, factor * high)


def event_requests(targets: Sequence[PublishedTarget]) -> list[StatisticRequest]:
    """Return the distinct events of all patients that targets speak of, each as an incidence over the whole course."""
    requests: dict[tuple[str, ...], StatisticRequest] = {}
    for record in (target.record for target in targets):
        name = record.hazard, record.endpoint, record.readout, record.level
        if record.group or not (_OF_EVENTS & STATISTICS[record.statistic].keys or record.statistic in INCIDENCES):
            continue
        known = requests.get(name)
        if known is None or (record.draw and not known.draw):
            requests[name] = _whole(record)
    return list(requests.values())


def _whole(record: Target) -> StatisticRequest:
    """Return the incidence of the event of a target; that of a hazard over the whole course."""
    keys = ("hazard", "draw") if record.hazard else _OF_PASSAGES
    return StatisticRequest(statistic="incidence", **{key: getattr(record, key) for key in keys})
