"""A row that fails in its lane is reported as by the scalar core, and its neighbours do not notice."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import Segments, SolverOptions, Status, solve_ensemble

N = 11
SPAN = Segments([0.0, 2.0], [[0.0]], [[0.0]])
TIMES = np.array([0.0, 0.5, 2.0])


def both(kernels, states, parameters, segments=SPAN, options=None, times=TIMES):
    """Solve in lanes and by the scalar core."""
    columns = np.reshape(states, (-1, 1)), np.reshape(parameters, (-1, 1))
    return [solve_ensemble(k, *columns, segments, times, options) for k in (kernels, replace(kernels, lanes=None))]


def assert_same_end(found, expected, state_rtol=1e-6):
    """Check all that is said of rows, failed or not."""
    np.testing.assert_array_equal(found.status, expected.status)
    np.testing.assert_array_equal(found.worst_pool, expected.worst_pool)
    # Steps are chosen by error estimates, which for one smooth pool cancel to eight digits: a tenth of the tolerance.
    np.testing.assert_allclose(found.fail_time, expected.fail_time, rtol=1e-6)
    np.testing.assert_allclose(found.fail_state, expected.fail_state, rtol=state_rtol)
    np.testing.assert_allclose(found.states, expected.states, rtol=1e-8)
    assert np.isnan(found.states[found.status != Status.OK]).all()


def test_a_solution_that_becomes_infinite_ends_in_its_lane_only(one_pool):
    starts = np.linspace(0.1, 0.92, N)  # infinite at 1 / y0: the upper half within the span
    found, expected = both(one_pool("y*y", "2.0*y"), starts, np.zeros(N))
    assert_same_end(found, expected, state_rtol=0.1)  # 1e13 where it fails, growing without bound
    failed = starts > 0.5
    np.testing.assert_array_equal(found.status[failed], Status.STEP_UNDERFLOW)
    np.testing.assert_allclose(found.fail_time[failed], 1.0 / starts[failed], rtol=1e-6)
    healthy = starts[starts < 0.5]
    np.testing.assert_allclose(found.states[starts < 0.5, 1, 0], healthy / (1.0 - 0.5 * healthy), rtol=1e-6)


def test_a_right_hand_side_that_is_not_finite_is_reported(one_pool):
    # 1 / 0 where y exceeds p, else one.
    kernels = one_pool("1.0/(0.0 if (y - p).real > 0.0 else 1.0)", "0.0*y")
    found, expected = both(kernels, np.zeros(N), np.where(np.arange(N) % 3, 5.0, 1.2))
    assert_same_end(found, expected)
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.status[::3], Status.NON_FINITE)
    np.testing.assert_allclose(found.fail_time[::3], 1.2, atol=1e-6)


def test_a_right_hand_side_that_is_not_finite_at_the_start_is_reported(one_pool):
    found, expected = both(one_pool("1.0/y", "-1.0/(y*y)"), np.arange(N) % 2, np.zeros(N))
    assert_same_end(found, expected)
    np.testing.assert_array_equal(found.status[::2], Status.NON_FINITE)
    assert found.fail_time[0] == 0.0


def test_a_jacobian_that_is_not_finite_is_told_from_a_singular_matrix(one_pool):
    found, expected = both(one_pool("-y", "-1.0/p", growth="lu_[0]*lu_[1]"), np.ones(N), np.arange(N) % 2)
    assert (found.status[::2] == Status.NON_FINITE).all()
    np.testing.assert_array_equal(found.status, expected.status)
    found, expected = both(one_pool("-y", "-1.0", growth="1e15"), np.ones(N), np.ones(N))
    assert (found.status == Status.SINGULAR_MATRIX).all()
    assert_same_end(found, expected)


def test_a_pool_drained_below_zero_is_caught(one_pool):
    segments = Segments([0.0, 2.0], [[-1.0]], [[0.0]])
    options = SolverOptions(negative_tolerance=1e-6)
    found, expected = both(one_pool("u - p*y", "-p"), np.linspace(0.5, 4.0, N), np.zeros(N), segments, options)
    assert_same_end(found, expected)
    assert set(found.status) == {Status.OK, Status.NEGATIVE}


def test_a_jump_that_takes_more_than_there_is_fails_at_its_boundary(one_pool):
    segments = Segments([0.0, 1.0, 2.0], np.zeros((2, 1)), [[0.0], [-1.0]])
    options = SolverOptions(negative_tolerance=1e-6)
    found, expected = both(one_pool("u - p*y", "-p"), np.linspace(0.5, 4.0, N), np.full(N, 0.1), segments, options)
    assert_same_end(found, expected)
    np.testing.assert_array_equal(found.fail_time[found.status == Status.NEGATIVE], 1.0)


@pytest.mark.parametrize("max_steps", [1, 7, 20])
def test_the_step_limit_ends_a_row_where_the_scalar_core_does(one_pool, max_steps):
    segments = Segments([0.0, 1.0, 2.0], np.zeros((2, 1)), [[0.0], [1.0]])
    options = SolverOptions(max_steps=max_steps)
    found, expected = both(one_pool("u - p*y", "-p"), np.ones(N), np.geomspace(0.01, 100.0, N), segments, options)
    assert_same_end(found, expected)
    assert Status.STEP_LIMIT in found.status
    np.testing.assert_array_equal(found.counts, expected.counts)


def test_rows_that_are_refused_leave_their_lane_at_once(one_pool):
    starts = np.ones(N)
    starts[[0, 4, 5, 6, N - 1]] = np.nan
    found, expected = both(one_pool("u - p*y", "-p"), starts, np.ones(N))
    assert_same_end(found, expected)
    np.testing.assert_array_equal(found.status[np.isnan(starts)], Status.REFUSED_INPUT)
    late = both(one_pool("u - p*y", "-p"), np.ones(N), np.ones(N), times=np.array([3.0]))
    assert (late[0].status == Status.REFUSED_INPUT).all()


def test_failures_among_real_patients_change_no_bit_of_the_others(population, host_width):
    rows = slice(0, 12)
    healthy = population.solve(rows, width=host_width)
    states = population.states.copy()
    states[[2, 3, 9]] = np.nan
    parameters = population.parameters.copy()
    parameters[5] = 1e300
    found = replace(population, states=states, parameters=parameters).solve(rows, width=host_width)
    others = [i for i in range(12) if i not in (2, 3, 5, 9)]
    assert (found.status[[2, 3, 5, 9]] != Status.OK).all()
    np.testing.assert_array_equal(found.states[others], healthy.states[others])
