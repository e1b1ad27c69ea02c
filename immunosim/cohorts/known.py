"""What is known of one patient among the covariates of a population: some are set, others are matched.

A covariate that nothing else depends on is set to the value of the patient, which costs no patients. One that is
correlated with others, differs between cohorts or comes from a table is matched: its patients are weighted. Simulates
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from immunosim.codegen.loader import Array
from immunosim.cohorts.conditional import log_kernel, log_match
from immunosim.cohorts.covariates import COUNTS, SEX, BoundCovariate
from immunosim.cohorts.population import BoundPopulation
from immunosim.errors import DataError, did_you_mean
from immunosim.scenario.population import CONTINUOUS, Covariate, Population
from immunosim.sweeps.base import Base

DRAWS = "patient.draws."
"""Draws of hazards are assumed in a scenario; nobody knows them."""


@dataclass(frozen=True)
class Match:
    """A covariate by which the patients of a population are weighted.

    Attributes
    ----------
    name : str
    value : float
        Of the patient.
    is_exact : bool
        Whether only patients with this value count.
    is_log : bool
        Whether distances are those of logarithms.
    """

    name: str
    value: float
    is_exact: bool
    is_log: bool

    def log_weight(self, values: ArrayLike, weight: ArrayLike) -> Array:
        """Return the logarithm of the weight of each patient, shape (n,)."""
        return (
            log_match(values, self.value)
            if self.is_exact
            else log_kernel(values, self.value, weight, is_log=self.is_log)
        )


@dataclass(frozen=True)
class Known:
    """A population with the covariates that are set, and those to match.

    Attributes
    ----------
    population : Population
    matches : tuple of Match
    values : mapping of str to float
        Of all known covariates; positions of the choices where those are names.
    """

    population: Population
    matches: tuple[Match, ...]
    values: Mapping[str, float]


def known_covariates(bound: BoundPopulation, keys: Collection[str]) -> Known:
    """Return what a scenario tells of its patient, in terms of a population.

    Parameters
    ----------
    bound : BoundPopulation
        Its scenario is that of the patient.
    keys : collection of str
        Keys of the scenario that are known, such as ``patient.age``.

    Raises
    ------
    DataError
        If the patient has a value that nobody in the population has.
    """
    population, values, matches, instead = bound.population, dict[str, float](), [], dict[str, Covariate]()
    for covariate in bound.covariates[0]:
        record = covariate.record
        if record.sets not in keys or record.sets.startswith(DRAWS):
            continue
        value = values[record.name] = _value(covariate, bound.base)
        if _is_alone(record, population):
            instead[record.name] = _set_to(record, value)
        else:
            is_log = record.distribution == "lognormal"
            matches.append(Match(record.name, value, bool(covariate.choices), is_log))
    entries = tuple(instead.get(record.name, record) for record in population.covariate)
    return Known(population.model_copy(update={"covariate": entries}), tuple(matches), values)


def _is_alone(record: Covariate, population: Population) -> bool:
    """Return whether a covariate depends on nothing and may be set; a choice of names has to be matched."""
    correlated = {name for correlation in population.correlation for name in correlation.between}
    chosen = {population.cohort, *(stratum.cohort for stratum in population.stratum)}
    replaced = {entry.name for cohort in population.cohorts if cohort.name in chosen for entry in cohort.covariate}
    return record.distribution in (*CONTINUOUS, "share") and record.name not in correlated | replaced


def _set_to(record: Covariate, value: float) -> Covariate:
    if record.distribution == "share":
        return record.model_copy(update={"share": value})
    none = {**dict.fromkeys(("median", "log_sd", "scale", "low", "high")), "band": ()}
    return record.model_copy(update={**none, "distribution": "normal", "mean": value, "sd": 0.0})


def _value(covariate: BoundCovariate, base: Base) -> float:
    """Return the value of the patient, in the unit of what the covariate sets."""
    record, patient = covariate.record, base.scenario.patient
    if record.sets == SEX:
        if patient.sex not in covariate.choices:
            cure = did_you_mean(patient.sex, covariate.choices)
            raise DataError(f'nobody in the population is "{patient.sex}"', key=SEX, cure=cure)
        return float(covariate.choices.index(patient.sex))
    if covariate.count:
        return float(getattr(patient.baseline, record.sets.removeprefix(COUNTS)))
    problem = base.problem
    return float(problem.vector[problem.model.position[covariate.parameter]])
