"""Where elimination without pivoting breaks down, a trial is done with pivoting; only if both break down it fails."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import METHODS, SolverOptions, Status, solve_one
from immunosim.numerics.pivoting import factorise_pivoted, solve_pivoted
from immunosim.numerics.workspace import PIVOTED, new_work

STEP = 1.0 / 64.0

DENSE = (0, 0, 1, 1), (0, 1, 0, 1)


def cancelling_slope(method):
    """Return the growth rate that equals 1 / (gamma h) to the last bit, so that the first pivot is zero."""
    return 1.0 / (METHODS[method].gamma * STEP)


@pytest.fixture(scope="module")
def rotation(make_kernels):
    """Return y' = a y - b z, z' = b y - a z, which rotates at the frequency sqrt(b^2 - a^2); p = (a, b)."""

    def rhs(y_, p_, u_, out_):
        out_[0] = p_[0] * y_[0] - p_[1] * y_[1]
        out_[1] = p_[1] * y_[0] - p_[0] * y_[1]

    def jacobian(y_, p_, u_, out_):
        out_[0], out_[1] = p_[0], -p_[1]
        out_[2], out_[3] = p_[1], -p_[0]

    return replace(make_kernels(rhs, jacobian, 2), pattern=DENSE)


def exact(a, b, times):
    """Return the rotation of (1, 0)."""
    frequency = np.sqrt(b * b - a * a)
    angle = frequency * times
    return np.stack([np.cos(angle) + a / frequency * np.sin(angle), b / frequency * np.sin(angle)], axis=1)


def fixed_steps(method):
    """Return options that accept every step of one size."""
    return SolverOptions(rtol=1.0, atol=1e30, first_step=STEP, max_step=STEP, method=method)


def solve_rotation(kernels, span, method, times, ratio=1.0 + 1e-4):
    a = cancelling_slope(method)
    parameters = [a, ratio * a]
    solution = solve_one(kernels, [1.0, 0.0], parameters, span(0.0, 1.0, 2), times, fixed_steps(method))
    return solution, exact(*parameters, times)


@pytest.mark.parametrize("method", METHODS)
def test_a_pivot_that_cancels_in_every_step_does_not_spoil_the_solution(rotation, span, method):
    times = np.linspace(0.0, 1.0, 65)
    solution, expected = solve_rotation(rotation, span, method, times)
    assert solution.status is Status.OK
    assert solution.n_steps == solution.n_pivoted == 64
    assert solution.n_rejected == 0
    # The same steps on a matrix that needs no pivoting: what is left is the error of the method.
    a = 0.9 * cancelling_slope(method)
    parameters = [a, np.sqrt(a * a + expected_frequency(method) ** 2)]
    near = solve_one(rotation, [1.0, 0.0], parameters, span(0.0, 1.0, 2), times, fixed_steps(method))
    assert near.n_pivoted == 0
    usual = np.abs(near.states - exact(*parameters, times)).max()
    assert np.abs(solution.states - expected).max() < 3.0 * usual + 1e-10


def expected_frequency(method, ratio=1.0 + 1e-4):
    return cancelling_slope(method) * np.sqrt(ratio * ratio - 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_output_inside_such_steps_is_as_accurate_as_at_their_ends(rotation, span, method):
    at_ends, expected_ends = solve_rotation(rotation, span, method, np.linspace(0.0, 1.0, 65))
    inside, expected = solve_rotation(rotation, span, method, np.linspace(0.0, 1.0, 157))
    assert inside.status is Status.OK
    worst = np.abs(at_ends.states - expected_ends).max()
    assert np.abs(inside.states - expected).max() < 1.5 * worst + 1e-12
    np.testing.assert_array_equal(inside.states[-1], at_ends.states[-1])  # output changes no step


def test_without_a_pattern_the_step_shrinks_instead(rotation, span):
    kernels = replace(rotation, pattern=((), ()))
    solution, expected = solve_rotation(kernels, span, "rodas5p", np.array([1.0]))
    assert solution.status is Status.OK
    assert solution.n_pivoted == 0
    assert solution.n_rejected > 0
    np.testing.assert_allclose(solution.states, expected, rtol=1e-3)  # shorter steps than the fixed ones


def test_steps_chosen_by_the_tolerance_reach_the_exact_solution_too(rotation, span):
    a = cancelling_slope("rodas5p")
    parameters, times = [a, 1.0001 * a], np.linspace(0.0, 1.0, 11)
    options = SolverOptions(rtol=1e-8, atol=1e-8, first_step=STEP)
    solution = solve_one(rotation, [1.0, 0.0], parameters, span(0.0, 1.0, 2), times, options)
    assert solution.n_pivoted >= 1
    # A hundred tolerances: far from normal, the system returns an error 1 / sqrt(2e-4) = 70 times larger.
    np.testing.assert_allclose(solution.states, exact(*parameters, times), atol=1e-6)


def test_a_matrix_that_is_singular_both_ways_is_reported(make_kernels, span):
    # Two rows of W = shift I - J are equal to the last bit however small the step; the first pivot is far too small.
    def rhs(y_, p_, u_, out_):
        out_[0] = -1e100 * (y_[1] + y_[2])
        out_[1] = out_[2] = -1e100 * (y_[0] + y_[1] + y_[2])

    def jacobian(y_, p_, u_, out_):
        out_[0] = 0.0
        for k in range(1, 9):
            out_[k] = -1e100

    dense = (0, 0, 0, 1, 1, 1, 2, 2, 2), (0, 1, 2, 0, 1, 2, 0, 1, 2)
    kernels = replace(make_kernels(rhs, jacobian, 3), pattern=dense)
    solution = solve_one(kernels, [0.0, 1.0, -1.0], [0.0], span(0.0, 1.0, 3), [1.0])
    assert solution.status is Status.SINGULAR_MATRIX
    assert np.isnan(solution.states).all()
    assert solution.n_pivoted == 0
    assert solution.n_rejected > 10  # it tried shorter steps first


def test_a_jacobian_that_is_not_finite_is_still_told_apart(make_kernels, span):
    def rhs(y_, p_, u_, out_):
        out_[0] = -y_[0]

    def jacobian(y_, p_, u_, out_):
        out_[0] = np.nan

    kernels = replace(make_kernels(rhs, jacobian, 1), pattern=((0,), (0,)))
    assert solve_one(kernels, [1.0], [0.0], span(0.0, 1.0, 1), [1.0]).status is Status.NON_FINITE


@pytest.mark.parametrize("seed", range(5))
def test_the_dense_factors_solve_random_systems_in_any_units(seed):
    generator = np.random.default_rng(seed)
    n = 12
    rows, columns = np.nonzero(generator.random((n, n)) < 0.4)
    work = new_work(n, rows.size, 1, 2, (rows.tolist(), columns.tolist()))
    # Pools in units from 1e-8 to 1e8: rows and columns of very different sizes.
    units = 10.0 ** generator.uniform(-8.0, 8.0, n)
    entries = generator.normal(size=rows.size)
    work.jacobian[:] = entries * units[rows] / units[columns]
    matrix = 0.3 * np.eye(n)
    matrix[rows, columns] -= entries
    known = generator.normal(size=n)
    b = units * (matrix @ known)
    assert factorise_pivoted(work, 0.3)
    assert work.counts[PIVOTED] == 1
    solve_pivoted(work, b)
    # A condition number of at most 1e4 in the units of nature, sixteen digits.
    assert np.linalg.cond(matrix) < 1e4
    np.testing.assert_allclose(b / units, known, atol=1e-11)


@pytest.mark.parametrize(
    "pattern", [((0,), (0,)), ((0, 0, 1, 1), ()), ((0, 0, 1, 2), (0, 1, 0, 1)), ((-1, 0, 1, 1), (0, 1, 0, 1))]
)
def test_patterns_that_do_not_fit_are_refused(rotation, pattern):
    with pytest.raises(ValueError, match=r"Kernels\.pattern"):
        replace(rotation, pattern=pattern)
