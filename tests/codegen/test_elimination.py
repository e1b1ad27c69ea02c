"""The emitted statements solve (shift I - J) x = b for any pattern, as numpy does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunosim.codegen.sparse_lu import (
    assemble_statements,
    factorise_statements,
    plan_elimination,
    solve_statements,
)

PATTERNS = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), unique=True, max_size=3 * n)
    )
)


def solved(n, places, slopes, shift, right, padding):
    """Run the three parts of the text, on memory that holds rubbish."""
    plan = plan_elimination(n, places)
    size = plan.size + padding
    names = {"lu_": np.full(size + n, np.nan), "jac_": slopes, "shift": shift, "b_": right.copy()}
    statements = [*assemble_statements(plan, places, size), *factorise_statements(plan, size)]
    exec("\n".join([*statements, *solve_statements(plan, size)]), names)
    return names["b_"], names["lu_"]


@given(PATTERNS, st.integers(0, 2**32 - 1), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_step_is_solved_for_any_pattern(pattern, seed, padding):
    n, places = pattern
    generator = np.random.default_rng(seed)
    slopes, right = generator.normal(size=len(places)), generator.normal(size=n)
    jacobian = np.zeros((n, n))
    for (i, j), slope in zip(places, slopes, strict=True):
        jacobian[i, j] = slope
    shift = 1.0 + np.abs(jacobian).sum(axis=1).max()  # the diagonal dominates: no pivoting for size is needed
    expected = np.linalg.solve(shift * np.eye(n) - jacobian, right)
    found, _ = solved(n, places, slopes, shift, right, padding)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(1.0, np.abs(expected).max()))


@given(PATTERNS)
@settings(max_examples=50, deadline=None)
def test_every_factor_is_written_before_it_is_read(pattern):
    n, places = pattern
    _, factors = solved(n, places, np.zeros(len(places)), 2.0, np.ones(n), padding=2)
    assert np.isfinite(factors).all()


@given(PATTERNS)
@settings(max_examples=50, deadline=None)
def test_the_stored_factors_hold_all_fill_in_and_nothing_else(pattern):
    """Symbolic elimination by sets, in the order of the plan, as a second opinion."""
    n, places = pattern
    plan = plan_elimination(n, places)
    filled = {*places, *((i, i) for i in range(n))}
    left = set(range(n))
    for k in plan.pivots:
        left.remove(k)
        assert plan.lower[k] == sorted(i for i in left if (i, k) in filled)
        assert plan.upper[k] == sorted(j for j in left if (k, j) in filled)
        filled |= {(i, j) for i in plan.lower[k] for j in plan.upper[k]}
    assert set(plan.position) == filled


def test_each_pivot_has_the_least_markowitz_cost_of_those_left():
    places = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 1), (0, 3), (4, 0)]
    plan = plan_elimination(5, places)
    filled, left = {*places, *((i, i) for i in range(5))}, set(range(5))
    for pivot in plan.pivots:
        costs = {k: sum((i, k) in filled for i in left - {k}) * sum((k, j) in filled for j in left - {k}) for k in left}
        assert costs[pivot] == min(costs.values())
        assert pivot == min(k for k, cost in costs.items() if cost == costs[pivot])
        left.remove(pivot)
        filled |= {(i, j) for i in plan.lower[pivot] for j in plan.upper[pivot]}


@pytest.mark.parametrize("shift", [0.5, 8.0])
def test_a_diagonal_matrix_is_divided(shift):
    found, _ = solved(3, [(0, 0), (2, 2)], np.array([0.25, -1.0]), shift, np.ones(3), padding=0)
    assert found == pytest.approx([1.0 / (shift - 0.25), 1.0 / shift, 1.0 / (shift + 1.0)], rel=1e-15)
