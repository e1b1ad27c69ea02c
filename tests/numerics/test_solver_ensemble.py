"""Rows are independent: neighbours, order and failures change no bit of the others."""

import numpy as np
import pytest

from immunosim.numerics import Segments, SolverOptions, Status, solve_ensemble, solve_one

N = 13
TIMES = np.array([0.0, 0.5, 1.0, 2.0])
BOUNDARIES = np.array([0.0, 1.0, 2.0])


def regimen(dose):
    """Return two segments of which the second starts with a dose."""
    return Segments(BOUNDARIES, np.array([[0.0], [1.0]]), np.array([[0.0], [dose]]))


@pytest.fixture(scope="module")
def rates():
    """Return the decay rate of each row."""
    return np.random.default_rng(7).uniform(0.1, 5.0, (N, 1))


@pytest.fixture(scope="module")
def reference(decay, rates):
    """Return the rows solved together."""
    return solve_ensemble(decay, np.ones((N, 1)), rates, regimen(3.0), TIMES)


def test_a_row_is_the_same_bits_alone_and_among_others(decay, rates, reference):
    for i in (0, 6, N - 1):
        alone = solve_one(decay, [1.0], rates[i], regimen(3.0), TIMES)
        np.testing.assert_array_equal(alone.states, reference.states[i])
        assert alone.n_steps == reference.n_steps[i]


def test_the_order_of_the_rows_changes_no_bit(decay, rates, reference):
    rows = solve_ensemble(decay, np.ones((N, 1)), rates[::-1], regimen(3.0), TIMES)
    np.testing.assert_array_equal(rows.states[::-1], reference.states)


def test_each_row_may_have_its_own_segments(decay, rates):
    doses = np.linspace(0.0, 6.0, N)
    later = Segments([-1.0, 0.5, 1.5, 4.0], np.zeros((3, 1)), np.zeros((3, 1)))
    sets = [regimen(dose) for dose in doses[:-1]] + [later]
    rows = solve_ensemble(decay, np.ones((N, 1)), rates, sets, TIMES)
    for i in (0, 1, N // 2, N - 1):
        alone = solve_one(decay, [1.0], rates[i], sets[i], TIMES)
        np.testing.assert_array_equal(alone.states, rows.states[i])


def test_a_failed_row_stays_nan_and_leaves_the_others_alone(blow_up, span):
    starts = np.array([[0.1], [2.0], [0.2], [np.nan], [0.3]])
    rows = solve_ensemble(blow_up, starts, np.zeros((5, 1)), span(0.0, 2.0, 1), TIMES)
    assert list(rows.status) == [Status.OK, Status.STEP_UNDERFLOW, Status.OK, Status.REFUSED_INPUT, Status.OK]
    assert np.isnan(rows.states[[1, 3]]).all()
    healthy = [0, 2, 4]
    np.testing.assert_allclose(rows.states[healthy, :, 0], starts[healthy] / (1.0 - starts[healthy] * TIMES), rtol=1e-6)
    assert np.isnan(rows.fail_time[healthy]).all()
    assert rows.fail_time[1] == pytest.approx(0.5, rel=1e-6)


def test_an_earlier_result_is_filled_again(decay, rates, reference):
    out = solve_ensemble(decay, np.full((N, 1), 9.0), rates, regimen(3.0), TIMES)
    rows = solve_ensemble(decay, np.ones((N, 1)), rates, regimen(3.0), TIMES, out=out)
    assert rows.states is out.states
    np.testing.assert_array_equal(rows.states, reference.states)


def test_read_only_and_strided_input_is_accepted(decay, rates, reference):
    wide = np.repeat(rates, 2, axis=1)[:, :1]
    ones = np.broadcast_to(1.0, (N, 1))
    times = TIMES.copy()
    times.setflags(write=False)
    rows = solve_ensemble(decay, ones, wide, regimen(3.0), times)
    np.testing.assert_array_equal(rows.states, reference.states)


def test_every_pool_has_its_own_tolerance(robertson, span):
    # The second pool never exceeds 4e-5: an absolute tolerance above that must not see it, one below must.
    def steps(atol):
        options = SolverOptions(rtol=1e-6, atol=np.array([1e-8, atol, 1e-8]))
        return solve_one(robertson, [1.0, 0.0, 0.0], [0.0], span(0.0, 10.0, 3), [10.0], options).n_steps

    assert steps(1e-12) > steps(1e-3)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"initial_states": np.ones(3)}, "initial_states has 1 dimensions"),
        ({"initial_states": np.ones((2, 2))}, "initial_states has 2 columns, expected one for each of 1 pools"),
        ({"parameters": np.ones((3, 1))}, "parameters has 3 rows, initial_states 2"),
        ({"times": [1.0, 0.5]}, "does not decrease"),
        ({"times": [np.nan]}, "finite numbers"),
        ({"segments": [regimen(1.0)]}, "1 sets of segments for 2 rows"),
        ({"segments": Segments([0.0, 1.0], [[0.0]], [[0.0, 0.0]])}, "jumps has 2 columns, expected 1"),
        ({"segments": [regimen(1.0), Segments([0.0, 1.0], [[0.0, 0.0]], [[0.0]])]}, "must have the same inputs"),
        ({"options": SolverOptions(atol=np.ones(4))}, r"atol has shape \(4,\)"),
    ],
)
def test_shapes_that_disagree_are_refused(decay, changes, complaint):
    arguments = {
        "initial_states": np.ones((2, 1)),
        "parameters": np.ones((2, 1)),
        "segments": regimen(1.0),
        "times": [1.0],
    }
    with pytest.raises(ValueError, match=complaint):
        solve_ensemble(decay, **{**arguments, **changes})
