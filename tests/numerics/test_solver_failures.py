"""A failure is a status with the time and the state; it never raises and never looks like a result."""

import numpy as np
import pytest

from immunosim.numerics import Kernels, Segments, SolverOptions, Status, advice, solve_one


@pytest.fixture(scope="module")
def breaking(make_kernels):
    """Return y' = 1 with a right-hand side that is NaN where y is above p."""

    def rhs(y_, p_, u_, out_):
        out_[0] = 1.0 if y_[0] <= p_[0] else np.nan

    def jacobian(y_, p_, u_, out_):
        out_[0] = 0.0

    return make_kernels(rhs, jacobian, 1)


@pytest.fixture(scope="module")
def saturating(make_kernels):
    """Return y' = 10 y (1 - y), NaN above 1.05, so that a first step too long leaves the domain."""

    def rhs(y_, p_, u_, out_):
        out_[0] = 10.0 * y_[0] * (1.0 - y_[0]) if y_[0] < 1.05 else np.nan

    def jacobian(y_, p_, u_, out_):
        out_[0] = 10.0 - 20.0 * y_[0]

    return make_kernels(rhs, jacobian, 1)


def grown_factors(jac_, shift, lu_):
    """Pretend that elimination lost every digit."""
    return 1e15


def assert_failed(solution, status):
    """Check what every failure has in common."""
    assert solution.status is status
    assert np.isnan(solution.states).all()
    assert np.isfinite(solution.fail_state).all()


def test_a_right_hand_side_that_turns_nan_is_reported_with_its_time(breaking, span):
    solution = solve_one(breaking, [0.0], [2.5], span(0.0, 10.0, 1), [1.0, 10.0])
    assert_failed(solution, Status.NON_FINITE)
    # Within a long step of the end of the domain, and not beyond it.
    assert solution.fail_time == pytest.approx(2.5, abs=1e-6)
    assert solution.fail_state[0] == pytest.approx(2.5, abs=1e-6)
    assert solution.worst_pool == 0


def test_a_right_hand_side_that_is_nan_from_the_start_fails_at_the_start(breaking, span):
    solution = solve_one(breaking, [1.0], [0.5], span(4.0, 10.0, 1), [5.0])
    assert_failed(solution, Status.NON_FINITE)
    assert solution.fail_time == 4.0
    assert solution.n_steps == 0


def test_a_trial_that_leaves_the_domain_is_repeated_with_a_shorter_step(saturating, span):
    solution = solve_one(saturating, [0.01], [0.0], span(0.0, 3.0, 1), [3.0], SolverOptions(first_step=0.5))
    assert solution.status is Status.OK
    assert solution.n_rejected > 0
    exact = 1.0 / (1.0 + 99.0 * np.exp(-30.0))
    assert solution.states[0, 0] == pytest.approx(exact, rel=1e-6)  # ten tolerances


def test_a_first_step_is_found_beside_the_end_of_the_domain(make_kernels, span):
    # Attracted to 1.005, NaN above 1.006; the explicit step by which the first step is estimated reaches 1.01.
    def rhs(y_, p_, u_, out_):
        out_[0] = 1000.0 * (1.005 - y_[0]) if y_[0] < 1.006 else np.nan

    def jacobian(y_, p_, u_, out_):
        out_[0] = -1000.0

    solution = solve_one(make_kernels(rhs, jacobian, 1), [1.0], [0.0], span(0.0, 1.0, 1), [1e-3, 1.0])
    assert solution.status is Status.OK
    np.testing.assert_allclose(solution.states[:, 0], 1.005 - 0.005 * np.exp([-1.0, -1000.0]), rtol=1e-7)


def test_output_is_interpolated_where_a_step_of_its_own_breaks_down(kaps, span):
    factorise = kaps.factorise

    def long_steps_only(jac_, shift, lu_):
        growth = factorise(jac_, shift, lu_)
        return growth if shift < 48.0 else np.inf  # the first step has 47.2

    kernels = Kernels(kaps.rhs, kaps.jacobian, long_steps_only, kaps.solve, 2, 4, 4)
    times = np.linspace(0.0, 0.1, 7)
    solution = solve_one(kernels, [1.0, 1.0], [1e-8], span(0.0, 1.0, 2), times, SolverOptions(first_step=0.1))
    assert solution.status is Status.OK
    assert solution.n_lu > solution.n_steps + solution.n_rejected
    # A hundred tolerances: what interpolation alone can do in a slaved pool.
    np.testing.assert_allclose(solution.states, np.exp(np.outer(times, [-2.0, -1.0])), rtol=1e-5)


