"""Static sparse LU: the emitted statements solve like numpy, and the elimination order is always the same."""

import numpy as np
import pytest

from immunosim.codegen.sparse_lu import factorise_statements, plan_elimination, solve_statements


def random_matrix(n, density, seed):
    """A sparse matrix whose diagonal dominates, as that of shift I - J does for a step that is short enough."""
    generator = np.random.default_rng(seed)
    matrix = np.where(generator.uniform(size=(n, n)) < density, generator.normal(size=(n, n)), 0.0)
    np.fill_diagonal(matrix, np.abs(matrix).sum(axis=1) + generator.uniform(0.5, 2.0, size=n))
    return matrix


def pattern(matrix):
    return [(int(i), int(j)) for i, j in np.argwhere(matrix != 0.0)]


def solved(matrix, right, padding=0):
    """Run the emitted text on a matrix and a right-hand side."""
    plan = plan_elimination(len(matrix), pattern(matrix))
    size = plan.size + padding
    lu = np.zeros(size + len(matrix))
    for entry, place in plan.position.items():
        lu[place] = matrix[entry]
    b = right.copy()
    exec("\n".join(factorise_statements(plan, size) + solve_statements(plan, size)), {"lu_": lu, "b_": b})
    return b


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "density"), [(1, 0.0), (2, 1.0), (8, 0.3), (30, 0.1), (46, 0.05), (12, 1.0)])
def test_the_statements_solve_a_sparse_system(n, density, seed):
    matrix, right = random_matrix(n, density, seed), np.random.default_rng(seed).normal(size=n)
    expected = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(solved(matrix, right), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_padding_between_factors_and_inverse_pivots_changes_nothing():
    matrix, right = random_matrix(10, 0.3, 1), np.arange(10.0)
    np.testing.assert_array_equal(solved(matrix, right), solved(matrix, right, padding=5))


def test_the_elimination_does_not_depend_on_the_order_of_the_entries():
    entries = pattern(random_matrix(30, 0.15, 2))
    shuffled = [entries[i] for i in np.random.default_rng(0).permutation(len(entries))]
    assert plan_elimination(30, entries) == plan_elimination(30, shuffled)


def test_the_pivots_are_every_row_once_and_the_factors_cover_the_pattern():
    entries = pattern(random_matrix(30, 0.15, 3))
    plan = plan_elimination(30, entries)
    assert sorted(plan.pivots) == list(range(30))
    assert set(plan.position) >= set(entries)
    assert sorted(plan.position.values()) == list(range(plan.size))


def test_an_arrow_is_eliminated_without_fill_in_and_its_hub_last():
    """The best known case of ordering: taking the hub first would fill the whole matrix."""
    n = 10
    arrow = [(0, j) for j in range(n)] + [(i, 0) for i in range(n)] + [(i, i) for i in range(n)]
    plan = plan_elimination(n, arrow)
    assert plan.size == 3 * n - 2
    assert plan.pivots.index(0) >= n - 2


def test_the_diagonal_is_part_of_the_pattern_though_it_is_not_given():
    assert set(plan_elimination(3, [(0, 1)]).position) == {(0, 0), (1, 1), (2, 2), (0, 1)}
