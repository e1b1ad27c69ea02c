"""The start of each patient's last course, where a factor moves courses or every patient has a scenario.

Takes a data set and a way to the scenario of a row; knows nothing of results or of how times are printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import listed, varied_names
from immunosim.scenario import Scenario
from immunosim.scenario.time_reference import TimeReference

MOST_STARTS = 2000
"""Largest number of scenarios that differ in their courses: each takes milliseconds to build."""


def moves_courses(dataset: xr.Dataset) -> list[str]:
    """Return the names of the factors that move courses, or day 0."""
    return [name for name in varied_names(dataset) if name == "start_date" or name.endswith(".start")]


def last_courses(dataset: xr.Dataset, scenario_of: Callable[[int], Scenario]) -> Array:
    """Return the start of each patient's last course, shape (n_patients,), day.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an ensemble.
    scenario_of : callable
        Returns the scenario of a row.

    Returns
    -------
    ndarray
        NaN without a course, and for all where more than ``MOST_STARTS`` patients differ.
    """
    n = int(dataset.sizes["sample"])
    columns = [np.asarray(dataset[name].values) for name in moves_courses(dataset)]
    columns.append(np.arange(n) if len(listed(dataset, "scenarios")) > 1 else np.zeros(n))
    _, samples, which = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    if len(samples) > MOST_STARTS:
        return np.full(n, math.nan)
    starts = [TimeReference.of(scenario_of(int(sample))).last_course for sample in samples]
    return np.array([math.nan if start is None else start for start in starts])[which.ravel()]
