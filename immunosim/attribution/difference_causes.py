"""Records of a difference between two scenarios and of the keys that make it: plain records over arrays.

Knows no solver and no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.attribution.comparison import Comparison
from immunosim.attribution.effects import LEAST
from immunosim.attribution.scenario_differences import ABSENT
from immunosim.codegen.loader import Array
from immunosim.formatting import is_or_are, number, quantity
from immunosim.model.readout_info import ReadoutInfo
from immunosim.result import Result
from immunosim.safe_text import csv_text
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST_NAMED = 3
"""Keys that a sentence names."""

COLUMNS = (
    *("readout", "unit", "day", "reference", "scenario", "key", "reference_key_value", "key_value"),
    *("reference_value", "value", "with_key_of_reference", "reference_with_key", "share_taken_away", "share_brought"),
)


@dataclass(frozen=True, eq=False)
class KeySetBack:
    """What a key of two scenarios does to the difference of a read-out.

    Attributes
    ----------
    key : str
        As ``--set`` takes it, or the name of a table of which several keys differ.
    values : tuple of str
        Its value in the reference and in the other scenario, as text.
    back, brought : ndarray, shape (n_times,)
        The read-out of the other scenario with the key of the reference, and of the reference with the key of the
        other; NaN where the run failed.
    taken_away, share_brought : float
        Shares (C5) and (C6) of the difference, at the time of the question.
    is_table : bool
        Whether it is all keys of a table that differ.
    """

    key: str
    values: tuple[str, str]
    back: Array
    brought: Array
    taken_away: float
    share_brought: float
    is_table: bool = False

    def text(self, reference: str) -> str:
        """Return in words what the other scenario gets from the reference."""
        theirs, others = self.values
        if self.is_table:
            return f"with {others} of {self.key} of {reference}"
        if theirs == ABSENT:
            return f"without {self.key}"
        return (
            f"with {self.key} of {reference}" if others == ABSENT else f"with {self.key} {theirs} instead of {others}"
        )

    @property
    def size(self) -> float:
        """The larger of the two shares, regardless of sign."""
        return float(np.nanmax(np.abs([self.taken_away, self.share_brought, 0.0])))


@dataclass(frozen=True, eq=False, repr=False)
class DifferenceCauses(Result):
    """Which keys make a read-out differ between a scenario and the reference.

    Attributes
    ----------
    reference, name : str
        Names of the scenarios.
    readout, label, unit : str
    at : float, day
    times, reference_values, values : ndarray, shape (n_times,)
    threshold : float
        Differences up to this are nothing.
    keys : tuple of KeySetBack
        Largest share first.
    failures : mapping of str to str
        Runs that failed, and why.
    n_runs : int
    info : ReadoutInfo
    comparison : Comparison
    """

    reference: str
    name: str
    readout: str
    label: str
    unit: str
    at: float
    times: Array
    reference_values: Array
    values: Array
    threshold: float
    keys: tuple[KeySetBack, ...]
    failures: Mapping[str, str]
    n_runs: int
    info: ReadoutInfo
    comparison: Comparison = field(repr=False)

    @property
    def place(self) -> int:
        """Position of the time of the question."""
        return int(np.argmin(np.abs(self.times - self.at)))

    @property
    def difference(self) -> float:
        """The scenario minus the reference, at the time of the question."""
        return float(self.values[self.place] - self.reference_values[self.place])

    @property
    def notable(self) -> tuple[KeySetBack, ...]:
        """Keys that move the read-out by more than nothing, in either direction."""
        least = self.threshold / abs(self.difference) if self.difference else np.inf
        return tuple(key for key in self.keys if key.size > least) if abs(self.difference) > self.threshold else ()

    def sentence(self) -> str:
        """Return in a sentence which keys make the difference."""
        a, b = self.reference_values[self.place], self.values[self.place]
        months = f"month {self.at / DAYS_PER_MONTH:.3g}" if abs(self.at) > DAYS_PER_MONTH else f"day {self.at:.3g}"
        head = f"{self.label[:1].upper()}{self.label[1:]} at {months} {is_or_are(self.label)}"
        if abs(self.difference) <= self.threshold:
            return f"{head} {self._amount(a)} in {self.reference} and in {self.name}."
        text = f"{head} {self._written(a)} in {self.reference}, {self._amount(b)} in {self.name}"
        named = [f"{self._written(key.back[self.place])} {key.text(self.reference)}" for key in self.moving]
        return f"{text}; {self.name} would have {', '.join(named)}." if named else f"{text}."

    @property
    def moving(self) -> tuple[KeySetBack, ...]:
        """The keys that a sentence and a figure name: single ones, or the tables where no single key matters."""
        keys = [key for key in self.notable if key.taken_away >= LEAST]
        single = [key for key in keys if not key.is_table]
        return tuple((single or keys)[:MOST_NAMED])

    def sentences(self) -> list[str]:
        """Return the answer, and what limits it."""
        lines = [self.sentence()]
        single = [key.taken_away for key in self.notable if not key.is_table]
        total = float(np.nansum(single))
        if len(single) > 1 and abs(total - 1.0) > LEAST:
            lines.append(f"The shares of the single keys add up to {100.0 * total:.0f} %: the keys act on one another.")
        if self.failures:
            reasons = "; ".join(f"{name}: {why}" for name, why in self.failures.items())
            lines.append(f"{len(self.failures)} of {self.n_runs} simulations failed and are left out ({reasons}).")
        return lines

    def headline(self) -> str:
        """Return in a sentence which keys make the difference."""
        return self.sentence()

    def facts(self) -> dict[str, object]:
        """Return the difference and the number of runs."""
        facts: dict[str, object] = {"difference": self.difference, "differences are nothing up to": self.threshold}
        return facts | {"simulations": self.n_runs, **self.failures}

    def summary(self) -> dict[str, Any]:
        """Return the sentence and each key that matters, as plain data."""
        about = {"sentence": self.sentence(), "sentences": self.sentences(), "label": self.label}
        keys = [dict(zip(COLUMNS, row, strict=True)) for row in self.rows()]
        described = {"readout": self.readout, "unit": self.unit, "at_day": self.at, "threshold": self.threshold}
        runs = {"simulations": self.n_runs, "failures": dict(self.failures)}
        return about | described | {"reference": self.reference, "scenario": self.name, "keys": keys} | runs

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each key that matters, in the unit of the read-out."""
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(COLUMNS))

    @property
    def dataset(self) -> xr.Dataset:
        """The read-out of both scenarios, and with each ``key`` set back and brought, over ``time`` [day]."""
        import xarray as xr

        shape = (-1, self.times.size)
        changed = {
            "set_back": (("key", "time"), np.array([key.back for key in self.keys]).reshape(shape)),
            "brought": (("key", "time"), np.array([key.brought for key in self.keys]).reshape(shape)),
        }
        ends = {"reference": ("time", self.reference_values), "scenario": ("time", self.values)}
        time = ("time", self.times, {"units": "day", "long_name": "time since day 0"})
        coordinates = {"time": time, "key": [key.key for key in self.keys]}
        return xr.Dataset(ends | changed, coordinates, {"readout": self.readout, "units": self.unit})

    def rows(self) -> list[tuple[object, ...]]:
        """Return a row for each key that matters, as ``COLUMNS``."""
        i = self.place
        shared = (self.readout, self.unit, self.at, self.reference, self.name)
        ends = (float(self.reference_values[i]), float(self.values[i]))
        return [
            (
                *shared,
                key.key,
                *key.values,
                *ends,
                *(_number(value) for value in (key.back[i], key.brought[i], key.taken_away, key.share_brought)),
            )
            for key in self.notable
        ]

    def _written(self, value: float) -> str:
        return number(value) if abs(value) > self.info.unseen_below else "0"

    def _amount(self, value: float) -> str:
        return quantity(value, self.unit).replace(number(value), self._written(value), 1).strip()


def causes_csv(causes: Sequence[DifferenceCauses]) -> str:
    """Return every key that matters to a difference, one per row."""
    return csv_text([COLUMNS, *(row for cause in causes for row in cause.rows())])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
