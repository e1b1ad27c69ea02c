"""The labelled result of an ensemble, and its file.

An ``xarray.Dataset`` over ``sample`` (and ``time``): read-outs, endpoints, pools; the varied parameters are
coordinates, with ``status``, ``fail_time`` and the numbers of steps. The states of failed rows have the separate
dimension ``failure``. Attributes hold the scenarios, so that any row can be replayed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array, Model
from immunosim.ensembles.columns import endpoint_names, is_failed, listed, series_names, varied_names
from immunosim.ensembles.event_times import described_events, event_times, is_event
from immunosim.ensembles.last_courses import last_courses, moves_courses
from immunosim.ensembles.netcdf import load_netcdf
from immunosim.ensembles.questions import Question
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.models import DEFAULT_MODEL
from immunosim.netcdf import netcdf_bytes
from immunosim.numerics import Ensemble, Status
from immunosim.problem import Problem
from immunosim.result import Result
from immunosim.safe_text import shortened
from immunosim.scenario import Scenario, build_scenario, to_toml
from immunosim.scenario.time_reference import TimeReference
from immunosim.seals import sealed
from immunosim.units import DAYS_PER_MONTH, format_quantity

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "immunosim ensemble 1"

MOST_SHOWN = 1_000_000
"""Largest number of patients whose endpoints a notebook reads from a store."""

NOT_RUN = "NOT_RUN"
"""Status of a patient of an unfinished sweep."""


@dataclass(frozen=True, eq=False, repr=False)
class EnsembleResult(Result):
    """Many simulated patients.

    Attributes
    ----------
    dataset : xarray.Dataset
    """

    dataset: xr.Dataset

    def __len__(self) -> int:
        """Return the number of patients."""
        return int(self.dataset.sizes["sample"])

    def headline(self) -> str:
        """Return the number of patients and of failures in a line."""
        return f"{len(self):,} patients, {len(self.failed):,} failed"

    def facts(self) -> dict[str, object]:
        """Return the factors and the stored outputs."""
        facts: dict[str, object] = {"varied": ", ".join(varied_names(self.dataset)) or "scenarios"}
        kept = {"endpoints": endpoint_names(self.dataset), "over time": series_names(self.dataset)}
        facts |= {what: shortened(", ".join(names), 80) for what, names in kept.items() if names}
        return facts | {"ended": ", ".join(f"{number:,} {name}" for name, number in self.counts().items())}

    def summary(self) -> dict[str, dict[str, float | str]]:
        """Return median and spread of every endpoint.

        A time to an event has Kaplan-Meier quantiles over all patients who did not fail, infinite where they are not
        reached, with the numbers of events, of events at the start and of failures, and the 90 % interval of the
        median; other endpoints have quantiles over the patients with a value.
        """
        return {name: self._described(name) for name in endpoint_names(self.dataset)}

    @property
    def reference(self) -> TimeReference | None:
        """What months and dates are counted from; None where it differs between the patients."""
        texts = listed(self.dataset, "scenarios")
        return None if moves_courses(self.dataset) or len(texts) > 1 else self._base_reference

    @cached_property
    def _base_reference(self) -> TimeReference | None:
        texts = listed(self.dataset, "scenarios")
        return TimeReference.of(scenario_from(texts[0])) if texts else None

    @cached_property
    def last_courses(self) -> Array:
        """Start of each patient's last course, day; NaN without a course, or where too many patients differ."""
        if self._base_reference is None:  # no scenario is kept
            return np.full(int(self.dataset.sizes["sample"]), np.nan)
        return last_courses(self.dataset, self.scenario_of)

    def _month_by_patient(self, times: EventTimes) -> dict[str, float]:
        """Return the median month after each patient's last course, where these courses differ and are known."""
        if self.reference is not None or not len(times):
            return {}
        starts = self.last_courses[~is_failed(self.dataset)]
        if np.isnan(starts).any():
            return {}
        return {"median_month": EventTimes((times.days - starts) / DAYS_PER_MONTH, times.is_observed).median}

    def event_times(self, name: str) -> EventTimes:
        """Return the days of an endpoint that is a time to an event, with censoring at the end of its window.

        Raises
        ------
        DataError
            If the result is unknown, or is not a time to an event.
        """
        return event_times(self.dataset, name)

    def _described(self, name: str) -> dict[str, float | str]:
        variable = self.dataset[name]
        unit = str(variable.attrs["units"])
        if is_event(self.dataset, name):
            times = self.event_times(name)
            return {"unit": unit, **described_events(times, self.reference), **self._month_by_patient(times)}
        values = variable.values[np.isfinite(variable.values)]
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95]) if values.size else [math.nan] * 3
        return {"unit": unit, "n": int(values.size), "p5": low, "median": middle, "p95": high}

    def to_dataframe(self, over_time: bool = False) -> pd.DataFrame:
        """Return one row per patient, or one per patient and time.

        Parameters
        ----------
        over_time : bool
            Return time courses instead of endpoints and status.
        """
        dims = ("sample", "time") if over_time else ("sample",)
        names = [name for name, variable in self.dataset.variables.items() if variable.dims == dims]
        return self.dataset[names].to_dataframe().reset_index()

    def shown(self) -> pd.DataFrame:
        """Return the summary of the endpoints."""
        import pandas as pd

        table = self.summary() if len(self) <= MOST_SHOWN else {}
        return pd.DataFrame([{"endpoint": name, **statistics} for name, statistics in table.items()])

    def __getitem__(self, name: str) -> Array:
        """Return the values of a variable or coordinate by name."""
        values: Array = self.dataset[name].values
        return values

    @property
    def model_name(self) -> str:
        """Name of the model of its patients."""
        texts = listed(self.dataset, "scenarios")
        return scenario_from(texts[0]).model if texts else DEFAULT_MODEL

    @property
    def status(self) -> Array:
        """Status of every patient, 0 is OK."""
        return self["status"]

    @property
    def failed(self) -> list[int]:
        """Indices of the failed patients."""
        return [int(index) for index in np.flatnonzero(self.status != int(Status.OK))]

    def counts(self) -> dict[str, int]:
        """Return the number of patients by status."""
        codes, numbers = np.unique(self.status, return_counts=True)
        return {
            NOT_RUN if code < 0 else Status(int(code)).name: int(number)
            for code, number in zip(codes, numbers, strict=True)
        }

    def ended(self, sample: int) -> str:
        """Return the name of a patient's status."""
        code = int(self.status[sample])
        return NOT_RUN if code < 0 else Status(code).name

    def scenario_of(self, sample: int) -> Scenario:
        """Return the scenario of a patient."""
        texts = listed(self.dataset, "scenarios")
        return scenario_from(texts[sample if len(texts) > 1 else 0])

    def given_scenario_of(self, sample: int) -> Scenario:
        """Return the scenario of a patient with all doses that were given."""
        return self.scenario_of(sample)

    def parameters_of(self, sample: int) -> dict[str, float]:
        """Return the varied parameters of a patient."""
        names = varied_names(self.dataset)
        return {name: float(self.dataset[name].values[sample]) for name in names}

    def varied_of(self, sample: int) -> dict[str, str]:
        """Return the factor values of a patient, with units."""
        values = self.parameters_of(sample).items()
        return {name: format_quantity(value, self.dataset[name].attrs["units"]) for name, value in values}

    def save(self, path: str | Path) -> Path:
        """Write a NetCDF file atomically.

        Raises
        ------
        OutputError
            If the location is not writable.
        """
        target = Path(path)
        write_file(target, sealed(netcdf_bytes(self.dataset)))
        return target


