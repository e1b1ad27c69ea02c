"""Read-outs of a cohort's dataset at one of its times.

Knows neither groups of patients nor statistics.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.errors import DataError
from immunosim.units import DAYS_PER_MONTH

PATIENT = "patient"
"""The dimension of a cohort."""

SAME_DAY = 1e-6
"""Days by which a stored time may miss the day that is asked for."""


def series(dataset: xr.Dataset) -> list[str]:
    """Return the names of the variables with a course."""
    return [str(name) for name, variable in dataset.data_vars.items() if set(variable.dims) == {PATIENT, "time"}]


def values_on(dataset: xr.Dataset, name: str, day: float) -> Array:
    """Return a read-out with a course on a day, shape (n_patients,).

    Raises
    ------
    DataError
        If the cohort was not read on the day.
    """
    times = np.asarray(dataset["time"].values, np.float64)
    index = np.flatnonzero(np.abs(times - day) <= SAME_DAY)
    if not index.size:
        raise DataError(f"the cohort was not read at {day_text(day)}", key="time", cure=_nearest(times, day))
    return np.asarray(dataset[name].isel(time=int(index[0])).values, np.float64)


def day_text(day: float) -> str:
    """Return a day with its month, as messages say it."""
    return f"day {day:.6g} (month {day / DAYS_PER_MONTH:.4g})"


def _nearest(times: Array, day: float) -> str:
    nearest = float(times[np.argmin(np.abs(times - day))]) if times.size else 0.0
    return f"read it then; the nearest is {day_text(nearest)}"
