"""The result of a sensitivity analysis, as labelled data and as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, did_you_mean
from immunosim.result import Result
from immunosim.safe_text import csv_text

if TYPE_CHECKING:
    import pandas as pd

MAIN = {"sobol": "ST", "morris": "mu_star", "pawn": "median", "local": "elasticity"}
"""The index of each method by which inputs are ranked."""


HEADERS = ("result", "time_day", "index", "parameter", "other", "value", "half_width")
"""Columns of the tidy table."""


@dataclass(frozen=True, eq=False)
class AnalysedOutput:
    """The indices of one output, at one or several times.

    Attributes
    ----------
    name, label, unit : str
    times : ndarray, shape (n_times,), day, or None
        For a read-out; None for an endpoint.
    values, half_widths : dict of str to ndarray, shape (n_factors,) or (n_factors, n_factors), then n_times
        By the name of the index; half-widths of intervals, NaN where there is no interval.
    n_used, n_failed, n_not_reached : int
        Blocks used, blocks left out because of a failed patient, and because of a patient without a value; over times
        the smallest and the largest number.
    remark : str
    n_censored : int
        Patients in whom an event does not happen by ``censored_at`` (day, the end of its window). They count with this
        day: the indices are those of the restricted time, the smaller of both.
    censored_at : float
        NaN for what is not a time to an event.
    """

    name: str
    label: str
    unit: str
    times: Array | None
    values: dict[str, Array]
    half_widths: dict[str, Array]
    n_used: int
    n_failed: int = 0
    n_not_reached: int = 0
    remark: str = ""
    n_censored: int = 0
    censored_at: float = math.nan

    @property
    def censoring(self) -> str:
        """Sentence on the patients who are censored; empty without any."""
        if not self.n_censored:
            return ""
        by = f"by day {self.censored_at:g} and count with that day"
        return f"{self.n_censored:,} patients do not get there {by}: indices are of the time restricted to it."


@dataclass(frozen=True, eq=False, repr=False)
class Analysis(Result):
    """The influence of inputs on outputs.

    Attributes
    ----------
    method : str
    names, labels, ranges : tuple of str
        Of the inputs.
    outcomes : tuple of AnalysedOutput
    n_blocks, n_patients, n_patients_failed : int
    seed : int
    confidence : float
    """

    method: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    ranges: tuple[str, ...]
    outcomes: tuple[AnalysedOutput, ...]
    n_blocks: int
    n_patients: int
    n_patients_failed: int
    seed: int
    confidence: float

    def __getitem__(self, name: str) -> AnalysedOutput:
        """Return the indices of an output by name.

        Raises
        ------
        DataError
            If there is no such result, with close matches.
        """
        outcome = next((each for each in self.outcomes if each.name == name), None)
        if outcome is None:
            cure = did_you_mean(name, [each.name for each in self.outcomes])
            raise DataError(f'unknown output "{name}"', cure=cure)
        return outcome

    @property
    def main_index(self) -> str:
        """The index that inputs are ranked by."""
        return MAIN[self.method]

    def headline(self) -> str:
        """Return method, outputs and inputs in a line."""
        how = f", {self.n_patients:,} patients, {self.n_patients_failed:,} failed" if self.n_patients else ""
        return f"{self.method} of {len(self.outcomes)} outputs by {len(self.names)} inputs{how}"

    def facts(self) -> dict[str, object]:
        """Return the most influential input of each output."""
        return {outcome.name: f"most by {self.ranking(outcome.name)[0]}" for outcome in self.outcomes}

    def ranking(self, name: str) -> list[str]:
        """Return the inputs by their influence on an output, at its last time, the largest first."""
        values = np.abs(self[name].values[self.main_index])
        last = values if values.ndim == 1 else values[:, -1]
        order = np.argsort(np.where(np.isnan(last), -1.0, last), kind="stable")[::-1]
        return [self.names[i] for i in order]

    def summary(self) -> dict[str, list[str]]:
        """Return the inputs by their influence on each output."""
        return {outcome.name: self.ranking(outcome.name) for outcome in self.outcomes}

    def to_dataframe(self) -> pd.DataFrame:
        """Return a tidy table: a row for each output, time, index and input."""
        import pandas as pd

        return pd.DataFrame(self._lines(), columns=list(HEADERS))

    @property
    def dataset(self) -> xr.Dataset:
        """All indices, as of ``to_dataset``."""
        return self.to_dataset()

    def to_dataset(self) -> xr.Dataset:
        """Return all indices, a variable ``<result>_<index>`` and its half-width ``<result>_<index>_half_width``.

        Dimensions are ``parameter``, for pairs ``other`` as well, and ``time_of_<result>``.
        """
        variables: dict[str, Any] = {}
        coordinates: dict[str, Any] = {
            "parameter": ("parameter", list(self.names)),
            "label": ("parameter", list(self.labels)),
            "range": ("parameter", list(self.ranges)),
        }
        for outcome in self.outcomes:
            time = f"time_of_{outcome.name}"
            if outcome.times is not None:
                coordinates[time] = (time, outcome.times, {"units": "day", "long_name": "time since day 0"})
            for index, values in outcome.values.items():
                dims = ("parameter", "other") if index == "S2" else ("parameter",)
                dims = dims if outcome.times is None else (*dims, time)
                about: dict[str, Any] = {
                    "long_name": f"{index} of {outcome.label}",
                    "units": _unit(index, outcome.unit),
                }
                about |= {
                    "n_used": outcome.n_used,
                    "n_failed": outcome.n_failed,
                    "n_not_reached": outcome.n_not_reached,
                    "n_censored": outcome.n_censored,
                }
                variables[f"{outcome.name}_{index}"] = (dims, values, about | {"remark": outcome.remark})
                half = {"long_name": f"half-width of {index} of {outcome.label}", "units": about["units"]}
                variables[f"{outcome.name}_{index}_half_width"] = (dims, outcome.half_widths[index], half)
        attributes = {
            "method": self.method,
            "seed": self.seed,
            "confidence": self.confidence,
            "n_blocks": self.n_blocks,
            "n_patients": self.n_patients,
            "n_patients_failed": self.n_patients_failed,
            "intended_use": "Research and teaching software, not a medical device.",
        }
        return xr.Dataset(variables, coordinates, attributes)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        plain = {key: value for key, value in vars(self).items() if key != "outcomes"}
        return plain | {"outcomes": [_plain(outcome) for outcome in self.outcomes]}

    def to_csv(self) -> bytes:
        """Return a tidy table: a row per output, time, index and input."""
        return csv_text([HEADERS, *self._lines()]).encode()

    def _lines(self) -> Iterator[tuple[object, ...]]:
        for outcome in self.outcomes:
            for index, values in outcome.values.items():
                half = outcome.half_widths[index]
                for position in np.ndindex(values.shape):
                    is_pair = index == "S2"
                    other = self.names[position[1]] if is_pair else ""
                    time = "" if outcome.times is None else repr(float(outcome.times[position[-1]]))
                    if not (is_pair and np.isnan(values[position])):
                        yield (
                            outcome.name,
                            time,
                            index,
                            self.names[position[0]],
                            other,
                            values[position],
                            half[position],
                        )


def _unit(index: str, unit: str) -> str:
    """Return the unit of an index: effects over the whole range of an input have that of the output."""
    return unit if index in ("mu_star", "mu", "sigma") else "1"


def _plain(outcome: AnalysedOutput) -> dict[str, Any]:
    """Return an outcome as plain values."""
    arrays = {
        "times": None if outcome.times is None else outcome.times.tolist(),
        "values": {name: values.tolist() for name, values in outcome.values.items()},
        "half_widths": {name: values.tolist() for name, values in outcome.half_widths.items()},
    }
    return vars(outcome) | arrays