def load_ensemble(path: str | Path) -> EnsembleResult:
    """Read a file of ``EnsembleResult.save``.

    Raises
    ------
    DataError
        If the file is missing, or is not an ensemble.
    """
    return ensemble_of(load_netcdf(Path(path)), Path(path))


def ensemble_of(dataset: xr.Dataset, path: Path) -> EnsembleResult:
    """Return the ensemble in a dataset read from a file.

    Raises
    ------
    DataError
        If it is not an ensemble.
    """
    if dataset.attrs.get("format") != FORMAT:
        raise DataError("holds no ensemble", file=str(path), cure="name a file that EnsembleResult.save wrote")
    return EnsembleResult(dataset)


def scenario_from(text: str) -> Scenario:
    """Return a scenario from its TOML text."""
    import tomllib

    return build_scenario(tomllib.loads(text))


def labelled(
    problems: Sequence[Problem],
    columns: Mapping[str, Array],
    parts: Sequence[Ensemble],
    times: Array,
    asked: Question,
) -> EnsembleResult:
    """Label solved chunks with names and units."""
    model = problems[0].model
    n = sum(len(part.status) for part in parts)
    variables = variables_of(asked, parts) | _failures(parts)
    coordinates: dict[str, Any] = {"sample": ("sample", np.arange(n), {"long_name": "patient, counted from 0"})}
    if any("time" in dims for dims, *_ in variables.values()):
        about = {"units": "day", "long_name": "time since day 0"}
        if times.ndim == 1:
            coordinates["time"] = ("time", times, about)
        else:
            coordinates["time_of_sample"] = (("sample", "time"), times, about)
    for name, column in columns.items():
        parameter = problems[0].parameters[name]
        coordinates[name] = ("sample", column, {"units": parameter.unit, "long_name": parameter.label})
    attributes = {
        "format": FORMAT,
        "scenarios": json.dumps([to_toml(problem.scenario) for problem in problems]),
        "varied": json.dumps(list(columns)),
        **provenance(model),
    }
    return EnsembleResult(xr.Dataset(variables, coords=coordinates, attrs=attributes))


