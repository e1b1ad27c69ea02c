"""Solve many patients: chunk by chunk, so that memory holds what is asked for and little else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.ensembles.endpoints import Endpoint, Measured, measured
from immunosim.ensembles.result import EnsembleResult, labelled
from immunosim.ensembles.rows import Rows, checked_parameters, stack, vary
from immunosim.errors import DataError, did_you_mean
from immunosim.machine import cores
from immunosim.numerics import Ensemble, Request, solve_ensemble
from immunosim.scenario import Scenario
from immunosim.simulation import Problem, prepare

# A closed parameter vector takes 4 kB: a chunk 8 MB, and about a second on one core.
ROWS_PER_CHUNK = 2048


def simulate_ensemble(
    scenario: Scenario | Sequence[Scenario],
    parameters: Mapping[str, object] | None = None,
    *,
    readouts: Sequence[str] = (),
    times: object = None,
    endpoints: Sequence[Endpoint] = (),
    states: bool = False,
    n_threads: int | None = None,
    file: str = "scenario",
    announce: Callable[[str], None] = say_nothing,
    report: Callable[[int, int, int], None] | None = None,
) -> EnsembleResult:
    """Simulate many patients.

    Parameters
    ----------
    scenario : Scenario or sequence of Scenario
        One for all rows of ``parameters``, or one for each patient, with regimen and horizon of its own.
    parameters : mapping of str to array_like, shape (n,), optional
        Primary parameters that differ between the patients, in their own units; a pandas DataFrame will do.
    readouts : sequence of str
        What to report at the output times.
    times : array_like, shape (n_times,), day, optional
        Output times; by default those of the scenario.
    endpoints : sequence of Endpoint
        Numbers taken from the whole course, without storing it.
    states : bool
        Report every pool at the output times as well.
    n_threads : int, optional
        By default one for each core.
    file : str
        Name for messages.
    announce : callable
        Told in a sentence when something slow starts.
    report : callable, optional
        Told after each chunk how many rows are done, of how many, and how many of these failed.

    Returns
    -------
    EnsembleResult
        Rows that failed have a status, a time and a state, and NaN for everything else.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If something that is asked for does not exist, or the scenario is impossible.
    """
    asked = _asked(scenario, parameters, file, announce)
    model, first = asked.problems[0].model, asked.problems[0]
    unknown = [name for name in readouts if name not in model.readouts]
    if unknown:
        raise DataError(f'there is no read-out "{unknown[0]}"', cure=did_you_mean(unknown[0], model.readouts))
    begin = min(problem.segments.boundaries[0] for problem in asked.problems)
    horizon = min(problem.segments.boundaries[-1] for problem in asked.problems)
    measures = [measured(endpoint, model, begin, horizon) for endpoint in endpoints]
    _refuse_twice(measures)
    request = Request(states, [model.readouts.index(name) for name in readouts], [one.summary for one in measures])
    given = None if times is None else _checked_times(times, begin, horizon)
    parts: list[Ensemble] = []
    n_failed = 0
    for start in range(0, asked.n, ROWS_PER_CHUNK):
        rows = asked.rows(slice(start, min(start + ROWS_PER_CHUNK, asked.n)))
        found = solve_ensemble(
            model.ensemble_kernels,
            rows.states,
            rows.vectors,
            rows.segments,
            rows.times if given is None else given,
            first.options,
            n_threads=n_threads or cores(),
            request=request,
        )
        parts.append(found)
        n_failed += int((found.status != 0).sum())
        if report is not None:
            report(start + len(rows.vectors), asked.n, n_failed)
    line = given if given is not None else asked.times
    return labelled(asked.problems, asked.columns, parts, line, readouts, measures)


@dataclass(frozen=True)
class _Asked:
    """The patients to simulate: one problem and columns, or one problem each."""

    problems: list[Problem]
    columns: dict[str, Array]

    @property
    def n(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else len(self.problems)

    @property
    def times(self) -> Array:
        return self.problems[0].times if self.columns or self.n == 1 else stack(self.problems).times

    def rows(self, chosen: slice) -> Rows:
        return vary(self.problems[0], self.columns, chosen) if self.columns else stack(self.problems[chosen])


def _asked(
    scenario: Scenario | Sequence[Scenario],
    parameters: Mapping[str, object] | None,
    file: str,
    announce: Callable[[str], None],
) -> _Asked:
    several = [scenario] if isinstance(scenario, Scenario) else list(scenario)
    if not several:
        raise DataError("there is no scenario", cure="give one, or one for each patient")
    if parameters and len(several) > 1:
        raise DataError("parameters vary one scenario, not several", cure="put them into the scenarios")
    problems = [prepare(one, file, announce) for one in several]
    if len({(problem.options.method, problem.options.rtol) for problem in problems}) > 1:
        raise DataError("the scenarios have different [solver] tables", cure="give all the same method and tolerance")
    return _Asked(problems, checked_parameters(problems[0], parameters) if parameters else {})


def _checked_times(times: object, begin: float, horizon: float) -> Array:
    line = np.asarray(times, np.float64)
    if line.ndim != 1 or not np.isfinite(line).all() or (np.diff(line) < 0.0).any():
        raise DataError("times must be a vector of days that does not decrease", key="times")
    if line.size and not (begin <= line[0] and line[-1] <= horizon):
        cure = f"choose from day {begin:g} to {horizon:g}"
        raise DataError(f"days {line[0]:g} to {line[-1]:g} are not part of the course", key="times", cure=cure)
    return line


def _refuse_twice(measures: Sequence[Measured]) -> None:
    labels = [one.label for one in measures]
    for label in labels:
        if labels.count(label) > 1:
            raise DataError(f'two endpoints are called "{label}"', cure="give one of them a name")
