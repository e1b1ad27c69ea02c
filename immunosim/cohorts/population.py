"""A population that has met a model: names checked, units removed, strata with their segments.

Reads no file; ``reading`` does. Draws nothing; ``draws`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.covariates import COUNTS, BoundCovariate, bound_covariate, unknown_parameter
from immunosim.cohorts.keyed import SobolPoints
from immunosim.cohorts.output_checks import output_problems
from immunosim.ensembles.rows import checked_parameters
from immunosim.errors import DataError, ImmunosimError, InputProblem, did_you_mean
from immunosim.scenario.population import CohortFactor, Correlation, Covariate, Population, Stratum, Trait
from immunosim.sweeps.base import Base
from immunosim.units import parse_quantity

EVERYBODY = "everybody"
"""Name of the only stratum of a population without strata."""

STRATUM = "stratum"
"""Name of the variable that decides on the stratum of a patient."""


@dataclass(frozen=True, eq=False)
class BoundPopulation:
    """A population with the model and the scenario that it varies.

    Attributes
    ----------
    population : Population
    base : Base
    covariates : tuple of tuple of BoundCovariate
        For each stratum; the same names in the same order.
    regimens : mapping of str to mapping
        Treatment tables of the strata that have their own, as in a scenario file.
    table : ndarray, shape (n_rows, n_covariates)
        Values of the covariates that are columns of a table, NaN for others; no rows without a table.
    """

    population: Population
    base: Base
    covariates: tuple[tuple[BoundCovariate, ...], ...]
    regimens: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    table: Array = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def traits(self) -> tuple[Trait, ...]:
        """The traits."""
        return self.population.trait

    @cached_property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata; one of everybody where the population has none."""
        return self.population.stratum or (Stratum(name=EVERYBODY, share=1.0),)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of traits and covariates, in the order of their random numbers."""
        return (*(trait.name for trait in self.traits), *(bound.record.name for bound in self.covariates[0]))

    def factors_of(self, stratum: Stratum) -> Mapping[str, float]:
        """Return the factors of parameters of a stratum's cohort, which no covariate explains."""
        cohort = cohort_of(self.population, stratum)
        return {} if cohort is None else cohort.factors

    @cached_property
    def sobol(self) -> SobolPoints:
        """The points of a population that is sampled by a Sobol sequence."""
        return SobolPoints(self.population.seed or 0, (STRATUM, *self.names))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that differ between patients, in the order of the model."""
        touched = {name for stratum in self.strata for name in (*stratum.parameters, *self.factors_of(stratum))}
        for trait in self.traits:
            touched |= {*trait.multiplies, *trait.odds, *(name for pair in trait.splits for name in pair)}
        for covariates in self.covariates:
            for bound in covariates:
                touched |= {bound.parameter, *(effect.parameter for effect in bound.record.effect)}
        return tuple(name for name in self.base.problem.parameters if name in touched)


def bind(
    population: Population,
    base: Base,
    file: str = "population",
    regimens: Mapping[str, Mapping[str, Any]] | None = None,
    table: Array | None = None,
) -> BoundPopulation:
    """Check a population against a scenario and its model.

    Parameters
    ----------
    population : Population
        Without a base file.
    base : Base
    file : str
        Name for messages.
    regimens, table
        As ``BoundPopulation`` holds them.

    Raises
    ------
    DataError
        With every problem: unknown parameters, wrong units, values out of bounds, impossible correlations.
    """
    strata = population.stratum or (Stratum(name=EVERYBODY, share=1.0),)
    problems = [*_name_problems(population), *_trait_problems(population, base), *_stratum_problems(population, base)]
    bound, seen = [], dict[InputProblem, None]()
    for stratum in strata:
        covariates = []
        for key, record in covariates_of(population, stratum):
            try:
                covariates.append(bound_covariate(record, base))
            except ImmunosimError as error:
                for fault in error.problems:
                    seen[InputProblem(fault.reason, key=f"{key}.{fault.key}", cure=fault.cure)] = None
        bound.append(tuple(covariates))
    problems += [*seen, *_correlation_problems(population), *output_problems(population, base.problem.model)]
    if problems:
        raise DataError(problems=[replace(fault, file=file) for fault in problems])
    rows = np.empty((0, len(bound[0]))) if table is None else table
    result = BoundPopulation(population, base, tuple(bound), regimens or {}, rows)
    clashes = _clashes(result)
    if clashes:
        raise DataError(problems=[replace(fault, file=file) for fault in clashes])
    return result


def cohort_of(population: Population, stratum: Stratum) -> CohortFactor | None:
    """Return the named cohort of a stratum; None where it belongs to none."""
    name = stratum.cohort or population.cohort
    return next((cohort for cohort in population.cohorts if cohort.name == name), None)


def covariates_of(population: Population, stratum: Stratum) -> Iterator[tuple[str, Covariate]]:
    """Yield the covariates of a stratum with their keys: those of its cohort in place of the population's."""
    cohort = cohort_of(population, stratum)
    number = 0 if cohort is None else population.cohorts.index(cohort) + 1
    instead = {} if cohort is None else {entry.name: (i, entry) for i, entry in enumerate(cohort.covariate, 1)}
    for index, covariate in enumerate(population.covariate, 1):
        if covariate.name in instead:
            position, entry = instead[covariate.name]
            yield f"cohorts[{number}].covariate[{position}]", entry
        else:
            yield f"covariate[{index}]", covariate


def correlation_matrix(names: Sequence[str], correlations: Sequence[Correlation]) -> Array:
    """Return the correlation matrix of some variables, shape (n_names, n_names)."""
    matrix = np.eye(len(names))
    for correlation in correlations:
        i, j = (names.index(name) for name in correlation.between)
        matrix[i, j] = matrix[j, i] = correlation.value
    return matrix


