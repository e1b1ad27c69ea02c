"""Trials of a step: what is tried next, what ends a row, and what is kept of it."""

import numpy as np
import pytest

from immunosim.numerics import Kernels, Segments, SolverOptions, Status, solve_one, solve_with_history
from immunosim.numerics.preparation import batch_of, control_of, method_of
from immunosim.numerics.step_control import LARGEST_FACTOR, estimate_first_step, root_of, scaled_size
from immunosim.numerics.stepping import fit_step, note_trial, take_step, try_step
from immunosim.numerics.workspace import JACOBIAN, N_COUNTS, REJECTED, STEPS, line_of, new_work

TIME, STEP, ERROR, POOL, PROBLEM = range(5)


def started(kernels, y, p, u=(0.0,), options=None):
    """Return what a first trial from a state needs."""
    options = options or SolverOptions()
    y, p, u = (np.atleast_1d(np.asarray(one, float)) for one in (y, p, u))
    method, control = method_of(options), control_of(options, y.size)
    work = new_work(y.size, kernels.n_jacobian, kernels.n_lu, len(method.A), n_history=50)
    work.y[:] = y
    kernels.rhs(work.y, p, u, work.f)
    return kernels.functions, method, control, work, p, u


# Fitting


@pytest.mark.parametrize("seed", range(5))
def test_fitted_steps_reach_the_end_in_the_fewest_that_are_allowed(seed):
    generator = np.random.default_rng(seed)
    start, end, wish = generator.uniform(-10.0, 0.0), generator.uniform(1.0, 10.0), generator.uniform(0.01, 3.0)
    t, steps = start, []
    while t < end:
        h = fit_step(t, end, wish)
        steps.append(h)
        t = end if h == end - t else t + h
    assert t == end
    assert len(steps) == np.ceil((end - start) / wish * (1.0 - 1e-9))
    assert max(steps) <= wish * (1.0 + 1e-9)
    assert min(steps) >= 0.5 * wish * (1.0 - 1e-9) or len(steps) == 1  # no sliver before the end


@pytest.mark.parametrize("t", [0.0, 1e-300, 0.1, 1e5, 1e12])
def test_a_fitted_step_moves_the_time_by_itself(t):
    for wish in (0.3, 1.0 / 3.0, 1e-3 * max(t, 1.0)):
        h = fit_step(t, t + 1e3 * wish, wish)
        assert (t + h) - t == h


def test_a_step_that_is_nearly_the_rest_takes_all_of_it():
    assert fit_step(0.0, 1.0, 1.0 - 1e-11) == 1.0
    assert fit_step(0.0, 1.0, 1.0 - 1e-9) == 0.5


# One trial


def test_a_good_trial_says_nothing_is_wrong(decay):
    problem, norm, pool = try_step(*started(decay, 1.0, 0.5), 1e-3)
    assert (problem, pool) == (Status.OK, 0)
    assert 0.0 <= norm <= 1.0


def test_a_trial_that_is_too_long_has_a_norm_above_one_and_no_problem(van_der_pol):
    arguments = started(van_der_pol, [2.0, -0.66], [1e-3])
    van_der_pol.jacobian(arguments[3].y, arguments[4], arguments[5], arguments[3].jacobian)
    problem, norm, pool = try_step(*arguments, 2.0)
    assert problem == Status.OK
    assert norm > 1.0
    assert pool in (0, 1)


def test_a_trial_below_zero_is_told_only_where_its_error_is_small(decay):
    options = SolverOptions(negative_tolerance=1e-6)
    problem, norm, pool = try_step(*started(decay, 1.0, 0.0, -2.0, options), 1.0)
    assert (problem, pool) == (Status.NEGATIVE, 0)
    assert norm <= 1.0  # a straight line has no error


def test_the_pool_that_is_not_finite_is_named_by_its_place():
    def rhs(y_, p_, u_, out_):
        out_[0], out_[1], out_[2] = -y_[0], 1.0 if y_[1] < 1.5 else np.nan, 0.0

    def jacobian(y_, p_, u_, out_):
        out_[:] = -1.0, 0.0, 0.0

    def factorise(jac_, shift, lu_):
        lu_[:] = shift - jac_
        return 1.0

    def substitute(lu_, b_):
        b_ /= lu_

    kernels = Kernels(rhs, jacobian, factorise, substitute, 3, 3, 3)
    problem, norm, pool = try_step(*started(kernels, [1.0, 1.0, 1.0], [0.0]), 1.0)
    assert (problem, pool) == (Status.NON_FINITE, 1)
    assert np.isinf(norm)


def test_a_trial_is_noted_at_its_place_in_the_ring():
    work = new_work(1, 1, 1, 8, n_history=3)
    for number in range(5):
        note_trial(work, float(number), 0.1, 0.5, -1, int(Status.OK))
        work.counts[STEPS if number % 2 else REJECTED] += 1
    np.testing.assert_array_equal(work.history[:, TIME], [3.0, 4.0, 2.0])


