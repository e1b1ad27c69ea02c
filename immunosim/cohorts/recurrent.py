"""Recurrent events of patients, such as relapses: how many each has in a window, drawn from a cumulative hazard.

The events of a patient are a Poisson process on the hazard that the patient gathers. The draws are keyed by seed,
hazard and patient, so that windows of one course add up and a first event is that of ``event_requests``.
"""

from __future__ import annotations

import math

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.event_requests import seed_of, window_of
from immunosim.cohorts.events import recurrent_days, values_at
from immunosim.cohorts.keyed import event_gap
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.errors import DataError

MOST_EVENTS = 1000
"""Events of a patient beyond which the values are not those of a cumulative hazard."""

MEASURE = "cumulative_hazard"
"""Kind of the endpoints from which recurrent events are drawn."""


def numbers_of_events(sample: CohortSample, request: StatisticRequest) -> tuple[Array, float]:
    """Return how many events each patient has in the window, shape (n,), NaN of failed ones, and its length in days.

    Parameters
    ----------
    sample : CohortSample
    request : StatisticRequest
        With the hazard, a cumulative one with a course, and a window that is by default the whole course; or with an
        endpoint of the kind cumulative_hazard, and its window.

    Raises
    ------
    DataError
        If the window is missing or outside the course, or the values are not those of a cumulative hazard.
    """
    if request.endpoint:
        return _of_endpoint(sample, request)
    times, hazard = sample.courses(request.hazard)
    start, end = window_of(times, request)
    days = np.append(times[times < end], end)
    hazard = values_at(times, hazard, days)
    gaps = _gaps(sample, request.hazard, hazard[:, -1] - hazard[:, 0], "hazard")
    happened = recurrent_days(days, hazard, gaps)
    counts = ((happened > start) & (happened <= end)).sum(axis=1)
    return np.where(np.isnan(hazard[:, -1]), math.nan, counts), end - start


def _of_endpoint(sample: CohortSample, request: StatisticRequest) -> tuple[Array, float]:
    name, hazard = sample.endpoint(request.endpoint)
    about = sample.dataset[name].attrs
    if about.get("measure") != MEASURE:
        cure = f'keep one such as "{MEASURE} HAZARD from 0 days to 2 years as NAME"'
        raise DataError(f'"{name}" is not a cumulative hazard', key="endpoint", cure=cure)
    if request.start is None or request.end is None:
        raise DataError("the endpoint's window is missing", key="start", cure='add start and end, such as "2 years"')
    reached = np.cumsum(_gaps(sample, str(about["readout"]), hazard, "endpoint"), axis=1)
    counts = (reached <= hazard[:, np.newaxis]).sum(axis=1)
    return np.where(np.isnan(hazard), math.nan, counts), request.end - request.start


def _gaps(sample: CohortSample, name: str, hazard: Array, key: str) -> Array:
    """Return the hazard gathered before each event, shape (n, n_events), the last one beyond what anybody gathers."""
    gaps: list[Array] = []
    reached = np.zeros(len(sample))
    while not gaps or (reached <= np.nan_to_num(hazard)).any():
        if len(gaps) == MOST_EVENTS:
            reason = f'"{name}" comes to more than {MOST_EVENTS:,} events of a patient'
            raise DataError(reason, key=key, cure="name a cumulative hazard")
        gaps.append(event_gap(seed_of(sample), name, len(gaps), sample.numbers))
        reached = reached + gaps[-1]
    return np.column_stack(gaps)
