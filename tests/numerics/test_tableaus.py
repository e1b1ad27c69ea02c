"""The coefficients satisfy the order conditions of Rosenbrock methods.

The conditions are those of Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed., IV.7: one for each
rooted tree, where a vertex with one branch takes beta_ij = alpha_ij + gamma_ij and one with several takes alpha_ij.
"""

from itertools import combinations_with_replacement
from math import prod

import numpy as np
import pytest

from immunosim.numerics.tableaus import METHODS

TOLERANCE = 2e-12  # sixteen printed digits, coefficients up to 1e2, sums of products of four of them

tableaus = pytest.mark.parametrize("tableau", METHODS.values(), ids=METHODS)


def trees_of(order):
    """Return the rooted trees with so many vertices; a tree is the tuple of its branches."""
    if order == 1:
        return [()]
    return sorted({branches for sizes in partitions(order - 1) for branches in forests(sizes)})


def partitions(n, largest=None):
    """Return the ways to write n as a sum of positive integers, largest first."""
    if n == 0:
        return [()]
    top = min(n, largest or n)
    return [(k, *rest) for k in range(top, 0, -1) for rest in partitions(n - k, k)]


def forests(sizes):
    """Return the sorted tuples of trees with these numbers of vertices."""
    ways = [()]
    for size in sorted(set(sizes)):
        ways = [w + f for w in ways for f in combinations_with_replacement(trees_of(size), sizes.count(size))]
    return [tuple(sorted(way)) for way in ways]


def n_vertices(tree):
    """Return the number of vertices."""
    return 1 + sum(n_vertices(branch) for branch in tree)


def density(tree):
    """Return the density of a tree."""
    return n_vertices(tree) * prod(density(branch) for branch in tree)


def stage_weights(tree, alpha, beta):
    """Return the elementary weight of each stage."""
    if not tree:
        return np.ones(len(alpha))
    if len(tree) == 1:
        return beta @ stage_weights(tree[0], alpha, beta)
    return np.prod([alpha @ stage_weights(branch, alpha, beta) for branch in tree], axis=0)


def untransformed(tableau):
    """Return alpha, Gamma (with its diagonal) and the weights b and b_hat of the original form, for all stages."""
    gamma = np.linalg.inv(np.eye(tableau.n_increments) / tableau.gamma - tableau.C)
    last = np.eye(tableau.n_increments)[tableau.n_stages - 1]
    m_hat = tableau.A[tableau.n_stages - 1]
    return tableau.A @ gamma, gamma, (m_hat + last) @ gamma, m_hat @ gamma


def defects(tableau, weights, order, theta=1.0):
    """Return by how much the conditions of exactly this order are missed."""
    alpha, gamma, _, _ = untransformed(tableau)
    return np.array(
        [weights @ stage_weights(tree, alpha, alpha + gamma) - theta**order / density(tree) for tree in trees_of(order)]
    )


def test_there_are_as_many_trees_as_the_textbook_counts():
    assert [len(trees_of(order)) for order in range(1, 8)] == [1, 1, 2, 4, 9, 20, 48]


@tableaus
def test_the_main_formula_has_its_order_and_no_more(tableau):
    weights = untransformed(tableau)[2]
    for order in range(1, tableau.order + 1):
        assert np.abs(defects(tableau, weights, order)).max() < TOLERANCE
    assert np.abs(defects(tableau, weights, tableau.order + 1)).max() > 1e-5


@tableaus
def test_the_embedded_formula_has_its_order_and_no_more(tableau):
    weights = untransformed(tableau)[3]
    for order in range(1, tableau.embedded_order + 1):
        assert np.abs(defects(tableau, weights, order)).max() < TOLERANCE
    assert np.abs(defects(tableau, weights, tableau.embedded_order + 1)).max() > 1e-5


@tableaus
@pytest.mark.parametrize("theta", [0.1, 0.5, 0.9])
def test_the_dense_output_has_its_order_inside_the_step(tableau, theta):
    _, gamma, b, _ = untransformed(tableau)
    inner = theta ** np.arange(len(tableau.H)) @ tableau.H
    weights = theta * b + theta * (1.0 - theta) * inner @ gamma
    for order in range(1, tableau.dense_order + 1):
        assert np.abs(defects(tableau, weights, order, theta)).max() < TOLERANCE


@tableaus
def test_the_abscissae_are_the_row_sums(tableau):
    alpha, gamma, _, _ = untransformed(tableau)
    np.testing.assert_allclose(alpha.sum(axis=1), tableau.c, atol=TOLERANCE)
    np.testing.assert_allclose(gamma.sum(axis=1), tableau.d, atol=TOLERANCE)


@tableaus
def test_the_method_is_stiffly_accurate_and_damps_infinitely_fast_modes(tableau):
    alpha, gamma, b, _ = untransformed(tableau)
    np.testing.assert_allclose((alpha + gamma)[tableau.n_stages - 1], b, atol=TOLERANCE)
    at_infinity = 1.0 - b @ np.linalg.solve(alpha + gamma, np.ones(tableau.n_increments))
    assert abs(at_infinity) < TOLERANCE


@tableaus
def test_the_coefficients_cannot_be_overwritten(tableau):
    with pytest.raises(ValueError, match="read-only"):
        tableau.A[1, 0] = 0.0
