"""Targets that a cohort cannot have, refused before its patients are simulated.

Names, endpoints and days are checked against the scenario; columns, levels and units on a few patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from immunosim.cohorts.target_report import refuse_unfit
from immunosim.cohorts.targets import FOLLOWING, PublishedTarget, needs
from immunosim.ensembles.endpoints import Endpoint, measured
from immunosim.errors import DataError, InputProblem, did_you_mean
from immunosim.sweeps import Plan
from immunosim.sweeps.base import Base
from immunosim.sweeps.blocks import solve_rows

FEW = 2
"""Patients on whom targets are tried."""


def refuse_unknown(targets: Sequence[PublishedTarget], base: Base) -> None:
    """Refuse targets of read-outs or endpoints that the model does not have, or of days after the horizon.

    Raises
    ------
    DataError
        With file and key of each.
    """
    problems = [problem for target in targets for problem in unknown(target, base)]
    if problems:
        raise DataError(problems=problems)


def unknown(target: PublishedTarget, base: Base) -> Iterator[InputProblem]:
    """Yield what a target reads that the model does not have, or that is after the horizon."""
    record, model, horizon = target.record, base.problem.model, base.scenario.horizon
    for key in ("readout", "hazard", *(("other",) if record.statistic in FOLLOWING else ())):
        name = getattr(record, key)
        if name and name not in (*model.readouts, *model.pools):
            cure = did_you_mean(name, model.readouts)
            yield InputProblem(f'unknown read-out "{name}"', target.file, target.key(key), cure)
    for name, _ in record.days_of_conditions():
        if name not in (*model.readouts, *model.pools):
            cure = did_you_mean(name, model.readouts)
            yield InputProblem(f'unknown read-out "{name}"', target.file, target.key("group"), cure)
    unit = model.units.get(record.hazard, "1")
    if unit != "1":
        cure = "name a cumulative hazard, which has no unit"
        yield InputProblem(f"{record.hazard} is in {unit}, not a hazard", target.file, target.key("hazard"), cure)
    try:
        if record.endpoint:
            measured(Endpoint.of(record.endpoint), model, 0.0, horizon)
    except DataError as error:
        yield InputProblem(error.reason, target.file, target.key("endpoint"), error.cure)
    last = max(needs([target]).times, default=0.0)
    if last > horizon:
        reason = f"is read on day {last:.6g}, after the horizon of {base.file}, day {horizon:.6g}"
        cure = "name a longer trial of the cohort, or leave the target out"
        yield InputProblem(reason, target.file, target.key(), cure)


def refuse_on_few(plan: Plan, targets: Sequence[PublishedTarget]) -> None:
    """Simulate a few patients, and refuse targets whose columns, levels or units they do not have.

    Raises
    ------
    DataError
        With file and key of each.
    """
    stored = solve_rows(plan.recipe, plan.design.rows(0, min(FEW, plan.n)))
    refuse_unfit(targets, patients_of(stored, slice(None), plan.recipe.outputs.times, {}))


def patients_of(
    stored: Mapping[str, Any], rows: slice, times: Sequence[float], attributes: Mapping[str, Any]
) -> xr.Dataset:
    """Return simulated rows as the dataset of a cohort, its patients numbered from 0."""
    kept = {name: entry for name, entry in stored.items() if entry[0] in (("sample",), ("sample", "time"))}
    variables = {name: (("patient", *dims[1:]), data[rows], about) for name, (dims, data, about) in kept.items()}
    _, numbers, _ = variables.pop("patient")
    coordinates = {"patient": np.arange(len(numbers)), "time": np.array(times)}
    return xr.Dataset(variables, coords=coordinates, attrs=dict(attributes))
