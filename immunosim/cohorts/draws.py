"""Draw patients of a population: strata, weights, traits and covariates, and the parameters that follow from them.

Patient 17 is the same in any cohort: every draw is keyed by seed, patient and name. Whom the model calls ill before
treatment is drawn again, as trials do not include the ill. Simulates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from immunosim.codegen.loader import Array
from immunosim.cohorts.covariates import BoundCovariate
from immunosim.cohorts.distributions import (
    chosen_part,
    correlated,
    exponential,
    logistic,
    lognormal,
    normal,
    part_weights,
    trait_factor,
    within_bands,
)
from immunosim.cohorts.keyed import refuse_impossible, uniform
from immunosim.cohorts.population import STRATUM, BoundPopulation, correlated_names, correlation_matrix
from immunosim.ensembles.columns import RowIndices
from immunosim.ensembles.rows import are_ill_untreated
from immunosim.scenario.population import Trait
from immunosim.units import parse_quantity

PATIENT, WEIGHT = "patient", "weight"
FIRST_COLUMNS = (PATIENT, WEIGHT, STRATUM)
"""Columns of drawn values before the traits and covariates."""

TABLE_ROW = "row of the table"
"""Name of the variable that decides on the row of a clinic's table."""

MOST_DRAWS = 64
"""Draws of a patient. Even of smokers with a family history, half are healthy; who is ill to the end is refused."""


@dataclass(frozen=True, eq=False)
class CohortDraws:
    """Drawn patients.

    Attributes
    ----------
    patients : ndarray of int, shape (n,)
    weight : ndarray, shape (n,)
        Patients of the population for each simulated one; 1 unless strata, components or bands have ``sampled``.
    stratum : ndarray of int, shape (n,)
        Indices in ``strata``.
    strata : tuple of str
    traits : mapping of str to ndarray, shape (n,)
        The factor of each trait.
    covariates : mapping of str to ndarray, shape (n,)
        In the unit of the parameter that it sets; indices of ``choices`` where it has names.
    choices : mapping of str to tuple of str
    columns : mapping of str to ndarray, shape (n,)
        Values of the parameters that differ between patients, in their own units.
    counts : mapping of str to ndarray, shape (n,), cells/uL
        Untreated counts that are given.
    """

    patients: RowIndices
    weight: Array
    stratum: RowIndices
    strata: tuple[str, ...]
    traits: Mapping[str, Array]
    covariates: Mapping[str, Array]
    choices: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Array]
    counts: Mapping[str, Array]


def draw(bound: BoundPopulation, patients: ArrayLike, seed: int | None = None) -> CohortDraws:
    """Draw patients.

    Parameters
    ----------
    bound : BoundPopulation
    patients : array_like of int, shape (n,)
        Their numbers, from 0, in any order.
    seed : int, optional
        By default that of the population.

    Raises
    ------
    DataError
        If a number is negative or beyond the Sobol sequence.
    """
    if seed is not None and seed != bound.population.seed:
        bound = replace(bound, population=bound.population.model_copy(update={"seed": seed}))
    values = drawn_values(bound, np.asarray(patients, np.int64))
    columns, counts = columns_of(bound, values)
    by_name = dict(zip(bound.names, values[:, len(FIRST_COLUMNS) :].T, strict=True))
    covariates = {covariate.record.name: covariate.choices for covariate in bound.covariates[0]}
    return CohortDraws(
        patients=values[:, 0].astype(np.int64),
        weight=values[:, 1],
        stratum=values[:, 2].astype(np.int64),
        strata=tuple(stratum.name for stratum in bound.strata),
        traits={trait.name: by_name[trait.name] for trait in bound.traits},
        covariates={name: by_name[name] for name in covariates},
        choices={name: choices for name, choices in covariates.items() if choices},
        columns=columns,
        counts=counts,
    )


