"""Courses of one read-out in many variants of a scenario, solved together: the bits of each alone at the same times.

Rows of one batch share their tolerances, so that no row's bits depend on the others. Knows no wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from immunosim.attribution.left_out import without
from immunosim.attribution.weights import Weights
from immunosim.codegen.loader import Array
from immunosim.errors import ImmunosimError
from immunosim.numerics import Segments, Solution, SolverOptions, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario.segments import SAME_TIME
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory

MOST_ROWS = 32
"""Rows of a batch: the states of a long course take about a megabyte each."""


@dataclass(frozen=True)
class Variant:
    """A scenario without some orders (by key) and some mechanisms (by name).

    Mechanisms are off throughout, or stop on the day ``since``: until then nothing is different.
    """

    keys: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    since: float | None = None


@dataclass(eq=False)
class Variants:
    """Courses of a read-out in variants of a scenario.

    Attributes
    ----------
    problem : Problem
        The whole scenario, at the common times.
    readout : str
    courses : dict of Variant to ndarray, shape (n_times,)
        Of those that were solved; a variant that starts later is untreated until then.
    failures : dict of Variant to str
        Why the others were not.
    """

    problem: Problem
    readout: str
    courses: dict[Variant, Array] = field(default_factory=dict)
    failures: dict[Variant, str] = field(default_factory=dict)
    _states: dict[float, Array] = field(default_factory=dict)

    def solve(self, variants: Iterable[Variant]) -> None:
        """Solve those variants that are new."""
        known = {*self.courses, *self.failures}
        problems: dict[Variant, Problem] = {}
        for variant in dict.fromkeys(variants):
            if variant not in known:
                try:
                    problems[variant] = self.prepared(variant)
                except ImmunosimError as error:
                    self.failures[variant] = str(error)
        for variant, course in zip(
            problems, courses_of(list(problems.values()), [self.readout], self.problem.times), strict=True
        ):
            if isinstance(course, str):
                self.failures[variant] = course
            else:
                self.courses[variant] = course[self.readout]

    def prepared(self, variant: Variant) -> Problem:
        """Return a variant as numbers; one whose mechanisms stop begins on that day."""
        problem = prepare(without(self.problem.scenario, variant.keys, variant.off))
        if variant.since is None:
            return problem
        segments = _from(problem.segments, variant.since)
        return replace(problem, initial_state=self._state(variant.since), segments=segments)

    def _state(self, day: float) -> Array:
        """Return the state of the whole scenario on a day, just before what is given then."""
        if day not in self._states:
            begin = self.problem.times[:1]
            times = begin if day <= begin[0] else np.append(begin, day)
            self._states[day] = solve(replace(self.problem, times=times)).states[-1]
        return self._states[day]


def courses_of(problems: Sequence[Problem], readouts: Sequence[str], times: Array) -> list[dict[str, Array] | str]:
    """Return read-outs of each problem at common times, shape (n_times,), or how its integration failed.

    Parameters
    ----------
    problems : sequence of Problem
        Of one model; one that starts later than the first time is untreated until then.
    readouts : sequence of str
    times : ndarray, shape (n_times,), day
    """
    timed = [_at(problem, times) for problem in problems]
    courses: list[dict[str, Array] | str] = [""] * len(timed)
    for places in _batches([problem.options for problem in timed]):
        for i, solution in zip(places, _solved([timed[i] for i in places]), strict=True):
            courses[i] = _courses(timed[i], solution, readouts, times.size)
    return courses


def _at(problem: Problem, times: Array) -> Problem:
    """Return a problem that reports at its start and at the times after it; the integrator takes the same steps."""
    start = problem.segments.boundaries[:1]
    return replace(problem, times=np.concatenate([start, times[times > start + SAME_TIME]]))


def _from(segments: Segments, day: float) -> Segments:
    """Return what is left of segments from a day on, with what is given at once on that day."""
    first = max(int(np.searchsorted(segments.boundaries, day + SAME_TIME, side="right")) - 1, 0)
    boundaries, jumps = segments.boundaries[first:].copy(), segments.jumps[first:].copy()
    if boundaries[0] < day - SAME_TIME:
        boundaries[0], jumps[0] = day, 0.0
    return Segments(boundaries, segments.inputs[first:], jumps)


def _courses(problem: Problem, solution: Solution, readouts: Sequence[str], size: int) -> dict[str, Array] | str:
    solution = replace(solution, states=solution.states[: problem.times.size])
    failure = Trajectory.of(problem, solution).failure()
    if failure:
        return failure
    inputs = problem.inputs_at(problem.times)
    values = {name: Weights.of(problem, name, direct=True).values(solution.states, inputs) for name in readouts}
    # The first value is that of its own start, and holds until then: the untreated one.
    return {name: np.concatenate([np.full(size - v.size + 1, v[0]), v[1:]]) for name, v in values.items()}


def _solved(problems: Sequence[Problem]) -> list[Solution]:
    times = np.full((len(problems), max(problem.times.size for problem in problems)), np.nan)
    for line, problem in zip(times, problems, strict=True):
        line[: problem.times.size] = problem.times
    ensemble = solve_ensemble(
        problems[0].model.ensemble_kernels,
        np.array([problem.initial_state for problem in problems]),
        np.array([problem.vector for problem in problems]),
        [problem.segments for problem in problems],
        times,
        problems[0].options,
        is_compiled=False,  # as a single simulation: nobody waits for a compiler, and the bits are the same
    )
    return [ensemble.row(i) for i in range(len(problems))]


def _batches(options: Sequence[SolverOptions]) -> list[list[int]]:
    """Return the positions of problems that can be solved together, in batches."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, option in enumerate(options):
        arrays = (np.asarray(option.atol).tobytes(), np.asarray(option.negative_tolerance).tobytes())
        key = (option.method, option.rtol, option.max_steps, option.first_step, option.max_step, *arrays)
        groups.setdefault(key, []).append(i)
    return [
        places[start : start + MOST_ROWS] for places in groups.values() for start in range(0, len(places), MOST_ROWS)
    ]
