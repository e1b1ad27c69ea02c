"""Constructed differences: what a verification must flag, what it must not, and how it tells them."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from immunosim.problem import Problem
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory
from immunosim.verification import Verification, verify
from immunosim.verification.accuracy import LARGEST_ERROR, ROUND_OFF, check_accuracy, check_signs, errors_against
from immunosim.verification.doses import (
    BALANCE_LIMIT,
    SAME_AMOUNT,
    SAME_TIME,
    check_balances,
    check_dose_amounts,
    check_dose_times,
)
from immunosim.verification.records import Balance, Check
from immunosim.verification.reference import FLOOR, Reference
from immunosim.verification.resolved import FIRST_PANEL, LONGEST_PANEL, PANEL_GROWTH, _edges, _rule

DOSE = {"drug": "antibody", "start": "1 day", "dose": "30 mg", "infusion": "4 h"}


@pytest.fixture(scope="module")
def taught() -> Trajectory:
    return simulate(build_scenario({"model": "teaching", "horizon": "30 days", "dose": [DOSE]}))


@pytest.fixture(scope="module")
def verified(taught: Trajectory) -> Verification:
    return verify(taught)


@pytest.fixture
def problem(taught: Trajectory) -> Problem:
    return taught.problem


def check(value: float, limit: float = 1e-6, name: str = "one") -> Check:
    return Check(name, "what is measured", value, limit, "somewhere")


# --- accuracy --------------------------------------------------------------------------------------------------------


def moved(taught: Trajectory, pool: str, row: int, share: float) -> Check:
    """Return the check of a solution that is right but for one value, which is off by a share of itself."""
    states = taught.solution.states
    reference = Reference(taught.time, states, np.abs(states).max(axis=0) + 1e-300, "the same")
    wrong = states.copy()
    wrong[row, taught.problem.model.pools.index(pool)] *= 1.0 + share
    return check_accuracy(taught.problem, errors_against(reference, taught.time, wrong), taught.time, "the same")


@pytest.mark.parametrize("pool", ["t_cells_blood", "t_cells_tissue", "cytokine"])
@pytest.mark.parametrize(("share", "passes"), [(0.5 * LARGEST_ERROR, True), (2.0 * LARGEST_ERROR, False)])
def test_one_value_of_one_pool_is_enough_to_fail(taught: Trajectory, pool: str, share: float, passes: bool) -> None:
    found = moved(taught, pool, 40, share)
    assert found.passed is passes
    assert found.where.startswith(f"{pool} on day ")
    assert found.value == pytest.approx(share, rel=0.05)  # the floor takes a little off


def test_an_error_that_is_small_beside_the_pools_maximum_is_forgiven(taught: Trajectory) -> None:
    """A relative error of one in a pool that holds a millionth of what it held is 1e-2 of the floor."""
    pool = taught.problem.model.pools.index("antibody")
    states = taught.solution.states.copy()
    states[-1, pool] = 1e-6 * states[:, pool].max()
    magnitudes = np.abs(states).max(axis=0) + 1e-300
    reference = Reference(taught.time, states, magnitudes, "the same")
    wrong = states.copy()
    wrong[-1, pool] *= 2.0
    assert errors_against(reference, taught.time, wrong)[-1, pool] == pytest.approx(1e-6 / (1e-6 + FLOOR))


def test_a_missing_number_is_the_largest_error_and_fails(taught: Trajectory) -> None:
    assert not moved(taught, "cytokine", 10, np.nan).passed


@pytest.mark.parametrize(
    ("depth", "passes"), [(0.0, True), (0.5 * ROUND_OFF, True), (2.0 * ROUND_OFF, False), (np.nan, False)]
)
def test_a_pool_below_zero_is_found_beyond_rounding(problem: Problem, depth: float, passes: bool) -> None:
    magnitudes = np.array([10.0, 1e4, 1.0, 1.0, 30.0, 1.0])
    states = np.ones((3, 6))
    states[1, 4] = -depth * magnitudes[4]
    found = check_signs(problem, states, magnitudes)
    assert found.passed is passes
    if not passes:
        assert found.where == problem.model.pools[4]


# --- doses -----------------------------------------------------------------------------------------------------------


def with_boundaries(problem: Problem, change: Callable[[np.ndarray], np.ndarray]) -> Problem:
    return replace(problem, segments=replace(problem.segments, boundaries=change(problem.segments.boundaries.copy())))


@pytest.mark.parametrize(("shift", "passes"), [(0.4 * SAME_TIME, True), (1e-4, False)])
def test_a_boundary_that_moved_is_found(problem: Problem, shift: float, passes: bool) -> None:
    found = check_dose_times(with_boundaries(problem, lambda days: days + shift))
    assert found.passed is passes


@pytest.mark.parametrize(("factor", "passes"), [(1.0, True), (1.0 + 0.1 * SAME_AMOUNT, True), (0.99, False)])
def test_a_rate_that_is_not_the_ordered_one_is_found(problem: Problem, factor: float, passes: bool) -> None:
    wrong = replace(problem, segments=replace(problem.segments, inputs=problem.segments.inputs * factor))
    found = check_dose_amounts(wrong)
    assert found.passed is passes
    if not passes:
        assert found.where.startswith("antibody_infusion until day ")
        assert found.value == pytest.approx(0.01)


def balance(error: float, drug: str = "antibody") -> Balance:
    return Balance(drug, 30.0, 20.0, 10.0, error)


@pytest.mark.parametrize(
    ("errors", "passes", "where"),
    [
        ([], True, "no drug given"),
        ([0.1 * BALANCE_LIMIT, 0.5 * BALANCE_LIMIT], True, "drug 1"),
        ([2.0 * BALANCE_LIMIT, 0.0], False, "drug 0"),
        ([0.0, np.nan], False, "drug 1"),
        ([np.nan, 0.0], False, "drug 0"),
    ],
)
def test_the_worst_balance_is_judged_and_a_missing_one_is_the_worst(
    errors: list[float], passes: bool, where: str
) -> None:
    found = check_balances([balance(error, f"drug {place}") for place, error in enumerate(errors)])
    assert (found.passed, found.where) == (passes, where)


# --- quadrature ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1e-5, 1e-4, 0.5, 30.0, 3650.0])
def test_panels_grow_from_the_start_and_cover_the_whole(length: float) -> None:
    edges = _edges(length)
    widths = np.diff(edges)
    assert (edges[0], edges[-1]) == (0.0, length)
    assert widths[0] <= 1.5 * FIRST_PANEL
    assert widths.max() <= 1.5 * LONGEST_PANEL
    assert (widths[1:] <= 1.5 * PANEL_GROWTH * widths[:-1] * (1 + 1e-9)).all()
    assert (widths > 0.0).all()


def test_the_weights_of_a_segment_add_up_to_its_length_and_nodes_lie_inside() -> None:
    nodes, weights = _rule(7.0, 19.0)
    assert weights.sum() == pytest.approx(12.0, rel=1e-14)
    assert nodes.min() > 7.0
    assert nodes.max() < 19.0
    assert (np.diff(nodes) > 0.0).all()
    assert weights @ np.exp(-5000.0 * (nodes - 7.0)) == pytest.approx(1.0 / 5000.0, rel=1e-6)


# --- records ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "passes"), [(0.0, True), (1e-6, True), (1.001e-6, False), (np.inf, False), (np.nan, False)]
)
def test_a_check_passes_up_to_its_limit(value: float, passes: bool) -> None:
    found = check(value)
    assert found.passed is passes
    assert ("ok" if passes else "FAILED") in str(found)
    assert found.as_dict()["passed"] is passes


def test_a_verification_passes_where_every_check_does() -> None:
    good, bad = check(0.0, name="good"), check(1.0, name="bad")
    found = Verification((good, bad), {"a": 0.1, "b": 0.3}, (balance(0.0),), "Radau")
    assert not found.passed
    assert found.failures == (bad,)
    assert found["good"] is good
    assert "1 of 2 checks passed" in found.headline()
    assert "0.3 (b)" in str(found.facts()["largest error"])
    assert replace(found, checks=(good,)).passed
    with pytest.raises(KeyError):
        found["ugly"]


def test_tables_and_data_hold_every_check_and_pool(verified: Verification, problem: Problem) -> None:
    table = verified.to_dataframe()
    assert list(table["name"]) == [one.name for one in verified.checks]
    assert table["passed"].all()
    assert (table["value"] <= table["limit"]).all()
    assert tuple(verified.dataset["pool"].values) == problem.model.pools
    assert json.loads(json.dumps(verified.summary())) == verified.summary()
    assert verified.summary()["balances"]["antibody"]["given"] == pytest.approx(30.0)


def test_what_was_given_is_eliminated_or_there(verified: Verification) -> None:
    (found,) = verified.balances
    assert found.given == pytest.approx(found.eliminated + found.remaining, rel=1e-6)


def test_a_trajectory_with_one_wrong_value_is_flagged_by_accuracy_alone(taught: Trajectory) -> None:
    states = taught.solution.states.copy()
    states[30, taught.problem.model.pools.index("t_cells_tissue")] *= 1.001
    wrong: Any = Trajectory.of(taught.problem, replace(taught.solution, states=states))
    assert [one.name for one in verify(wrong).failures] == ["accuracy"]


def test_the_reference_is_read_at_its_own_times() -> None:
    reference = Reference(np.array([0.0, 1.0, 4.0]), np.arange(6.0).reshape(3, 2), np.ones(2), "x")
    assert reference.at(np.array([4.0, 0.0, 1.0])).tolist() == [[4.0, 5.0], [0.0, 1.0], [2.0, 3.0]]
