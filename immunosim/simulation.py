"""From a scenario to a trajectory: the only place that joins kernels and numerics."""

from collections.abc import Callable

from immunosim.codegen.loader import say_nothing
from immunosim.numerics import Solution, solve_one
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario
from immunosim.trajectory import Trajectory


def solve(problem: Problem) -> Solution:
    """Solve a prepared problem."""
    return solve_one(
        problem.model.ensemble_kernels,
        problem.initial_state,
        problem.vector,
        problem.segments,
        problem.times,
        problem.options,
    )


def simulate(scenario: Scenario, file: str = "scenario", announce: Callable[[str], None] = say_nothing) -> Trajectory:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario
    file : str
        Name for messages.
    announce : callable
        Receives a sentence before a slow step.

    Returns
    -------
    Trajectory
        With NaN throughout and a status other than OK where the integration failed: a failure is a result, not an
        error.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario is invalid.
    """
    problem = prepare(scenario, file, announce)
    return Trajectory.of(problem, solve(problem))
