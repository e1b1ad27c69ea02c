"""Groups of patients by conditions, such as ``stratum = poor depleters``, ``age >= 40`` or ``titre >= 1 at 6 months``.

Knows no variable in particular.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.cohorts.courses import PATIENT, series, values_on
from immunosim.ensembles.columns import listed
from immunosim.errors import DataError, QuantityError, did_you_mean
from immunosim.units import parse_quantity, shown

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_TEXT = re.compile(r"\s*(?P<column>\w+)\s*(?P<sign>!=|>=|<=|=|>|<)\s*(?P<value>.*?)\s*")
_AT = re.compile(r"(?P<value>.+?)\s+at\s+(?P<time>[\d.].*)")
_FLAGS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_YES_NO = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class Condition:
    """A comparison of a column, or of a read-out on a day, with a value."""

    column: str
    sign: str
    value: str
    day: float | None = None

    def flags(self, dataset: xr.Dataset) -> NDArray[np.bool_]:
        """Return which patients meet it, shape (n,).

        Raises
        ------
        DataError
            If there is no such column or read-out, the cohort was not read on the day, or the value is none of its
            names or has another unit.
        """
        if self.day is not None:
            return self._on_day(dataset, self.day)
        names = patient_columns(dataset)
        if self.column in series(dataset):
            cure = f"write {self.column} {self.sign} {self.value} at 6 months"
            raise DataError(f'"{self.column}" has a course', cure=cure)
        if self.column not in names:
            raise DataError(f'unknown column "{self.column}"', cure=did_you_mean(self.column, names))
        labels = labels_of(dataset, self.column)
        if labels is not None:
            return self._by_name(labels, _names_of_codes(dataset, self.column) or sorted(set(labels.tolist())))
        return self._by_number(dataset, np.asarray(dataset[self.column].values, np.float64))

    def _on_day(self, dataset: xr.Dataset, day: float) -> NDArray[np.bool_]:
        known = series(dataset)
        if self.column not in known:
            cure = f"{did_you_mean(self.column, known)}; or keep it when the cohort runs"
            raise DataError(f'unknown read-out "{self.column}"', cure=cure)
        return self._by_number(dataset, values_on(dataset, self.column, day))

    def _by_number(self, dataset: xr.Dataset, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Compare numbers; one that is not known, of a patient who failed, meets no condition."""
        unit = str(dataset[self.column].attrs.get("units", "1"))
        try:
            value = _FLAGS.get(self.value.casefold())
            value = parse_quantity(self.value, unit, bare=True) if value is None else value
        except QuantityError as error:
            raise DataError(error.reason, cure=error.cure) from None
        return np.asarray(_OPERATORS[self.sign](numbers, value) & ~np.isnan(numbers), np.bool_)

    def _by_name(self, labels: NDArray[np.str_], known: list[str]) -> NDArray[np.bool_]:
        if self.sign not in ("=", "!="):
            reason = f'"{self.column}" has names, which are not compared by {self.sign}'
            raise DataError(reason, cure=f"write {self.column} = {known[0] if known else '...'}")
        value = _YES_NO.get(self.value.casefold(), self.value) if set(known) <= {"no", "yes"} else self.value
        if value not in known:
            raise DataError(f'no patient has the {self.column} "{self.value}"', cure=did_you_mean(self.value, known))
        return np.asarray(_OPERATORS[self.sign](labels, value), np.bool_)


def conditions_of(text: str) -> tuple[Condition, ...]:
    """Read conditions that are joined by "and".

    Raises
    ------
    QuantityError
        If the text has another form, or a day is no time.
    """
    parts = [_TEXT.fullmatch(part) for part in re.split(r"\s+and\s+", text)]
    if not all(part and part["value"] for part in parts):
        cure = 'write for example "stratum = poor depleters" or "age >= 40 years and smoking = true"'
        raise QuantityError(f"{shown(text)} is not a condition on patients", cure=cure)
    return tuple(_condition(part) for part in parts if part)


def _condition(part: re.Match[str]) -> Condition:
    """Return a condition; its value may be followed by a day, as in "1 mg/L at 6 months"."""
    at = _AT.fullmatch(part["value"])
    if at is None:
        return Condition(part["column"], part["sign"], part["value"])
    return Condition(part["column"], part["sign"], at["value"], parse_quantity(at["time"], "day"))


def members(dataset: xr.Dataset, text: str, key: str = "group") -> NDArray[np.bool_]:
    """Return which patients meet all conditions of a text; all patients where it is empty.

    Parameters
    ----------
    dataset : xarray.Dataset
    text, key : str
        The conditions, and the key that holds them, for messages.

    Raises
    ------
    DataError, QuantityError
        If the text is not a condition, or does not fit the columns.
    """
    flags = np.ones(dataset.sizes[PATIENT], np.bool_)
    for condition in conditions_of(text) if text.strip() else ():
        try:
            flags &= condition.flags(dataset)
        except DataError as error:
            raise DataError(error.reason, key=key, cure=error.cure) from None
    return flags


def patient_columns(dataset: xr.Dataset) -> list[str]:
    """Return the names of the variables with one value for each patient."""
    return [str(name) for name, variable in dataset.variables.items() if variable.dims == (PATIENT,)]


def labels_of(dataset: xr.Dataset, name: str) -> NDArray[np.str_] | None:
    """Return the names in a column: its texts, or the names of its codes; None for a column of numbers."""
    variable = dataset[name]
    if variable.dtype.kind in "OSU":
        return np.asarray(variable.values, np.str_)
    known = _names_of_codes(dataset, name)
    return np.array(known)[np.asarray(variable.values, np.int64)] if known else None


def _names_of_codes(dataset: xr.Dataset, name: str) -> list[str]:
    about = dataset[name].attrs
    if "names" in about:
        return listed(dataset[[name]].assign_attrs(names=about["names"]), "names")
    return str(about.get("flag_meanings", "")).split()
