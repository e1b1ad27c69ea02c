"""Events that a passage of another read-out follows, such as recovery from a disease or relapse after a response.

The time runs from the event of a patient to the first passage of the level afterwards, on straight lines between the
times of the course; a patient who has passed it on the day of the event has the time 0. Who had no event does not
count; who did not pass the level is observed until the course ends. Estimates are those of ``incidence``.
"""

from __future__ import annotations

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.event_requests import level_of, requested_events
from immunosim.cohorts.events import CohortEvents, values_at
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample


def following_passages(sample: CohortSample, request: StatisticRequest) -> CohortEvents:
    """Return when ``other`` passes its level after the event of each patient, days counted from the event.

    Patients without an event, and those who failed, have NaN.

    Raises
    ------
    DataError
        If the request names no event, or a read-out or level that the cohort does not have.
    """
    events = requested_events(sample, request)
    day = np.where(events.cause == 1, events.days + (request.since or 0.0), np.nan)
    times, courses = sample.courses(request.other)
    level = level_of(sample, request, request.other, "other_level")
    passed = passage_after(times, courses, level, day, above=request.other_direction == "above")
    observed = np.isfinite(passed)
    days = np.where(observed, passed, np.where(np.isnan(passed), np.nan, times[-1])) - day
    return CohortEvents(days, observed.astype(np.int64), (request.other,))


def passage_after(times: Array, courses: Array, level: Array, day: Array, *, above: bool) -> Array:
    """Return the day of each patient's first passage of a level on a day of their own or later.

    Parameters
    ----------
    times : ndarray, shape (n_times,), day
    courses : ndarray, shape (n, n_times)
    level : ndarray, shape (n,)
    day : ndarray, shape (n,)
        NaN where there is none.
    above : bool
        Whether the passage is upwards.

    Returns
    -------
    ndarray, shape (n,)
        Infinite where the level is not passed, NaN without a day.
    """
    sign = 1.0 if above else -1.0
    height = sign * (courses - level[:, None])
    at_day = values_at(times, height, day[:, None])[:, 0]
    is_later = (times > day[:, None]) & (height >= 0.0)
    first = np.where(is_later.any(axis=1), is_later.argmax(axis=1), len(times))
    after = np.clip(first, 1, len(times) - 1)[:, None]
    low, high = (np.take_along_axis(height, index, axis=1)[:, 0] for index in (after - 1, after))
    # The day lies on the same line as the values about it, so the crossing is after it.
    share = -low / np.where(high > low, high - low, 1.0)
    start, end = times[after[:, 0] - 1], times[after[:, 0]]
    crossing = np.where(first < len(times), start + share * (end - start), np.inf)
    return np.where(np.isnan(at_day), np.nan, np.where(at_day >= 0.0, day, crossing))
