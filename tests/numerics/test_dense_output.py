"""Output inside a step meets its ends, checks itself, and leaves the step as it was."""

import numpy as np
import pytest

from immunosim.numerics import Request, Segments, SolverOptions, Status, solve_one
from immunosim.numerics.dense_output import (
    defect_of,
    deliver,
    interpolate,
    interpolated,
    prepare_dense,
    step_to_output,
    trace_step,
    write_output,
)
from immunosim.numerics.preparation import control_of, method_of
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.rosenbrock import compute_stages, factorise_shifted
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.workspace import LU, RHS, Functions, RowInput, new_work

STIFFNESS = np.array([0.1])
NOTHING = np.zeros(1)
H = 0.3

methods = pytest.mark.parametrize("name", METHODS)


class Step:
    """An accepted step of Kaps' problem from its start, and all that output needs of it."""

    def __init__(self, kernels, name="rodas5p", h=H, rtol=1e-6, n_times=5):
        options = SolverOptions(rtol=rtol, atol=1e-3 * rtol, method=name)
        self.functions, self.h = kernels.functions, h
        self.method, self.control = method_of(options), control_of(options, 2)
        self.work = new_work(2, 4, 4, len(self.method.A))
        self.work.y[:] = 1.0
        kernels.rhs(self.work.y, STIFFNESS, NOTHING, self.work.f)
        kernels.jacobian(self.work.y, STIFFNESS, NOTHING, self.work.jacobian)
        assert factorise_shifted(self.functions, self.method, self.work, h)
        compute_stages(self.functions, self.method, self.work, STIFFNESS, NOTHING, h)
        kernels.rhs(self.work.y_new, STIFFNESS, NOTHING, self.work.f_new)
        prepare_dense(self.functions, self.method, self.work, STIFFNESS, NOTHING, h)
        self.report = new_report(Request(), 2, 0, np.zeros((5, 1)))
        self.outcome = new_outcome(Request(), 1, n_times, 2)
        self.outcome.states.fill(np.nan)

    def write(self, times, i_time=0, is_pivoted=False):
        row = RowInput(0, STIFFNESS, np.asarray(times, float))
        arguments = (self.functions, self.method, self.control, self.work, self.report, self.outcome, row, NOTHING)
        return write_output(*arguments, 0.0, self.h, i_time, is_pivoted)


@methods
def test_the_interpolant_begins_and_ends_where_the_step_does(kaps, name):
    step, out = Step(kaps, name), np.zeros(2)
    interpolate(step.work, 0.0, out)
    np.testing.assert_array_equal(out, step.work.y)
    interpolate(step.work, 1.0, out)
    np.testing.assert_array_equal(out, step.work.y_new)


@methods
def test_many_places_at_once_are_the_places_one_by_one(kaps, name):
    step, theta = Step(kaps, name), np.linspace(0.0, 1.0, 9)
    together = interpolated(step.work, theta[:, np.newaxis])
    for share, state in zip(theta, together, strict=True):
        alone = np.zeros(2)
        interpolate(step.work, share, alone)
        np.testing.assert_array_equal(alone, state)


@methods
def test_the_slope_of_the_interpolant_is_the_flow_at_both_ends(kaps, name):
    # The slope at a place is that of differences of fourth order; h is short, so that the order of the method shows.
    step = Step(kaps, name, h=0.01)
    for theta, flow in ((0.01, step.work.f), (0.99, step.work.f_new)):
        e = 5e-3
        first, second, third, fourth = (interpolated(step.work, theta + k * e) for k in (-2, -1, 1, 2))
        slope = (8.0 * (third - second) - (fourth - first)) / (12.0 * e * step.h)
        np.testing.assert_allclose(slope, flow, rtol=0.02)


