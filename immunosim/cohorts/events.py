"""Events of patients: from hazards and one draw for each, first passages of levels, recurrent and competing events.

Takes arrays of which a row is a patient; a row with a value that is not a number is a patient who failed, whose event
is unknown. Knows neither scenarios nor data sets.

References
----------
Lewis and Shedler, Naval Res Logist Q 1979, 26:403 (a Poisson process from its cumulative intensity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError


@dataclass(frozen=True, eq=False)
class CohortEvents:
    """The first event of each patient.

    Attributes
    ----------
    days : ndarray, shape (n,)
        Day of the event, or where none was observed the last day of observation; NaN of patients who failed.
    cause : ndarray of int, shape (n,)
        0 where no event was observed, else the position of the cause in ``causes``, counted from 1.
    causes : tuple of str
    start : float, day
        Begin of the observation.
    """

    days: Array
    cause: NDArray[np.int64]
    causes: tuple[str, ...] = ("event",)
    start: float = 0.0

    @property
    def is_observed(self) -> NDArray[np.bool_]:
        """Whether a patient had an event, shape (n,)."""
        return np.asarray(self.cause > 0)

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Whether a patient did not fail, shape (n,)."""
        return ~np.isnan(self.days)

    @property
    def days_or_never(self) -> Array:
        """Day of the event, infinite where none was observed, shape (n,)."""
        return np.where(self.is_known & ~self.is_observed, np.inf, self.days)

    def times(self) -> EventTimes:
        """Return the times of the patients who did not fail, as one kind of event."""
        known = self.is_known
        return EventTimes(self.days[known], self.is_observed[known], self.start, int((~known).sum()))

    def until(self, days: Array) -> CohortEvents:
        """Return the events of patients who were observed until a day of their own, shape (n,); NaN is never left.

        The observation of those who left before it began ends when it begins.
        """
        end = np.where(np.isnan(days), np.inf, np.maximum(days, self.start))
        is_seen = self.days <= end
        cause = np.where(is_seen, self.cause, 0)
        return replace(self, days=np.where(is_seen | ~self.is_known, self.days, end), cause=cause)

    def delayed(self, delays: Sequence[tuple[float, float]]) -> CohortEvents:
        """Return the events as visits show them, where the visits are known by their distance only.

        Parameters
        ----------
        delays : sequence of (until, added) in days
            An event before day ``until`` is seen ``added`` days later, which is half the distance of visits on average;
            the last holds from then on. A delay does not shorten the observation.
        """
        until = np.array([end for end, _ in delays[:-1]])
        added = np.array([days for _, days in delays])[np.searchsorted(until, self.days, side="right")]
        return replace(self, days=self.days + np.where(self.is_observed, added, 0.0))


def events_from_hazard(times: ArrayLike, cumulative_hazard: Array, draws: Array, name: str = "event") -> CohortEvents:
    """Return the day on which the cumulative hazard of each patient reaches the patient's draw.

    The hazard is constant between times.

    Parameters
    ----------
    times : array_like, shape (n_times,), day
        Rising; the first is the begin of the observation, the last its end.
    cumulative_hazard : ndarray, shape (n, n_times)
        Not falling; what was gathered before the first time does not count.
    draws : ndarray, shape (n,)
        From the standard exponential distribution, see ``keyed.exponential``.
    name : str
        Of the cause.

    Raises
    ------
    DataError
        If times do not rise or shapes do not fit.
    """
    days = recurrent_days(times, cumulative_hazard, np.asarray(draws, np.float64)[:, None])[:, 0]
    return _events(days, _rising(times), name)


