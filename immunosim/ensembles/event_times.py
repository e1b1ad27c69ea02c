"""Endpoints that are times to an event, as survival data: who had it when, and who was observed until when without it.

Takes the patients who did not fail of a data set. What the integrator reports is translated in ``endpoints``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import endpoint_names, is_failed
from immunosim.ensembles.endpoints import are_event_times, observed_events
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError, did_you_mean
from immunosim.scenario.time_reference import TimeReference

CONFIDENCE = 0.9
"""Of the interval of a median."""


def is_event(dataset: xr.Dataset, name: str) -> bool:
    """Return whether a result is a time to an event whose window is known."""
    return are_event_times(dataset[name].attrs)


def event_times(dataset: xr.Dataset, name: str) -> EventTimes:
    """Return the times of an endpoint that is a time to an event, by patient who was simulated without failure.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an ensemble.
    name : str

    Raises
    ------
    DataError
        If the result is unknown, or is not a time to an event.
    """
    events = [known for known in endpoint_names(dataset) if is_event(dataset, known)]
    if name not in events:
        cure = did_you_mean(name, events) if events else 'keep one, such as "first_above cd4 0.2e9/L from 30 days"'
        raise DataError(f'"{name}" is not a time to an event', key="of", cure=cure)
    about, values = dataset[name].attrs, np.asarray(dataset[name].values, np.float64)
    start, end = float(about["window_start"]), float(about["window_end"])
    days, is_observed = observed_events(str(about["measure"]), values[~is_failed(dataset)], start, end)
    return EventTimes(days, is_observed, start, int((dataset["status"].values > 0).sum()))


def restricted_times(
    about: Mapping[Any, Any], values: Array, is_well: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return times to an event, those that are censored as the end of the window, and which are censored.

    Parameters
    ----------
    about : mapping
        Attributes of the result, of which ``are_event_times`` holds.
    values : ndarray, shape (n,), day
    is_well : ndarray of bool, shape (n,)
        Who did not fail.

    Returns
    -------
    days : ndarray, shape (n,)
        The smaller of the time to the event and the end of the window; NaN of those who failed.
    is_censored : ndarray of bool, shape (n,)
    """
    days, is_censored = np.full(values.shape, np.nan), np.zeros(values.shape, np.bool_)
    window = float(about["window_start"]), float(about["window_end"])
    days[is_well], is_observed = observed_events(str(about["measure"]), values[is_well], *window)
    is_censored[is_well] = ~is_observed
    return days, is_censored


def described_events(times: EventTimes, reference: TimeReference | None) -> dict[str, float | str]:
    """Return numbers and Kaplan-Meier quantiles by name, those that are not reached as infinite.

    Parameters
    ----------
    times : EventTimes
    reference : TimeReference or None
        For the month after the last course and the date of the median.
    """
    median = times.median
    low, high = times.curve(CONFIDENCE).quantile_interval(0.5) if len(times) else (np.nan, np.nan)
    about: dict[str, float | str] = {"n": len(times), "p5": times.quantile(0.05), "median": median}
    about |= {"p95": times.quantile(0.95), "median_low": low, "median_high": high}
    about |= {"n_reached": times.n_observed, "n_at_start": times.n_at_start, "n_failed": times.n_failed}
    if reference is not None:
        about |= {"median_month": reference.month(median), "median_date": reference.date(median)}
    return about
