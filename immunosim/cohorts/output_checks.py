"""What a population keeps and is calibrated to, checked against the names of a model.

Knows no scenario: whether a time is simulated is checked where a cohort is planned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from immunosim.codegen.loader import Model
from immunosim.ensembles.endpoints import Endpoint, measured
from immunosim.errors import ImmunosimError, InputProblem, did_you_mean
from immunosim.scenario.population import Population
from immunosim.sweeps.planning import EVERY_READOUT
from immunosim.units import shown


def output_problems(population: Population, model: Model) -> Iterator[InputProblem]:
    """Yield read-outs, endpoints and events that the model does not have, and times that are still text."""
    known = [*model.readouts, *model.pools, EVERY_READOUT]
    for number, name in enumerate(population.readouts, 1):
        if name not in known:
            cure = did_you_mean(name, known)
            yield InputProblem(f'unknown read-out "{name}"', key=f"readouts[{number}]", cure=cure)
    for number, text in enumerate(population.endpoints, 1):
        try:
            measured(Endpoint.of(text), model, 0.0, math.inf)
        except ImmunosimError as error:
            yield InputProblem(error.reason, key=f"endpoints[{number}]", cure=error.cure)
    for number, time in enumerate(population.at, 1):
        reason = (
            f"{shown(time)} is not a time of everybody" if isinstance(time, str) else f"day {time:g} is before day 0"
        )
        if isinstance(time, str) or time < 0.0:
            yield InputProblem(reason, key=f"at[{number}]", cure='write a time after day 0, such as "6 months"')
    events = {name for key, info in model.readout_info.items() if info.organ for name in (info.organ, key)}
    for number, name in enumerate(population.calibrated_to, 1):
        if name not in events:
            cure = did_you_mean(name, sorted(events)) if events else "leave it out: the model has no events"
            yield InputProblem(f'"{name}" is not an event of the model', key=f"calibrated_to[{number}]", cure=cure)
    for name in population.calibrated_with:
        if name not in model.position:
            cure = did_you_mean(name, model.position)
            yield InputProblem("is not a parameter of the model", key=f"calibrated_with.{name}", cure=cure)
