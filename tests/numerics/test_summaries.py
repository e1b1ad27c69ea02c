"""Summaries of courses made of quartics agree with the same courses on a fine grid, whatever window and level."""

import numpy as np
import pytest

from immunosim.numerics import Kind, Request, Summary
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.summaries import LAST_NODE, N_NODES, begin_summaries, end_summaries, fill_node, note_step
from immunosim.numerics.workspace import Functions

EXTREMA = (Kind.MINIMUM, Kind.TIME_OF_MINIMUM, Kind.MAXIMUM, Kind.TIME_OF_MAXIMUM)
LEVELS = tuple(kind for kind in Kind if kind >= Kind.TIME_BELOW)
PER_STEP = 4001
NOTHING = np.zeros(0)


def copied(y_, p_, u_, out_):
    """Read-outs that are the state."""
    out_[:] = y_


FUNCTIONS = Functions(copied, copied, copied, copied, copied)


class Course:
    """Steps in time and a quartic on each, as values at its five nodes; steps may begin where the last did not end."""

    def __init__(self, times, nodes):
        self.times, self.nodes = np.asarray(times, float), np.asarray(nodes, float)

    def summarise(self, *summaries):
        """Return the summaries as the integrator takes them, step by step."""
        report = new_report(Request(states=False, summaries=summaries), 1, 1, np.zeros((N_NODES, 1)))
        outcome = new_outcome(Request(states=False, summaries=summaries), 1, 0, 1)
        begin_summaries(report, 0)
        for k, values in enumerate(self.nodes):
            if k == 0 or values[0] != self.nodes[k - 1][-1]:  # a segment begins
                fill_node(FUNCTIONS, report, 0, 0, values[:1], NOTHING, NOTHING)
            for node in range(1, LAST_NODE + 1):
                fill_node(FUNCTIONS, report, node, 0, values[node : node + 1], NOTHING, NOTHING)
            note_step(report, 0, self.times[k], self.times[k + 1])
        end_summaries(report, outcome, 0, 0)
        return outcome.summaries[0]

    def grid(self, start=-np.inf, end=np.inf):
        """Return times and values on a fine grid, cut to a window."""
        times, values = [], []
        for k, nodes in enumerate(self.nodes):
            first, last = self.times[k], self.times[k + 1]
            low, high = max(first, start), min(last, end)
            if low < high:
                times.append(np.linspace(low, high, PER_STEP))
                share = 4.0 * (times[-1] - first) / (last - first)
                values.append(np.polyval(np.polyfit(np.arange(5.0), nodes, 4), share))
        return np.concatenate(times), np.concatenate(values)