# One accepted step


def test_the_jacobian_is_taken_once_however_many_trials_a_step_needs(van_der_pol):
    functions, method, control, work, p, u = started(van_der_pol, [2.0, -0.66], [1e-3])
    with np.errstate(all="ignore"):  # the first trials leave the range of numbers
        status, taken, following, _ = take_step(functions, method, control, work, p, u, 0.0, 10.0, 5.0)
    assert status == Status.OK
    assert work.counts[JACOBIAN] == 1
    assert work.counts[REJECTED] > 0
    assert following <= taken
    shrinking = work.history[: work.counts[REJECTED] + 1, STEP]
    assert (np.diff(shrinking) < 0.0).all()


def test_a_quiet_step_grows_by_the_largest_factor_at_most(decay):
    functions, method, control, work, p, u = started(decay, 1.0, 1e-6)
    status, taken, following, _ = take_step(functions, method, control, work, p, u, 0.0, 10.0, 1e-3)
    assert status == Status.OK
    assert following == pytest.approx(LARGEST_FACTOR * taken)


def test_a_trial_that_cannot_be_judged_is_repeated_with_a_quarter(make_kernels):
    def rhs(y_, p_, u_, out_):
        out_[0] = 1.0 if y_[0] <= 1.01 else np.nan

    def jacobian(y_, p_, u_, out_):
        out_[0] = 0.0

    functions, method, control, work, p, u = started(make_kernels(rhs, jacobian, 1), 1.0, 0.0)
    status, taken, following, _ = take_step(functions, method, control, work, p, u, 0.0, 100.0, 1.0)
    assert status == Status.OK
    tried = work.history[: work.counts[REJECTED] + 1, STEP]
    np.testing.assert_allclose(tried[1:] / tried[:-1], 0.25, rtol=1e-6)
    assert taken <= 0.01 < taken / 0.25
    assert following == taken  # no error at all, and still no growth right after a rejection


def test_no_step_is_longer_than_the_longest_nor_beyond_the_end(decay):
    functions, method, control, work, p, u = started(decay, 1.0, 0.0, options=SolverOptions(max_step=0.2))
    assert take_step(functions, method, control, work, p, u, 0.0, 10.0, 5.0)[1] == pytest.approx(0.2)
    assert take_step(functions, method, control, work, p, u, 9.9, 10.0, 5.0)[1] == 10.0 - 9.9


# First steps


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_the_first_step_is_soon_one_that_holds(decay, span, rate):
    _, history = solve_with_history(decay, [1.0], [rate], span(0.0, 10.0, 1), SolverOptions(), n_trials=1000)
    # The textbook's formula goes with the unit of time, so a first trial may be too long; then it shrinks fivefold.
    assert (history[:6, ERROR] <= 1.0).any()
    assert history[0, STEP] * rate <= 1.0 + 1e-9


def test_a_first_step_that_leaves_the_domain_is_a_hundredth_of_what_was_tried(make_kernels):
    def rhs(y_, p_, u_, out_):
        out_[0] = 1.0 if y_[0] <= 1.005 else np.nan

    def jacobian(y_, p_, u_, out_):
        out_[0] = 0.0

    functions, method, control, work, p, u = started(make_kernels(rhs, jacobian, 1), 1.0, 0.0)
    # A hundredth of the state over its slope is tried, 0.01, which ends at 1.01.
    assert estimate_first_step(functions, method, control, work, p, u, 10.0) == pytest.approx(1e-4)


def test_the_first_step_of_a_state_at_rest_is_a_share_of_the_segment(decay):
    functions, method, control, work, p, u = started(decay, 2.0, 0.5, 1.0)  # u = p y
    assert estimate_first_step(functions, method, control, work, p, u, 50.0) == pytest.approx(1e-6 * 50.0)


def test_the_first_step_is_never_longer_than_the_segment(decay):
    functions, method, control, work, p, u = started(decay, 1e3, 1e-9)
    assert estimate_first_step(functions, method, control, work, p, u, 1e-4) <= 1e-4


def test_a_size_is_in_units_of_the_tolerance():
    control = control_of(SolverOptions(rtol=1e-2, atol=1e-1), 2)
    assert scaled_size(control, np.array([0.0, 90.0]), np.array([0.3, 2.0])) == pytest.approx(3.0)


@pytest.mark.parametrize("name", ["rodas5p", "rodas5", "rodas6p"])
def test_the_root_of_an_error_undoes_its_order(name):
    method = method_of(SolverOptions(method=name))
    for norm in (1e-3, 0.7, 40.0):
        assert root_of(method, norm) ** -(method.embedded_order + 1) == pytest.approx(norm)
    assert root_of(method, 0.0) == root_of(method, 1e-12) > 1.0  # bounded
    assert root_of(method, np.inf) == root_of(method, 1e9) < 1.0