def drawn_values(bound: BoundPopulation, patients: RowIndices) -> Array:
    """Return all that is drawn of patients, shape (n, 3 + n_names).

    The columns are patient, weight and stratum, then the traits and covariates in the order of ``bound.names``.
    The distributions are those of the population, on the condition that a patient is healthy before treatment.

    Raises
    ------
    DataError
        If a number is negative or beyond the Sobol sequence.
    """
    refuse_impossible(patients)
    values = _drawn_once(bound, patients, "")
    ill = np.arange(len(patients))
    for number in range(2, MOST_DRAWS + 1):
        columns, counts = columns_of(bound, values[ill])
        ill = ill[are_ill_untreated(bound.base.problem, columns, slice(0, ill.size), counts)]
        if not ill.size:
            break
        values[ill] = _drawn_once(bound, patients[ill], f" of draw {number}")
    return values


def _drawn_once(bound: BoundPopulation, patients: RowIndices, draw: str) -> Array:
    """Return one draw of patients, healthy or not; the name of a further draw belongs to the key of its numbers."""
    unit = _unit_numbers(bound, patients, draw)
    part, _ = chosen_part(bound.strata, unit[STRATUM])
    weight = part_weights(bound.strata)[part]
    drawn = []
    for trait in bound.traits:
        drawn.append(trait_factor(trait, unit[trait.name]))
        weight = weight * _component_weights(trait, unit[trait.name])
    for position in range(len(bound.covariates[0])):
        values, ratio = _covariate_values(bound, position, part, unit, patients, draw)
        drawn.append(values)
        weight = weight * ratio
    return np.column_stack([patients, weight, part, *drawn]).astype(np.float64)


