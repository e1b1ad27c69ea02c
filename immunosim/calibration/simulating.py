"""Targets of many parameter vectors at once: their cohorts are rows side by side in the integrator.

All vectors see the same patients: common random numbers make residuals smooth in the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from immunosim.calibration.least_squares import Array
from immunosim.calibration.quantities import FreeQuantity, variant
from immunosim.cohorts.draws import drawn_values
from immunosim.cohorts.population import BoundPopulation
from immunosim.cohorts.rows import CohortRows
from immunosim.cohorts.target_checks import patients_of
from immunosim.cohorts.target_report import problem_of, simulated_value
from immunosim.cohorts.targets import PublishedTarget
from immunosim.ensembles.columns import RowIndices
from immunosim.ensembles.questions import Question
from immunosim.ensembles.rows import Rows
from immunosim.errors import DataError, QuantityError
from immunosim.numerics import Ensemble, Segments
from immunosim.scenario import Scenario
from immunosim.sweeps.base import Base
from immunosim.sweeps.blocks import solve_rows
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.outputs import Outputs
from immunosim.sweeps.plan import Columns, Recipe
from immunosim.sweeps.population import solved

VARIANT = "variant"

VARIANTS_AT_ONCE = 64
"""Cohorts in memory at a time."""

MOST_FAILED = 0.02
"""Share of failed patients, by weight, beyond which the numbers of a cohort do not count."""


@dataclass(frozen=True, eq=False)
class VariedCohorts:
    """The rows of a cohort under several populations: a source of rows for the blocks of sweeps.

    Attributes
    ----------
    cohorts : sequence of CohortRows
        Of one scenario.
    """

    cohorts: Sequence[CohortRows]

    @property
    def base(self) -> Base:
        """The scenario, with the values of the first population."""
        return self.cohorts[0].base

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The population's index, then the columns of drawn values."""
        return (Factor(VARIANT, "index of the parameter vector", ""), *self.cohorts[0].factors)

    @cached_property
    def values(self) -> Callable[[int], Array]:
        """What draws the values of the first n patients under each population, shape (n_cohorts * n, n_factors)."""

        def drawn(n: int) -> Array:
            patients: RowIndices = np.arange(n, dtype=np.int64)
            tables = [drawn_values(cohort.bound, patients) for cohort in self.cohorts]
            index = np.repeat(np.arange(len(tables), dtype=np.float64), n)
            return np.column_stack([index, np.concatenate(tables)])

        return drawn

    def rows(self, values: Array) -> Rows:
        """Return patients in the form of the integrator."""
        index = values[:, 0].astype(np.int64)
        parts = [self.cohorts[i].rows(values[index == i, 1:]) for i in np.unique(index)]
        return Rows(
            vectors=np.concatenate([part.vectors for part in parts]),
            states=np.concatenate([part.states for part in parts]),
            segments=_joined_segments(parts),
            times=parts[0].times,
        )

    def identity(self) -> dict[str, Any]:
        """Return nothing: nothing is stored of these rows."""
        return {}

    def scenario_of(self, values: Sequence[float]) -> Scenario:
        """Return the scenario of one patient."""
        return self.cohorts[int(values[0])].scenario_of(values[1:])

    def given_scenario_of(self, values: Sequence[float], asked: Question) -> Scenario:
        """Return the same: protocols are refused."""
        return self.scenario_of(values)

    def columns_of(self, values: Sequence[float]) -> dict[str, float]:
        """Return the parameters of one patient that are columns."""
        return self.cohorts[int(values[0])].columns_of(values[1:])

    def simulate(self, values: Array, rows: Rows, asked: Question, n_threads: int) -> tuple[Ensemble, Columns]:
        """Simulate the patients of all populations."""
        return solved(self.base.problem, rows, asked, n_threads), {}

    def further(self, asked: Question) -> Columns:
        """Return nothing: no columns are added."""
        return {}

    def forget(self) -> None:
        """Do nothing: nothing is cached."""


