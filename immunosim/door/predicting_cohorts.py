"""Statistics of a cohort from its population alone, with intervals over the plausible sets of the population."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from immunosim.calibration.predicting import USUAL_PATIENTS, StatisticKeys
from immunosim.codegen.loader import say_nothing
from immunosim.door.cohorts import AnyPopulation, CohortArguments, population_and_base
from immunosim.door.over_sets import SetRequest, predicted
from immunosim.door.scenarios import AnyScenario
from immunosim.scenario.overrides import Overrides
from immunosim.sweeps import RunOptions

if TYPE_CHECKING:
    import pandas as pd


def predict_cohort(
    scenario: AnyScenario,
    statistics: Sequence[StatisticKeys],
    *,
    sets: int | None = None,
    patients: int = USUAL_PATIENTS,
    population: AnyPopulation | None = None,
    seed: int | None = None,
    cohort: str | None = None,
    overrides: Overrides = (),
    n_threads: int | None = None,
    announce: Callable[[str], None] = say_nothing,
) -> pd.DataFrame:
    """Return statistics of a cohort with the intervals that enclose 90 % of the plausible sets of its population.

    The patients are the same under all sets: the intervals hold the doubt about the values of the population, not the
    chance of a finite number of patients.

    Parameters
    ----------
    scenario, population, seed, cohort, overrides, announce
        As ``cohort`` takes them.
    statistics : sequence of mapping
        As target files write them: ``{"statistic": "mean", "readout": "cd4", "time": "6 months"}``.
    sets : int, optional
        By default as many as the longest table of the population holds.
    patients : int
    n_threads : int, optional
        By default one for each core; it does not change any number.

    Returns
    -------
    pandas.DataFrame
        A row for each statistic: its keys, ``value`` with the values of the population, ``low``, ``high`` and ``unit``;
        ``n_sets`` that have the number (those of which over 2 % of patients fail have none), and ``n_failed`` patients
        of all sets. ``attrs["failed_by_set"]`` has them set by set, the population itself first; ``attrs["outside"]``
        the quantities whose present value is below or above that of all sets.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If the population names no plausible sets or not as many, a table is at fault, or a statistic is unknown.
    """
    asked = CohortArguments(scenario, population, None, seed, cohort, {}, overrides, None, RunOptions())
    section, base = population_and_base(asked, announce)
    chosen = {name: value for name, value in (("seed", seed), ("cohort", cohort)) if value is not None}
    return predicted(section.model_copy(update=chosen), base, statistics, SetRequest(sets, patients), n_threads)