# Whole rows


def test_the_history_of_a_row_holds_its_last_trials_in_order(blow_up, span):
    solution, history = solve_with_history(blow_up, [0.5], [0.0], span(0.0, 5.0, 1), SolverOptions(), n_trials=30)
    assert solution.status is Status.STEP_UNDERFLOW
    assert history.shape == (30, 5)
    assert (np.diff(history[:, TIME]) >= 0.0).all()
    assert history[-1, TIME] == solution.fail_time
    rejected = history[:-1, ERROR] > 1.0
    moved = np.diff(history[:, TIME])
    np.testing.assert_array_equal(moved[rejected], 0.0)
    np.testing.assert_allclose(moved[~rejected], history[:-1, STEP][~rejected], atol=1e-15)
    np.testing.assert_array_equal(history[:, POOL], 0.0)


def test_a_short_row_has_a_short_history(decay, span):
    solution, history = solve_with_history(decay, [1.0], [0.1], span(0.0, 1.0, 1), SolverOptions(), n_trials=500)
    assert len(history) == solution.n_steps + solution.n_rejected < 500
    assert history[0, TIME] == 0.0
    assert history[-1, TIME] + history[-1, STEP] == 1.0
    assert (history[:, PROBLEM] == Status.OK).all()
    assert solution.states.size == 0


def test_a_row_that_is_not_started_has_no_history(decay, span):
    solution, history = solve_with_history(decay, [np.nan], [0.1], span(0.0, 1.0, 1), SolverOptions())
    assert solution.status is Status.REFUSED_INPUT
    assert len(history) == 0


def test_a_failure_in_a_later_segment_has_its_time_and_the_state_before_it(decay):
    segments = Segments([0.0, 1.0, 2.0, 3.0], [[0.0], [0.0], [-4.0]], np.zeros((3, 1)))
    solution = solve_one(decay, [1.0], [0.5], segments, [3.0], SolverOptions(negative_tolerance=1e-9))
    assert solution.status is Status.NEGATIVE
    exact = -8.0 + (np.exp(-1.0) + 8.0) * np.exp(-0.5 * (solution.fail_time - 2.0))
    assert 2.0 < solution.fail_time < 2.1
    assert solution.fail_state[0] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("limit", [1, 2, 5, 17])
def test_the_step_limit_counts_trials_exactly(decay, span, limit):
    solution = solve_one(
        decay, [1.0], [1.0], Segments([0.0, 50.0], [[0.0]], [[0.0]]), [50.0], SolverOptions(max_steps=limit)
    )
    assert solution.status is Status.STEP_LIMIT
    assert solution.n_steps + solution.n_rejected == solution.n_lu == limit


def test_as_many_steps_as_are_needed_are_enough(decay, span):
    needed = solve_one(decay, [1.0], [1.0], span(0.0, 5.0, 1), [5.0])
    trials = needed.n_steps + needed.n_rejected
    same = solve_one(decay, [1.0], [1.0], span(0.0, 5.0, 1), [5.0], SolverOptions(max_steps=trials))
    assert same.status is Status.OK
    np.testing.assert_array_equal(same.states, needed.states)
    fewer = solve_one(decay, [1.0], [1.0], span(0.0, 5.0, 1), [5.0], SolverOptions(max_steps=trials - 1))
    assert fewer.status is Status.STEP_LIMIT


# Room


@pytest.mark.parametrize(("pattern", "n_full"), [(((), ()), 0), (((0, 1), (0, 1)), 3)])
def test_room_for_a_row_is_made_once_and_is_empty(pattern, n_full):
    work = new_work(3, 2, 7, 8, pattern, n_history=4)
    shapes = {name: getattr(work, name).shape for name in work._fields if name != "pivoting"}
    assert shapes == {
        **dict.fromkeys(("y", "y_new", "f", "f_new"), (3,)),
        "jacobian": (2,),
        "lu": (7,),
        "increments": (8, 3),
        "dense": (4, 3),
        "memory": (2,),
        "counts": (N_COUNTS,),
        "history": (4, 5),
    }
    assert work.pivoting.matrix.shape == (n_full, n_full)
    assert work.pivoting.rows.size == len(pattern[0])
    assert not any(getattr(work, name).any() for name in shapes)


def test_a_row_reads_its_own_line_of_times_or_the_one_of_all(decay):
    segments = Segments([0.0, 1.0], [[0.0]], [[0.0]])
    shared = batch_of(decay, np.ones((2, 1)), np.ones((2, 1)), segments, [0.5])
    own = batch_of(decay, np.ones((2, 1)), np.ones((2, 1)), segments, [[0.5], [0.7]])
    assert [line_of(shared, row) for row in (0, 1)] == [0, 0]
    assert [line_of(own, row) for row in (0, 1)] == [0, 1]
