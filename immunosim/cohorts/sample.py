"""Patients of a cohort's result as arrays: read-outs at a day, courses, endpoints and events of a group.

Takes an xarray dataset with the dimension ``patient``: read-outs by patient and time, one value a patient for
endpoints, covariates and traits, ``weight``, ``stratum`` and ``status``. Knows no statistic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.conditions import labels_of, members, patient_columns
from immunosim.cohorts.courses import PATIENT, series, values_on
from immunosim.ensembles.endpoints import Endpoint
from immunosim.errors import DataError, did_you_mean

WORDS_OF_ENDPOINT = " "
"""An endpoint with blanks is a text, such as "nadir of x from 1 month"; without it is a name."""


@dataclass(frozen=True, eq=False)
class CohortSample:
    """A group of patients.

    Attributes
    ----------
    dataset : xarray.Dataset
    rows : ndarray of bool, shape (n_patients,)
        Who belongs to the group.
    """

    dataset: xr.Dataset
    rows: NDArray[np.bool_]

    @classmethod
    def of(cls, dataset: xr.Dataset, group: str = "") -> CohortSample:
        """Return the patients of a group, all where none is named.

        Raises
        ------
        DataError, QuantityError
            If the dataset has no patients, or the group does not fit its columns.
        """
        if PATIENT not in dataset.dims:
            cure = "give the result of a cohort"
            raise DataError(f"the dataset has no dimension {PATIENT}", key="dataset", cure=cure)
        return cls(dataset, members(dataset, group))

    def narrowed(self, group: str) -> CohortSample:
        """Return those of the patients who belong to another group as well."""
        return replace(self, rows=self.rows & members(self.dataset, group))

    def __len__(self) -> int:
        """Return the number of patients."""
        return int(self.rows.sum())

    @cached_property
    def is_well(self) -> NDArray[np.bool_]:
        """Whether a patient did not fail, shape (n,)."""
        status = self.dataset.get("status")
        return np.ones(len(self), np.bool_) if status is None else np.asarray(status.values == 0)[self.rows]

    @cached_property
    def weight(self) -> Array:
        """Weight of each patient, 0 of those who failed, shape (n,)."""
        given = self.dataset.get("weight")
        weight = np.ones(len(self)) if given is None else np.asarray(given.values, np.float64)[self.rows]
        return np.where(self.is_well, weight, 0.0)

    @cached_property
    def strata(self) -> NDArray[np.int64]:
        """Code of the stratum of each patient, shape (n,)."""
        if "stratum" not in self.dataset:
            return np.zeros(len(self), np.int64)
        labels = labels_of(self.dataset, "stratum")
        codes = self.dataset["stratum"].values if labels is None else np.unique(labels, return_inverse=True)[1]
        return np.asarray(codes, np.int64)[self.rows]

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """Number of each patient, by which draws are keyed, shape (n,)."""
        numbers = self.dataset[PATIENT].values if PATIENT in self.dataset.coords else np.arange(self.rows.size)
        return np.asarray(numbers, np.int64)[self.rows]

    def unit(self, name: str) -> str:
        """Return the unit of a variable."""
        return str(self.dataset[name].attrs.get("units", "1"))

    def label(self, name: str) -> str:
        """Return the name of a variable as people say it."""
        return str(self.dataset[name].attrs.get("long_name", name))

    def courses(self, name: str) -> tuple[Array, Array]:
        """Return the times, shape (n_times,), and a read-out at them, shape (n, n_times); NaN of those who failed.

        Raises
        ------
        DataError
            If it has no course.
        """
        known = series(self.dataset)
        if name not in known:
            reason = f'"{name}" has no course' if name in self.dataset else f'unknown read-out "{name}"'
            raise DataError(reason, key="readout", cure=f"{did_you_mean(name, known)}; or keep it when the cohort runs")
        values = np.asarray(self.dataset[name].transpose(PATIENT, "time").values, np.float64)[self.rows]
        return self._times, np.where(self.is_well[:, None], values, np.nan)

    def values(self, name: str, day: float | None) -> Array:
        """Return a read-out on a day, or a variable with one value a patient, shape (n,); NaN of those who failed.

        Raises
        ------
        DataError
            If there is no such variable, a day is missing, or the cohort was not read on it.
        """
        if name in patient_columns(self.dataset):
            return self._column(name)
        if name not in series(self.dataset):
            self.courses(name)
        if day is None:
            raise DataError(f'"{name}" has a course', key="time", cure='add for example time = "6 months"')
        return np.where(self.is_well, values_on(self.dataset, name, day)[self.rows], np.nan)

    def endpoint(self, text: str) -> tuple[str, Array]:
        """Return the name of an endpoint and its values, shape (n,).

        Parameters
        ----------
        text : str
            The name of the endpoint, or its text.

        Raises
        ------
        DataError
            If there is no such endpoint.
        """
        name = endpoint_name(text)
        columns = patient_columns(self.dataset)
        if name not in columns:
            cure = f"{did_you_mean(name, columns)}; or keep it when the cohort runs"
            raise DataError(f'unknown endpoint "{name}"', key="endpoint", cure=cure)
        return name, self._column(name)

    @property
    def _times(self) -> Array:
        return np.asarray(self.dataset["time"].values, np.float64)

    def _column(self, name: str) -> Array:
        return np.where(self.is_well, np.asarray(self.dataset[name].values, np.float64)[self.rows], np.nan)


def endpoint_name(text: str) -> str:
    """Return the name under which an endpoint is stored, from its name or its text."""
    return Endpoint.of(text).label if WORDS_OF_ENDPOINT in text.strip() else text
