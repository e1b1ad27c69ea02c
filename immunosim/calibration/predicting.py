"""Statistics of a cohort under every plausible set of a calibration: intervals that hold the doubt about its values.

The patients are the same under all sets, so that the intervals are of the sets alone. Knows no file of results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.calibration.setup import FRESH
from immunosim.calibration.simulating import TargetCohort
from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.targets import needs_of
from immunosim.cohorts.trials import BETWEEN
from immunosim.errors import DataError, did_you_mean
from immunosim.sweeps.base import Base
from immunosim.sweeps.outputs import outputs_of

if TYPE_CHECKING:
    import pandas as pd

    from immunosim.calibration.result import CalibrationResult

StatisticKeys = Mapping[str, Any]
"""A statistic as a target file writes it, such as {"statistic": "mean", "readout": "cd4", "time": "6 months"}."""


def predicted_statistics(
    result: CalibrationResult,
    statistics: Sequence[StatisticKeys],
    base: Base | None = None,
    cohort: str = "",
    patients: int | None = None,
    n_threads: int = 1,
) -> pd.DataFrame:
    """Return statistics with their intervals over the plausible sets; arguments and errors as of ``predicted``."""
    import pandas as pd

    setup, theta = result.setup, result.ensemble.theta[result.ensemble.is_kept]
    requests = [_request(keys, number) for number, keys in enumerate(statistics, 1)]
    of_cohort = _cohort(result, cohort, base, requests).seeded(setup.record.seed + FRESH)
    values = np.exp(np.vstack([result.posterior.mode, theta]))
    datasets = of_cohort.datasets(setup.quantities, values, patients or setup.record.patients, n_threads)
    rows = []
    for keys, request in zip(statistics, requests, strict=True):
        numbers, unit = zip(*(_number(request, dataset) for dataset in datasets), strict=True)
        low, high = np.nanquantile(numbers[1:], [0.05, 0.95]) if len(theta) else (np.nan, np.nan)
        rows.append({**keys, "value": numbers[0], "low": low, "high": high, "unit": unit[0], "n_sets": len(theta)})
    return pd.DataFrame(rows)


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
    wanted = needs_of(requests, base.problem.model.readouts)
    every = BETWEEN if wanted.over_time else None
    outputs = outputs_of(base.problem, wanted.endpoints, wanted.readouts, wanted.times, every, pools=False)
    return replace(cohort, bound=replace(cohort.bound, base=base), outputs=outputs, targets=())


def _number(request: StatisticRequest, dataset: xr.Dataset) -> tuple[float, str]:
    sample = CohortSample.of(dataset, request.group)
    prepared = STATISTICS[request.statistic].prepare(sample, request)
    return prepared.value(sample.weight), prepared.unit
