"""The whole verification of one simulation, step by step."""

from collections.abc import Callable

import numpy as np

from immunosim.codegen.loader import say_nothing
from immunosim.errors import SolverError
from immunosim.problem import Problem
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.verification.accuracy import check_accuracy, check_signs, errors_against
from immunosim.verification.doses import (
    balances_of,
    check_balances,
    check_boluses,
    check_dose_amounts,
    check_dose_times,
)
from immunosim.verification.records import Verification
from immunosim.verification.reference import magnitudes_of, solve_reference
from immunosim.verification.resolved import resolve


def verify(solved: Problem | Trajectory, *, announce: Callable[[str], None] = say_nothing) -> Verification:
    """Check a solution against an independent method and against the ordered doses.

    Compares every pool at the output times and at every dose boundary with SciPy's Radau method at a tight tolerance;
    checks that doses fall on boundaries, that amounts and jumps are those of the scenario, that the mass balance of
    every drug closes, and that no pool is negative.

    Parameters
    ----------
    solved : Problem or Trajectory
        A trajectory is checked as it is; a problem is solved first.
    announce : callable
        Receives a sentence on each step.

    Raises
    ------
    SolverError
        If the integration failed, or if the reference cannot be computed.
    """
    trajectory = solved if isinstance(solved, Trajectory) else Trajectory.of(solved, solve(solved))
    if not trajectory.is_complete:
        raise SolverError(trajectory.failure())
    problem, states = trajectory.problem, trajectory.solution.states
    announce("Solving again with output around every dose")
    resolved = resolve(problem)
    everywhere = np.concatenate([states, resolved.before, resolved.after, resolved.states])
    magnitudes = magnitudes_of(problem, everywhere)
    reference = solve_reference(problem, magnitudes, announce=announce)
    times = np.concatenate([problem.times, problem.segments.boundaries])
    errors = errors_against(reference, times, np.concatenate([states, resolved.before]))
    balances = balances_of(problem, resolved)
    checks = (
        check_accuracy(problem, errors, times, reference.label),
        check_balances(balances),
        check_dose_times(problem),
        check_dose_amounts(problem),
        check_boluses(problem, resolved, magnitudes),
        check_signs(problem, everywhere, magnitudes),
    )
    worst = dict(zip(problem.model.pools, errors.max(axis=0).tolist(), strict=True))
    return Verification(checks, worst, balances, reference.label)
