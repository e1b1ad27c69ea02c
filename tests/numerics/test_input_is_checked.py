"""What a solve is given is converted, or refused by name before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import (
    Ensemble,
    Kind,
    Request,
    Segments,
    SolverOptions,
    Status,
    Summary,
    solve_ensemble,
    solve_one,
)
from immunosim.numerics.preparation import batch_of, control_of, method_of
from immunosim.numerics.tableaus import METHODS

ONE = Segments([0.0, 1.0], [[0.0]], [[0.0]])


def solve(decay, n=1, segments=ONE, times=(1.0,), **others):
    return solve_ensemble(decay, np.ones((n, 1)), np.ones((n, 1)), segments, times, **others)


# Conversion


@pytest.mark.parametrize(
    "convert",
    [
        lambda values: values.astype(np.float32),
        lambda values: values.astype(np.int64),
        lambda values: values.astype(object),
        lambda values: values.astype(bool),
        lambda values: values.astype(">f8"),
        lambda values: values.tolist(),
        lambda values: np.asfortranarray(values),
        lambda values: np.repeat(values, 3, axis=0)[::3],
        lambda values: np.repeat(values, 2, axis=1)[:, ::2],
    ],
    ids=["float32", "int64", "object", "bool", "swapped", "list", "Fortran", "rows", "columns"],
)
def test_numbers_of_any_kind_and_order_in_memory_are_the_same_numbers(decay, convert):
    ones = np.ones((3, 1))
    expected = solve_ensemble(decay, ones, ones, ONE, [0.5, 1.0])
    found = solve_ensemble(decay, convert(ones), convert(ones), ONE, [0.5, 1.0])
    np.testing.assert_array_equal(found.states, expected.states)


def test_a_solve_changes_none_of_its_input(decay):
    states, parameters, times = np.ones((2, 1)), np.full((2, 1), 0.3), np.array([0.5, 1.0])
    segments = Segments([0.0, 1.0], [[0.2]], [[4.0]])
    kept = [array.copy() for array in (states, parameters, times, segments.inputs, segments.jumps)]
    solve_ensemble(decay, states, parameters, segments, times)
    for array, before in zip((states, parameters, times, segments.inputs, segments.jumps), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_segments_keep_a_copy_of_what_they_were_given():
    boundaries = np.array([0.0, 1.0])
    segments = Segments(boundaries, [[0.0]], [[0.0]])
    boundaries[1] = -5.0
    np.testing.assert_array_equal(segments.boundaries, [0.0, 1.0])
    assert segments.n_segments == 1


def test_segments_may_come_from_anything_that_can_be_listed(decay):
    found = solve(decay, 2, (one for one in (ONE, ONE)))
    np.testing.assert_array_equal(found.states, solve(decay, 2).states)


def test_one_row_may_be_given_without_its_dimension(decay):
    plain = solve_one(decay, 1.0, 1.0, ONE, [1.0])
    np.testing.assert_array_equal(plain.states, solve(decay).states[0])
    assert plain.states.shape == (1, 1)


@pytest.mark.parametrize("name", ["initial_states", "parameters", "times"])
def test_complex_numbers_are_refused_and_not_cut(decay, name):
    arguments = {"initial_states": np.ones((1, 1)), "parameters": np.ones((1, 1)), "times": np.ones(1)}
    arguments[name] = arguments[name] + 1e-20j
    with pytest.raises(ValueError, match=f"{name} holds complex numbers"):
        solve_ensemble(decay, segments=ONE, **arguments)


# No rows, no times, no reports


@pytest.mark.parametrize("segments", [ONE, []], ids=["shared", "each"])
@pytest.mark.parametrize("times", [np.array([1.0]), np.zeros((0, 1)), np.zeros(0)], ids=["one", "lines", "none"])
def test_an_ensemble_of_no_rows_is_empty(decay, segments, times):
    empty = np.zeros((0, 1))
    found = solve_ensemble(decay, empty, empty, segments, times)
    assert found.states.shape == (0, times.shape[-1], 1)
    assert found.status.shape == found.n_steps.shape == found.fail_time.shape == (0,)
    assert found.fail_state.shape == (0, 1)


def test_lines_of_times_may_be_empty(decay):
    found = solve(decay, 2, times=np.zeros((2, 0)))
    assert found.states.shape == (2, 0, 1)
    assert (found.status == Status.OK).all()


def test_nothing_asked_for_is_still_a_solve_with_an_end(decay):
    found = solve(decay, 2, request=Request(states=False), times=[5.0])  # which nobody wants, so it is not refused
    assert (found.status == Status.OK).all()
    assert found.states.shape == (2, 0, 1)
    assert found.readouts.shape == (2, 0, 0)
    assert found.summaries.shape == (2, 0)


# Times


@pytest.mark.parametrize(
    ("times", "complaint"),
    [
        (1.0, "must be a vector"),
        (np.ones((1, 1, 1)), "must be a vector"),
        ([0.5, np.nan], "finite numbers"),
        ([0.5, np.inf], "finite numbers"),
        ([[0.5, np.nan, 1.0]], "may end in NaN"),
        ([[0.5, np.inf]], "may end in NaN"),
        ([[np.nan, 0.5]], "may end in NaN"),
        ([[0.5], [0.5]], "2 lines of numbers, expected 1"),
        ([[0.5, 0.2]], "does not decrease"),
    ],
)
def test_times_that_make_no_sense_are_refused(decay, times, complaint):
    with pytest.raises(ValueError, match=complaint):
        solve(decay, times=times)


def test_equal_times_are_reported_each(decay):
    found = solve(decay, times=[0.0, 0.0, 0.3, 0.3, 0.3, 1.0, 1.0])
    np.testing.assert_array_equal(found.states[0, [0, 2, 3, 5], 0], found.states[0, [1, 3, 4, 6], 0])
    np.testing.assert_allclose(found.states[0, [0, 2, 5], 0], np.exp([0.0, -0.3, -1.0]), rtol=1e-6)


def test_a_line_that_ends_in_nan_counts_as_far_as_it_goes(decay):
    batch = batch_of(decay, np.ones((2, 1)), np.ones((2, 1)), ONE, [[0.2, 0.4, np.nan], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(batch.n_times, [2, 0])


# Segments as one table


def test_segments_of_all_rows_stand_one_after_the_other(decay):
    long = Segments([0.0, 1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]])
    batch = batch_of(decay, np.ones((3, 1)), np.ones((3, 1)), [ONE, long, ONE], [])
    np.testing.assert_array_equal(batch.set_of_row, [0, 1, 2])
    np.testing.assert_array_equal(batch.set_start, [0, 1, 4, 5])
    np.testing.assert_array_equal(batch.boundaries, [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0])
    np.testing.assert_array_equal(batch.inputs[:, 0], [0.0, 1.0, 2.0, 3.0, 0.0])
    np.testing.assert_array_equal(batch.jumps[:, 0], [0.0, 4.0, 5.0, 6.0, 0.0])


def test_rows_that_share_segments_share_their_memory(decay):
    batch = batch_of(decay, np.ones((100, 1)), np.ones((100, 1)), ONE, [])
    assert batch.inputs.shape == (1, 1)
    np.testing.assert_array_equal(batch.set_of_row, 0)


# Options, kernels, requests


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"max_steps": 2.5}, "max_steps is 2.5, expected a whole number"),
        ({"max_steps": np.nan}, "max_steps is nan, expected a whole number"),
        ({"max_steps": np.inf}, "max_steps is inf, expected a whole number"),
        ({"max_steps": -1}, "max_steps is -1"),
        ({"rtol": -1e-6}, "rtol is -1e-06"),
        ({"rtol": np.inf}, "rtol is inf"),
        ({"atol": np.inf}, "atol must be positive and finite"),
        ({"atol": np.array([1.0, np.nan])}, "atol must be positive and finite"),
        ({"negative_tolerance": np.array([0.0, np.nan])}, "negative_tolerance must be zero or positive"),
        ({"first_step": np.nan}, "first_step is nan"),
        ({"first_step": -1.0}, "first_step is -1.0"),
        ({"max_step": 0.0}, "max_step is 0.0"),
    ],
)
def test_options_that_cannot_be_are_refused_where_they_are_made(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        SolverOptions(**wrong)


def test_every_pool_gets_the_tolerance_that_was_given_once():
    control = control_of(SolverOptions(atol=1e-3, negative_tolerance=0.5), 4)
    np.testing.assert_array_equal(control.atol, np.full(4, 1e-3))
    np.testing.assert_array_equal(control.negative_tolerance, np.full(4, 0.5))
    assert control.first_step == 0.0  # asks for an estimate


def test_tolerances_of_another_number_of_pools_are_named():
    with pytest.raises(
        ValueError, match=r"negative_tolerance has shape \(3,\), expected one number or one for each of 2"
    ):
        control_of(SolverOptions(negative_tolerance=np.ones(3)), 2)


@pytest.mark.parametrize("name", METHODS)
def test_the_record_of_a_method_holds_its_tableau(name):
    method, tableau = method_of(SolverOptions(method=name)), METHODS[name]
    assert (method.gamma, method.order, method.embedded_order) == (tableau.gamma, tableau.order, tableau.embedded_order)
    assert method.n_stages == tableau.n_stages
    assert method.A is tableau.A
    assert method.C is tableau.C
    assert method.H is tableau.H


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"n_jacobian": 0}, "n_jacobian is 0"),
        ({"n_lu": -1}, "n_lu is -1"),
        ({"n_readouts": 2}, "n_readouts is 2, and Kernels.readouts computes none"),
        ({"n_readouts": -1}, "n_readouts is -1"),
        ({"pattern": ((0,), ())}, "needs rows and columns, or neither"),
        ({"pattern": ((0, 0), (0, 0))}, "must place 1 nonzeros among 1 pools"),
        ({"pattern": ((1,), (0,))}, "must place 1 nonzeros among 1 pools"),
        ({"pattern": ((0,), (-1,))}, "must place 1 nonzeros among 1 pools"),
    ],
)
def test_kernels_that_do_not_fit_together_are_refused(decay, changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        replace(decay, **changes)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"kind": 99, "threshold": 1.0}, "99 is not a valid Kind"),
        ({"kind": Kind.MINIMUM, "readout": -1}, "readout is -1, expected a place from 0 on"),
        ({"kind": Kind.MEAN, "threshold": 1.0}, "MEAN takes no threshold"),
        ({"kind": Kind.FIRST_ABOVE}, "FIRST_ABOVE needs a threshold"),
        ({"kind": Kind.AREA, "start": 2.0, "end": 2.0}, "window from 2.0 to 2.0 is empty"),
        ({"kind": Kind.AREA, "start": np.nan}, "window from nan to inf is empty"),
    ],
)
def test_summaries_that_cannot_be_are_refused_where_they_are_made(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        Summary(**{"readout": 0, **wrong})


def test_a_kind_may_be_given_by_its_number():
    assert Summary(3, 0).kind is Kind.TIME_OF_MAXIMUM


@pytest.mark.parametrize(
    "request_", [Request(readouts=[0]), Request(summaries=[Summary(Kind.AREA, 0)]), Request(readouts=[-1])]
)
def test_read_outs_that_the_kernels_do_not_have_are_refused(decay, request_):
    with pytest.raises(ValueError, match="there is no read-out"):
        solve(decay, request=request_)


@pytest.mark.parametrize(
    ("request_", "readouts", "times"),
    [
        (Request(), False, True),
        (Request(states=False), False, False),
        (Request(states=False, readouts=[1]), True, True),
        (Request(states=False, summaries=[Summary(Kind.AREA, 0)]), True, False),
    ],
)
def test_a_request_knows_what_it_needs(request_, readouts, times):
    assert request_.needs_readouts is readouts
    assert request_.needs_times is times


# Room for the result


@pytest.mark.parametrize("name", list(Ensemble.__dataclass_fields__))
def test_an_earlier_result_of_another_shape_or_kind_is_refused_by_the_name_of_its_array(decay, name):
    out = solve(decay, 2)
    array = getattr(out, name)
    for wrong in (array[:1], array.astype(np.float32), array[..., np.newaxis]):
        if wrong.size:
            with pytest.raises(ValueError, match=rf"out\.{name} must be a writeable C-contiguous"):
                solve(decay, 2, out=replace(out, **{name: wrong}))


def test_a_read_only_result_is_not_written(decay):
    out = solve(decay, 2)
    out.states.setflags(write=False)
    with pytest.raises(ValueError, match=r"out\.states must be a writeable"):
        solve(decay, 2, out=out)


def test_a_result_that_is_filled_again_forgets_failures(blow_up, span):
    arguments = (np.zeros((2, 1)), span(0.0, 2.0, 1), [1.0, 2.0])
    out = solve_ensemble(blow_up, np.array([[5.0], [0.1]]), *arguments)
    assert out.status.tolist() == [Status.STEP_UNDERFLOW, Status.OK]
    again = solve_ensemble(blow_up, np.array([[0.1], [5.0]]), *arguments, out=out)
    assert again.status.tolist() == [Status.OK, Status.STEP_UNDERFLOW]
    assert np.isnan(again.fail_time[0])
    assert np.isnan(again.fail_state[0]).all()
    assert again.worst_pool[0] == 0
    np.testing.assert_allclose(again.states[0, :, 0], 0.1 / (1.0 - 0.1 * np.array([1.0, 2.0])), rtol=1e-6)