def recurrent_days(times: ArrayLike, cumulative_hazard: Array, gaps: Array) -> Array:
    """Return the days of the first, second, ... event of each patient; infinite where the observation ends before.

    Parameters
    ----------
    times : array_like, shape (n_times,), day
    cumulative_hazard : ndarray, shape (n, n_times)
    gaps : ndarray, shape (n, n_events)
        Draws from the standard exponential distribution: the hazard that is gathered between two events.

    Returns
    -------
    ndarray, shape (n, n_events)
        NaN of patients who failed.

    Raises
    ------
    DataError
        If times do not rise or shapes do not fit.
    """
    times = _rising(times)
    hazard = _courses(cumulative_hazard, times, "cumulative_hazard")
    hazard = hazard - hazard[:, :1]
    reached = np.cumsum(gaps, axis=1)
    if reached.shape[0] != len(hazard):
        raise DataError("draws need a row for each patient", key="gaps", cure="draw for the patients of the hazard")
    return np.column_stack([_first_day(times, hazard, level) for level in reached.T])


def first_passage(
    times: ArrayLike, values: Array, level: ArrayLike, *, above: bool = True, start: float | None = None
) -> CohortEvents:
    """Return when the course of each patient is first at a level or beyond it, on straight lines between times.

    Parameters
    ----------
    times : array_like, shape (n_times,), day
    values : ndarray, shape (n, n_times)
    level : array_like, shape () or (n,)
        In the unit of the values; one for each patient where it is relative to the patient's own untreated value.
    above : bool
        Whether the passage is upwards.
    start : float, optional
        Day from which on passages count; a course that is beyond the level on that day passes it then.

    Raises
    ------
    DataError
        If times do not rise, shapes do not fit, or the start is outside the times.
    """
    times = _rising(times)
    courses, levels = _courses(values, times, "values"), np.broadcast_to(np.asarray(level, np.float64), len(values))
    if start is not None:
        courses, times = _from(times, courses, start)
    sign = 1.0 if above else -1.0
    return _events(_first_day(times, sign * courses, sign * levels), times)


def first_visit(visits: Array, values: Array, level: ArrayLike, *, above: bool = True) -> CohortEvents:
    """Return the first visit at which each patient is at a level or beyond it.

    Parameters
    ----------
    visits : ndarray, shape (n_visits,) or (n, n_visits), day
        Rising; NaN for a missed visit, of each patient where they differ between patients.
    values : ndarray, shape (n, n_visits)
        As seen at the visits; NaN at missed visits. A patient without any value failed.
    level : array_like, shape () or (n,)
    above : bool
        Whether the passage is upwards.

    Raises
    ------
    DataError
        If shapes do not fit.
    """
    values = np.asarray(values, np.float64)
    days = np.where(np.isnan(values), np.nan, np.broadcast_to(visits, values.shape))
    if values.ndim != 2:
        raise DataError("values need a row for each patient", key="values", cure="give them by patient and visit")
    levels = np.broadcast_to(np.asarray(level, np.float64), len(values))[:, None]
    is_beyond = values >= levels if above else values <= levels
    first = np.where(is_beyond, days, np.inf).min(axis=1, initial=np.inf)
    last = np.fmax.reduce(days, axis=1, initial=np.nan)
    observed = np.isfinite(first)
    start = float(np.nanmin(days)) if np.isfinite(days).any() else 0.0
    return CohortEvents(np.where(observed, first, last), observed.astype(np.int64), start=start)


def values_at(times: ArrayLike, values: Array, when: ArrayLike) -> Array:
    """Return the value of each patient at visits, on straight lines between times; NaN outside them.

    Parameters
    ----------
    times : array_like, shape (n_times,), day
    values : ndarray, shape (n, n_times)
    when : array_like, shape (n_visits,) or (n, n_visits), day
        NaN for a missed visit.

    Returns
    -------
    ndarray, shape (n, n_visits)
    """
    times = _rising(times)
    courses, days = _courses(values, times, "values"), np.asarray(when, np.float64)
    days = np.broadcast_to(days, (len(courses), days.shape[-1]))
    after = np.clip(np.searchsorted(times, days), 1, max(len(times) - 1, 1)) if len(times) > 1 else None
    if after is None:
        return np.where(days == times[0], courses, np.nan)
    low, high = (np.take_along_axis(courses, index, axis=1) for index in (after - 1, after))
    share = (days - times[after - 1]) / (times[after] - times[after - 1])
    # A value at a time of the course is that of the course to the last bit.
    inside = np.where(share == 1.0, high, low + share * (high - low))
    return np.where((share >= 0.0) & (share <= 1.0), inside, np.nan)


