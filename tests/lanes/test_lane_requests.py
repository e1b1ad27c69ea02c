"""Read-outs and summaries say what the exact course says, in lanes as by the scalar core, and cost no trajectory."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import Kind, Request, Segments, SolverOptions, Status, Summary, solve_ensemble

DECAY = ("u - p*y", "-p")
P = np.geomspace(0.2, 6.0, 11)
TIMES = np.linspace(0.0, 5.0, 21)
OPTIONS = SolverOptions(rtol=1e-8, atol=1e-10)
LEVEL, SQUARE = 0, 1

# Filled from empty, emptied, given a dose, emptied again.
COURSE = Segments([0.0, 1.0, 3.0, 5.0], [[4.0], [0.0], [0.0]], [[0.0], [0.0], [0.5]])


def exact(p, times):
    """Return the course that starts at 0.1; at a boundary, the state before the dose."""
    first = 4.0 / p + (0.1 - 4.0 / p) * np.exp(-p * np.minimum(times, 1.0))
    second = first * np.exp(-p * np.clip(times - 1.0, 0.0, 2.0))
    return np.where(times > 3.0, (second + 0.5) * np.exp(-p * np.maximum(times - 3.0, 0.0)), second)


@pytest.fixture(scope="module")
def kernels(one_pool):
    return one_pool(*DECAY)


def solve(kernels, request, segments=COURSE, times=TIMES, options=OPTIONS, **others):
    start = np.full((P.size, 1), 0.1)
    return solve_ensemble(kernels, start, P[:, np.newaxis], segments, times, options, request=request, **others)


@pytest.fixture(params=["lanes", "scalar"])
def core(request, kernels):
    return kernels if request.param == "lanes" else replace(kernels, lanes=None)


def summarise(core, *summaries, **others):
    found = solve(core, Request(states=False, summaries=summaries), **others)
    assert (found.status == Status.OK).all()
    assert found.states.shape[1] == found.readouts.shape[1] == 0
    return found.summaries


def test_readouts_are_reported_in_the_order_asked_for(core):
    found = solve(core, Request(states=False, readouts=[SQUARE, LEVEL, SQUARE]))
    for row, p in enumerate(P):
        level = exact(p, TIMES)
        np.testing.assert_allclose(
            found.readouts[row], np.column_stack([level**2, level, level**2]), rtol=1e-6, atol=1e-9
        )


def test_states_and_readouts_can_be_had_together(core):
    found = solve(core, Request(states=True, readouts=[LEVEL]))
    np.testing.assert_array_equal(found.readouts, found.states)
    assert np.isfinite(found.states).all()


def test_what_is_asked_for_changes_no_bit_of_the_states(core):
    summaries = [Summary(Kind.MINIMUM, LEVEL), Summary(Kind.TIME_BELOW, SQUARE, 0.3)]
    plain = solve(core, Request())
    with_more = solve(core, Request(readouts=[SQUARE], summaries=summaries))
    np.testing.assert_array_equal(with_more.states, plain.states)
    np.testing.assert_array_equal(with_more.n_steps, plain.n_steps)


# Summaries against the exact course on a fine grid

GRID = np.concatenate([np.linspace(0.0, 3.0, 300_001), np.linspace(3.0, 5.0, 200_001)[1:]])


def test_extrema_and_their_times_are_those_of_the_course(core):
    kinds = (Kind.MINIMUM, Kind.TIME_OF_MINIMUM, Kind.MAXIMUM, Kind.TIME_OF_MAXIMUM)
    found = summarise(core, *(Summary(kind, LEVEL) for kind in kinds))
    for row, p in enumerate(P):
        course = np.append(exact(p, GRID), exact(p, 3.0) + 0.5)
        times = np.append(GRID, 3.0)
        low, high = np.argmin(course), np.argmax(course)
        expected = [course[low], times[low], course[high], times[high]]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6, atol=2e-5)  # two steps of the grid


def test_area_and_mean_are_those_of_the_integral(core):
    window = {"start": 0.5, "end": 4.2}
    found = summarise(core, Summary(Kind.AREA, LEVEL, **window), Summary(Kind.MEAN, LEVEL, **window))
    for row, p in enumerate(P):
        at = [exact(p, time) for time in (0.5, 1.0, 3.0, 4.2)]
        # p y = u - y' on each segment
        area = (4.0 * 0.5 - (at[1] - at[0]) + (at[1] - at[2]) + (at[2] + 0.5 - at[3])) / p
        np.testing.assert_allclose(found[row], [area, area / 3.7], rtol=1e-6)


@pytest.mark.parametrize("level", [0.05, 0.3, 0.45, 1.0])
def test_times_below_and_above_are_those_of_the_course(core, level):
    kinds = (Kind.TIME_BELOW, Kind.TIME_ABOVE, Kind.FIRST_BELOW, Kind.FIRST_ABOVE, Kind.LAST_BELOW, Kind.LAST_ABOVE)
    found = summarise(core, *(Summary(kind, LEVEL, level) for kind in kinds))
    step = np.diff(GRID)
    for row, p in enumerate(P):
        course = exact(p, GRID)
        below = course < level
        total = np.sum(step[below[1:]])
        expected = [total, 5.0 - total]
        expected += [GRID[mask][0] if mask.any() else np.nan for mask in (below, ~below)]
        expected += [GRID[mask][-1] if mask.any() else np.nan for mask in (below, ~below)]
        np.testing.assert_allclose(found[row], expected, atol=4e-5)  # a few steps of the grid


def test_a_level_that_is_never_reached_has_no_first_and_no_last_time(core):
    kinds = (Kind.TIME_ABOVE, Kind.FIRST_ABOVE, Kind.LAST_ABOVE, Kind.TIME_BELOW)
    found = summarise(core, *(Summary(kind, LEVEL, 100.0) for kind in kinds))
    np.testing.assert_allclose(found, np.tile([0.0, np.nan, np.nan, 5.0], (P.size, 1)), rtol=1e-12)


def test_a_window_beyond_the_horizon_is_not_known(core):
    kinds = (Kind.MINIMUM, Kind.AREA, Kind.MEAN)
    found = summarise(core, *(Summary(kind, LEVEL, start=6.0, end=7.0) for kind in kinds))
    assert np.isnan(found).all()


def test_a_read_out_that_jumps_is_seen_on_both_sides_of_the_jump(core):
    found = summarise(
        core, Summary(Kind.MAXIMUM, LEVEL, start=2.9, end=3.1), Summary(Kind.FIRST_ABOVE, LEVEL, 0.5, 2.9)
    )
    for row, p in enumerate(P):
        before = exact(p, np.array([2.9, 3.0]))
        assert found[row, 0] == pytest.approx(max(before[0], before[1] + 0.5), rel=1e-6)
        assert found[row, 1] == pytest.approx(2.9 if before[0] >= 0.5 else 3.0, abs=1e-9)


def test_lanes_agree_with_the_scalar_core_and_with_any_order(kernels):
    summaries = [Summary(kind, SQUARE, np.nan if kind < Kind.TIME_BELOW else 0.3, 0.2, 4.9) for kind in Kind]
    request = Request(states=False, readouts=[LEVEL], summaries=summaries)
    found, expected = solve(kernels, request), solve(replace(kernels, lanes=None), request)
    np.testing.assert_allclose(found.summaries, expected.summaries, rtol=1e-9)
    np.testing.assert_array_equal(found.counts, expected.counts)
    twice = solve(kernels, request, n_threads=2)
    np.testing.assert_array_equal(twice.summaries, found.summaries)


def test_a_failed_row_has_no_summaries(one_pool):
    kernels = one_pool("y*y", "2.0*y")
    starts = np.array([[0.1], [5.0], [0.2]])
    request = Request(states=False, readouts=[LEVEL], summaries=[Summary(Kind.MAXIMUM, LEVEL)])
    for one in (kernels, replace(kernels, lanes=None)):
        found = solve_ensemble(
            one, starts, np.zeros((3, 1)), Segments([0.0, 1.0], [[0.0]], [[0.0]]), [1.0], request=request
        )
        assert found.status[1] == Status.STEP_UNDERFLOW
        np.testing.assert_array_equal(np.isnan(found.summaries[:, 0]), [False, True, False])
        np.testing.assert_array_equal(np.isnan(found.readouts[:, 0, 0]), [False, True, False])
        np.testing.assert_allclose(found.summaries[[0, 2], 0], starts[[0, 2], 0] / (1.0 - starts[[0, 2], 0]), rtol=1e-6)


# Output times and horizons of each row


def test_every_row_has_its_own_times_and_horizon(core):
    ends = np.linspace(3.5, 5.0, P.size)
    sets = [Segments([0.0, 1.0, 3.0, end], COURSE.inputs, COURSE.jumps) for end in ends]
    times = np.linspace(0.0, ends, 7, axis=1)
    times[4, 3:] = np.nan
    found = solve(core, Request(readouts=[LEVEL]), sets, times)
    assert (found.status == Status.OK).all()
    for row, p in enumerate(P):
        known = 3 if row == 4 else 7
        np.testing.assert_allclose(found.states[row, :known, 0], exact(p, times[row, :known]), rtol=1e-6)
        assert np.isnan(found.states[row, known:]).all()
        assert np.isnan(found.readouts[row, known:]).all()


def test_a_row_may_have_no_output_time_at_all(core):
    times = np.full((P.size, 1), np.nan)
    times[0, 0] = 5.0
    found = solve(core, Request(), times=times)
    np.testing.assert_array_equal(np.isfinite(found.states[:, 0, 0]), np.arange(P.size) == 0)


@pytest.mark.parametrize(
    ("times", "complaint"),
    [
        (np.zeros((3, 2)), "times has 3 lines of numbers, expected 11"),
        (np.tile([np.nan, 1.0], (11, 1)), "which may end in NaN"),
        (np.tile([1.0, np.inf], (11, 1)), "which may end in NaN"),
        (np.tile([1.0, 0.5], (11, 1)), "does not decrease"),
        ([1.0, np.nan], "must be finite"),
        (np.zeros((1, 1, 1)), "must be a vector"),
    ],
)
def test_times_that_make_no_sense_are_refused(kernels, times, complaint):
    with pytest.raises(ValueError, match=complaint):
        solve(kernels, Request(), times=times)


# Reuse of arrays


def test_the_arrays_of_an_earlier_result_are_filled_again(core):
    request = Request(readouts=[SQUARE], summaries=[Summary(Kind.AREA, LEVEL)])
    first = solve(core, request)
    kept = first.states.copy()
    first.states[:] = first.readouts[:] = 7.0
    again = solve(core, request, out=first)
    assert again.states is first.states
    assert again.summaries is first.summaries
    np.testing.assert_array_equal(again.states, kept)


def test_arrays_of_another_shape_are_refused_by_name(core):
    first = solve(core, Request())
    with pytest.raises(ValueError, match=r"out\.readouts must be a writeable C-contiguous float64 array of shape"):
        solve(core, Request(readouts=[LEVEL]), out=first)


@pytest.mark.parametrize(
    ("summary", "complaint"),
    [
        ({"kind": Kind.TIME_BELOW, "readout": 0}, "TIME_BELOW needs a threshold"),
        ({"kind": Kind.AREA, "readout": 0, "threshold": 1.0}, "AREA takes no threshold"),
        ({"kind": Kind.AREA, "readout": -1}, "Summary.readout is -1"),
        ({"kind": Kind.AREA, "readout": 0, "start": 2.0, "end": 2.0}, "is empty"),
    ],
)
def test_a_summary_that_cannot_be_is_refused(summary, complaint):
    with pytest.raises(ValueError, match=complaint):
        Summary(**summary)


def test_a_read_out_that_the_kernels_do_not_have_is_refused(core):
    with pytest.raises(ValueError, match="there is no read-out 2: the kernels compute 2"):
        solve(core, Request(readouts=[2]))


def test_distrusted_steps_are_traced_by_steps_of_their_own(population, host_width):
    # At a loose tolerance some steps cannot be interpolated well: the summaries must not follow such an interpolant.
    place = population.kernels.n_readouts
    summaries = [Summary(Kind.AREA, k) for k in range(place)]
    options = replace(population.options, rtol=1e-3, atol=population.options.atol * 1e2)
    loose = replace(population, options=options)
    fine = replace(population, options=replace(options, rtol=1e-7, atol=population.options.atol * 1e-2))
    rows = slice(0, 16)
    request = Request(states=False, summaries=summaries)
    found, expected = (one.solve(rows, width=host_width, request=request).summaries for one in (loose, fine))
    used = expected.any(axis=0)  # no prednisolone is given
    size = np.abs(expected[:, used]) + 1e-3 * np.abs(expected[:, used]).max(axis=0)
    assert np.max(np.abs(found - expected)[:, used] / size) < 0.01  # ten tolerances