def provenance(model: Model) -> dict[str, str]:
    """Return the provenance of a result: model and software."""
    return {
        "intended_use": "Research and teaching software, not a medical device.",
        "pools": json.dumps(list(model.pools)),
        "core": model.core.reason,
        "model_key": model.key,
        "software": ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "numba", "xarray")),
    }


def variables_of(asked: Question, parts: Sequence[Ensemble]) -> dict[str, Any]:
    """Return read-outs, pools, endpoints and solver statistics as (dimensions, values, attributes) by name."""
    variables = _outputs(asked, parts) | _solver(parts)
    for j, measure in enumerate(asked.measures):
        values = measure.convert(np.concatenate([part.summaries[:, j] for part in parts]))
        variables[measure.label] = (("sample",), values, measure.attributes)
    return variables


def _outputs(asked: Question, parts: Sequence[Ensemble]) -> dict[str, Any]:
    model, variables = asked.model, {}
    for j, name in enumerate(asked.readouts):
        label, unit = model.module.READOUTS[name]
        values = np.concatenate([part.readouts[:, :, j] for part in parts])
        variables[name] = (("sample", "time"), values, {"units": unit, "long_name": label, "kind": "read-out"})
    for name in asked.pools:
        label, unit, owner, _ = model.module.POOLS[name]
        values = np.concatenate([part.states[:, :, model.pools.index(name)] for part in parts])
        about = {"units": unit, "long_name": label, "kind": "pool", "mechanism": owner}
        variables[name] = (("sample", "time"), values, about)
    return variables


def _solver(parts: Sequence[Ensemble]) -> dict[str, Any]:
    codes = {"flag_values": [int(status) for status in Status], "flag_meanings": " ".join(s.name for s in Status)}
    about = {
        "status": {"long_name": "status of the integration, 0 is OK", **codes},
        "fail_time": {"units": "day", "long_name": "time reached by a failed patient"},
        "worst_pool": {"long_name": "index of the pool that limited the last step, -1 for none"},
        "n_steps": {"long_name": "accepted steps"},
        "n_rejected": {"long_name": "rejected steps"},
    }
    return {
        name: (("sample",), np.concatenate([getattr(part, name) for part in parts]), attributes)
        for name, attributes in about.items()
    }


def _failures(parts: Sequence[Ensemble]) -> dict[str, Any]:
    """Return the failed rows and their last states; empty where none failed."""
    status = np.concatenate([part.status for part in parts])
    failed = np.flatnonzero(status != int(Status.OK))
    if not failed.size:
        return {}
    states = np.concatenate([part.fail_state[part.status != int(Status.OK)] for part in parts])
    return {
        "failed_sample": ("failure", failed, {"long_name": "patient that failed"}),
        "fail_state": (("failure", "pool"), states, {"long_name": "pools at fail_time, in their own units and order"}),
    }
