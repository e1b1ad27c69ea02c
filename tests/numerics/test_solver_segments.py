"""Segments, jumps and output times: nothing is stepped over, and a boundary reports the state before its jump."""

import numpy as np
import pytest

from immunosim.numerics import Segments, SolverOptions, Status, solve_one

OPTIONS = SolverOptions(rtol=1e-9, atol=1e-12)
RTOL = 1e-8  # ten of the solver's own


def exact_decay(y, rate, segments, times):
    """Return y' = u - rate y over the segments at ``times``, the state before the jump on a boundary."""
    states = np.full(len(times), np.nan)
    states[times == segments.boundaries[0]] = y
    for k in range(segments.n_segments):
        start, end = segments.boundaries[k], segments.boundaries[k + 1]
        y, rest = y + segments.jumps[k, 0], segments.inputs[k, 0] / rate
        inside = (times > start) & (times <= end)
        states[inside] = rest + (y - rest) * np.exp(-rate * (times[inside] - start))
        y = rest + (y - rest) * np.exp(-rate * (end - start))
    return states


def test_a_minute_of_infusion_in_ten_years_is_not_stepped_over(decay):
    start, minute, years = 1826.3, 1.0 / 1440.0, 3652.5
    segments = Segments([0.0, start, start + minute, years], [[0.0], [1440.0], [0.0]], np.zeros((3, 1)))
    times = np.array([start, start + minute, start + 1.0, start + 30.0])
    solution = solve_one(decay, [0.0], [0.1], segments, times, OPTIONS)
    exact = exact_decay(0.0, 0.1, segments, times)
    assert exact[1] == pytest.approx(1.0, rel=1e-4)  # one unit given, nearly none lost within the minute
    np.testing.assert_allclose(solution.states[:, 0], exact, rtol=RTOL)


def test_jumps_add_at_the_start_of_their_segment(decay):
    segments = Segments([0.0, 1.0, 2.0, 5.0], [[0.0], [2.0], [0.0]], [[10.0], [5.0], [-1.0]])
    times = np.linspace(0.0, 5.0, 51)
    solution = solve_one(decay, [1.0], [0.5], segments, times, OPTIONS)
    np.testing.assert_allclose(solution.states[:, 0], exact_decay(1.0, 0.5, segments, times), rtol=RTOL)


def test_a_time_on_the_first_boundary_reports_the_initial_state_before_its_jump(decay, span):
    segments = Segments([3.0, 4.0], [[0.0]], [[10.0]])
    solution = solve_one(decay, [2.0], [1.0], segments, [3.0, 3.0, 4.0], OPTIONS)
    assert solution.states[0, 0] == 2.0
    assert solution.states[1, 0] == 2.0
    assert solution.states[2, 0] == pytest.approx(12.0 * np.exp(-1.0), rel=RTOL)


def test_a_time_on_a_boundary_reports_the_state_before_the_jump_there(decay):
    segments = Segments([0.0, 1.0, 2.0], [[0.0], [0.0]], [[0.0], [7.0]])
    solution = solve_one(decay, [1.0], [1.0], segments, [1.0, 1.0, np.nextafter(1.0, 2.0)], OPTIONS)
    np.testing.assert_allclose(solution.states[:, 0], np.array([1.0, 1.0, 1.0 + 7.0 * np.e]) / np.e, rtol=RTOL)


def test_the_end_of_a_segment_is_reached_exactly(decay):
    # Boundaries that no sum of steps would hit by itself.
    boundaries = np.array([0.1, 0.1 + 1.0 / 3.0, np.pi, 10.0 * np.pi])
    segments = Segments(boundaries, np.ones((3, 1)), np.zeros((3, 1)))
    solution = solve_one(decay, [0.0], [0.3], segments, boundaries, OPTIONS)
    exact = exact_decay(0.0, 0.3, segments, boundaries)
    np.testing.assert_allclose(solution.states[1:, 0], exact[1:], rtol=RTOL)


