"""Free quantities of a calibration: what each changes, its prior and bounds, and populations with new values.

The search works on logarithms. Simulates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunosim.calibration.least_squares import Array
from immunosim.calibration.records import FROM_SET, NO_PRIOR, FreeQuantities
from immunosim.cohorts.population import BoundPopulation
from immunosim.errors import DataError, InputProblem, did_you_mean
from immunosim.parameters import ParameterSet
from immunosim.scenario.population import CohortFactor, Population, Stratum, Trait

SPREADS = (0.01, 3.0)
"""Bounds of the spread of a trait: a logarithm."""

SHARES = (1e-4, 0.5)
FACTORS = (0.01, 100.0)

SPREAD_OF, SHARE_OF, COHORT_OF = "sd of ", "share of ", " in "
"""Words of the names of spreads, of shares, and of factors of a named cohort."""


@dataclass(frozen=True)
class FreeQuantity:
    """A quantity that a calibration may change.

    Attributes
    ----------
    kind : str
        ``parameters``, ``traits``, ``shares`` or ``factors``, as the file calls it.
    name, cohort : str
        Of the parameter, trait or stratum; of the named cohort for factors.
    start : float
        The present value.
    median, sd : float
        Of the log-normal prior; infinite sd for none.
    lower, upper : float
    unit : str
    """

    kind: str
    name: str
    start: float
    median: float
    sd: float
    lower: float
    upper: float
    unit: str = "1"
    cohort: str = ""

    @property
    def label(self) -> str:
        """The name in tables."""
        words = {"traits": SPREAD_OF, "shares": SHARE_OF}
        return f"{words.get(self.kind, '')}{self.name}{f'{COHORT_OF}{self.cohort}' if self.cohort else ''}"


def free_quantities(free: FreeQuantities, population: Population, parameters: ParameterSet) -> list[FreeQuantity]:
    """Return the free quantities in the order of the file.

    Raises
    ------
    DataError
        Naming each one that does not exist, cannot be calibrated, or has no prior to take.
    """
    entries = [
        *_parameters(free.parameters, parameters),
        *_traits(free.traits, population),
        *_shares(free.shares, population),
        *_factors(free.factors, population, parameters),
    ]
    problems = [entry for entry in entries if isinstance(entry, InputProblem)]
    if problems:
        raise DataError(problems=problems)
    return [entry for entry in entries if isinstance(entry, FreeQuantity)]


def changed_population(population: Population, quantities: Sequence[FreeQuantity], values: Array) -> Population:
    """Return a population with other spreads, shares and factors."""
    of = {(entry.kind, entry.name, entry.cohort): float(value) for entry, value in zip(quantities, values, strict=True)}
    traits = [_with_spread(trait, of.get(("traits", trait.name, ""))) for trait in population.trait]
    strata = _with_shares(
        population.stratum, {name: value for (kind, name, _), value in of.items() if kind == "shares"}
    )
    cohorts = [_with_factors(cohort, of) for cohort in population.cohorts]
    return population.model_copy(update={"trait": tuple(traits), "stratum": strata, "cohorts": tuple(cohorts)})


def changed_vector(bound: BoundPopulation, quantities: Sequence[FreeQuantity], values: Array) -> Array:
    """Return the closed parameter vector of the typical patient with other typical values."""
    problem = bound.base.problem
    vector = problem.vector.copy()
    for entry, value in zip(quantities, values, strict=True):
        if entry.kind == "parameters":
            vector[problem.model.position[entry.name]] = value
    problem.model.module.close(vector)
    return vector


def variant(bound: BoundPopulation, quantities: Sequence[FreeQuantity], values: Array) -> BoundPopulation:
    """Return a bound population with other values; its random numbers stay the same."""
    problem = replace(bound.base.problem, vector=changed_vector(bound, quantities, values))
    population = changed_population(bound.population, quantities, values)
    return replace(bound, population=population, base=replace(bound.base, problem=problem))


def _parameters(free: Mapping[str, object], parameters: ParameterSet) -> Iterator[FreeQuantity | InputProblem]:
    for name, spread in free.items():
        key = f"free.parameters.{name}"
        if name not in parameters:
            yield InputProblem("is not a parameter of the model", key=key, cure=did_you_mean(name, parameters))
            continue
        about = parameters[name]
        if not about.value > 0.0:
            yield InputProblem("is 0, which has no logarithm", key=key, cure="leave it out")
        elif spread == FROM_SET and about.prior is None:
            cure = "give the standard deviation of its logarithm, such as 0.3"
            yield InputProblem("has no prior in the parameter set", key=key, cure=cure)
        else:
            of_set = about.prior if spread == FROM_SET else None
            median = about.value if of_set is None else of_set.median
            sd = _sd(spread) if of_set is None else of_set.sd
            bounds = max(about.lower, 1e-9 * about.value), about.upper
            yield FreeQuantity("parameters", name, about.value, median, sd, *bounds, about.unit)


def _traits(free: Mapping[str, object], population: Population) -> Iterator[FreeQuantity | InputProblem]:
    by_name = {trait.name: trait for trait in population.trait}
    for name, spread in free.items():
        key = f"free.traits.{name}"
        if name not in by_name:
            yield InputProblem("is not a trait of the population", key=key, cure=did_you_mean(name, by_name))
        elif not by_name[name].sd:
            yield InputProblem("has no single spread above 0", key=key, cure="leave it out, or give the trait an sd")
        else:
            start = float(by_name[name].sd or 0.0)
            yield FreeQuantity("traits", name, start, start, _sd(spread), *SPREADS)


def _shares(free: Mapping[str, object], population: Population) -> Iterator[FreeQuantity | InputProblem]:
    by_name = {stratum.name: stratum for stratum in population.stratum}
    if by_name and set(by_name) <= set(free):
        cure = "leave one of them out: it takes what the others leave"
        yield InputProblem("every stratum is free, and their shares sum to 1", key="free.shares", cure=cure)
    for name, spread in free.items():
        key = f"free.shares.{name}"
        if name not in by_name:
            yield InputProblem("is not a stratum of the population", key=key, cure=did_you_mean(name, by_name))
        elif by_name[name].sampled is None:
            reason = "has a share by which its patients are drawn, so that they would change with it"
            yield InputProblem(reason, key=key, cure="give every stratum its simulated share, sampled")
        else:
            start = by_name[name].share
            yield FreeQuantity("shares", name, start, start, _sd(spread), *SHARES)


def _factors(
    free: Mapping[str, Mapping[str, object]], population: Population, parameters: ParameterSet
) -> Iterator[FreeQuantity | InputProblem]:
    by_name = {cohort.name: cohort for cohort in population.cohorts}
    for name, factors in free.items():
        if name not in by_name:
            cure = did_you_mean(name, by_name)
            yield InputProblem("is not a named cohort of the population", key=f"free.factors.{name}", cure=cure)
            continue
        for parameter, spread in factors.items():
            key = f"free.factors.{name}.{parameter}"
            if parameter not in parameters:
                yield InputProblem("is not a parameter of the model", key=key, cure=did_you_mean(parameter, parameters))
            else:
                start = by_name[name].factors.get(parameter, 1.0)
                yield FreeQuantity("factors", parameter, start, start, _sd(spread), *FACTORS, cohort=name)


def _sd(spread: object) -> float:
    return math.inf if spread == NO_PRIOR else float(np.float64(spread))  # type: ignore[arg-type]


def _with_spread(trait: Trait, sd: float | None) -> Trait:
    return trait if sd is None else trait.model_copy(update={"sd": sd})


def _with_shares(strata: Sequence[Stratum], shares: Mapping[str, float]) -> tuple[Stratum, ...]:
    """Return strata of which some have other shares; the rest divide what is left as before."""
    if not shares:
        return tuple(strata)
    others = sum(stratum.share for stratum in strata if stratum.name not in shares)
    left = 1.0 - sum(shares.values())
    return tuple(
        stratum.model_copy(update={"share": shares.get(stratum.name, stratum.share * left / others)})
        for stratum in strata
    )


def _with_factors(cohort: CohortFactor, values: Mapping[tuple[str, str, str], float]) -> CohortFactor:
    given = {name: value for (kind, name, of), value in values.items() if kind == "factors" and of == cohort.name}
    return cohort.model_copy(update={"factors": {**cohort.factors, **given}}) if given else cohort
