"""A right solution is verified, a wrong one is refused with the place of its worst error."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunosim.errors import SolverError
from immunosim.problem import Problem
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.verification import Check, Reference, Verification, verify
from immunosim.verification.accuracy import check_accuracy, check_signs, errors_against
from immunosim.verification.reference import magnitudes_of

CONFIGS = Path(__file__).parents[2] / "configs"

CHECKS = ("accuracy", "mass balance", "dose times", "dose amounts", "boluses", "signs")


def _changed(trajectory: Trajectory, pool: str, change: Callable[[Any], Any]) -> Trajectory:
    """Return the trajectory with one pool replaced by what ``change`` makes of it."""
    column, states = trajectory.problem.model.pools.index(pool), trajectory.solution.states.copy()
    states[:, column] = change(states[:, column])
    return replace(trajectory, solution=replace(trajectory.solution, states=states))


def _accuracy(trajectory: Trajectory, reference: Reference) -> Check:
    errors = errors_against(reference, trajectory.time, trajectory.solution.states)
    return check_accuracy(trajectory.problem, errors, trajectory.time, reference.label)


def _raised_at(row: int, share: float) -> Callable[[Any], Any]:
    return lambda values: np.where(np.arange(values.size) == row, values * (1 + share), values)


def test_a_right_solution_passes_every_check(verification: Verification) -> None:
    assert [check.name for check in verification.checks] == list(CHECKS)
    assert verification.failures == ()
    assert verification.passed


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.toml")))
def test_a_shipped_scenario_passes_every_check(name: str, shipped: Callable[[str], Problem]) -> None:
    assert [str(check) for check in verify(shipped(name)).failures] == []


def test_the_checks_are_as_strict_as_promised(verification: Verification) -> None:
    limits = {check.name: check.limit for check in verification.checks}
    assert (limits["accuracy"], limits["mass balance"], limits["dose times"]) == (1e-4, 1e-6, 1e-9)


@pytest.mark.parametrize("pool", ["naive_cd4_lymphoid", "memory_cd8_blood", "privilege_loss", "dystrophic_follicles"])
def test_a_wrong_value_is_found_with_its_pool_and_day(pool: str, every_drug: Trajectory, reference: Reference) -> None:
    # Pools from 1e4 cells down to the untreated attack on the follicles, a share of less than 1e-9.
    row = int(np.searchsorted(every_drug.time, 12.0))
    found = _accuracy(_changed(every_drug, pool, _raised_at(row, 1e-3)), reference)
    assert not found.passed
    assert found.value == pytest.approx(1e-3, rel=0.1)  # of the value and a little of the maximum, give or take 1e-4
    assert found.where == f"{pool} on day 12"


def test_a_verification_judges_the_trajectory_that_it_is_given(every_drug: Trajectory) -> None:
    found = verify(_changed(every_drug, "il7", _raised_at(40, -0.01)))
    assert [check.name for check in found.failures] == ["accuracy"]
    assert found["accuracy"].where == f"il7 on day {every_drug.time[40]:g}"


def test_a_pool_that_should_stay_empty_must_be_empty(problem_of: Callable[[dict[str, Any]], Problem]) -> None:
    problem = problem_of({"title": "untreated", "horizon": "2 days"})
    trajectory = Trajectory.of(problem, solve(problem))
    found = verify(_changed(trajectory, "prednisolone", lambda values: values + 1e-7))["accuracy"]
    assert not found.passed
    assert found.where.startswith("prednisolone on day")


@pytest.mark.parametrize(
    "treatment",
    [
        {"horizon": "120 months"},
        {"course": [{"start": "0 days", "dose": "12 mg"}]},
        {"prednisolone": [{"start": "0 days", "dose": "50 mg", "doses": 10, "every": "24 h"}]},
        {"dimethyl_fumarate": [{"start": "0 days"}], "horizon": "12 months"},
    ],
    ids=["untreated", "one dose", "tablets", "fumarate"],
)
def test_rounding_in_a_pool_that_is_as_good_as_empty_is_no_error(
    treatment: dict[str, Any], problem_of: Callable[[dict[str, Any]], Problem]
) -> None:
    # Antibodies then differ from their untreated titre by rounding or little more, and nobody is ill.
    found = verify(problem_of({"title": "little happens", "horizon": "30 days"} | treatment))
    assert found["signs"].passed
    pools = ["thyroid_illness", "thyroid_antibody", "platelet_antibody", "gbm_antibody", "methylprednisolone"]
    assert max(found.errors[pool] for pool in pools) <= found["accuracy"].limit


def test_a_negative_pool_is_named(every_drug: Trajectory) -> None:
    wrong = _changed(every_drug, "nk_cells", lambda values: np.where(values == values[-1], -1e-6, values))
    states = wrong.solution.states
    found = check_signs(wrong.problem, states, magnitudes_of(wrong.problem, states))
    assert (found.passed, found.where) == (False, "nk_cells")


def test_a_failed_integration_cannot_be_verified(every_drug: Trajectory) -> None:
    options = replace(every_drug.problem.options, max_steps=5)
    with pytest.raises(SolverError, match="STEP_LIMIT"):
        verify(replace(every_drug.problem, options=options))


def test_what_is_stored_is_plain_json(verification: Verification) -> None:
    stored = json.loads(json.dumps(verification.as_dict(), allow_nan=False))
    assert stored["passed"] is True
    assert tuple(stored["checks"]) == CHECKS
    assert stored["checks"]["accuracy"]["value"] == max(stored["errors"].values())
    assert stored["balances"]["alemtuzumab"]["given"] == 24.0
    assert stored["reference"] == "SciPy Radau at 1e-09"


@pytest.mark.usefixtures("verification")
def test_what_is_announced_says_how_far_it_is(announced: list[str]) -> None:
    assert announced[0] == "Solving again with output around every dose"
    assert announced[1] == "SciPy Radau at 1e-09: day -5 of 30"
    assert len(announced) == len(set(announced)) <= 12


def test_a_check_reads_as_a_sentence_and_refuses_nan() -> None:
    assert str(Check("signs", "", 2e-10, 1e-9, "il7")) == "signs: 2e-10 (limit 1e-09, il7) ok"
    assert not Check("signs", "", float("nan"), 1e-9, "il7").passed
