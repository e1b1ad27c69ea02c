"""Statistics of a cohort under every plausible set: intervals that hold the doubt about the values of a population.

The patients are the same under all sets, so that the intervals are of the sets alone. Knows no file of results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.calibration.least_squares import Array
from immunosim.calibration.quantities import FreeQuantity
from immunosim.calibration.setup import FRESH
from immunosim.calibration.simulating import TargetCohort, has_numbers
from immunosim.cohorts.intervals import CONFIDENCE
from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.set_numbers import NumbersOfSets
from immunosim.cohorts.targets import needs_of
from immunosim.cohorts.trials import BETWEEN
from immunosim.errors import DataError, did_you_mean
from immunosim.sweeps.base import Base
from immunosim.sweeps.outputs import Outputs, outputs_of

if TYPE_CHECKING:
    import pandas as pd

    from immunosim.calibration.result import CalibrationResult

StatisticKeys = Mapping[str, Any]
"""A statistic as a target file writes it, such as {"statistic": "mean", "readout": "cd4", "time": "6 months"}."""

SETS_AT_ONCE = 8
"""Sets that are simulated side by side, between two reports."""

USUAL_PATIENTS = 512
"""Patients of a cohort under each set."""


def tell_nobody(done: int) -> None:
    """Report nothing."""


def numbers_under_sets(
    cohort: TargetCohort,
    quantities: Sequence[FreeQuantity],
    values: Array,
    numbers_of: Callable[[xr.Dataset], Sequence[float]],
    patients: int,
    n_threads: int = 1,
    report: Callable[[int], None] = tell_nobody,
) -> NumbersOfSets:
    """Simulate a cohort under sets of values, and return its numbers under each.

    Parameters
    ----------
    cohort : TargetCohort
    quantities : sequence of FreeQuantity
    values : ndarray, shape (n_sets, p)
    numbers_of : callable
        Returns the numbers of a dataset.
    patients, n_threads : int
    report : callable
        Receives the number of sets that are done.
    """
    numbers, failed = list[Sequence[float]](), list[int]()
    for start in range(0, len(values), SETS_AT_ONCE):
        for dataset in cohort.datasets(quantities, values[start : start + SETS_AT_ONCE], patients, n_threads):
            failed.append(int((dataset["status"].values != 0).sum()))
            of_set = numbers_of(dataset)
            numbers.append(of_set if has_numbers(dataset) else [np.nan] * len(of_set))
        report(len(numbers))
    return NumbersOfSets(np.array(numbers, np.float64), np.array(failed, np.int64))


def statistics_under_sets(
    cohort: TargetCohort,
    quantities: Sequence[FreeQuantity],
    values: Array,
    statistics: Sequence[StatisticKeys],
    patients: int,
    n_threads: int = 1,
    report: Callable[[int], None] = tell_nobody,
) -> pd.DataFrame:
    """Return statistics with the intervals that enclose 90 % of the sets.

    Parameters
    ----------
    cohort : TargetCohort
        Keeps what the statistics read, see ``kept_for``.
    values : ndarray, shape (1 + n_sets, p)
        First those of the value itself, then the sets.
    quantities, statistics, patients, n_threads, report
        As ``numbers_under_sets`` and ``predicted`` take them.

    Returns
    -------
    pandas.DataFrame
        A row for each statistic: its keys, ``value``, ``low``, ``high``, ``unit``, ``n_sets`` that have the number, and
        patients who failed in all sets. ``attrs["failed_by_set"]`` has them set by set, the value itself first.
    """
    import pandas as pd

    requests, units = requests_of(statistics), list[str]()

    def numbers_of(dataset: xr.Dataset) -> list[float]:
        pairs = [_number(request, dataset) for request in requests]
        units[:] = [unit for _, unit in pairs]
        return [number for number, _ in pairs]

    ran = numbers_under_sets(cohort, quantities, values, numbers_of, patients, n_threads, report)
    over_sets = NumbersOfSets(ran.numbers[1:], ran.failed[1:])
    rows = []
    for index, (keys, unit) in enumerate(zip(statistics, units, strict=True)):
        low, high = over_sets.interval(index, CONFIDENCE)
        about = {"value": ran.numbers[0, index], "low": low, "high": high, "unit": unit}
        rows.append({**keys, **about, "n_sets": over_sets.n_with(index), "n_failed": int(over_sets.failed.sum())})
    table = pd.DataFrame(rows)
    table.attrs["failed_by_set"] = ran.failed.tolist()
    return table


def predicted_statistics(
    result: CalibrationResult,
    statistics: Sequence[StatisticKeys],
    base: Base | None = None,
    cohort: str = "",
    patients: int | None = None,
    n_threads: int = 1,
) -> pd.DataFrame:
    """Return statistics with their intervals over the plausible sets; arguments and errors as of ``predicted``."""
    setup, theta = result.setup, result.ensemble.theta[result.ensemble.is_kept]
    of_cohort = _cohort(result, cohort, base, requests_of(statistics)).seeded(setup.record.seed + FRESH)
    values, n = np.exp(np.vstack([result.posterior.mode, theta])), patients or setup.record.patients
    return statistics_under_sets(of_cohort, setup.quantities, values, statistics, n, n_threads)


def requests_of(statistics: Sequence[StatisticKeys]) -> list[StatisticRequest]:
    """Return statistics that are asked for, checked.

    Raises
    ------
    DataError, ScenarioError
        If there is none, or a key or a statistic is unknown.
    """
    if not statistics:
        cure = 'ask for example for {"statistic": "mean", "readout": ..., "time": "6 months"}'
        raise DataError("there is no statistic", key="statistics", cure=cure)
    return [_request(keys, number) for number, keys in enumerate(statistics, 1)]


def kept_for(requests: Sequence[StatisticRequest], base: Base) -> Outputs:
    """Return what a cohort keeps for statistics."""
    wanted = needs_of(requests, base.problem.model.readouts)
    every = BETWEEN if wanted.over_time else None
    return outputs_of(base.problem, wanted.endpoints, wanted.readouts, wanted.times, every, pools=False)


def _request(keys: StatisticKeys, number: int) -> StatisticRequest:
    request = StatisticRequest.model_validate(dict(keys), context={"file": f"statistic {number}"})
    if request.statistic not in STATISTICS:
        cure = did_you_mean(request.statistic, STATISTICS)
        raise DataError(f'unknown statistic "{request.statistic}"', file=f"statistic {number}", cure=cure)
    return request


def _cohort(
    result: CalibrationResult, name: str, base: Base | None, requests: Sequence[StatisticRequest]
) -> TargetCohort:
    """Return a cohort of the calibration that keeps what is asked for, in a scenario of its own where one is given."""
    by_name = {cohort.name: cohort for cohort in result.setup.cohorts}
    if name and name not in by_name:
        raise DataError(f'the calibration has no cohort "{name}"', key="cohort", cure=did_you_mean(name, by_name))
    cohort = by_name[name] if name else result.setup.cohorts[0]
    base = base or cohort.bound.base
    ours = cohort.bound.base.scenario
    if (base.scenario.model, base.scenario.parameter_set) != (ours.model, ours.parameter_set):
        reason = f"is not of {ours.model}/{ours.parameter_set}, which was calibrated"
        raise DataError(reason, file=base.file, cure="name a scenario with its model and parameter set")
    return replace(cohort, bound=replace(cohort.bound, base=base), outputs=kept_for(requests, base), targets=())


def _number(request: StatisticRequest, dataset: xr.Dataset) -> tuple[float, str]:
    sample = CohortSample.of(dataset, request.group)
    prepared = STATISTICS[request.statistic].prepare(sample, request)
    return prepared.value(sample.weight), prepared.unit