def correlated_names(population: Population) -> list[str]:
    """Return the names of correlated traits and covariates, in the order of the population."""
    named = {name for correlation in population.correlation for name in correlation.between}
    return [name for name in _variable_names(population) if name in named]


def _variable_names(population: Population) -> list[str]:
    return [*(trait.name for trait in population.trait), *(entry.name for entry in population.covariate)]


def _name_problems(population: Population) -> Iterator[InputProblem]:
    traits = {trait.name for trait in population.trait}
    for number, covariate in enumerate(population.covariate, 1):
        if covariate.name in traits:
            reason = f'"{covariate.name}" is also the name of a trait'
            yield InputProblem(reason, key=f"covariate[{number}].name", cure="give it another name")
    known = [cohort.name for cohort in population.cohorts]
    chosen = [("cohort", population.cohort)]
    chosen += [(f"stratum[{number}].cohort", entry.cohort) for number, entry in enumerate(population.stratum, 1)]
    for key, name in chosen:
        if name and name not in known:
            yield InputProblem(f'unknown cohort "{name}"', key=key, cure=did_you_mean(name, known))
    names = [covariate.name for covariate in population.covariate]
    for number, cohort in enumerate(population.cohorts, 1):
        for position, entry in enumerate(cohort.covariate, 1):
            if entry.name not in names:
                key, cure = f"cohorts[{number}].covariate[{position}].name", did_you_mean(entry.name, names)
                yield InputProblem("replaces no covariate of the population", key=key, cure=cure)


def _trait_problems(population: Population, base: Base) -> Iterator[InputProblem]:
    for number, trait in enumerate(population.trait, 1):
        keys = {"multiplies": trait.multiplies, "odds": trait.odds}
        keys["splits"] = tuple(name for pair in trait.splits for name in pair)
        for key, names in keys.items():
            for name in names:
                yield from unknown_parameter(base, name, f"trait[{number}].{key}")
        for name in trait.odds:
            value = _typical(base, name)
            if value is not None and not 0.0 < value < 1.0:
                reason = f"{name} is {value:g}, not a fraction between 0 and 1, so it has no odds"
                yield InputProblem(reason, key=f"trait[{number}].odds", cure="multiply it instead")


def _stratum_problems(population: Population, base: Base) -> Iterator[InputProblem]:
    for number, stratum in enumerate(population.stratum, 1):
        for name, value in stratum.parameters.items():
            yield from _value_problems(base, name, value, f"stratum[{number}].parameters.{name}")
    for number, cohort in enumerate(population.cohorts, 1):
        for name in cohort.factors:
            yield from unknown_parameter(base, name, f"cohorts[{number}].factors.{name}")


def _value_problems(base: Base, name: str, value: object, key: str) -> Iterator[InputProblem]:
    unknown = list(unknown_parameter(base, name, key))
    yield from unknown
    if unknown:
        return
    about = base.problem.parameters[name]
    try:
        problem = about.problem_with(parse_quantity(value, about.unit, bare=True))
    except ImmunosimError as error:
        problem = error.problems[0]
    if problem is not None:
        yield InputProblem(problem.reason, key=key, cure=problem.cure)


def _typical(base: Base, name: str) -> float | None:
    known = name in base.problem.parameters
    return float(base.problem.vector[base.problem.model.position[name]]) if known else None


def _correlation_problems(population: Population) -> Iterator[InputProblem]:
    known = _variable_names(population)
    columns = {entry.name for entry in population.covariate if entry.distribution == "column"}
    is_known = True
    for number, correlation in enumerate(population.correlation, 1):
        for name in correlation.between:
            key = f"correlation[{number}].between"
            if name not in known:
                cure, is_known = did_you_mean(name, known), False
                yield InputProblem(f'"{name}" is not a trait or a covariate', key=key, cure=cure)
            elif name in columns:
                cure = "leave it out: columns keep the correlations of the table"
                yield InputProblem(f'"{name}" is a column of the table', key=key, cure=cure)
    names = correlated_names(population)
    if names and is_known:
        least = np.linalg.eigvalsh(correlation_matrix(names, population.correlation)).min()
        if least <= 0.0:
            reason = f"the correlations of {', '.join(names)} contradict one another (no joint distribution has them)"
            yield InputProblem(reason, key="correlation", cure="bring them closer to 0")


def _clashes(bound: BoundPopulation) -> list[InputProblem]:
    """Return parameters that follow from an untreated count which is given, by the scenario or a covariate."""
    problems, problem = list[InputProblem](), bound.base.problem
    counts = {covariate.count for covariates in bound.covariates for covariate in covariates if covariate.count}
    for name in bound.parameters:
        try:
            checked_parameters(problem, {name: np.ones(1)})
        except DataError as error:
            problems += error.problems
        for count in counts:
            if name in problem.parameters.scales_of(count):
                cure = "leave out the covariate, or the trait of this parameter"
                problems.append(InputProblem(f"follows from {COUNTS}{count}", key=f"parameters.{name}", cure=cure))
    return problems + list(_count_clashes(counts, bound))


def _count_clashes(counts: set[str], bound: BoundPopulation) -> Iterator[InputProblem]:
    """Yield covariates that give an untreated count which contains another one that is given."""
    scales_of = bound.base.problem.parameters.scales_of
    of_scenario = set(bound.base.scenario.patient.baseline.model_dump(exclude_none=True))
    for count in sorted(counts):
        for other in sorted((counts | of_scenario) - {count}):
            if set(scales_of(count)) & set(scales_of(other)):
                reason, cure = f"is given together with {COUNTS}{other}", "give either the total or single subsets"
                yield InputProblem(reason, key=f"{COUNTS}{count}", cure=cure)