def test_a_jacobian_that_is_nan_is_told_from_a_singular_matrix(make_kernels, span):
    def rhs(y_, p_, u_, out_):
        out_[0] = -y_[0]

    def jacobian(y_, p_, u_, out_):
        out_[0] = np.nan

    solution = solve_one(make_kernels(rhs, jacobian, 1), [1.0], [0.0], span(0.0, 1.0, 1), [1.0])
    assert_failed(solution, Status.NON_FINITE)
    assert solution.worst_pool == -1


def test_factors_that_grow_without_bound_are_not_trusted(decay, span):
    kernels = Kernels(decay.rhs, decay.jacobian, grown_factors, decay.solve, 1, 1, 1)
    solution = solve_one(kernels, [1.0], [1.0], span(0.0, 1.0, 1), [1.0])
    assert_failed(solution, Status.SINGULAR_MATRIX)
    assert solution.fail_time == 0.0
    assert solution.n_rejected > 10  # it tried shorter steps first


def test_the_step_limit_counts_all_segments_together(decay):
    segments = Segments(np.arange(11.0), np.zeros((10, 1)), np.ones((10, 1)))
    solution = solve_one(decay, [0.0], [1.0], segments, [10.0], SolverOptions(max_steps=50))
    assert_failed(solution, Status.STEP_LIMIT)
    assert solution.n_steps + solution.n_rejected == 50
    assert 1.0 < solution.fail_time < 10.0


def test_a_solution_that_grows_without_bound_ends_where_it_is_infinite(blow_up, span):
    solution = solve_one(blow_up, [0.5], [0.0], span(0.0, 5.0, 1), [1.0, 5.0])
    assert_failed(solution, Status.STEP_UNDERFLOW)
    assert solution.fail_time == pytest.approx(2.0, rel=1e-6)
    assert solution.worst_pool == 0


def test_a_pool_drained_below_zero_is_caught_near_zero(decay):
    segments = Segments([0.0, 10.0], [[-1.0]], [[0.0]])
    solution = solve_one(decay, [2.0], [0.0], segments, [10.0], SolverOptions(negative_tolerance=1e-6))
    assert_failed(solution, Status.NEGATIVE)
    assert solution.fail_time == pytest.approx(2.0, abs=0.1)
    assert solution.fail_state[0] >= -1e-6
    assert solution.worst_pool == 0


def test_a_jump_that_takes_more_than_there_is_fails_at_its_boundary(decay):
    segments = Segments([0.0, 1.0, 2.0], [[0.0], [0.0]], [[0.0], [-5.0]])
    solution = solve_one(decay, [2.0], [0.1], segments, [2.0], SolverOptions(negative_tolerance=1e-6))
    assert_failed(solution, Status.NEGATIVE)
    assert solution.fail_time == 1.0


def test_negative_pools_are_allowed_unless_a_tolerance_is_given(decay):
    segments = Segments([0.0, 10.0], [[-1.0]], [[0.0]])
    solution = solve_one(decay, [2.0], [0.0], segments, [10.0])
    assert solution.status is Status.OK
    assert solution.states[0, 0] == pytest.approx(-8.0)


@pytest.mark.parametrize(
    ("initial_state", "parameter", "time"), [(np.nan, 1.0, 1.0), (1.0, np.inf, 1.0), (1.0, 1.0, 2.5), (1.0, 1.0, -0.5)]
)
def test_input_that_is_not_finite_or_outside_the_boundaries_is_refused(decay, span, initial_state, parameter, time):
    solution = solve_one(decay, [initial_state], [parameter], span(0.0, 2.0, 1), [time])
    assert solution.status is Status.REFUSED_INPUT
    assert np.isnan(solution.states).all()
    assert solution.n_rhs == 0


@pytest.mark.parametrize("status", Status)
def test_every_status_comes_with_a_sentence_of_advice(status):
    assert advice(status).endswith(".")
    assert advice(int(status)) == advice(status)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"rtol": 0.0}, "rtol is 0.0"),
        ({"rtol": np.nan}, "rtol is nan"),
        ({"atol": np.array([1e-9, 0.0])}, "atol must be positive"),
        ({"negative_tolerance": -1.0}, "negative_tolerance must be zero or positive"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"first_step": 0.0}, "first_step is 0.0"),
        ({"max_step": np.nan}, "max_step is nan"),
        ({"method": "euler"}, "method 'euler' is unknown, expected one of rodas5p"),
    ],
)
def test_options_that_make_no_sense_are_refused(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        SolverOptions(**wrong)


def test_kernels_without_pools_are_refused(decay):
    with pytest.raises(ValueError, match="n_pools is 0"):
        Kernels(decay.rhs, decay.jacobian, decay.factorise, decay.solve, 0, 1, 1)