def smooth(seed, n_steps=7):
    """Return a course of random steps through a curve that turns slowly, with a jump in the middle."""
    generator = np.random.default_rng(seed)
    times = np.concatenate([[0.0], np.cumsum(generator.uniform(0.2, 1.5, n_steps))])
    height, rate, phase = generator.uniform(0.5, 2.0, 3)

    def curve(t, k):
        return 3.0 + height * np.sin(rate * t + phase) + 0.2 * t + (0.7 if k >= n_steps // 2 else 0.0)

    nodes = [curve(np.linspace(times[k], times[k + 1], 5), k) for k in range(n_steps)]
    return Course(times, nodes)


def brute_force(course, summary):
    """Return a summary from the fine grid."""
    t, v = course.grid(summary.start, summary.end)
    below, width = v < summary.threshold, np.diff(t)
    both = 0.5 * (below[1:].astype(float) + below[:-1])
    span = t[-1] - t[0]
    area = float(np.sum(0.5 * (v[1:] + v[:-1]) * width))

    def end_of(mask, place):
        return t[mask][place] if mask.any() else np.nan

    return {
        Kind.MINIMUM: v.min(),
        Kind.TIME_OF_MINIMUM: t[v.argmin()],
        Kind.MAXIMUM: v.max(),
        Kind.TIME_OF_MAXIMUM: t[v.argmax()],
        Kind.AREA: area,
        Kind.MEAN: area / span,
        Kind.TIME_BELOW: float(np.sum(both * width)),
        Kind.TIME_ABOVE: span - float(np.sum(both * width)),
        Kind.FIRST_BELOW: end_of(below, 0),
        Kind.FIRST_ABOVE: end_of(~below, 0),
        Kind.LAST_BELOW: end_of(below, -1),
        Kind.LAST_ABOVE: end_of(~below, -1),
    }[summary.kind]


def assert_agrees(course, *summaries):
    expected = [brute_force(course, summary) for summary in summaries]
    # Steps of at most 1.5 days and 4,000 places on each: four places of the grid.
    np.testing.assert_allclose(course.summarise(*summaries), expected, rtol=2e-6, atol=1.5e-3)


@pytest.mark.parametrize("seed", range(12))
def test_every_kind_agrees_with_the_fine_course(seed):
    course = smooth(seed)
    level = float(np.quantile(course.nodes, 0.4))
    assert_agrees(course, *(Summary(kind, 0, level if kind in LEVELS else np.nan) for kind in Kind))


@pytest.mark.parametrize("seed", range(12))
def test_a_window_that_cuts_steps_agrees_as_well(seed):
    course = smooth(seed)
    start, end = np.quantile(course.times, [0.15, 0.8])
    level = float(np.quantile(course.grid(start, end)[1], 0.6))
    window = {"start": float(start), "end": float(end)}
    assert_agrees(course, *(Summary(kind, 0, level if kind in LEVELS else np.nan, **window) for kind in Kind))


@pytest.mark.parametrize("seed", range(4))
def test_windows_side_by_side_add_up(seed):
    course = smooth(seed)
    cut, level = float(course.times[3]) + 0.1, float(np.median(course.nodes))
    for kind in (Kind.AREA, Kind.TIME_BELOW, Kind.TIME_ABOVE):
        threshold = level if kind in LEVELS else np.nan
        whole, early, late = course.summarise(
            Summary(kind, 0, threshold), Summary(kind, 0, threshold, end=cut), Summary(kind, 0, threshold, start=cut)
        )
        assert early + late == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_above_is_below_of_the_negative(seed):
    course = smooth(seed)
    turned = Course(course.times, -course.nodes)
    level = float(np.median(course.nodes))
    pairs = zip(LEVELS[::2], LEVELS[1::2], strict=True)
    for below, above in pairs:
        (found,), (expected,) = course.summarise(Summary(below, 0, level)), turned.summarise(Summary(above, 0, -level))
        assert found == expected
    (low, when), (high, at) = (
        course.summarise(*(Summary(kind, 0) for kind in EXTREMA[:2])),
        turned.summarise(*(Summary(kind, 0) for kind in EXTREMA[2:])),
    )
    assert (low, when) == (-high, at)


def test_time_below_and_above_fill_the_span():
    course = smooth(3)
    found = course.summarise(Summary(Kind.TIME_BELOW, 0, 3.2), Summary(Kind.TIME_ABOVE, 0, 3.2))
    assert found.sum() == pytest.approx(course.times[-1] - course.times[0], rel=1e-9)


def test_the_order_of_the_summaries_changes_none():
    course = smooth(5)
    summaries = [Summary(kind, 0, 3.1 if kind in LEVELS else np.nan) for kind in Kind]
    np.testing.assert_array_equal(course.summarise(*summaries)[::-1], course.summarise(*summaries[::-1]))


def test_a_straight_line_crosses_where_it_does():
    course = Course([0.0, 1.0, 3.0], [np.linspace(4.0, 3.0, 5), np.linspace(3.0, 1.0, 5)])
    found = course.summarise(*(Summary(kind, 0, 2.5) for kind in LEVELS))
    np.testing.assert_allclose(found, [1.5, 1.5, 1.5, 0.0, 3.0, 1.5], rtol=1e-12)


def test_a_level_at_a_node_is_crossed_once():
    course = Course([0.0, 1.0, 2.0], [np.linspace(2.0, 1.0, 5), np.linspace(1.0, 0.0, 5)])
    found = course.summarise(*(Summary(kind, 0, 1.0) for kind in LEVELS))
    np.testing.assert_allclose(found, [1.0, 1.0, 1.0, 0.0, 2.0, 1.0], atol=1e-12)


def test_a_constant_has_its_value_and_the_first_time_as_extrema():
    course = Course([1.0, 2.0, 5.0], np.full((2, 5), 0.7))
    found = course.summarise(*(Summary(kind, 0) for kind in (*EXTREMA, Kind.AREA, Kind.MEAN)))
    np.testing.assert_allclose(found, [0.7, 1.0, 0.7, 1.0, 2.8, 0.7], rtol=1e-12)


def test_a_level_that_is_the_constant_is_not_below_it():
    course = Course([0.0, 2.0], np.full((1, 5), 0.7))
    found = course.summarise(*(Summary(kind, 0, 0.7) for kind in (Kind.TIME_BELOW, Kind.FIRST_BELOW)))
    np.testing.assert_array_equal(found, [0.0, np.nan])


def test_a_dip_between_two_nodes_is_found():
    nodes = [(s - 1.4) ** 2 + 0.02 for s in np.arange(5.0)]  # least 0.02 at a place of 1.4, 0.18 at the nearest node
    low, when, first, last, total = Course([0.0, 4.0], [nodes]).summarise(
        Summary(Kind.MINIMUM, 0),
        Summary(Kind.TIME_OF_MINIMUM, 0),
        Summary(Kind.FIRST_BELOW, 0, 0.11),
        Summary(Kind.LAST_BELOW, 0, 0.11),
        Summary(Kind.TIME_BELOW, 0, 0.11),
    )
    np.testing.assert_allclose([low, when, first, last, total], [0.02, 1.4, 1.1, 1.7, 0.6], rtol=1e-9)


def test_a_jump_is_seen_on_both_sides():
    course = Course([0.0, 1.0, 2.0], [np.full(5, 1.0), np.full(5, 3.0)])
    found = course.summarise(
        Summary(Kind.MAXIMUM, 0), Summary(Kind.TIME_OF_MAXIMUM, 0), Summary(Kind.FIRST_ABOVE, 0, 2.0),
        Summary(Kind.AREA, 0), Summary(Kind.LAST_BELOW, 0, 2.0),
    )  # fmt: skip
    np.testing.assert_allclose(found, [3.0, 1.0, 1.0, 4.0, 1.0], rtol=1e-12)


@pytest.mark.parametrize(("start", "end"), [(-5.0, -1.0), (20.0, 30.0)])
def test_a_window_outside_of_the_course_has_no_summary(start, end):
    course = smooth(1)
    found = course.summarise(*(Summary(kind, 0, 1.0 if kind in LEVELS else np.nan, start, end) for kind in Kind))
    assert np.isnan(found).all()


def test_a_window_that_touches_the_end_alone_has_no_summary():
    course = smooth(1)
    (found,) = course.summarise(Summary(Kind.MAXIMUM, 0, start=float(course.times[-1])))
    assert np.isnan(found)


def test_a_row_begins_without_what_the_one_before_left():
    report = new_report(Request(summaries=[Summary(Kind.MINIMUM, 0)]), 1, 1, np.zeros((N_NODES, 1)))
    report.memory[:] = -1e9
    begin_summaries(report, 0)
    assert np.isnan(report.memory).all()


def test_a_lane_leaves_the_others_alone():
    report = new_report(Request(summaries=[Summary(Kind.AREA, 1)]), 2, 2, np.full((2 * N_NODES, 3), 7.0))
    for lane in range(3):
        begin_summaries(report, lane)
    state = np.array([5.0, 2.0])
    for node in range(N_NODES):
        fill_node(FUNCTIONS, report, node, 1, state, NOTHING, NOTHING)
    note_step(report, 1, 0.0, 3.0)
    assert report.memory[1, 0, 0] == pytest.approx(6.0)
    assert np.isnan(report.memory[[0, 2]]).all()
    np.testing.assert_array_equal(report.nodes[:, [0, 2]], 7.0)
    np.testing.assert_array_equal(report.nodes[::2, 1], 7.0)  # of the read-out that nobody asked for


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e150])
def test_summaries_go_with_the_scale_of_the_read_out(scale):
    course = smooth(2)
    scaled = Course(course.times, scale * course.nodes)
    for kind in Kind:
        level = 3.1 if kind in LEVELS else np.nan
        (plain,), (found,) = (
            course.summarise(Summary(kind, 0, level)),
            scaled.summarise(Summary(kind, 0, scale * level)),
        )
        has_unit = kind in (Kind.MINIMUM, Kind.MAXIMUM, Kind.AREA, Kind.MEAN)
        expected = scale * plain if has_unit else plain
        assert found == pytest.approx(expected, rel=1e-9, abs=0.0 if has_unit else 1e-9, nan_ok=True)


@pytest.mark.parametrize("shift", [-1e6, 1e4, 1e7])
def test_summaries_go_with_the_time(shift):
    course = smooth(2)
    later = Course(course.times + shift, course.nodes)
    for kind in Kind:
        level = float(np.median(course.nodes)) if kind in LEVELS else np.nan
        (plain,), (found,) = course.summarise(Summary(kind, 0, level)), later.summarise(Summary(kind, 0, level))
        is_time = "TIME_OF" in kind.name or "FIRST" in kind.name or "LAST" in kind.name
        assert found - (shift if is_time else 0.0) == pytest.approx(plain, rel=1e-7, abs=1e-7)