@methods
def test_the_defect_is_small_where_the_interpolant_is_right_and_tells_one_that_is_not(kaps, name):
    step, out = Step(kaps, name, h=0.02), np.zeros(2)
    interpolate(step.work, 0.5, out)
    arguments = (step.functions, step.control, step.work, STIFFNESS, NOTHING, step.h, 0.5)
    right = defect_of(*arguments, out)
    wrong = defect_of(*arguments, out + np.array([1e-3, 0.0]))
    assert right < 1.0
    # The defect of a distance is W^-1 J times it: nearly all of it where the pool is slaved, else a fraction.
    jacobian = step.work.jacobian.reshape(2, 2)
    shifted = np.eye(2) / (step.method.gamma * step.h) - jacobian
    foretold = np.abs(np.linalg.solve(shifted, jacobian @ [1e-3, 0.0])) / (1e-6 * np.abs(out) + 1e-9)
    assert wrong == pytest.approx(foretold.max(), rel=0.1)
    assert wrong > 20.0


def test_a_defect_counts_as_one_right_hand_side(kaps):
    step = Step(kaps)
    before = step.work.counts[RHS]
    defect_of(step.functions, step.control, step.work, STIFFNESS, NOTHING, step.h, 0.5, step.work.y_new)
    assert step.work.counts[RHS] == before + 1


@methods
def test_a_step_to_an_output_is_the_step_that_the_solver_would_take(kaps, name):
    step, out = Step(kaps, name), np.zeros(2)
    assert step_to_output(step.functions, step.method, step.work, STIFFNESS, NOTHING, 0.4 * H, out)
    np.testing.assert_array_equal(out, Step(kaps, name, h=0.4 * H).work.y_new)
    # It leaves both ends of the step alone.
    np.testing.assert_array_equal(step.work.y, 1.0)
    np.testing.assert_array_equal(step.work.y_new, Step(kaps, name).work.y_new)


def test_outputs_inside_and_at_the_end_of_a_step_are_written_once(kaps):
    step = Step(kaps)
    assert step.write([0.1, 0.2, 0.3, 0.4, 0.5]) == 3
    exact = np.exp(np.outer([0.1, 0.2, 0.3], [-2.0, -1.0]))
    np.testing.assert_allclose(step.outcome.states[0, :3], exact, rtol=2e-4)  # one step of 0.3, by no tolerance
    assert np.isnan(step.outcome.states[0, 3:]).all()


def test_an_output_at_the_end_has_the_bits_of_the_step(kaps):
    step = Step(kaps)
    step.write([0.1, H, H])
    np.testing.assert_array_equal(step.outcome.states[0, 1], step.work.y_new)
    np.testing.assert_array_equal(step.outcome.states[0, 2], step.work.y_new)


def test_an_output_at_the_end_is_not_checked_again(kaps):
    step = Step(kaps, rtol=1e-12)
    before = step.work.counts.copy()
    step.write([H])
    np.testing.assert_array_equal(step.work.counts, before)


def test_outputs_that_were_written_before_are_left_alone(kaps):
    step = Step(kaps)
    assert step.write([0.1, 0.2, 0.3], i_time=2) == 3
    assert np.isnan(step.outcome.states[0, :2]).all()


def test_an_output_after_the_step_waits(kaps):
    assert Step(kaps).write([0.30001]) == 0


def test_an_untrusted_output_takes_a_step_of_its_own_and_gives_the_factors_back(kaps):
    # At a tolerance of 1e-12 the interpolant of so long a step is wrong, and so is the step; only output is looked at.
    step = Step(kaps, rtol=1e-12)
    lu, n_lu = step.work.lu.copy(), step.work.counts[LU]
    step.write([0.12])
    np.testing.assert_array_equal(step.outcome.states[0, 0], Step(kaps, h=0.12).work.y_new)
    assert step.work.counts[LU] == n_lu + 1
    np.testing.assert_array_equal(step.work.lu, lu)


def test_once_untrusted_every_later_output_of_the_step_is_its_own(kaps):
    step = Step(kaps, rtol=1e-12)
    step.write([0.05, 0.1, 0.2])
    for place, time in enumerate((0.05, 0.1, 0.2)):
        np.testing.assert_array_equal(step.outcome.states[0, place], Step(kaps, h=time).work.y_new)


