"""An ensemble in lanes is the scalar ensemble to rounding, and the same bits however its rows are arranged."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import METHODS, Segments, SolverOptions, Status, solve_ensemble

FEW = slice(0, 4)
"""Rows for the scalar core, which takes a second for one."""


@pytest.fixture(scope="module")
def scalar(population):
    return population.solve(FEW)


@pytest.fixture(scope="module")
def in_lanes(population, host_width):
    return population.solve(width=host_width)


def assert_same_bits(found, expected):
    np.testing.assert_array_equal(found.states, expected.states)
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.worst_pool, expected.worst_pool)
    np.testing.assert_array_equal(found.status, expected.status)


def distance(found, expected, options):
    """Return the largest difference in units of the tolerance."""
    scale = options.atol + options.rtol * np.abs(expected)
    return np.max(np.abs(found - expected) / scale)


def share_of_peaks(found, expected):
    """Return the largest difference as a share of its pool's peak in the row."""
    peaks = np.abs(expected).max(axis=1, keepdims=True)
    return np.max(np.abs(found - expected) / np.where(peaks > 0.0, peaks, np.inf))


def test_every_row_agrees_with_the_scalar_core(population, scalar, in_lanes):
    assert (scalar.status == Status.OK).all()
    # Sums in another order differ by rounding, 1e-16; 1200 steps amplify it, far from the tolerance of 1e-5.
    found = in_lanes.states[FEW]
    assert distance(found, scalar.states, population.options) < 1e-6
    assert share_of_peaks(found, scalar.states) < 1e-10
    np.testing.assert_array_equal(in_lanes.status[FEW], scalar.status)
    np.testing.assert_array_equal(in_lanes.counts[FEW], scalar.counts)


@pytest.mark.parametrize("method", METHODS)
def test_rows_driven_by_python_agree_with_the_compiled_loop_in_every_method(population, host_width, method):
    some = replace(population, options=replace(population.options, method=method))
    found, expected = (some.solve(slice(0, 3), width=host_width, is_compiled=one) for one in (False, True))
    assert share_of_peaks(found.states, expected.states) < 1e-12
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.worst_pool, expected.worst_pool)


def test_all_widths_give_the_same_bits(population, in_lanes, width):
    assert_same_bits(population.solve(width=width), in_lanes)


def test_the_order_of_the_rows_changes_no_bit(population, in_lanes, host_width):
    order = np.random.default_rng(3).permutation(len(population.states))
    found = population.solve(order, width=host_width)
    np.testing.assert_array_equal(found.states, in_lanes.states[order])
    np.testing.assert_array_equal(found.counts, in_lanes.counts[order])


@pytest.mark.parametrize("rows", [slice(0, 1), slice(5, 8), slice(11, 30)], ids=["one", "three", "nineteen"])
def test_the_rows_beside_it_change_no_bit_of_a_row(population, in_lanes, host_width, rows):
    np.testing.assert_array_equal(population.solve(rows, width=host_width).states, in_lanes.states[rows])


@pytest.mark.parametrize("n_threads", [2, 3])
def test_the_number_of_threads_changes_no_bit(population, in_lanes, host_width, n_threads):
    assert_same_bits(population.solve(width=host_width, n_threads=n_threads), in_lanes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rtol", [1e-4, 1e-6])  # Rodas5 is not for the second, but must do the same in lanes
def test_other_methods_and_tolerances_agree_too(population, host_width, method, rtol):
    options = replace(population.options, method=method, rtol=rtol, atol=population.options.atol * rtol / 1e-5)
    few = replace(population, options=options)
    rows = slice(0, 2)
    found, expected = few.solve(rows, width=host_width), few.solve(rows)
    assert distance(found.states, expected.states, options) < 1e-6
    np.testing.assert_array_equal(found.counts, expected.counts)


def test_a_row_without_any_row_beside_it_is_no_error(population, host_width):
    assert population.solve(slice(0, 0), width=host_width).states.shape[0] == 0


# Segments and output: y' = u - p y, solved by hand

DECAY = ("u - p*y", "-p")
TIMES = np.array([0.0, 0.5, 1.0, 1.0, 1.5, 2.0])


def regimen(rate, dose):
    """Return two segments: an inflow on the first, a dose at the start of the second."""
    return Segments([0.0, 1.0, 2.0], [[rate], [0.0]], [[0.0], [dose]])


def exact(p, rate, dose):
    """Return the solution that starts at one; at a boundary, the state before the dose."""
    first = rate / p + (1.0 - rate / p) * np.exp(-p * TIMES)
    at_one = rate / p + (1.0 - rate / p) * np.exp(-p)
    second = (at_one + dose) * np.exp(-p * (TIMES - 1.0))
    return np.where(TIMES <= 1.0, first, second)


def test_no_lane_steps_over_a_boundary_of_its_own_segments(one_pool):
    p = np.geomspace(0.1, 30.0, 23)
    sets = [regimen(rate=5.0 * i, dose=100.0 + i) for i in range(p.size)]
    # A pulse shorter than any step would miss it if steps could.
    sets[7] = Segments([0.0, 0.7, 0.7001, 2.0], [[0.0], [1e4], [0.0]], np.zeros((3, 1)))
    options = SolverOptions(rtol=1e-8)
    found = solve_ensemble(one_pool(*DECAY), np.ones((p.size, 1)), p[:, np.newaxis], sets, TIMES, options)
    assert (found.status == Status.OK).all()
    for i in range(p.size):
        if i != 7:
            # A hundred tolerances, over some hundred steps; the dose decays to a millionth of itself.
            expected = exact(p[i], 5.0 * i, 100.0 + i)
            np.testing.assert_allclose(found.states[i, :, 0], expected, rtol=1e-6, atol=1e-8)
    inflow = 1e4 / p[7] * (1.0 - np.exp(-p[7] * 1e-4)) * np.exp(-p[7] * (2.0 - 0.7001))
    assert found.states[7, -1, 0] == pytest.approx(np.exp(-2.0 * p[7]) + inflow, rel=1e-6)


def test_many_output_times_in_one_step_are_written_as_by_the_scalar_core(one_pool):
    kernels = one_pool(*DECAY)
    times = np.linspace(0.0, 2.0, 401)
    p = np.geomspace(0.01, 300.0, 9)[:, np.newaxis]
    arguments = (np.ones((9, 1)), p, regimen(1.0, 3.0), times)
    found, expected = (solve_ensemble(k, *arguments) for k in (kernels, replace(kernels, lanes=None)))
    np.testing.assert_allclose(found.states, expected.states, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(found.counts, expected.counts)


def test_the_error_in_lanes_is_scaled_by_the_larger_end_of_a_step(one_pool):
    """Both cores take the same steps also where a step changes the pool many times over, up or down."""
    kernels, options = one_pool(*DECAY), SolverOptions(rtol=1e-2)
    rates = np.array([-8.0, -4.0, 4.0, 8.0, 16.0])[:, np.newaxis]
    span, times = Segments([0.0, 2.0], [[0.0]], [[0.0]]), np.array([2.0])
    arguments = (np.ones((rates.size, 1)), rates, span, times, options)
    found, expected = (solve_ensemble(k, *arguments) for k in (kernels, replace(kernels, lanes=None)))
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_allclose(found.states, expected.states, rtol=1e-9)