def test_a_boundary_where_nothing_happens_changes_nothing(decay, span):
    times = np.linspace(0.0, 10.0, 7)
    whole = solve_one(decay, [1.0], [0.4], span(0.0, 10.0, 1), times, OPTIONS)
    cut = Segments(np.linspace(0.0, 10.0, 14), np.zeros((13, 1)), np.zeros((13, 1)))
    parts = solve_one(decay, [1.0], [0.4], cut, times, OPTIONS)
    np.testing.assert_allclose(parts.states, whole.states, rtol=RTOL)


def test_output_times_change_no_step(decay, span):
    few = solve_one(decay, [1.0], [0.4], span(0.0, 10.0, 1), [10.0], OPTIONS)
    many = solve_one(decay, [1.0], [0.4], span(0.0, 10.0, 1), np.linspace(0.0, 10.0, 999), OPTIONS)
    assert many.n_steps == few.n_steps
    assert many.states[-1, 0] == few.states[-1, 0]


def test_a_solve_without_output_times_still_runs(decay, span):
    solution = solve_one(decay, [1.0], [0.4], span(0.0, 10.0, 1), [])
    assert solution.status is Status.OK
    assert solution.states.shape == (0, 1)
    assert solution.n_steps > 0


def test_a_pool_at_rest_stays_at_rest(decay):
    segments = Segments([0.0, 1000.0], [[2.0]], [[0.0]])
    solution = solve_one(decay, [4.0], [0.5], segments, [500.0, 1000.0])
    np.testing.assert_array_equal(solution.states, 4.0)
    assert solution.n_steps < 20


def test_late_times_cost_no_accuracy(decay):
    # One unit in the last place of the time is 1e-7 days here; a step must be as long as the time it advances.
    late = 1e9
    segments = Segments([late, late + 1.0], [[0.0]], [[0.0]])
    solution = solve_one(decay, [1.0], [3.0], segments, [late + 1.0], OPTIONS)
    assert solution.states[0, 0] == pytest.approx(np.exp(-3.0), rel=RTOL)


def test_no_step_is_longer_than_allowed(decay, span):
    solution = solve_one(decay, [1.0], [0.0], span(0.0, 10.0, 1), [10.0], SolverOptions(first_step=0.5, max_step=0.5))
    assert solution.n_steps == 20


@pytest.mark.parametrize(
    ("boundaries", "inputs", "jumps", "complaint"),
    [
        ([0.0], np.zeros((0, 1)), np.zeros((0, 1)), "at least two times"),
        ([0.0, 1.0, 1.0], np.zeros((2, 1)), np.zeros((2, 1)), r"boundaries\[1\] = 1.0 is followed by 1.0"),
        ([0.0, np.inf], np.zeros((1, 1)), np.zeros((1, 1)), "boundaries holds a number that is not finite"),
        ([0.0, 1.0], [[np.nan]], np.zeros((1, 1)), "inputs holds a number that is not finite"),
        ([0.0, 1.0], np.zeros((2, 1)), np.zeros((1, 1)), "inputs has 2 rows, expected 1"),
        ([0.0, 1.0], np.zeros((1, 1)), np.zeros((3, 1)), "jumps has 3 rows, expected 1"),
        ([0.0, 1.0], np.zeros(1), np.zeros((1, 1)), "inputs has 1 dimensions, expected 2"),
    ],
)
def test_segments_that_make_no_sense_are_refused(boundaries, inputs, jumps, complaint):
    with pytest.raises(ValueError, match=complaint):
        Segments(boundaries, inputs, jumps)


def test_a_row_may_be_continued_from_its_end_at_a_boundary_to_the_last_bit(decay):
    boundaries, inputs, jumps = np.array([0.0, 1.0, 3.0]), np.array([[2.0], [0.0]]), np.array([[0.0], [1.5]])
    whole = solve_one(decay, [1.0], [0.7], Segments(boundaries, inputs, jumps), [3.0])
    first = solve_one(decay, [1.0], [0.7], Segments(boundaries[:2], inputs[:1], jumps[:1]), [])
    rest = solve_one(decay, first.end_state, [0.7], Segments(boundaries[1:], inputs[1:], jumps[1:]), [])
    assert rest.end_state[0] == whole.end_state[0] == whole.states[-1, 0]
