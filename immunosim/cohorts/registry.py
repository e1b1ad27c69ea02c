"""The statistics that a target file can name, and which keys each needs and takes.

A statistic is prepared once for a group of patients and then evaluated for any weights, so that the bootstrap repeats
the arithmetic alone. Formulas stand in ``statistics``, ``incidence`` and ``association``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.association import hazard_ratio, odds_ratio, rank_correlation
from immunosim.cohorts.conditions import members
from immunosim.cohorts.event_requests import level_of, requested_events
from immunosim.cohorts.followed_events import following_passages
from immunosim.cohorts.incidence import incidence_curve, kaplan_meier
from immunosim.cohorts.recurrent import numbers_of_events
from immunosim.cohorts.request import OF_BASELINE, StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.statistics import (
    event_rate,
    geometric_mean,
    median_ratio,
    probabilities_of_hazard,
    probability_ever_above,
    ratio_of_means,
    share_at_or_above,
    standard_deviation,
    weighted_mean,
    weighted_quantile,
)
from immunosim.errors import DataError

YEAR = 365.25
"""Days."""


class Prepared(NamedTuple):
    """A statistic of given patients: a function of their weights, shape (n,), and the unit of its result."""

    value: Callable[[Array], float]
    unit: str


@dataclass(frozen=True)
class Statistic:
    """A statistic by name.

    Attributes
    ----------
    description : str
    prepare : callable
        Takes patients and a request.
    needs : tuple of str
        Keys of a request, of which alternatives are separated by "|".
    takes : tuple of str
        Further keys.
    """

    description: str
    prepare: Callable[[CohortSample, StatisticRequest], Prepared]
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """Every key that a request of it may have besides those of all statistics."""
        return frozenset(key for keys in self.needs for key in keys.split("|")) | frozenset(self.takes)


def _values(sample: CohortSample, request: StatisticRequest) -> tuple[Array, str]:
    """Return the values that a request is of, shape (n,), and their unit."""
    if request.endpoint:
        name, values = sample.endpoint(request.endpoint)
        return values, sample.unit(name)
    return sample.values(request.readout, request.time), sample.unit(request.readout)


def _mean(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, unit = _values(sample, request)
    return Prepared(lambda weight: weighted_mean(values, weight), unit)


def _sd(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, unit = _values(sample, request)
    return Prepared(lambda weight: standard_deviation(values, weight, request.noise or 0.0), unit)


def _cv(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, _ = _values(sample, request)

    def value(weight: Array) -> float:
        mean = weighted_mean(values, weight)
        return standard_deviation(values, weight, request.noise or 0.0) / mean if mean else math.nan

    return Prepared(value, "1")


def _geometric_mean(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, unit = _values(sample, request)
    return Prepared(lambda weight: geometric_mean(values, weight), unit)


def _quantile(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, unit = _values(sample, request)
    fraction = 0.5 if request.fraction is None else request.fraction
    return Prepared(lambda weight: weighted_quantile(values, fraction, weight), unit)


def _share_at_or_above(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, _ = _values(sample, request)
    level = level_of(sample, request, request.readout or sample.endpoint(request.endpoint)[0])
    relative, noise = values / np.where(level > 0.0, level, math.nan), request.noise or 0.0
    return Prepared(lambda weight: share_at_or_above(relative, 1.0, weight, noise), "1")


def _share_below(sample: CohortSample, request: StatisticRequest) -> Prepared:
    above = _share_at_or_above(sample, request)
    return Prepared(lambda weight: 1.0 - above.value(weight), "1")


def _share_ever_above(sample: CohortSample, request: StatisticRequest) -> Prepared:
    level = level_of(sample, request, request.readout)
    visits = np.column_stack([sample.values(request.readout, day) for day in request.visits])
    is_relative = OF_BASELINE.fullmatch(request.level.strip()) is not None
    probability = probability_ever_above(visits, level, request.noise or 0.0, is_relative)
    return Prepared(lambda weight: weighted_mean(probability, weight), "1")


def _share(sample: CohortSample, request: StatisticRequest) -> Prepared:
    flags = members(sample.dataset, request.condition, "condition")[sample.rows].astype(np.float64)
    return Prepared(lambda weight: weighted_mean(flags, weight), "1")


def _ratio_to_baseline(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, reference = _with_baseline(sample, request)
    return Prepared(lambda weight: ratio_of_means(values, reference, weight), "1")


def _median_ratio(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, reference = _with_baseline(sample, request)
    return Prepared(lambda weight: median_ratio(values, reference, weight), "1")


def _with_baseline(sample: CohortSample, request: StatisticRequest) -> tuple[Array, Array]:
    return sample.values(request.readout, request.time), sample.values(request.readout, request.baseline or 0.0)


def _ratio_of_groups(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, _ = _values(sample, request)
    exposed, reference = (
        members(sample.dataset, getattr(request, key), key)[sample.rows] for key in ("exposure", "reference")
    )

    def value(weight: Array) -> float:
        divisor = weighted_mean(values, weight * reference)
        return weighted_mean(values, weight * exposed) / divisor if divisor else math.nan

    return Prepared(value, "1")


def _mean_over_time(sample: CohortSample, request: StatisticRequest) -> Prepared:
    if request.start is None or request.end is None:
        raise DataError("a mean over time needs its window", key="start", cure='add start and end, such as "2 years"')
    if request.endpoint:
        _, area = sample.endpoint(request.endpoint)
        years = (request.end - request.start) / YEAR
        return Prepared(lambda weight: weighted_mean(area, weight) / years, "1/year")
    times, courses = sample.courses(request.readout)
    inside = (times >= request.start) & (times <= request.end)
    if inside.sum() < 2:
        reason = f"the cohort was read at {int(inside.sum())} times between start and end"
        raise DataError(reason, key="start", cure="read it at more times, or keep the cumulative hazard as an endpoint")
    area = np.trapezoid(courses[:, inside], times[inside], axis=1) / (times[inside][-1] - times[inside][0])
    return Prepared(lambda weight: weighted_mean(area, weight), sample.unit(request.readout))


def _median_time(sample: CohortSample, request: StatisticRequest) -> Prepared:
    events, fraction = requested_events(sample, request), 0.5 if request.fraction is None else request.fraction
    return Prepared(lambda weight: kaplan_meier(events.days, events.is_observed, weight).quantile(fraction), "day")


def _geometric_mean_time(sample: CohortSample, request: StatisticRequest) -> Prepared:
    days = _observed_days(sample, request)
    return Prepared(lambda weight: geometric_mean(days, weight), "day")


def _median_time_of_events(sample: CohortSample, request: StatisticRequest) -> Prepared:
    days, fraction = _observed_days(sample, request), 0.5 if request.fraction is None else request.fraction
    return Prepared(lambda weight: weighted_quantile(days, fraction, weight), "day")


def _share_of_events_by(sample: CohortSample, request: StatisticRequest) -> Prepared:
    days, time = _observed_days(sample, request), request.time or 0.0
    by_then = np.where(np.isnan(days), np.nan, days <= time)
    return Prepared(lambda weight: weighted_mean(by_then, weight), "1")


def _observed_days(sample: CohortSample, request: StatisticRequest) -> Array:
    """Return the days of the events of the requested cause, NaN of patients without one, shape (n,)."""
    events = requested_events(sample, request)
    return np.where(events.cause == 1, events.days, np.nan)


def _share_followed(sample: CohortSample, request: StatisticRequest) -> Prepared:
    passages, within = following_passages(sample, request), request.within or math.inf
    return Prepared(lambda weight: incidence_curve(passages, weight).at(within), "1")


def _median_time_to_follow(sample: CohortSample, request: StatisticRequest) -> Prepared:
    passages, fraction = following_passages(sample, request), 0.5 if request.fraction is None else request.fraction
    return Prepared(lambda weight: incidence_curve(passages, weight).quantile(fraction), "day")


def _mean_time_to_follow(sample: CohortSample, request: StatisticRequest) -> Prepared:
    passages, within = following_passages(sample, request), request.within or math.inf
    days = np.where(passages.is_observed & (passages.days <= within), passages.days, np.nan)
    return Prepared(lambda weight: weighted_mean(days, weight), "day")


def _incidence(sample: CohortSample, request: StatisticRequest) -> Prepared:
    events = requested_events(sample, request)
    time = math.inf if request.time is None else request.time
    return Prepared(lambda weight: incidence_curve(events, weight).at(time), "1")


def _incidence_since(sample: CohortSample, request: StatisticRequest) -> Prepared:
    events, time = requested_events(sample, request), request.time or 0.0

    def value(weight: Array) -> float:
        curve = incidence_curve(events, weight)
        return curve.at(time) - curve.at(0.0)

    return Prepared(value, "1")


def _risk(sample: CohortSample, request: StatisticRequest) -> Prepared:
    probability = _probabilities(sample, request)
    return Prepared(lambda weight: weighted_mean(probability, weight), "1")


def _probabilities(sample: CohortSample, request: StatisticRequest) -> Array:
    """Return the probability of an event by ``time``, in terms of the cumulative hazard since ``start``, shape (n,)."""
    end = None if request.time is None else request.time + (request.since or 0.0)
    hazard = sample.values(request.hazard, end)
    before = 0.0 if request.start is None else sample.values(request.hazard, request.start)
    return probabilities_of_hazard(hazard - before)


def _odds_ratio(sample: CohortSample, request: StatisticRequest) -> Prepared:
    exposed = members(sample.dataset, request.exposure, "exposure")[sample.rows]
    if request.hazard:
        outcome = _probabilities(sample, request)
    else:
        events = requested_events(sample, request)
        by_then = events.days_or_never <= (math.inf if request.time is None else request.time)
        outcome = np.where(events.is_known, (events.cause == 1) & by_then, np.nan)
    return Prepared(lambda weight: odds_ratio(outcome, exposed, weight), "1")


def _hazard_ratio(sample: CohortSample, request: StatisticRequest) -> Prepared:
    exposed = members(sample.dataset, request.exposure, "exposure")[sample.rows]
    events = requested_events(sample, request)
    return Prepared(lambda weight: hazard_ratio(events.days, events.cause == 1, exposed, weight), "1")


def _mean_events(sample: CohortSample, request: StatisticRequest) -> Prepared:
    counts, _ = numbers_of_events(sample, request)
    return Prepared(lambda weight: weighted_mean(counts, weight), "1")


def _event_rate(sample: CohortSample, request: StatisticRequest) -> Prepared:
    counts, days = numbers_of_events(sample, request)
    years = np.where(np.isnan(counts), math.nan, days / YEAR)
    return Prepared(lambda weight: event_rate(counts, years, weight), "1/year")


def _rank_correlation(sample: CohortSample, request: StatisticRequest) -> Prepared:
    values, _ = _values(sample, request)
    other = sample.values(request.other, request.other_time)
    return Prepared(lambda weight: rank_correlation(values, other, weight), "1")


_OF = ("readout|endpoint",)
_EVENT = ("readout|endpoint|hazard",)
_WINDOW = ("draw", "level", "direction", "baseline", "start", "end", "since", "visits", "delay", "competing")

STATISTICS: dict[str, Statistic] = {
    "mean": Statistic("mean", _mean, _OF, ("time",)),
    "sd": Statistic("standard deviation, of what is measured where noise is given", _sd, _OF, ("time", "noise")),
    "cv": Statistic("coefficient of variation", _cv, _OF, ("time", "noise")),
    "geometric_mean": Statistic("geometric mean", _geometric_mean, _OF, ("time",)),
    "median": Statistic("median", _quantile, _OF, ("time",)),
    "quantile": Statistic("quantile", _quantile, (*_OF, "fraction"), ("time",)),
    "share": Statistic("share of patients who meet a condition", _share, ("condition",)),
    "share_at_or_above": Statistic(
        "share at or above a level", _share_at_or_above, (*_OF, "level"), ("time", "baseline", "noise")
    ),
    "share_below": Statistic("share below a level", _share_below, (*_OF, "level"), ("time", "baseline", "noise")),
    "share_ever_at_or_above": Statistic(
        "share measured at or above a level at one of the visits",
        _share_ever_above,
        ("readout", "level", "visits"),
        ("baseline", "noise"),
    ),
    "ratio_to_baseline": Statistic(
        "mean relative to the mean of the same patients at baseline",
        _ratio_to_baseline,
        ("readout", "time"),
        ("baseline",),
    ),
    "median_ratio_to_baseline": Statistic(
        "median of each patient's ratio to the own baseline", _median_ratio, ("readout", "time"), ("baseline",)
    ),
    "ratio_of_groups": Statistic(
        "mean of exposed patients relative to that of the reference",
        _ratio_of_groups,
        (*_OF, "exposure", "reference"),
        ("time",),
    ),
    "mean_over_time": Statistic("mean over patients and a window of time", _mean_over_time, (*_OF, "start", "end")),
    "median_time": Statistic("time by which half have had an event (Kaplan-Meier)", _median_time, _EVENT, _WINDOW),
    "quantile_time": Statistic(
        "time by which a fraction has had an event", _median_time, (*_EVENT, "fraction"), _WINDOW
    ),
    "geometric_mean_time": Statistic(
        "geometric mean of the times of observed events", _geometric_mean_time, _EVENT, _WINDOW
    ),
    "median_time_of_events": Statistic(
        "median of the times of observed events, among those who had one", _median_time_of_events, _EVENT, _WINDOW
    ),
    "share_of_events_by": Statistic(
        "share of the observed events that happened by a time after `since`",
        _share_of_events_by,
        (*_EVENT, "time"),
        _WINDOW,
    ),
    "share_followed": Statistic(
        "share of those with an event whom a passage by another read-out follows (Kaplan-Meier)",
        _share_followed,
        (*_EVENT, "other", "other_level", "within"),
        ("other_direction", *_WINDOW),
    ),
    "median_time_to_follow": Statistic(
        "time from an event by which a passage by another read-out has followed in half (Kaplan-Meier)",
        _median_time_to_follow,
        (*_EVENT, "other", "other_level"),
        ("other_direction", "fraction", *_WINDOW),
    ),
    "mean_time_to_follow": Statistic(
        "mean time from an event to a passage by another read-out, of those in whom it follows",
        _mean_time_to_follow,
        (*_EVENT, "other", "other_level"),
        ("other_direction", "within", *_WINDOW),
    ),
    "incidence": Statistic(
        "cumulative incidence by a time: Kaplan-Meier, with competing events Aalen-Johansen",
        _incidence,
        _EVENT,
        ("time", *_WINDOW),
    ),
    "incidence_since": Statistic(
        "cumulative incidence in a time after `since`, as a share of all: without those who had the event before",
        _incidence_since,
        (*_EVENT, "time", "since"),
        tuple(key for key in _WINDOW if key != "since"),
    ),
    "risk": Statistic("mean probability of an event of a cumulative hazard", _risk, ("hazard", "time"), ("start",)),
    "mean_events": Statistic(
        "mean number of recurrent events of a patient", _mean_events, ("hazard|endpoint",), ("start", "end")
    ),
    "event_rate": Statistic("recurrent events per patient-year", _event_rate, ("hazard|endpoint",), ("start", "end")),
    "odds_ratio": Statistic(
        "odds of an event by a time, exposed against other patients",
        _odds_ratio,
        (*_EVENT, "exposure"),
        ("time", *_WINDOW),
    ),
    "hazard_ratio": Statistic(
        "hazard of exposed against other patients (Cox)", _hazard_ratio, (*_EVENT, "exposure"), _WINDOW
    ),
    "rank_correlation": Statistic(
        "rank correlation of two variables (Spearman)", _rank_correlation, (*_OF, "other"), ("time", "other_time")
    ),
}
"""Statistics by name."""
