"""Records of calibration files: cohorts, targets, what is free, and how plausible sets are drawn.

Knows neither model nor result; names are checked where a calibration is set up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictInt

from immunosim.errors import InputProblem, QuantityError, any_of
from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.population import PopulationSection
from immunosim.scenario.quantities import Number
from immunosim.units import shown

FROM_SET, NO_PRIOR = "prior", "none"


def _spread(value: object, words: Sequence[str]) -> object:
    if value in words:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 < value <= WIDEST:
        return float(value)
    cure = f"write a number above 0, at most {WIDEST:g}, or {any_of(words)}"
    raise QuantityError(f"{shown(value)} is not a standard deviation of a logarithm", cure=cure)


WIDEST = 10.0

PriorSpread = Annotated[float | Literal["prior", "none"], BeforeValidator(partial(_spread, words=(FROM_SET, NO_PRIOR)))]
"""Standard deviation of the logarithm about the present value; ``prior`` for the prior of the parameter set."""

PlainSpread = Annotated[float | Literal["none"], BeforeValidator(partial(_spread, words=(NO_PRIOR,)))]


class CalibratedCohort(Record):
    """A cohort that target files name: the scenario that simulates it, and the named cohort of the population."""

    name: Text
    scenario: Text
    cohort: Text = ""
    problems = each_value_stands_alone


class FreeQuantities(Record):
    """What is free, each with the standard deviation of its prior.

    `parameters` are typical values, `traits` spreads, `shares` those of strata, `factors` those of named cohorts.
    """

    parameters: dict[Text, PriorSpread] = Field(default={})
    traits: dict[Text, PlainSpread] = Field(default={})
    shares: dict[Text, PlainSpread] = Field(default={})
    factors: dict[Text, dict[Text, PlainSpread]] = Field(default={})

    def problems(self) -> Iterator[InputProblem]:
        """Yield a calibration of nothing."""
        if not (self.parameters or self.traits or self.shares or any(self.factors.values())):
            cure = "add for example [free.parameters] with a prior for each"
            yield InputProblem("nothing is free", key="parameters", cure=cure)


class PlausibleSets(Record):
    """How plausible sets are drawn and kept.

    Draws of the Laplace approximation, their deviations scaled by `scale`, are simulated until `n` of them meet at
    least as many targets as the best set less `may_miss`, or `most` have been simulated.
    """

    n: Annotated[StrictInt, Field(ge=0, le=100_000)] = 200
    most: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = 400
    scale: Annotated[Number, Field(gt=0, le=2)] = 0.7
    may_miss: Annotated[StrictInt, Field(ge=0)] = 4

    def problems(self) -> Iterator[InputProblem]:
        """Yield fewer draws than sets."""
        if self.most < self.n:
            yield InputProblem(f"{self.most} draws cannot give {self.n} sets", key="most", cure="allow more draws")


class Calibration(Record):
    """A calibration file.

    Attributes
    ----------
    title, description : str
    population : Population
        As in a scenario; the seed of its draws is ``seed``.
    targets : tuple of str
        Files, relative to this one, or names of those that come with the model; held-out targets are only reported.
    patients, fresh_patients : int
        Of each cohort, in the search, and with another seed at the end.
    seed : int
    iterations : int
    difference, longest_step : float
        Of logarithms.
    cohort : tuple of CalibratedCohort
    free : FreeQuantities
    ensemble : PlausibleSets
    """

    title: Text = ""
    description: Text = ""
    population: PopulationSection
    targets: tuple[Text, ...] = ("all",)
    patients: Annotated[StrictInt, Field(ge=2, le=100_000)] = 256
    fresh_patients: Annotated[StrictInt, Field(ge=2, le=1_000_000)] = 2048
    seed: Annotated[StrictInt, Field(ge=0, lt=2**31)] = 0
    iterations: Annotated[StrictInt, Field(ge=0, le=200)] = 10
    difference: Annotated[Number, Field(gt=0, le=0.5)] = 0.05
    longest_step: Annotated[Number, Field(gt=0, le=5)] = 0.5
    cohort: tuple[CalibratedCohort, ...]
    free: FreeQuantities
    ensemble: PlausibleSets = PlausibleSets()

    def problems(self) -> Iterator[InputProblem]:
        """Yield a calibration without cohorts, and cohorts with the same name."""
        if not self.cohort:
            yield InputProblem("there is no cohort to simulate", key="cohort", cure="write [[cohort]]")
        for name, count in Counter(cohort.name for cohort in self.cohort).items():
            if count > 1:
                reason = f'two cohorts are called "{name}"'
                yield InputProblem(reason, key="cohort", cure="give each its own name")
