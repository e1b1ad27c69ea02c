"""The quadrature gives analytic integrals, keeps every edge, and does not depend on how panels are put together."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunosim.attribution import quadrature
from immunosim.attribution.quadrature import (
    CUTS,
    N_NODES,
    NODE_WEIGHTS,
    NODES,
    PATIENCE,
    SHORTEST,
    derivative_weights,
    integrate,
)


def account_of(rate, total):
    """Return what computes panels of one rate whose integral from 0 is known."""

    def compute(starts, ends):
        times = 0.5 * (starts + ends)[:, np.newaxis] + 0.5 * np.outer(ends - starts, NODES)
        parts = 0.5 * (ends - starts) * (rate(times) @ NODE_WEIGHTS)
        return parts[:, np.newaxis], total(ends) - total(starts) - parts

    return compute


@pytest.mark.parametrize(
    ("rate", "total"),
    [
        (lambda t: np.exp(-3.0 * t), lambda t: -np.exp(-3.0 * t) / 3.0),
        (lambda t: np.cos(20.0 * t), lambda t: np.sin(20.0 * t) / 20.0),
        (lambda t: 1.0 / (1.0 + 100.0 * t), lambda t: np.log1p(100.0 * t) / 100.0),
        (lambda t: np.zeros_like(t), lambda t: np.zeros_like(t)),
    ],
)
def test_the_parts_add_up_to_the_analytic_integral(rate, total):
    _, (parts, residuals) = integrate(account_of(rate, total), np.array([0.0, 0.3, 5.0]), 1e-11)
    assert parts.sum() == pytest.approx(total(5.0) - total(0.0), abs=1e-9)  # some hundred panels of 1e-11
    assert np.abs(residuals).max() <= 1e-11


@given(st.lists(st.floats(0.01, 10.0), min_size=1, max_size=12))
def test_every_edge_but_the_first_is_the_end_of_a_panel(widths):
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    ends, (parts, _) = integrate(account_of(np.cos, np.sin), edges, 1e-9)
    assert np.isin(edges[1:], ends).all()
    assert (np.diff(ends) > 0.0).all()
    so_far = np.cumsum(parts[:, 0])[np.searchsorted(ends, edges[1:])]
    assert so_far == pytest.approx(np.sin(edges[1:]), abs=1e-7)


def test_a_polynomial_of_twice_the_nodes_less_one_needs_no_cut():
    degree = 2 * N_NODES - 1
    compute = account_of(lambda t: (degree + 1) * t**degree, lambda t: t ** (degree + 1))
    ends, _ = integrate(compute, np.array([0.0, 1.0]), 1e-14)
    assert ends.tolist() == [1.0]


def test_a_jump_of_the_rate_is_closed_in_by_cutting_only_there():
    compute = account_of(lambda t: np.where(t < 0.7, 1.0, 3.0), lambda t: np.where(t < 0.7, t, 3.0 * t - 1.4))
    ends, (parts, residuals) = integrate(compute, np.array([0.0, 1.0]), 1e-9)
    assert parts.sum() == pytest.approx(1.6, abs=10 * SHORTEST)
    lengths = np.diff(np.concatenate([[0.0], ends]))
    assert lengths.max() == 0.25  # the quarters without the jump are cut once
    assert ends[np.abs(residuals).argmax()] == pytest.approx(0.7, abs=100 * SHORTEST)


def test_a_rate_that_cannot_be_integrated_ends_with_its_residual():
    def compute(starts, ends):
        return np.zeros((starts.size, 1)), np.full(starts.size, 0.5)

    ends, (parts, residuals) = integrate(compute, np.array([0.0, 1.0]), 1e-9)
    assert ends[-1] == 1.0
    assert not parts.any()
    assert (residuals == 0.5).all()


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_the_parts_do_not_depend_on_how_many_panels_are_computed_at_once(monkeypatch, chunk):
    edges = np.linspace(0.0, 3.0, 8)
    whole = integrate(account_of(np.cos, np.sin), edges, 1e-10)
    sizes = []

    def compute(starts, ends):
        sizes.append(starts.size)
        return account_of(np.cos, np.sin)(starts, ends)

    monkeypatch.setattr(quadrature, "CHUNK", chunk)
    parted = integrate(compute, edges, 1e-10)
    assert max(sizes) <= chunk
    assert np.array_equal(parted[0], whole[0])
    assert parted[1][0] == pytest.approx(whole[1][0], rel=1e-14)


def test_derivative_weights_of_a_constant_give_the_change_to_the_last_digit():
    weights = derivative_weights()
    assert weights.shape == (N_NODES, N_NODES + 2)
    change = weights.sum(axis=0)  # a constant g of 1
    assert change[0] == pytest.approx(-1.0, abs=1e-13)
    assert change[-1] == pytest.approx(1.0, abs=1e-13)
    assert np.abs(change[1:-1]).max() < 1e-13


def test_derivative_weights_integrate_by_parts():
    """The integral of t^2 d(t^3) over (-1, 1) is 6/5."""
    points = np.concatenate([[-1.0], NODES, [1.0]])
    assert NODES**2 @ derivative_weights() @ points**3 == pytest.approx(1.2, rel=1e-13)


def test_nodes_are_those_of_gauss():
    assert NODE_WEIGHTS.sum() == pytest.approx(2.0, rel=1e-15)
    integral = NODES**10 @ NODE_WEIGHTS
    assert integral == pytest.approx(2.0 / 11.0, rel=1e-13)
    assert math.fsum(NODES) == pytest.approx(0.0, abs=1e-15)


def test_each_panel_is_given_up_by_its_own_history():
    """The first panel never closes, the second holds a jump: neither's patience is the other's."""

    def compute(starts, ends):
        holds_jump = (starts < 1.7) & (ends > 1.7)
        residuals = np.where(starts < 1.0, 0.5, np.where(holds_jump, ends - starts, 0.0))
        return np.zeros((starts.size, 1)), residuals

    ends, (_, residuals) = integrate(compute, np.array([0.0, 1.0, 2.0]), 1e-4)
    hopeless = ends <= 1.0
    assert hopeless.sum() == CUTS**PATIENCE
    assert np.abs(residuals[~hopeless]).max() <= 1e-4
