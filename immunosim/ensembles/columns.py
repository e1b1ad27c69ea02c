"""Columns of the dataset of an ensemble: factors, results and failures.

Reads only the requested variables, since those of a large result lie on disk. Knows neither files nor figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.endpoints import OF_VALUE, are_event_times, observed_events
from immunosim.errors import DataError, did_you_mean
from immunosim.seals import parsed_json

Flags = NDArray[np.bool_]
RowIndices = NDArray[np.int64]

SERIES = ("read-out", "pool")
"""Kinds of variables with a time course."""


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
        """Values on their sampling scale, log10 for a logarithmic one; NaN where undefined."""
        return scaled(self.values, self.is_log)

    @property
    def is_constant(self) -> bool:
        """Whether all patients have the same value."""
        finite = self.values[np.isfinite(self.values)]
        return not finite.size or bool(finite.min() == finite.max())

    def taken(self, rows: RowIndices) -> Varied:
        """Return the quantity for some patients."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, eq=False)
class OutcomeColumns:
    """One number per patient: an endpoint, or a read-out or pool at one time.

    Attributes
    ----------
    name, label, unit : str
    values : ndarray, shape (n,)
        NaN where the patient failed; infinite where an event did not happen by the end of its window.
    readout : str
        The read-out whose limits apply to the values; empty for durations, areas and risks.
    day : float or None
        Time of the value; None for an endpoint.
    """

    name: str
    label: str
    unit: str
    values: Array
    readout: str = ""
    day: float | None = None


def scaled(values: Array, is_log: bool) -> Array:
    """Return values or, on a logarithmic scale, their log10; NaN where undefined."""
    if not is_log:
        return values
    logarithms = np.full(values.shape, np.nan)
    np.log10(values, out=logarithms, where=values > 0.0)
    return logarithms


def is_failed(dataset: xr.Dataset) -> Flags:
    """Return which patients failed, shape (n,)."""
    return np.asarray(dataset["status"].values != 0)


def varied_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of the factors."""
    return listed(dataset, "varied")


def listed(dataset: xr.Dataset, attribute: str) -> list[str]:
    """Return the list of texts in an attribute of a result; empty where the attribute is missing.

    Raises
    ------
    DataError
        If it is not a list of texts.
    """
    text = str(dataset.attrs.get(attribute, "[]")).encode(errors="surrogatepass")
    texts = parsed_json(text, f"attribute {attribute}")
    if not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
        raise DataError("is not a list of texts", key=f"attribute {attribute}", cure="recompute the result")
    return texts


def varied(dataset: xr.Dataset, name: str, key: str = "") -> Varied:
    """Return a factor by name.

    Raises
    ------
    DataError
        If the factor is unknown; `key` names the option in the message.
    """
    names = varied_names(dataset)
    if name not in names:
        cure = did_you_mean(name, names) if names else "all its patients have the same parameters"
        raise DataError(f'"{name}" was not varied', key=key or None, cure=cure)
    variable = dataset[name]
    return Varied(
        name=name,
        label=str(variable.attrs.get("long_name", name)),
        unit=str(variable.attrs.get("units", "1")),
        values=np.asarray(variable.values, np.float64),
        is_log=variable.attrs.get("scale") == "log",
        choices=tuple(str(variable.attrs.get("flag_meanings", "")).split()),
    )


def endpoint_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of the endpoints."""
    return [str(name) for name, variable in dataset.data_vars.items() if variable.attrs.get("kind") == "endpoint"]


def series_names(dataset: xr.Dataset) -> list[str]:
    """Return the names of variables with a time course, read-outs before pools."""
    variables = dataset.data_vars.items()
    return [str(name) for kind in SERIES for name, variable in variables if variable.attrs.get("kind") == kind]


def is_series(dataset: xr.Dataset, name: str) -> bool:
    """Return whether a result has a time course.

    Raises
    ------
    DataError
        If the result is unknown.
    """
    series = series_names(dataset)
    if name in series:
        return True
    endpoints = endpoint_names(dataset)
    if name not in endpoints:
        if name in varied_names(dataset):
            reason, cure = f'"{name}" is a factor, not a result', did_you_mean("", [*endpoints, *series])
        else:
            reason, cure = f'unknown result "{name}"', did_you_mean(name, [*endpoints, *series])
        raise DataError(reason, key="of", cure=cure)
    return False


def times_of(dataset: xr.Dataset) -> Array:
    """Return the common output times of all patients, shape (n_times,), day.

    Raises
    ------
    DataError
        If the patients have different output times.
    """
    if "time" not in dataset.coords:
        cure = "repeat it with common output times, or draw an endpoint"
        raise DataError("its patients have different output times", key="of", cure=cure)
    return np.asarray(dataset["time"].values, np.float64)


def outcome(dataset: xr.Dataset, name: str, at: float | None = None) -> OutcomeColumns:
    """Return one number per patient.

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
        If the result is unknown or no time, the day lies outside its times, or a day is given for an endpoint.
    """
    has_course, variable = is_series(dataset, name), dataset[name]
    label, unit = str(variable.attrs.get("long_name", name)), str(variable.attrs.get("units", "1"))
    if not has_course:
        if at is not None:
            reason = f'"{name}" is an endpoint, which has no time'
            raise DataError(reason, key="at", cure="leave out the time, or name a read-out")
        return OutcomeColumns(name, label, unit, _endpoint_values(dataset, name), _readout_of(variable, name))
    times = times_of(dataset)
    if not times.size:
        raise DataError("was kept at no time", key=name, cure="make the result with output times, or name an endpoint")
    wanted = float(times[-1]) if at is None else at
    if not times[0] <= wanted <= times[-1]:
        cure = f"choose from day {times[0]:g} to {times[-1]:g}"
        raise DataError(f"day {wanted:g} is outside the simulated time span", key="at", cure=cure)
    index = int(np.argmin(np.abs(times - wanted)))
    values = np.asarray(variable.isel(time=index).values, np.float64)
    return OutcomeColumns(name, label, unit, values, name, float(times[index]))


def _endpoint_values(dataset: xr.Dataset, name: str) -> Array:
    """Return the values of an endpoint, infinite where an event did not happen."""
    variable = dataset[name]
    values, about = np.asarray(variable.values, np.float64), variable.attrs
    if not are_event_times(about):
        return values
    window = float(about["window_start"]), float(about["window_end"])
    days, is_observed = observed_events(str(about["measure"]), values, *window)
    return np.where(is_failed(dataset), np.nan, np.where(is_observed, days, np.inf))


def _readout_of(variable: xr.DataArray, name: str) -> str:
    """Return the read-out of the values of an endpoint, from its attributes or its default name."""
    if "measure" in variable.attrs:
        return str(variable.attrs["readout"]) if variable.attrs["measure"] in OF_VALUE else ""
    kind = next((kind for kind in sorted(OF_VALUE) if name.startswith(f"{kind}_")), None)
    return "" if kind is None else name.removeprefix(f"{kind}_")
