"""Simulate many patients chunk by chunk, which limits the memory to the requested outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from immunosim.codegen.loader import Array, say_nothing
from immunosim.ensembles.endpoints import Endpoint
from immunosim.ensembles.questions import question
from immunosim.ensembles.result import EnsembleResult, labelled
from immunosim.ensembles.rows import Rows, checked_parameters, stack, vary, vary_each
from immunosim.ensembles.tolerances import solve_by_tolerance
from immunosim.errors import DataError
from immunosim.machine import cores
from immunosim.numerics import Ensemble, SolverOptions, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario

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
    """Simulate an ensemble of patients.

    Parameters
    ----------
    scenario : Scenario or sequence of Scenario
        One for all rows of ``parameters``, or one for each patient, with its own regimen, horizon and tolerances.
    parameters : mapping of str to array_like, shape (n,), optional
        Primary parameters by patient, in their own units; may be a pandas DataFrame. They replace those of the scenario
        of the patient.
    readouts : sequence of str
        Read-outs, or pools, to report at the output times.
    times : array_like, shape (n_times,), day, optional
        Output times; by default those of the scenario.
    endpoints : sequence of Endpoint
        Numbers computed from the whole course, without storing it.
    states : bool
        Report every pool at the output times as well.
    n_threads : int, optional
        By default one per core.
    file : str
        Name for messages.
    announce : callable
        Receives a sentence before a slow step.
    report : callable, optional
        Receives after each chunk the number of rows done, the total, and the number of failures.

    Returns
    -------
    EnsembleResult
        Failed rows have a status, a time and a state, and NaN for all outputs.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a requested output does not exist, or the scenario is impossible.
    """
    asked = _asked(scenario, parameters, file, announce)
    model = asked.problems[0].model
    begin = min(problem.segments.boundaries[0] for problem in asked.problems)
    # The shortest course: an endpoint whose window leaves it would mean another length for some of the patients.
    horizon = min(problem.segments.boundaries[-1] for problem in asked.problems)
    wanted = question(model, (begin, horizon), readouts, times, endpoints, states, list(asked.columns))
    parts: list[Ensemble] = []
    n_failed = 0

    def solve(rows: Rows, options: SolverOptions, threads: int) -> Ensemble:
        times = rows.times if wanted.times is None else wanted.times
        arguments = (rows.states, rows.vectors, rows.segments, times, options)
        return solve_ensemble(model.ensemble_kernels, *arguments, n_threads=threads, request=wanted.request)

    for start in range(0, asked.n, ROWS_PER_CHUNK):
        chunk = slice(start, min(start + ROWS_PER_CHUNK, asked.n))
        rows = asked.rows(chunk)
        solved = solve_by_tolerance(rows, asked.options(chunk), solve, n_threads or cores())
        parts.append(solved)
        n_failed += int((solved.status != 0).sum())
        if report is not None:
            report(start + len(rows.vectors), asked.n, n_failed)
    line = asked.times if wanted.times is None else wanted.times
    return labelled(asked.problems, asked.columns, parts, line, wanted)


@dataclass(frozen=True)
class _Asked:
    """The patients to simulate: one problem for all or one each, and columns that replace parameters."""

    problems: list[Problem]
    columns: dict[str, Array]

    @property
    def n(self) -> int:
        return len(next(iter(self.columns.values()))) if self.is_common else len(self.problems)

    @property
    def is_common(self) -> bool:
        """Whether all patients have one scenario."""
        return bool(self.columns) and len(self.problems) == 1

    @property
    def times(self) -> Array:
        return self.problems[0].times if self.is_common or self.n == 1 else stack(self.problems).times

    def rows(self, chosen: slice) -> Rows:
        if self.is_common:
            return vary(self.problems[0], self.columns, chosen)
        return vary_each(self.problems[chosen], {name: column[chosen] for name, column in self.columns.items()})

    def options(self, chosen: slice) -> list[SolverOptions]:
        """Return the options of each row; those of parameters that vary are the scenario's."""
        if self.is_common:
            return [self.problems[0].options]
        return [problem.options for problem in self.problems[chosen]]


def _asked(
    scenario: Scenario | Sequence[Scenario],
    parameters: Mapping[str, object] | None,
    file: str,
    announce: Callable[[str], None],
) -> _Asked:
    several = [scenario] if isinstance(scenario, Scenario) else list(scenario)
    if not several:
        raise DataError("there is no scenario", cure="give one, or one for each patient")
    columns = {} if parameters is None else {str(name): parameters[name] for name in parameters}
    prepared = {id(each): each for each in several}
    by_scenario = {key: prepare(each, file, announce) for key, each in prepared.items()}
    problems = [by_scenario[id(each)] for each in several]
    if len({(problem.options.method, problem.options.rtol) for problem in problems}) > 1:
        raise DataError("the scenarios have different [solver] tables", cure="give all the same method and tolerance")
    checked: dict[str, Array] = {}
    for problem in by_scenario.values() if columns else ():
        checked = checked_parameters(problem, columns)
    if len(several) > 1 and any(len(column) != len(several) for column in checked.values()):
        reason = f"{len(several)} scenarios have {len(next(iter(checked.values())))} rows of parameters"
        raise DataError(reason, key="parameters", cure="give one scenario, or one for each row")
    return _Asked(problems, checked)