def columns_of(bound: BoundPopulation, values: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the parameters and the untreated counts of drawn patients.

    Parameters
    ----------
    bound : BoundPopulation
    values : ndarray, shape (n, 3 + n_names)
        As ``drawn_values`` returns them.

    Returns
    -------
    columns, counts : dict of str to ndarray, shape (n,)
    """
    part = values[:, 2].astype(np.int64)
    by_name = {name: np.ascontiguousarray(values[:, 3 + j]) for j, name in enumerate(bound.names)}
    columns = {name: _typical_values(bound, name)[part] for name in bound.parameters}
    counts: dict[str, Array] = {}
    for covariate in bound.covariates[0]:
        if covariate.parameter:
            columns[covariate.parameter] = by_name[covariate.record.name].copy()
        elif covariate.count:
            counts[covariate.count] = by_name[covariate.record.name]
    for trait in bound.traits:
        _apply_trait(trait, by_name[trait.name], columns)
    for name in columns:
        factors = [bound.factors_of(stratum).get(name, 1.0) for stratum in bound.strata]
        if any(factor != 1.0 for factor in factors):
            columns[name] = columns[name] * np.array(factors)[part]
    for index, covariates in enumerate(bound.covariates):
        rows = np.flatnonzero(part == index)
        for covariate in covariates:
            _apply_effects(covariate, by_name[covariate.record.name], rows, columns)
    return columns, counts


def _unit_numbers(bound: BoundPopulation, patients: RowIndices, draw: str) -> dict[str, Array]:
    """Return a uniform number for each variable by name, correlated where the population says so.

    Further draws are independent ones: they fill gaps in the Sobol sequence, whose next points are those of others.
    """
    names, seed = (STRATUM, *bound.names), bound.population.seed or 0
    if draw or bound.population.sampling == "random":
        unit = {name: uniform(seed, f"{name}{draw}", patients) for name in names}
    else:
        unit = {
            name: np.ascontiguousarray(column)
            for name, column in zip(names, bound.sobol.points(patients).T, strict=True)
        }
    joined = correlated_names(bound.population)
    if joined:
        matrix = correlation_matrix(joined, bound.population.correlation)
        joint = correlated(np.column_stack([unit[name] for name in joined]), matrix)
        unit |= {name: np.ascontiguousarray(joint[:, j]) for j, name in enumerate(joined)}
    return unit


def _component_weights(trait: Trait, unit: Array) -> Array | float:
    if not trait.component:
        return 1.0
    weights: Array = part_weights(trait.component)[chosen_part(trait.component, unit)[0]]
    return weights


def _covariate_values(
    bound: BoundPopulation, position: int, part: RowIndices, unit: Mapping[str, Array], patients: RowIndices, draw: str
) -> tuple[Array, Array]:
    """Return the values of a covariate, whose distribution may differ between strata, and the weights of its bands."""
    values, weight = np.empty(len(part)), np.ones(len(part))
    for index, covariates in enumerate(bound.covariates):
        rows, covariate = np.flatnonzero(part == index), covariates[position]
        if covariate.record.distribution == "column":
            values[rows] = _from_table(bound, position, patients[rows], draw)
        else:
            numbers = unit[covariate.record.name][rows]
            if covariate.record.band:
                numbers, weight[rows] = within_bands(covariate.record.band, numbers)
            values[rows] = _quantiles(covariate, numbers)
    return values, weight


def _from_table(bound: BoundPopulation, position: int, patients: RowIndices, draw: str) -> Array:
    """Return the values of patients of a clinic, drawn with replacement; all columns come from the same row."""
    n = len(bound.table)
    row = (uniform(bound.population.seed or 0, f"{TABLE_ROW}{draw}", patients) * n).astype(np.int64)
    values: Array = bound.table[np.minimum(row, n - 1), position]
    return values


def _quantiles(covariate: BoundCovariate, unit: Array) -> Array:
    record, numbers = covariate.record, covariate.numbers
    cuts = {key: numbers[key] for key in ("low", "high") if key in numbers}
    if record.distribution == "normal":
        return normal(unit, numbers["mean"], numbers["sd"], **cuts)
    if record.distribution == "lognormal":
        return lognormal(unit, numbers["median"], record.log_sd or 0.0, **cuts)
    if record.distribution == "logistic":
        return logistic(unit, numbers["median"], record.scale or 0.0, **cuts)
    if record.distribution == "exponential":
        return exponential(unit, numbers["mean"])
    shares = [1.0 - (record.share or 0.0)] if record.distribution == "share" else list(record.choices.values())[:-1]
    return np.searchsorted(np.cumsum(shares), unit, side="right").astype(np.float64)


def _typical_values(bound: BoundPopulation, name: str) -> Array:
    """Return the typical value of a parameter in each stratum."""
    problem = bound.base.problem
    typical, unit = float(problem.vector[problem.model.position[name]]), problem.parameters[name].unit
    given: Sequence[object] = [stratum.parameters.get(name) for stratum in bound.strata]
    return np.array([typical if value is None else parse_quantity(value, unit, bare=True) for value in given])


def _apply_trait(trait: Trait, factor: Array, columns: dict[str, Array]) -> None:
    for name in trait.multiplies:
        columns[name] = columns[name] * factor
    for name in trait.odds:
        odds = columns[name] * factor
        columns[name] = odds / (1.0 - columns[name] + odds)
    for first, second in trait.splits:
        total, part = columns[first] + columns[second], columns[first] * factor
        columns[first] = total * part / (part + columns[second])
        columns[second] = total - columns[first]


def _apply_effects(covariate: BoundCovariate, values: Array, rows: RowIndices, columns: dict[str, Array]) -> None:
    for effect in covariate.record.effect:
        if effect.slope is not None:
            reference = parse_quantity(effect.reference, covariate.unit, bare=True)
            with np.errstate(over="ignore"):  # an infinite factor is out of bounds, and refused of the patient
                factor = np.exp(effect.slope * (values[rows] - reference))
        else:
            factors = np.array([effect.factors.get(name, 1.0) for name in covariate.choices])
            factor = factors[values[rows].astype(np.int64)]
        columns[effect.parameter][rows] *= factor
