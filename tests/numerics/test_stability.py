"""What the tableaus promise of stiff linear problems, and what a step makes of them."""

import numpy as np
import pytest

from immunosim.numerics import Segments, SolverOptions, solve_one
from immunosim.numerics.preparation import method_of
from immunosim.numerics.rosenbrock import compute_stages, factorise_shifted
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.tableaus.tableau import lower_triangle
from immunosim.numerics.workspace import new_work

methods = pytest.mark.parametrize("name", METHODS)


def amplification(tableau, z):
    """Return by what y' = lambda y grows over a step with h lambda = z, from equations (T1) and (T2)."""
    n = tableau.n_stages
    z = np.atleast_1d(np.asarray(z, complex))
    increments = np.zeros((n, z.size), complex)
    for i in range(n):
        state = 1.0 + tableau.A[i, :n] @ increments
        increments[i] = (z * state + tableau.C[i, :n] @ increments) / (1.0 / tableau.gamma - z)
    return 1.0 + tableau.A[n - 1, :n] @ increments + increments[n - 1], increments[n - 1]


@methods
def test_no_oscillation_grows_however_fast(name):
    growth, _ = amplification(
        METHODS[name], 1j * np.concatenate([-np.geomspace(1e-3, 1e8, 4000), np.geomspace(1e-3, 1e8, 4000)])
    )
    assert np.abs(growth).max() <= 1.0 + 1e-12  # A-stable on the imaginary axis, hence, being L-stable, everywhere


@methods
def test_nothing_that_decays_grows(name):
    size, angle = np.meshgrid(np.geomspace(1e-3, 1e8, 200), np.linspace(0.5 * np.pi, np.pi, 60))
    growth, _ = amplification(METHODS[name], (size * np.exp(1j * angle)).ravel())
    assert np.abs(growth).max() <= 1.0 + 1e-12


@methods
def test_the_fastest_decay_is_over_within_a_step(name):
    growth, _ = amplification(METHODS[name], [-1e6, -1e9, -1e12])
    assert np.abs(growth).max() < 1e-4
    assert abs(growth[2]) < abs(growth[1]) + 1e-9


@methods
def test_the_error_estimate_of_the_fastest_decay_vanishes_too(name):
    # Otherwise every step of a stiff problem would be rejected for a pool that has long decayed.
    _, estimate = amplification(METHODS[name], [-1e9])
    assert abs(estimate[0]) < 1e-6


@methods
def test_slow_growth_and_decay_are_exponentials_to_the_order_of_the_method(name):
    tableau = METHODS[name]
    sizes = np.array([0.2, 0.1])
    for sign in (-1.0, 1.0):
        growth, _ = amplification(tableau, sign * sizes)
        wrong = np.abs(growth - np.exp(sign * sizes))
        observed = np.log2(wrong[0] / wrong[1])
        assert observed > tableau.order + 0.6  # one more than the order for a single step, in the limit


@methods
def test_the_estimate_has_one_order_more_than_the_embedded_formula(name):
    tableau = METHODS[name]
    _, estimate = amplification(tableau, [-0.1, -0.05])
    observed = np.log2(abs(estimate[0] / estimate[1]))
    assert observed == pytest.approx(tableau.embedded_order + 1, abs=0.4)


@methods
@pytest.mark.parametrize("rate", [1e-3, 1.0, 30.0, 1e6])
def test_a_computed_step_is_that_of_the_tableau(decay, name, rate):
    method, h = method_of(SolverOptions(method=name)), 0.7
    work = new_work(1, 1, 1, len(method.A))
    work.y[0] = 2.0
    p, u = np.array([rate]), np.zeros(1)
    decay.rhs(work.y, p, u, work.f)
    decay.jacobian(work.y, p, u, work.jacobian)
    assert factorise_shifted(decay.functions, method, work, h)
    compute_stages(decay.functions, method, work, p, u, h)
    growth, estimate = amplification(METHODS[name], -rate * h)
    scale = np.abs(method.A).max() * 1e-13  # sums of increments up to the largest coefficient
    assert work.y_new[0] == pytest.approx(2.0 * growth[0].real, rel=1e-9, abs=scale)
    assert work.increments[method.n_stages - 1, 0] == pytest.approx(2.0 * estimate[0].real, rel=1e-9, abs=scale)


@methods
def test_a_step_is_linear_in_the_state(decay, span, name):
    options = SolverOptions(1.0, 1e30, first_step=0.25, method=name)

    def after(start):
        return solve_one(decay, [start], [3.0], span(0.0, 0.25, 1), [0.25], options)

    assert after(1.0).n_steps == 1
    assert after(5.0).states[0, 0] == pytest.approx(5.0 * after(1.0).states[0, 0], rel=1e-13)


@methods
def test_a_constant_flow_is_followed_exactly(decay, name):
    segments = Segments([0.0, 10.0], [[0.3]], [[0.0]])
    found = solve_one(decay, [1.0], [0.0], segments, np.linspace(0.0, 10.0, 13), SolverOptions(method=name))
    np.testing.assert_allclose(found.states[:, 0], 1.0 + 0.3 * np.linspace(0.0, 10.0, 13), rtol=1e-13)


@methods
def test_the_shape_of_a_tableau_fits_its_stages(name):
    tableau = METHODS[name]
    n = tableau.n_increments
    assert tableau.name == name
    assert tableau.A.shape == tableau.C.shape == (n, n)
    assert tableau.H.shape[1] == n
    assert tableau.H.shape[0] in (3, 4)
    assert tableau.n_stages == n - tableau.n_output_stages
    assert np.array_equal(tableau.A, np.tril(tableau.A, -1))
    assert np.array_equal(tableau.C, np.tril(tableau.C, -1))
    assert 0.0 < tableau.gamma < 1.0
    assert tableau.embedded_order == tableau.order - 1
    # The rows of stages that only output needs are not among those of the step.
    assert not tableau.A[: tableau.n_stages, tableau.n_stages :].any()


@methods
def test_the_last_two_stages_are_where_the_step_ends(name):
    tableau = METHODS[name]
    np.testing.assert_allclose(tableau.c[tableau.n_stages - 2 : tableau.n_stages], 1.0, atol=1e-12)
    # Equation (T2): each of the last stages starts where the one before it did, plus its increment.
    last, before = tableau.A[tableau.n_stages - 1], tableau.A[tableau.n_stages - 2]
    k = tableau.n_stages - 2
    assert last[k] == 1.0
    np.testing.assert_array_equal(last[:k], before[:k])


def test_rows_of_a_triangle_are_filled_with_zeros():
    np.testing.assert_array_equal(
        lower_triangle([[], [2.0], [3.0, 4.0]]), [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [3.0, 4.0, 0.0]]
    )