def test_a_trusted_output_factorises_nothing(kaps):
    step = Step(kaps, rtol=1e-2)
    n_lu, n_rhs = step.work.counts[LU], step.work.counts[RHS]
    step.write([0.1, 0.15, 0.2])
    assert step.work.counts[LU] == n_lu
    # A quiet middle spares the checks of all three.
    assert step.work.counts[RHS] == n_rhs + 1


def test_a_pivoted_step_trusts_no_interpolant(kaps):
    step = Step(kaps, rtol=1e-2)
    step.write([0.1], is_pivoted=True)
    np.testing.assert_array_equal(step.outcome.states[0, 0], Step(kaps, h=0.1).work.y_new)


def test_nodes_of_summaries_are_quarters_of_the_step(kaps):
    step = Step(kaps)

    def both(y_, p_, u_, out_):
        out_[:] = y_

    functions = step.functions._replace(readouts=both)
    report = new_report(Request(summaries=[]), 2, 2, np.full((10, 1), np.nan))
    report = report._replace(kind=np.zeros(2, np.int64), place=np.array([0, 1]))
    trace_step(functions, step.method, step.control, step.work, report, STIFFNESS, NOTHING, H, False)
    nodes = report.nodes.reshape(5, 2)
    assert np.isnan(nodes[0]).all()  # from before
    exact = np.exp(np.outer([0.25 * H, 0.5 * H, 0.75 * H], [-2.0, -1.0]))
    np.testing.assert_allclose(nodes[1:4], exact, rtol=1e-4)
    np.testing.assert_array_equal(nodes[4], step.work.y_new)


def test_only_what_is_asked_for_is_delivered():
    def squares(y_, p_, u_, out_):
        out_[:] = y_[0] ** 2, p_[0], u_[0]

    request = Request(states=False, readouts=[2, 0, 2])
    outcome, report = new_outcome(request, 2, 3, 1), new_report(request, 1, 3, np.zeros((15, 1)))
    outcome.readouts.fill(np.nan)
    functions = Functions(*(squares,) * 5)
    deliver(functions, report, outcome, 1, 2, np.array([3.0]), np.array([5.0]), np.array([7.0]))
    np.testing.assert_array_equal(outcome.readouts[1, 2], [7.0, 9.0, 7.0])
    assert np.isnan(outcome.readouts).sum() == 2 * 3 * 3 - 3
    assert outcome.states.size == 0


# Over a whole solve


@methods
def test_what_is_reported_at_ends_of_steps_depends_on_no_other_output(kaps, span, name):
    options = SolverOptions(rtol=1e-5 if name != "rodas5" else 1e-4, method=name)
    few = solve_one(kaps, [1.0, 1.0], STIFFNESS, span(0.0, 2.0, 2), [2.0], options)
    many = solve_one(kaps, [1.0, 1.0], STIFFNESS, span(0.0, 2.0, 2), np.linspace(0.0, 2.0, 201), options)
    np.testing.assert_array_equal(many.states[-1], few.states[-1])
    assert (many.n_steps, many.n_rejected) == (few.n_steps, few.n_rejected)


@methods
def test_one_output_is_the_same_alone_and_as_the_only_one_of_its_step(kaps, span, name):
    options = SolverOptions(rtol=1e-4, method=name)
    times = [0.013, 0.7, 1.9]
    together = solve_one(kaps, [1.0, 1.0], [1e-6], span(0.0, 2.0, 2), times, options)
    for place, time in enumerate(times):
        alone = solve_one(kaps, [1.0, 1.0], [1e-6], span(0.0, 2.0, 2), [time], options)
        np.testing.assert_allclose(alone.states[0], together.states[place], rtol=1e-3)
        assert alone.status is Status.OK


def test_an_output_on_a_boundary_is_that_before_the_jump(kaps):
    segments = Segments([0.0, 1.0, 2.0], np.zeros((2, 1)), [[0.0, 0.0], [1.0, 0.0]])
    whole = solve_one(kaps, [1.0, 1.0], STIFFNESS, segments, [1.0])
    first = solve_one(kaps, [1.0, 1.0], STIFFNESS, Segments([0.0, 1.0], [[0.0]], [[0.0, 0.0]]), [1.0])
    np.testing.assert_array_equal(whole.states, first.states)
