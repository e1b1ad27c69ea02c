"""Events that a request names: passages of a level, drawn from a hazard, or times that the integrator measured.

Turns a request and patients into events; the arithmetic is that of ``events``.
"""

from __future__ import annotations

import math

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.courses import PATIENT
from immunosim.cohorts.events import CohortEvents, events_from_hazard, first_of, first_passage, first_visit, values_at
from immunosim.cohorts.keyed import event_gap
from immunosim.cohorts.protocol_columns import DROPOUT
from immunosim.cohorts.request import OF_BASELINE, StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.ensembles.endpoints import observed_events
from immunosim.errors import DataError, QuantityError
from immunosim.units import parse_quantity

SEED = "seed"
"""Attribute of a cohort with the seed by which draws of events are keyed; 0 where there is none."""

FALLS = 1e-4
"""Fraction of the largest value, or of 1 where nobody has that much, by which a cumulative hazard may fall."""


def requested_events(sample: CohortSample, request: StatisticRequest) -> CohortEvents:
    """Return the first event of each patient, days counted from ``since``.

    Competing events end the observation, and so does dropout under a protocol.

    Raises
    ------
    DataError
        If the request names no event or several, or a variable that the cohort does not have.
    """
    events = _delayed(_of_request(sample, request), request)
    if request.competing:
        events = first_of([events, *(_competing(sample, name, request) for name in request.competing)])
    if DROPOUT in sample.dataset:
        events = events.until(sample.values(DROPOUT, None))
    since = request.since or 0.0
    return CohortEvents(events.days - since, events.cause, events.causes, events.start - since)


def seed_of(sample: CohortSample) -> int:
    """Return the seed by which draws of events are keyed."""
    return int(sample.dataset.attrs.get(SEED, 0))


def keyed_draws(sample: CohortSample, name: str) -> Array:
    """Return each patient's draw for the first event of a hazard, shape (n,), keyed by seed, hazard and patient."""
    return event_gap(seed_of(sample), name, 0, sample.numbers)


def level_of(sample: CohortSample, request: StatisticRequest, name: str, key: str = "level") -> Array:
    """Return the level of each patient in the unit of a read-out, shape (n,); ``key`` is that of the level.

    Raises
    ------
    DataError
        If the level is missing or has another unit.
    """
    text: str = getattr(request, key)
    relative = OF_BASELINE.fullmatch(text.strip())
    if relative:
        share = parse_quantity(relative["share"], "1")
        return share * sample.values(name, request.baseline or 0.0)
    if not text:
        cure = f'add for example {key} = "1 {sample.unit(name)}"'
        raise DataError("a passage needs a level", key=key, cure=cure)
    try:
        return np.full(len(sample), parse_quantity(text, sample.unit(name)))
    except QuantityError as error:
        raise DataError(error.reason, key=key, cure=error.cure) from None


def _of_request(sample: CohortSample, request: StatisticRequest) -> CohortEvents:
    if request.hazard:
        return _of_hazard(sample, request.hazard, request)
    if request.endpoint:
        return _of_endpoint(sample, request.endpoint)
    return _of_passage(sample, request)


def _of_hazard(sample: CohortSample, name: str, request: StatisticRequest) -> CohortEvents:
    times, hazard = _windowed(*sample.courses(name), request)
    # The integrator's error may let a hazard fall by the last digits, those of 1 where nobody is at risk.
    if np.nanmin(np.diff(hazard, axis=1), initial=0.0) < -FALLS * np.nanmax(np.abs(hazard), initial=1.0):
        cure = "name a read-out that adds up a hazard over time"
        raise DataError(f'"{name}" falls, so it is not a cumulative hazard', key="hazard", cure=cure)
    return events_from_hazard(times, hazard, _draws(sample, name, request), name)


def _draws(sample: CohortSample, name: str, request: StatisticRequest) -> Array:
    """Return the draw of each patient: the column that the request names, or one keyed by seed, hazard and patient."""
    if request.draw and name == request.hazard:
        return sample.values(request.draw, None)
    return keyed_draws(sample, name)


def _of_endpoint(sample: CohortSample, text: str) -> CohortEvents:
    name, values = sample.endpoint(text)
    about = sample.dataset[name].attrs
    if not {"measure", "window_start", "window_end"} <= set(about):
        cure = 'keep one such as "first_above READOUT 1 cells/uL from 1 month"'
        raise DataError(f'"{name}" is not a time to an event', key="endpoint", cure=cure)
    start, end = float(about["window_start"]), float(about["window_end"])
    days, is_observed = observed_events(str(about["measure"]), values, start, end)
    failed = ~sample.is_well
    cause = np.where(failed, 0, is_observed).astype(np.int64)
    return CohortEvents(np.where(failed, np.nan, days), cause, (name,), start)


def _of_passage(sample: CohortSample, request: StatisticRequest) -> CohortEvents:
    name, above = request.readout, request.direction == "above"
    level = level_of(sample, request, name)
    times, courses = sample.courses(name)
    if request.visits:
        visits = np.array([day for day in request.visits if (request.start or 0.0) <= day])
        visits = visits[visits <= (math.inf if request.end is None else request.end)]
        return first_visit(visits, values_at(times, courses, visits), level, above=above)
    if request.start is not None:
        # A line from an untreated count across the lowest one would pass the level before it.
        sample.values(name, request.start)
    is_before_end = times <= (math.inf if request.end is None else request.end)
    return first_passage(times[is_before_end], courses[:, is_before_end], level, above=above, start=request.start)


def _competing(sample: CohortSample, name: str, request: StatisticRequest) -> CohortEvents:
    is_course = name in sample.dataset and sample.dataset[name].dims != (PATIENT,)
    return _of_hazard(sample, name, request) if is_course else _of_endpoint(sample, name)


def window_of(times: Array, request: StatisticRequest) -> tuple[float, float]:
    """Return the first and the last day of a request, by default of the whole course.

    Raises
    ------
    DataError
        If they are outside the course, or not in order.
    """
    start = times[0] if request.start is None else request.start
    end = times[-1] if request.end is None else request.end
    if not times[0] <= start < end <= times[-1]:
        reason = f"the window from day {start:g} to {end:g} is outside the cohort's times"
        raise DataError(reason, key="start", cure=f"choose from day {times[0]:g} to {times[-1]:g}")
    return float(start), float(end)


def _windowed(times: Array, courses: Array, request: StatisticRequest) -> tuple[Array, Array]:
    start, end = window_of(times, request)
    inner = times[(times > start) & (times < end)]
    days = np.concatenate([[start], inner, [end]])
    return days, values_at(times, courses, days)


def _delayed(events: CohortEvents, request: StatisticRequest) -> CohortEvents:
    delays = [(math.inf if delay.until is None else delay.until, delay.add) for delay in request.delay]
    return events.delayed(delays) if delays else events
