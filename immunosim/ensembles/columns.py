"""Columns of the dataset of an ensemble: what varied, what came out, who failed.

Reads what is asked for and nothing else, since the variables of a large result lie on disk. Knows neither files nor
figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.endpoints import OF_VALUE
from immunosim.errors import DataError, did_you_mean
from immunosim.seals import parsed_json

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

SERIES = ("read-out", "pool")
"""Kinds of variables that have a course over time."""


@dataclass(frozen=True, eq=False)
class Varied:
    """A quantity that differs between the patients.

    Attributes
    ----------
    name, label, unit : str
    values : ndarray, shape (n,)
        Of a choice the codes 0, 1, ...
    is_log : bool
        Whether it was sampled on a logarithmic scale.
    choices : tuple of str
        Names of the codes; empty for a number.
    """

    name: str
    label: str
    unit: str
    values: Array
    is_log: bool = False
    choices: tuple[str, ...] = ()

    @property
    def scaled(self) -> Array:
        """Values as they are spread, log10 where that is how they were sampled; NaN where that does not exist."""
        return scaled(self.values, self.is_log)

    @property
    def is_constant(self) -> bool:
        """Whether all patients have the same value."""
        found = self.values[np.isfinite(self.values)]
        return not found.size or bool(found.min() == found.max())

    def taken(self, rows: Rows) -> Varied:
        """Return the same quantity of some patients."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, eq=False)
class OutcomeColumns:
    """One number a patient: an endpoint, or a read-out or pool at one time.

    Attributes
    ----------
    name, label, unit : str
    values : ndarray, shape (n,)
        NaN where the patient failed, or where what is counted never happened.
    readout : str
        The read-out whose values these are, so that its limits hold for them; empty for durations, areas and risks.
    day : float or None
        When it was taken; none for an endpoint.
    """

    name: str
    label: str
    unit: str
    values: Array
    readout: str = ""
    day: float | None = None


def scaled(values: Array, is_log: bool) -> Array:
    """Return values or, on a logarithmic scale, their log10, NaN where there is none."""
    if not is_log:
        return values
    found = np.full(values.shape, np.nan)
    np.log10(values, out=found, where=values > 0.0)
    return found


def is_failed(dataset: xr.Dataset) -> Flags:
    """Return which patients failed, shape (n,)."""
    return np.asarray(dataset["status"].values != 0)


def varied_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of what varied."""
    return listed(dataset, "varied")


def listed(dataset: xr.Dataset, attribute: str) -> list[str]:
    """Return the texts that an attribute of a result lists; none where it has no such attribute.

    Raises
    ------
    DataError
        If it holds anything else.
    """
    text = str(dataset.attrs.get(attribute, "[]")).encode(errors="surrogatepass")
    found = parsed_json(text, f"attribute {attribute}")
    if not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise DataError("lists no texts", key=f"attribute {attribute}", cure="make the result again")
    return found


def varied(dataset: xr.Dataset, name: str, key: str = "") -> Varied:
    """Return a quantity that varied.

    Raises
    ------
    DataError
        If nothing of that name varied; `key` says who asked.
    """
    names = varied_names(dataset)
    if name not in names:
        cure = did_you_mean(name, names) if names else "all its patients have the same parameters"
        raise DataError(f'"{name}" was not varied', key=key or None, cure=cure)
    found = dataset[name]
    return Varied(
        name=name,
        label=str(found.attrs.get("long_name", name)),
        unit=str(found.attrs.get("units", "1")),
        values=np.asarray(found.values, np.float64),
        is_log=found.attrs.get("scale") == "log",
        choices=tuple(str(found.attrs.get("flag_meanings", "")).split()),
    )


def endpoint_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of the endpoints."""
    return [str(name) for name, found in dataset.data_vars.items() if found.attrs.get("kind") == "endpoint"]


def series_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of what has a course over time, read-outs before pools."""
    return [
        str(name) for kind in SERIES for name, found in dataset.data_vars.items() if found.attrs.get("kind") == kind
    ]


def is_series(dataset: xr.Dataset, name: str) -> bool:
    """Return whether a result has a course over time.

    Raises
    ------
    DataError
        If there is no such result.
    """
    series = series_names(dataset)
    if name in series:
        return True
    endpoints = endpoint_names(dataset)
    if name not in endpoints:
        if name in varied_names(dataset):
            reason, cure = f'"{name}" was varied, it is not a result', did_you_mean("", [*endpoints, *series])
        else:
            reason, cure = f'unknown result "{name}"', did_you_mean(name, [*endpoints, *series])
        raise DataError(reason, key="of", cure=cure)
    return False


def times_of(dataset: xr.Dataset) -> Array:
    """Return the times that all patients have in common, shape (n_times,), day.

    Raises
    ------
    DataError
        If each patient has times of its own.
    """
    if "time" not in dataset.coords:
        cure = "make it with the same output times for all, or draw an endpoint"
        raise DataError("its patients have no output times in common", key="of", cure=cure)
    return np.asarray(dataset["time"].values, np.float64)


def outcome(dataset: xr.Dataset, name: str, at: float | None = None) -> OutcomeColumns:
    """Return one number a patient.

    Parameters
    ----------
    dataset : xarray.Dataset
    name : str
        An endpoint, or a read-out or pool.
    at : float, optional
        Day at which a read-out or pool is taken, at the nearest of its output times; by default the last.

    Raises
    ------
    DataError
        If there is no such result or no time, the day lies outside its times, or an endpoint is asked for at a day.
    """
    has_course, found = is_series(dataset, name), dataset[name]
    label, unit = str(found.attrs.get("long_name", name)), str(found.attrs.get("units", "1"))
    if not has_course:
        if at is not None:
            reason = f'"{name}" is an endpoint, which has no time'
            raise DataError(reason, key="at", cure="leave out the time, or name a read-out")
        return OutcomeColumns(name, label, unit, np.asarray(found.values, np.float64), _readout_of(found, name))
    times = times_of(dataset)
    if not times.size:
        raise DataError("was kept at no time", key=name, cure="make the result with output times, or name an endpoint")
    wanted = float(times[-1]) if at is None else at
    if not times[0] <= wanted <= times[-1]:
        cure = f"choose from day {times[0]:g} to {times[-1]:g}"
        raise DataError(f"day {wanted:g} is outside the simulated time span", key="at", cure=cure)
    place = int(np.argmin(np.abs(times - wanted)))
    values = np.asarray(found.isel(time=place).values, np.float64)
    return OutcomeColumns(name, label, unit, values, name, float(times[place]))


def _readout_of(found: xr.DataArray, name: str) -> str:
    """Return the read-out whose values an endpoint holds; the name says it where the endpoint was not renamed."""
    if "measure" in found.attrs:
        return str(found.attrs["readout"]) if found.attrs["measure"] in OF_VALUE else ""
    kind = next((kind for kind in sorted(OF_VALUE) if name.startswith(f"{kind}_")), None)
    return "" if kind is None else name.removeprefix(f"{kind}_")