@dataclass(frozen=True, eq=False)
class TargetCohort:
    """A cohort with its targets.

    Attributes
    ----------
    name : str
        As target files call it.
    bound : BoundPopulation
    outputs : Outputs
    targets : tuple of PublishedTarget
    protocol : mapping, optional
        As ``CohortRows`` takes it; not in a search, in whose residuals doses by rule would jump.
    """

    name: str
    bound: BoundPopulation
    outputs: Outputs
    targets: tuple[PublishedTarget, ...]
    protocol: Mapping[str, Any] | None = None

    def seeded(self, seed: int) -> TargetCohort:
        """Return the cohort with other patients."""
        population = self.bound.population.model_copy(update={"seed": seed})
        return replace(self, bound=replace(self.bound, population=population))

    def simulated(self, quantities: Sequence[FreeQuantity], values: Array, n: int, n_threads: int) -> Array:
        """Return the numbers of the targets under vectors of values, shape (k, n_targets); NaN of a failed cohort."""
        datasets = self.datasets(quantities, values, n, n_threads)
        return np.array([self._numbers(dataset) for dataset in datasets]).reshape(len(values), len(self.targets))

    def datasets(self, quantities: Sequence[FreeQuantity], values: Array, n: int, n_threads: int) -> list[xr.Dataset]:
        """Return the cohorts of vectors of values, shape (k, p), as results of cohorts."""
        cohorts = [CohortRows(variant(self.bound, quantities, line), self.protocol) for line in values]
        about = {"cohort": self.name, "seed": self.bound.population.seed or 0}
        if self.protocol is not None:  # which gives doses to the patients of one population at a time
            patients: RowIndices = np.arange(n, dtype=np.int64)
            each = [(rows, drawn_values(rows.bound, patients)) for rows in cohorts]
            alone = [solve_rows(Recipe(rows, self.outputs), drawn, n_threads) for rows, drawn in each]
            return [patients_of(stored, slice(None), self.outputs.times, about) for stored in alone]
        source = VariedCohorts(cohorts)
        stored = solve_rows(Recipe(source, self.outputs), source.values(n), n_threads)
        parts = [slice(i * n, (i + 1) * n) for i in range(len(values))]
        return [patients_of(stored, part, self.outputs.times, about) for part in parts]

    def _numbers(self, dataset: xr.Dataset) -> list[float]:
        return self.numbers_of(dataset) if has_numbers(dataset) else [np.nan] * len(self.targets)

    def numbers_of(self, dataset: xr.Dataset) -> list[float]:
        """Return the numbers of the targets on a result of the cohort.

        Raises
        ------
        DataError
            If the dataset does not have what a target asks for.
        """
        return [_number_of(target, dataset) for target in self.targets]


@dataclass(frozen=True, eq=False)
class CohortTargets:
    """All cohorts of a calibration: numbers and residuals of their targets for vectors of logarithms.

    Attributes
    ----------
    cohorts : tuple of TargetCohort
    quantities : tuple of FreeQuantity
    patients : int
    n_threads : int
    """

    cohorts: tuple[TargetCohort, ...]
    quantities: tuple[FreeQuantity, ...]
    patients: int
    n_threads: int

    @property
    def targets(self) -> tuple[PublishedTarget, ...]:
        """The targets, cohort by cohort."""
        return tuple(target for cohort in self.cohorts for target in cohort.targets)

    def numbers(self, theta: Array) -> Array:
        """Return the numbers of the targets in their units, shape (k, m)."""
        values = np.exp(theta)
        parts = [
            np.column_stack([self._of(cohort, values[start : start + VARIANTS_AT_ONCE]) for cohort in self.cohorts])
            for start in range(0, len(values), VARIANTS_AT_ONCE)
        ]
        return np.concatenate(parts)

    def residuals(self, theta: Array) -> Array:
        """Return the standardised residuals, shape (k, m); NaN where a cohort failed or a time is not reached."""
        return self.standardised(self.numbers(theta))

    def standardised(self, numbers: Array) -> Array:
        """Return the residuals of numbers, shape (k, m)."""
        records = [target.record for target in self.targets]
        lines = [[record.residual(value) for record, value in zip(records, line, strict=True)] for line in numbers]
        return np.array(lines).reshape(numbers.shape)

    def from_residuals(self, residuals: Array) -> Array:
        """Return the numbers that have given residuals, shape (m,)."""
        records = [target.record for target in self.targets]
        return np.array([record.simulated_at(float(z)) for record, z in zip(records, residuals, strict=True)])

    def are_within(self, numbers: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which numbers are within tolerance, shape (k, m)."""
        records = [target.record for target in self.targets]
        lines = [[record.is_within(value) for record, value in zip(records, line, strict=True)] for line in numbers]
        return np.array(lines, np.bool_).reshape(numbers.shape)

    def _of(self, cohort: TargetCohort, values: Array) -> Array:
        return cohort.simulated(self.quantities, values, self.patients, self.n_threads)


def has_numbers(dataset: xr.Dataset) -> bool:
    """Return whether so few patients failed that the numbers of a cohort count."""
    weight = np.asarray(dataset["weight"].values)
    return bool(weight[dataset["status"].values != 0].sum() <= MOST_FAILED * weight.sum())


def _number_of(target: PublishedTarget, dataset: xr.Dataset) -> float:
    try:
        return simulated_value(target.record, dataset)
    except (DataError, QuantityError) as error:
        raise DataError(problems=[problem_of(target, error)]) from None


def _joined_segments(parts: Sequence[Rows]) -> Segments | list[Segments]:
    """Return the segments of rows that were made apart: one object where all share it."""
    first = parts[0].segments
    if isinstance(first, Segments) and all(part.segments is first for part in parts):
        return first
    joined: list[Segments] = []
    for part in parts:
        segments = part.segments
        joined += [segments] * len(part.vectors) if isinstance(segments, Segments) else segments
    return joined
