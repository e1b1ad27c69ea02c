"""Plausible sets of a population: targets and statistics of cohorts under each, for intervals that hold their doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from immunosim.calibration.plausible_tables import PlausibleValues, read_sets
from immunosim.calibration.predicting import (
    USUAL_PATIENTS,
    StatisticKeys,
    kept_for,
    numbers_under_sets,
    requests_of,
    statistics_under_sets,
)
from immunosim.calibration.simulating import TargetCohort
from immunosim.cohorts.population import BoundPopulation
from immunosim.cohorts.reading import SECTION, bound_population, named_sets, protocol_table
from immunosim.cohorts.rows import CohortRows
from immunosim.cohorts.set_numbers import NumbersOfSets, SetNumbers
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import DataError
from immunosim.machine import cores
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan

if TYPE_CHECKING:
    import pandas as pd

Told = Callable[[str, int, int], None]
"""Told the name of a cohort, and how many of how many sets are done."""


@dataclass(frozen=True)
class SetRequest:
    """How many plausible sets are simulated, and how many patients of each cohort under each.

    Attributes
    ----------
    n : int, optional
        By default those of the longest table.
    patients : int
    """

    n: int | None = None
    patients: int = USUAL_PATIENTS

    def __post_init__(self) -> None:
        """Raise a DataError if there is no patient."""
        if self.patients < 1:
            raise DataError(f"{self.patients} patients are none", key="set_patients", cure="ask for 1 or more")


@dataclass(frozen=True, eq=False)
class PlannedSets:
    """Plausible sets that cohorts are to be simulated under.

    Attributes
    ----------
    ensemble : PlausibleValues
    asked : SetRequest
    """

    ensemble: PlausibleValues
    asked: SetRequest

    @property
    def n(self) -> int:
        """Number of sets."""
        return self.asked.n or max(len(table.values) for table in self.ensemble.tables)

    def numbers(
        self,
        plans: Mapping[str, Plan],
        targets: Mapping[str, Sequence[PublishedTarget]],
        n_threads: int | None,
        told: Told,
    ) -> SetNumbers:
        """Simulate cohorts under the sets, and return the numbers of their targets.

        Raises
        ------
        DataError
            If a cohort does not have what a target asks for.
        """
        values, cohorts = self.ensemble.first(self.n), dict[str, NumbersOfSets]()
        for name, plan in plans.items():
            rows = rows_of(plan)
            cohort = TargetCohort(name, rows.bound, plan.recipe.outputs, tuple(targets[name]), rows.protocol)
            how = (self.asked.patients, n_threads or cores(), _report(told, name, self.n))
            cohorts[name] = numbers_under_sets(cohort, self.ensemble.quantities, values, cohort.numbers_of, *how)
        return SetNumbers(self.n, self.asked.patients, targets, cohorts, self.ensemble.outside)


def tell_nothing(name: str, done: int, of: int) -> None:
    """Tell nobody."""


def rows_of(plan: Plan) -> CohortRows:
    """Return how the patients of a planned cohort are built."""
    rows = plan.recipe.population
    assert isinstance(rows, CohortRows)
    return rows


def planned_sets(
    section: Population, base: Base, bound: BoundPopulation, asked: SetRequest | None
) -> PlannedSets | None:
    """Return the sets that are asked for; None where none are, after checking the tables that the population names.

    Raises
    ------
    DataError, ScenarioError
        If a table is at fault; if sets are asked for, and there are not as many.
    """
    paths, holder = named_sets(section, base.scenario.model, base.folder)
    if asked is None and not paths:
        return None
    ensemble = read_sets(paths, bound, base.file if holder == SECTION else holder)
    if asked is None:
        return None
    planned = PlannedSets(ensemble, asked)
    ensemble.first(planned.n)
    return planned


def predicted(
    section: Population,
    base: Base,
    statistics: Sequence[StatisticKeys],
    asked: SetRequest,
    n_threads: int | None,
    told: Told = tell_nothing,
) -> pd.DataFrame:
    """Return statistics of a cohort with intervals over the plausible sets of its population.

    Raises
    ------
    DataError, ScenarioError
        As ``predict_cohort`` does.
    """
    requests, bound = requests_of(statistics), bound_population(section, base)
    planned = planned_sets(section, base, bound, asked)
    assert planned is not None
    ensemble = planned.ensemble
    cohort = TargetCohort(bound.population.cohort, bound, kept_for(requests, base), (), protocol_table(section, base))
    start = [quantity.start for quantity in ensemble.quantities]
    values = np.vstack([start, ensemble.first(planned.n)])
    how = (asked.patients, n_threads or cores(), _report(told, cohort.name, planned.n + 1))
    table = statistics_under_sets(cohort, ensemble.quantities, values, statistics, *how)
    table.attrs["outside"] = list(ensemble.outside)
    return table


def _report(told: Told, name: str, of: int) -> Callable[[int], None]:
    return lambda done: told(name, done, of)
