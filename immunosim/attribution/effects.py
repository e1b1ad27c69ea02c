"""Records of counterfactuals: a read-out with everything, and what it would be without each treatment and mechanism.

Plain records over arrays. Knows no solver and no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from immunosim.attribution.left_out import LeftOut
from immunosim.codegen.loader import Array
from immunosim.model.readout_info import ReadoutInfo
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from immunosim.scenario import Scenario

Role = Literal["path", "carrier", "condition"]

MOST = 0.5
"""Share of an effect that disappears without a mechanism through which most of the effect goes."""

LEAST = 0.1
"""Smallest share that is mentioned, and the largest by which shares that are said to add up miss one."""


@dataclass(frozen=True)
class Through:
    """What becomes of the effect of a treatment without a mechanism.

    Attributes
    ----------
    name, label : str
        Of the mechanism.
    with_treatment, without_treatment : float
        The read-out without the mechanism, with and without the treatment.
    share : float
        Share of the treatment's effect that disappears without the mechanism; negative where the effect grows.
    role : str
        "path": without it the treatment does less. "carrier": it brings the drug to where it acts. "condition":
        without it, what the treatment changes would not be there at all.
    """

    name: str
    label: str
    with_treatment: float
    without_treatment: float
    share: float
    role: Role


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What a read-out would be without something.

    Attributes
    ----------
    left_out : LeftOut
    course : ndarray, shape (n_times,)
        The read-out without it.
    with_it, without_it : float
        The read-out with everything and without it, at the time of the question.
    largest, largest_at : float
        Largest difference over the course, with minus without, and its day.
    is_notable : bool
        Whether the difference at the time of the question is more than nothing.
    is_ever_notable : bool
        Whether any difference of the course is.
    through : tuple of Through
        For the treatments with the largest effects: its mechanisms, by share.
    """

    left_out: LeftOut
    course: Array
    with_it: float
    without_it: float
    largest: float
    largest_at: float
    is_notable: bool
    is_ever_notable: bool
    through: tuple[Through, ...] = ()

    @property
    def difference(self) -> float:
        """Difference at the time of the question, with minus without."""
        return self.with_it - self.without_it

    def by_role(self, role: Role, least: float = LEAST) -> tuple[Through, ...]:
        """Return the mechanisms of a role without which at least a share of the effect disappears."""
        return tuple(item for item in self.through if item.role == role and item.share >= least)


@dataclass(frozen=True, eq=False, repr=False)
class Counterfactuals(Result):
    """A read-out with everything, and without each treatment and mechanism.

    Attributes
    ----------
    readout, label, unit : str
        Name of the read-out or pool, the same in words, and its unit.
    at : float, day
        Time of the question; a value at the time of a dose is the one just before it.
    is_chosen : bool
        Whether no time was asked for: then it is that of the largest effect of a treatment.
    times : ndarray, shape (n_times,), day
    values : ndarray, shape (n_times,)
        The read-out with everything.
    floor : float
        Values up to this are nothing: nobody sees them, no assay detects them, or they are solver error.
    thresholds : ndarray, shape (n_times,)
        Differences up to this are nothing: the floor, or 1 % of the value.
    effects : tuple of Counterfactual
        Of what was left out; largest difference at the time of the question first.
    failures : mapping of str to str
        What could not be left out because the simulation failed, and why.
    n_runs : int
        Number of simulations, those that failed included.
    info : ReadoutInfo
        How to show the read-out.
    scenario : Scenario
    """

    readout: str
    label: str
    unit: str
    at: float
    is_chosen: bool
    times: Array
    values: Array
    floor: float
    thresholds: Array
    effects: tuple[Counterfactual, ...]
    failures: Mapping[str, str]
    n_runs: int
    info: ReadoutInfo
    scenario: Scenario = field(repr=False)

    @property
    def value(self) -> float:
        """The read-out with everything at the time of the question."""
        return float(np.interp(self.at, self.times, self.values))

    @property
    def threshold(self) -> float:
        """Difference at the time of the question up to which there is nothing to say."""
        return float(np.interp(self.at, self.times, self.thresholds))

    @property
    def treatments(self) -> tuple[Counterfactual, ...]:
        """Notable effects of treatments, of single orders and of several, largest first."""
        return tuple(effect for effect in self.notable if effect.left_out.kind != "mechanism")

    @property
    def mechanisms(self) -> tuple[Counterfactual, ...]:
        """Notable effects of mechanisms, largest first."""
        return tuple(effect for effect in self.notable if effect.left_out.kind == "mechanism")

    @property
    def notable(self) -> tuple[Counterfactual, ...]:
        """Effects at the time of the question that are more than nothing, largest first."""
        return tuple(effect for effect in self.effects if effect.is_notable)

    @property
    def main(self) -> Counterfactual | None:
        """The treatment with the largest effect: a single order, or a drug whose orders do more together than any."""
        return main_of(self.effects, self.threshold)

    def written(self, value: float) -> str:
        """Return a value with three digits; 0 where it is nothing."""
        from immunosim.attribution.wording import value_text

        return value_text(self, value)

    def is_worth_saying(self, item: Through) -> bool:
        """Whether stopping a mechanism changes the effect of the treatment by more than nothing."""
        return abs(item.share) >= LEAST

    def sentence(self) -> str:
        """Return the answer in a sentence."""
        from immunosim.attribution.wording import answer

        return answer(self)

    def sentences(self) -> list[str]:
        """Return the answer, through what the treatment works, and what else there is to know."""
        from immunosim.attribution.wording import sentences

        return sentences(self)

    def headline(self) -> str:
        """Return the answer in a sentence."""
        return self.sentence()

    def facts(self) -> dict[str, object]:
        """Return the time, the threshold and the number of runs."""
        facts: dict[str, object] = {"day": self.at, "differences are nothing up to": self.threshold}
        return facts | {"simulations": self.n_runs, **self.failures}

    def summary(self) -> dict[str, Any]:
        """Return the sentence and every effect that is more than nothing at any time, as plain data."""
        from immunosim.attribution.effect_tables import as_dict

        return as_dict(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each effect that is more than nothing at any time, in the unit of the read-out."""
        import pandas as pd

        from immunosim.attribution.effect_tables import COLUMNS, rows

        return pd.DataFrame(rows(self), columns=list(COLUMNS))

    @property
    def dataset(self) -> xr.Dataset:
        """The read-out with everything and without each ``left_out``, over ``time`` [day]."""
        import xarray as xr

        about = {"units": self.unit, "long_name": self.label}
        courses = np.array([effect.course for effect in self.effects]).reshape(-1, self.times.size)
        variables = {
            self.readout: ("time", self.values, about),
            "without": (("left_out", "time"), courses, about | {"long_name": f"{self.label} without it"}),
        }
        time = ("time", self.times, {"units": "day", "long_name": "time since day 0"})
        return xr.Dataset(variables, {"time": time, "left_out": [effect.left_out.name for effect in self.effects]})


def main_of(effects: Sequence[Counterfactual], threshold: float) -> Counterfactual | None:
    """Return the notable effect of an order that is largest, or of a drug whose orders do more together than any."""
    orders = [effect for effect in effects if effect.is_notable and effect.left_out.kind == "treatment"]
    drugs = [effect for effect in effects if effect.is_notable and effect.left_out.kind == "drug"]
    largest = max(orders, key=_size, default=None)
    least = threshold + _size(largest) if largest else 0.0
    return max((effect for effect in drugs if _size(effect) > least), key=_size, default=largest)


def _size(effect: Counterfactual) -> float:
    return abs(effect.difference)
