"""The reference is right where the answer is known, and agrees with other methods where it is not."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from immunosim.errors import SolverError
from immunosim.problem import Problem
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.verification import Reference, solve_reference
from immunosim.verification.accuracy import errors_against
from immunosim.verification.reference import magnitudes_of


def test_the_reference_knows_the_exponential_decay_of_a_depot(every_drug: Trajectory, reference: Reference) -> None:
    problem = every_drug.problem
    rate = problem.vector[problem.model.position["triamcinolone_dissolution_rate"]]
    after = reference.times[reference.times > 20.0]
    column = problem.model.pools.index("triamcinolone_depot")
    # 1e-9: a hundred times the tolerance of the reference, over some hundred steps.
    assert reference.at(after)[:, column] == pytest.approx(15.0 * np.exp(-rate * (after - 20.0)), rel=1e-9)


def test_the_reference_reports_the_state_before_a_jump(every_drug: Trajectory, reference: Reference) -> None:
    column = every_drug.problem.model.pools.index("triamcinolone_depot")
    assert reference.at(np.array([20.0]))[0, column] == 0.0
    assert reference.magnitudes[column] == 15.0


def test_errors_are_relative_to_each_pool_and_its_maximum() -> None:
    times = np.array([0.0, 1.0])
    reference = Reference(times, np.array([[100.0, 1e-13], [0.0, 1e-14]]), np.array([100.0, 1e-13]), "")
    errors = errors_against(reference, times, np.array([[101.0, 1.01e-13], [0.01, 1e-14]]))
    assert errors == pytest.approx(np.array([[1 / 100.01, 1e-15 / 1.0001e-13], [1.0, 0.0]]), rel=1e-9)


def test_pools_of_any_size_are_resolved(every_drug: Trajectory, reference: Reference) -> None:
    lax = solve_reference(every_drug.problem, magnitudes_of(every_drug.problem, every_drug.solution.states), rtol=1e-8)
    assert reference.magnitudes.min() < 1e-8  # the untreated attack on the follicles is that small
    assert errors_against(reference, lax.times, lax.states).max() < 1e-6


def test_a_reference_that_gives_up_says_where(every_drug: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: Any, **__: Any) -> SimpleNamespace:
        return SimpleNamespace(success=False, message="Required step size is too small.")

    monkeypatch.setattr("scipy.integrate.solve_ivp", give_up)
    with pytest.raises(SolverError, match=r"SciPy Radau at 1e-09\) stopped between day -5 and 1"):
        solve_reference(every_drug.problem, magnitudes_of(every_drug.problem, every_drug.solution.states))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["case_report", "case_report_no_methylprednisolone", "one_course", "two_courses"])
@pytest.mark.parametrize(
    ("method", "rtol", "limit"), [("Radau", 1e-11, 1e-7), ("BDF", 1e-9, 1e-5), ("LSODA", 1e-11, 1e-6)]
)
def test_other_methods_agree_with_the_reference(
    name: str, method: str, rtol: float, limit: float, shipped: Callable[[str], Problem]
) -> None:
    # Limits: a hundred of the reference's tolerances for Radau; multistep methods let local errors add up.
    problem = shipped(name)
    magnitudes = magnitudes_of(problem, solve(problem).states)
    reference = solve_reference(problem, magnitudes)
    other = solve_reference(problem, magnitudes, method=method, rtol=rtol)
    assert errors_against(reference, other.times, other.states).max() < limit