def first_of(events: Sequence[CohortEvents]) -> CohortEvents:
    """Return the first of competing events of each patient; of those of one day the one that is named first.

    Parameters
    ----------
    events : sequence of CohortEvents
        Of the same patients. The observation of a patient ends with the shortest of them.

    Raises
    ------
    DataError
        If there are none, or two causes have one name.
    """
    causes = tuple(cause for part in events for cause in part.causes)
    if not events or len(set(causes)) < len(causes):
        raise DataError("competing events need a name each", key="events", cure="name every cause once")
    before = np.cumsum([0, *(len(part.causes) for part in events[:-1])])
    days = np.column_stack([part.days for part in events])
    codes = np.column_stack(
        [np.where(part.cause > 0, part.cause + n, 0) for part, n in zip(events, before, strict=True)]
    )
    # On the day on which the observation ends an event counts before its end.
    order = np.lexsort((codes == 0, np.where(np.isnan(days), -np.inf, days)), axis=1)[:, :1]
    day, code = (np.take_along_axis(part, order, axis=1)[:, 0] for part in (days, codes))
    return CohortEvents(day, np.where(np.isnan(day), 0, code), causes, min(part.start for part in events))


def _first_day(times: Array, courses: Array, level: Array) -> Array:
    """Return the day on which courses first reach a level from below; infinite if they do not, NaN of failed ones."""
    is_reached = courses >= level[:, None]
    first = np.where(is_reached.any(axis=1), is_reached.argmax(axis=1), len(times))
    after = np.clip(first, 1, max(len(times) - 1, 1))[:, None]
    day = np.full(len(courses), times[0])
    if len(times) > 1:
        low, high = (np.take_along_axis(courses, index, axis=1)[:, 0] for index in (after - 1, after))
        share = (level - low) / np.where(high > low, high - low, 1.0)
        day = np.where(first == 0, times[0], times[after - 1][:, 0] + share * (times[after] - times[after - 1])[:, 0])
    failed = np.isnan(courses).any(axis=1) | np.isnan(level)
    return np.where(failed, np.nan, np.where(first < len(times), day, np.inf))


def _events(days: Array, times: Array, name: str = "event") -> CohortEvents:
    observed = np.isfinite(days)
    censored = np.where(np.isnan(days), np.nan, times[-1])
    return CohortEvents(np.where(observed, days, censored), observed.astype(np.int64), (name,), float(times[0]))


def _from(times: Array, courses: Array, start: float) -> tuple[Array, Array]:
    """Return courses and times from a day on, at which the courses are interpolated."""
    if not times[0] <= start <= times[-1]:
        cure = f"choose from day {times[0]:g} to {times[-1]:g}"
        raise DataError(f"day {start:g} is outside the times", key="start", cure=cure)
    later = times > start
    at_start = values_at(times, courses, [start])
    return np.concatenate([at_start, courses[:, later]], axis=1), np.concatenate([[start], times[later]])


def _rising(times: ArrayLike) -> Array:
    days = np.asarray(times, np.float64)
    if days.ndim != 1 or not days.size or not np.isfinite(days).all() or (np.diff(days) <= 0.0).any():
        raise DataError("times have to rise", key="times", cure="give each day once, in order")
    return days


def _courses(values: Array, times: Array, key: str) -> Array:
    courses = np.asarray(values, np.float64)
    if courses.ndim != 2 or courses.shape[1] != len(times):
        reason = f"has the shape {courses.shape}, expected patients by {len(times)} times"
        raise DataError(reason, key=key, cure="give a row for each patient and a column for each time")
    return courses
