"""A scenario as numbers: a parameter vector, an initial state, segments of constant inputs and output times.

It can be solved by ``simulation``, or by somebody else to check us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array, Model, load_model, say_nothing
from immunosim.errors import DataError, ModelError, ScenarioError, did_you_mean
from immunosim.errors import InputProblem as Fault
from immunosim.models import ModelPackage, find_model
from immunosim.numerics import METHODS, Segments, SolverOptions
from immunosim.parameters import ParameterSet
from immunosim.patient_parameters import individual_vector
from immunosim.scenario import (
    Bolus,
    Event,
    Scenario,
    build_segments,
    check_names,
    events_of,
    keyed_events,
    output_times,
    start_of,
)
from immunosim.scenario.challenges import challenge_events
from immunosim.scenario.plausible import implausible_age

# What is too little to matter, as a share of a pool's scale and of the relative tolerance: at the default tolerance a
# ten-thousand-millionth. A hundred times more left the autoimmune breach of one patient in 2,000 wrong by 22 tolerances
# and saved 3 % of the steps; without any, a drug that decayed for years would hold up the steps.
NEGLIGIBLE = 1e-5

# A pool this far below zero, as a share of its scale, is a wrong curve and ends the run.
NEGATIVE = 1e-6


@dataclass(frozen=True, eq=False)
class Problem:
    """A scenario as numbers.

    Attributes
    ----------
    scenario, parameters, model
        Where the numbers come from.
    vector : ndarray, shape (n_parameters,)
        Closed parameter vector of the patient.
    initial_state : ndarray, shape (n_pools,)
        Untreated state.
    segments : Segments
        Inputs and jumps, day.
    times : ndarray, shape (n_times,), day
    options : SolverOptions
    """

    scenario: Scenario
    parameters: ParameterSet
    model: Model
    vector: Array
    initial_state: Array
    segments: Segments
    times: Array
    options: SolverOptions

    def inputs_at(self, times: Array) -> Array:
        """Return the inputs, shape (n_times, n_inputs), just before each time."""
        position = np.searchsorted(self.segments.boundaries, times, side="left") - 1
        inputs: Array = self.segments.inputs[np.clip(position, 0, self.segments.n_segments - 1)]
        return inputs

    def __reduce__(self) -> tuple[Callable[..., Problem], tuple[object, ...]]:
        """Pickle the numbers without the kernels, which are machine code; they are loaded again."""
        kept = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("model", "parameters")
        }
        return _unpickled, (kept, self.model.key)


def _unpickled(kept: dict[str, Any], key: str) -> Problem:
    """Return a problem that was pickled.

    Raises
    ------
    DataError
        If this installation has another version of the model, whose pools and parameters may differ.
    """
    problem = prepare(kept["scenario"])
    if problem.model.key != key:
        reason = "was pickled with another version of the model or its numerics"
        raise DataError(reason, cure="simulate its scenario again")
    return replace(problem, **kept)


def prepare(scenario: Scenario, file: str = "scenario", announce: Callable[[str], None] = say_nothing) -> Problem:
    """Turn a scenario into numbers.

    Parameters
    ----------
    scenario : Scenario
    file : str
        Name for messages.
    announce : callable
        Receives a sentence before a slow step (the first compilation), and on an age that nobody reaches.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario names what the model does not have, or its values are impossible.
    """
    package, parameters = _named(scenario, file)
    model = load_model(parameters.units(), announce, package)
    check_names(
        scenario,
        mechanisms=model.mechanisms,
        parameters=parameters.units(),
        readouts=model.units,
        pools=model.pools,
        methods=METHODS,
        file=file,
    )
    _check_tolerance(scenario, file)
    if doubt := implausible_age(scenario.patient.age, scenario.horizon):
        announce(doubt)
    vector = individual_vector(scenario, parameters, model, file)
    untreated = model.baseline(vector)
    return Problem(
        scenario=scenario,
        parameters=parameters,
        model=model,
        vector=vector,
        initial_state=untreated,
        segments=segments_of(scenario, model, file),
        times=output_times(scenario),
        options=solver_options(scenario, model, untreated),
    )


def _named(scenario: Scenario, file: str) -> tuple[ModelPackage, ParameterSet]:
    """Return the model and the parameter set that a scenario names."""
    try:
        package = find_model(scenario.model)
    except ModelError as error:
        if error.key != "model":  # the package that brings it is at fault
            raise
        raise ScenarioError(error.reason, file=file, key="model", cure=error.cure) from error
    known = package.parameter_sets()
    if scenario.parameter_set not in known:
        reason, cure = f'unknown parameter set "{scenario.parameter_set}"', did_you_mean(scenario.parameter_set, known)
        raise ScenarioError(reason, file=file, key="parameter_set", cure=cure)
    return package, package.parameters(scenario.parameter_set)


def segments_of(scenario: Scenario, model: Model, file: str = "scenario") -> Segments:
    """Return the inputs and jumps of a scenario's treatments, day.

    Raises
    ------
    ScenarioError
        If a dose is so small that the solver would take it for rounding.
    """
    _refuse_traces(scenario, model, file)
    doses = events_of(scenario)
    events = (*doses, *(event for _, event in challenge_events(scenario)))
    return segments_between(events, model, (start_of(scenario, doses), scenario.horizon), scenario.mechanisms.off)


def segments_between(
    events: Iterable[Event], model: Model, span: tuple[float, float], off: tuple[str, ...] = ()
) -> Segments:
    """Return the inputs and jumps of dose events.

    Parameters
    ----------
    events : iterable of Infusion or Bolus
    model : Model
    span : (float, float)
        First and last day.
    off : tuple of str
        Mechanisms that are switched off.
    """
    boundaries, inputs, jumps = build_segments(events, model.inputs, model.pools, *span)
    jumps[:, _frozen_pools(model, off)] = 0.0
    return Segments(boundaries, inputs, jumps)


def _refuse_traces(scenario: Scenario, model: Model, file: str) -> None:
    """Refuse doses that are less than what the solver neglects of their pool."""
    negligible = NEGLIGIBLE * scenario.solver.rtol * model.scales
    problems = []
    for key, event in keyed_events(scenario):
        pool = event.pool if isinstance(event, Bolus) else event.drug.entered_pool if event.drug else ""
        least = negligible[model.pools.index(pool)] if pool in model.pools else 0.0
        if event.amount < least:
            reason = (
                f"{event.label}: {event.amount:.3g} mg is below what solver.rtol = {scenario.solver.rtol:g} resolves"
            )
            cure = f"give {least:.3g} mg or more, leave the dose out, or lower solver.rtol"
            problems.append(Fault(reason, file, key, cure))
    if problems:
        raise ScenarioError(problems=problems)


def _check_tolerance(scenario: Scenario, file: str) -> None:
    """Refuse a tolerance that the method does not keep, though its error estimate would say that it does."""
    solver = scenario.solver
    least = METHODS[solver.method].least_rtol
    if solver.rtol < least:
        reason = f"{solver.rtol:g} is finer than {solver.method} can keep"
        cure = f'set it to {least:g} or more, or solver.method to "{SolverOptions.method}"'
        raise ScenarioError(reason, file=file, key="solver.rtol", cure=cure)


def _frozen_pools(model: Model, off: tuple[str, ...]) -> list[int]:
    """Return the pools of mechanisms that are off: they stay untreated, so doses into them are ignored."""
    return [i for i, (_, _, owner, _) in enumerate(model.module.POOLS.values()) if owner in off]


def solver_options(scenario: Scenario, model: Model, untreated: Array) -> SolverOptions:
    """Return the integrator's options: the scenario's tolerance, and absolute ones from the scales of the pools.

    A pool that is far smaller untreated than its scale (a clone, an attack too small to see) is resolved at its own
    size: at the common scale, the follicles of a year of prior therapy were wrong by 1e-3 of their greatest value.
    """
    solver = scenario.solver
    scale = np.where(untreated > 0.0, np.minimum(model.scales, untreated), model.scales)
    return SolverOptions(
        rtol=solver.rtol,
        atol=NEGLIGIBLE * solver.rtol * scale,
        negative_tolerance=NEGATIVE * model.scales,
        max_steps=solver.max_steps,
        method=solver.method,
    )
