"""Cumulative incidence of an event in a cohort: weighted curves with bands, numbers at risk and published points.

Takes the dataset of a cohort and a request; the estimates are those of ``cohorts.incidence``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator, PercentFormatter

from immunosim.codegen.loader import Array
from immunosim.cohorts.event_requests import requested_events
from immunosim.cohorts.events import CohortEvents
from immunosim.cohorts.incidence import at_risk, incidence_curve
from immunosim.cohorts.intervals import MOST_RESAMPLED, Bootstrap
from immunosim.cohorts.request import OF_BASELINE, StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import DataError
from immunosim.formatting import unit_text
from immunosim.plots.cohorts.groups import COLOURS, groups_of, heading_of
from immunosim.plots.cohorts.published import PublishedPoint, draw_points, incidence_points
from immunosim.plots.ensembles.axes import count_text, sentence_case, set_title, write_notes
from immunosim.plots.event_curves import LINE, EventAxis, write_at_risk
from immunosim.plots.text import plain
from immunosim.units import DAYS_PER_MONTH, parse_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_STEPS = 400
"""Days at which a curve is drawn."""

HEADROOM, LOWEST_TOP = 1.15, 0.02
"""Height of the axes over the highest curve, band or point, and the least of their height."""


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """The cumulative incidence in a group.

    Attributes
    ----------
    name : str
        Empty where there is one group.
    colour : str
    events : CohortEvents
    weight : ndarray, shape (n,)
    days, probability : ndarray, shape (n_steps,)
    low, high : ndarray, shape (n_steps,)
        NaN without a band.
    """

    name: str
    colour: str
    events: CohortEvents
    weight: Array
    days: Array
    probability: Array
    low: Array
    high: Array

    def at_risk(self, days: Sequence[float]) -> Array:
        """Return the weighted number at risk on some days, shape of ``days``."""
        return at_risk(self.events.days, days, self.weight)


def draw_incidence(
    ax: Axes,
    dataset: xr.Dataset,
    request: StatisticRequest,
    color: str = "",
    targets: Sequence[PublishedTarget] = (),
    bootstrap: Bootstrap | None = None,
) -> Axes:
    """Draw the fraction of each group that has had an event: Kaplan-Meier, with competing events Aalen-Johansen.

    Parameters
    ----------
    ax : Axes
    dataset : xarray.Dataset
        Of a cohort.
    request : StatisticRequest
        Which event, from when to when, and what competes with it.
    color : str
        A column by which patients are divided.
    targets : sequence of PublishedTarget
        Of which the incidences of the same event are drawn as points.
    bootstrap : Bootstrap, optional
        Of the bands.

    Raises
    ------
    DataError
        If the request names no event of the cohort, no patient was simulated, or the column does not divide it.
    """
    how = bootstrap or Bootstrap()
    curves = [
        _curve(name, colour, group, request, how)
        for (name, group), colour in zip(groups_of(dataset, color), COLOURS, strict=False)
    ]
    if not curves or not any(curve.days.size for curve in curves):
        raise DataError("no patient was simulated, so there is nothing to draw", key="of")
    points = incidence_points(targets, request)
    axis = _axis(curves)
    for curve in curves:
        _draw(ax, curve, axis)
    draw_points(ax, points, axis.drawn(np.array([point.day for point in points])))
    _frame(ax, curves, points, axis)
    write_at_risk(ax, [(curve.name, curve.colour, curve.at_risk) for curve in curves], axis)
    if len(curves) > 1 or points:
        _write_legend(ax, heading_of(dataset, color) if color else "")
    sample = CohortSample.of(dataset)
    set_title(ax, f"{_title(sample, request)}, {count_text(int(sample.is_well.sum()))}")
    return write_notes(ax, _notes(curves, request, how, int((~sample.is_well).sum())))


def _curve(name: str, colour: str, group: CohortSample, request: StatisticRequest, how: Bootstrap) -> GroupCurve:
    events, weight = requested_events(group, request), group.weight
    days = _steps(events)
    estimate = _estimate(events, weight, days)
    low = high = np.full(days.shape, math.nan)
    if 0 < len(group) <= MOST_RESAMPLED and how.n and days.size:
        drawn = [_estimate(events, weight * counts, days) for counts in how.counts(len(group), group.strata)]
        tail = 0.5 * (1.0 - how.confidence)
        low, high = np.nanquantile(drawn, [tail, 1.0 - tail], axis=0)
    return GroupCurve(name, colour, events, weight, days, estimate, low, high)


def _estimate(events: CohortEvents, weight: Array, days: Array) -> Array:
    """Return the cumulative incidence of the first cause on some days, shape of ``days``."""
    curve = incidence_curve(events, weight)
    index = np.searchsorted(curve.days, days, side="right") - 1
    return np.where(index >= 0, curve.probability[np.maximum(index, 0)], 0.0) if curve.days.size else days * math.nan


def _steps(events: CohortEvents) -> Array:
    """Return the days at which a curve is drawn: those of events, or evenly spaced ones where there are many.

    It ends with the observation: an event that is seen at a visit after it would be one of nobody else at risk.
    """
    known = np.unique(events.days[events.is_known])
    without = events.days[events.is_known & ~events.is_observed]
    known = known[known <= without.max()] if without.size else known
    if known.size > MOST_STEPS:
        known = np.linspace(known[0], known[-1], MOST_STEPS)
    return np.asarray(np.unique([min(events.start, *known[:1]), *known]) if known.size else known, np.float64)


def _axis(curves: Sequence[GroupCurve]) -> EventAxis:
    ends = [(float(curve.days[0]), float(curve.days[-1])) for curve in curves if curve.days.size]
    return EventAxis(min(0.0, *(start for start, _ in ends)), max(end for _, end in ends))


def _draw(ax: Axes, curve: GroupCurve, axis: EventAxis) -> None:
    days = axis.drawn(curve.days)
    ax.fill_between(days, curve.low, curve.high, step="post", color=curve.colour, alpha=0.18, lw=0)
    observed = curve.events.cause == 1
    of_all = f" ({int(observed.sum()):,} of {int(curve.events.is_known.sum()):,})"
    label = plain(curve.name) + of_all if curve.name else "simulated"
    ax.step(days, curve.probability, where="post", color=curve.colour, label=label)


def _frame(ax: Axes, curves: Sequence[GroupCurve], points: Sequence[PublishedPoint], axis: EventAxis) -> None:
    """Set limits, marks and labels of the axes; the axis of fractions ends above all that is drawn."""
    tops = [np.nanmax([*curve.probability, *curve.high]) for curve in curves if curve.days.size]
    ax.set_ylim(0.0, min(1.03, HEADROOM * float(max([*tops, *(point.high for point in points), LOWEST_TOP]))))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    low, high = (float(axis.drawn(day)) for day in (axis.start, axis.end))
    ax.set_xlim(low, high + 0.01 * (high - low))
    ax.set_xticks(axis.marks())
    ax.set_xlabel(axis.label, labelpad=6.0 + LINE * (len(curves) + (len(curves) > 1)))
    ax.set_ylabel("Cumulative incidence")


def _write_legend(ax: Axes, heading: str) -> None:
    about = {"title": plain(heading) or None, "title_fontsize": 7.0, "alignment": "left"}
    ax.legend(frameon=False, loc="upper left", fontsize=7.0, **about)


def _title(sample: CohortSample, request: StatisticRequest) -> str:
    if request.endpoint:
        name, _ = sample.endpoint(request.endpoint)
        return sentence_case(unit_text(str(sample.dataset[name].attrs.get("event", name))).replace(" 10⁹", " × 10⁹"))
    label = sample.label(request.hazard or request.readout)
    if request.readout:
        return sentence_case(f"{label} {request.direction} {_level(request.level, sample.unit(request.readout))}")
    return sentence_case(label.removeprefix("cumulative hazard of ").strip())


def _level(text: str, unit: str) -> str:
    """Return a level in the unit of its read-out; one that is relative to the baseline as it stands."""
    if OF_BASELINE.fullmatch(text.strip()):
        return text
    return f"{parse_quantity(text, unit):g} {unit_text(unit)}".replace(" 10⁹", " × 10⁹")


def _notes(curves: Sequence[GroupCurve], request: StatisticRequest, how: Bootstrap, n_failed: int) -> list[str]:
    has_competing = bool(request.competing)
    competing = f" (competing: {', '.join(request.competing)})" if has_competing else ""
    estimate = f"{'Aalen-Johansen' if has_competing else 'Kaplan-Meier'}, weighted{competing}."
    has_band = any(np.isfinite(curve.low).any() for curve in curves)
    band = f"Band: {100.0 * how.confidence:g} % bootstrap interval of finite patients, pointwise." if has_band else ""
    at_risk_note = "Numbers at risk are weighted: patients of the population."
    failed = f"{count_text(n_failed)} failed and {'is' if n_failed == 1 else 'are'} not shown." if n_failed else ""
    since = f"Times count from month {request.since / DAYS_PER_MONTH:.3g}." if request.since else ""
    return [estimate, band, at_risk_note, since, failed]
