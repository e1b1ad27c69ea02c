"""Any number of rows, with any of them impossible, is solved in lanes as each would be alone."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.numerics import Kind, Request, Segments, SolverOptions, Status, Summary, solve_ensemble, solve_one
from immunosim.numerics.lanes.control_ir import inverse_root, power_of
from immunosim.numerics.lanes.records import (
    CACHE_LINE,
    FRAME,
    PER_POOL,
    Vectors,
    aligned,
    frame_of,
    new_lanes,
    new_vectors,
)
from immunosim.numerics.step_control import LARGEST_ERROR, SMALLEST_ERROR

WIDTH = 4
SEGMENTS = Segments([0.0, 1.0, 3.0], [[1.0], [0.2]], [[0.0], [0.7]])
TIMES = np.linspace(0.0, 3.0, 7)
REQUEST = Request(readouts=[1], summaries=[Summary(Kind.MAXIMUM, 0), Summary(Kind.TIME_BELOW, 0, 0.6)])


@pytest.fixture(scope="module")
def kernels(one_pool):
    return one_pool("u - p*y", "-p")


def rates(n):
    return np.random.default_rng(12).uniform(0.05, 30.0, (40, 1))[:n]


def solve(kernels, p, **others):
    given = {"segments": SEGMENTS, "times": TIMES, "request": REQUEST} | others
    return solve_ensemble(kernels, np.full(p.shape, 0.4), p, given.pop("segments"), given.pop("times"), **given)


@pytest.fixture(scope="module")
def reference(kernels):
    return solve(kernels, rates(40))


FIELDS = ("states", "readouts", "summaries", "status", "fail_time", "worst_pool", "counts")


def assert_same(found, expected, rows):
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name)[rows], err_msg=name)


@pytest.mark.parametrize("n", [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH - 1, 2 * WIDTH, 2 * WIDTH + 1])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_numbers_of_rows_around_that_of_lanes(kernels, reference, n, n_threads):
    assert_same(solve(kernels, rates(n), n_threads=n_threads), reference, slice(0, n))


@pytest.mark.parametrize("place", range(WIDTH + 1))
def test_a_row_that_is_refused_in_any_lane_leaves_the_others_alone(kernels, reference, place):
    p = rates(2 * WIDTH + 1).copy()
    p[[place, place + WIDTH]] = np.nan
    found = solve(kernels, p)
    np.testing.assert_array_equal(np.flatnonzero(found.status), [place, place + WIDTH])
    healthy = [i for i in range(len(p)) if i not in (place, place + WIDTH)]
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name)[healthy], getattr(reference, name)[healthy])
    assert np.isnan(found.summaries[[place, place + WIDTH]]).all()
    assert np.isnan(found.readouts[[place, place + WIDTH]]).all()


def test_all_rows_may_be_refused(kernels):
    found = solve(kernels, np.full((2 * WIDTH + 1, 1), np.inf))
    assert (found.status == Status.REFUSED_INPUT).all()
    assert not found.counts.any()
    np.testing.assert_array_equal(found.fail_time, 0.0)


def test_equal_rows_have_equal_bits_whatever_their_lane(kernels):
    found = solve(kernels, np.full((2 * WIDTH + 3, 1), 1.7))
    for name in FIELDS:
        values = getattr(found, name)
        np.testing.assert_array_equal(values, np.broadcast_to(values[:1], values.shape))


def test_a_long_row_beside_short_ones_is_waited_for(kernels):
    ends = np.full(3 * WIDTH, 0.01)
    ends[1] = 1000.0
    sets = [Segments([0.0, end], [[1.0]], [[0.0]]) for end in ends]
    found = solve(kernels, rates(ends.size), segments=sets, times=[0.0], request=Request())
    assert (found.status == Status.OK).all()
    assert found.n_steps[1] > found.n_steps[0]
    alone = solve(kernels, rates(2)[1:], segments=[sets[1]], times=[0.0], request=Request())
    np.testing.assert_array_equal(alone.counts[0], found.counts[1])


def test_one_row_alone_by_python_agrees_to_rounding(kernels, reference):
    for row in (0, 11):
        alone = solve_one(kernels, [0.4], rates(40)[row], SEGMENTS, TIMES, request=REQUEST)
        np.testing.assert_allclose(alone.states, reference.states[row], rtol=1e-11)
        np.testing.assert_allclose(alone.summaries, reference.summaries[row], rtol=1e-9)
        assert alone.n_steps == reference.n_steps[row]


def test_the_scalar_core_agrees_on_every_row(kernels, reference):
    found = solve(replace(kernels, lanes=None), rates(WIDTH + 1))
    np.testing.assert_allclose(found.states, reference.states[: WIDTH + 1], rtol=1e-9)
    np.testing.assert_allclose(found.summaries, reference.summaries[: WIDTH + 1], rtol=1e-7)
    np.testing.assert_array_equal(found.counts, reference.counts[: WIDTH + 1])


def test_an_earlier_result_is_filled_again_by_the_lanes(kernels, reference):
    out = solve(kernels, rates(40)[::-1])
    found = solve(kernels, rates(40), out=out)
    assert found.states is out.states
    assert_same(found, reference, slice(None))


@pytest.mark.parametrize("method", ["rodas5p", "rodas6p"])
def test_a_first_and_a_longest_step_are_kept_to_in_lanes(kernels, method):
    options = SolverOptions(rtol=1e-2, atol=1e-2, first_step=0.25, max_step=0.25, method=method)
    one = Segments([0.0, 3.0], [[0.0]], [[0.0]])
    found = solve(kernels, rates(WIDTH + 1), segments=one, options=options, request=Request())
    assert (found.n_steps >= 12).all()
    quiet = solve(kernels, np.full((3, 1), 1e-6), segments=one, options=options, request=Request())
    np.testing.assert_array_equal(quiet.n_steps, 12)


# Arrays over lanes


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (46, 4), (7, 8), (0, 4)])
def test_arrays_over_lanes_start_on_a_cache_line(shape):
    array = aligned(*shape)
    assert array.shape == shape
    assert array.ctypes.data % CACHE_LINE == 0 or not array.size
    assert array.flags.c_contiguous
    assert not array.any()


def test_room_for_lanes_has_a_vector_for_each_number():
    vectors = new_vectors(4, n_pools=3, n_parameters=5, n_inputs=0, n_lu=7, n_increments=8, n_nodes=10)
    for name in Vectors._fields:
        rows = {"p": 5, "u": 1, "lu": 7, "increments": 24, "nodes": 10}.get(name, 3 if name in PER_POOL else 1)
        assert getattr(vectors, name).shape == (rows, 4), name
    frame = frame_of(vectors)
    assert frame.size == len(FRAME)
    assert len(set(frame.tolist())) == len(FRAME)  # no two share memory
    assert frame[FRAME.index("y_new")] == vectors.y_new.ctypes.data


def test_lanes_begin_idle():
    lanes = new_lanes(3)
    np.testing.assert_array_equal(lanes.row, -1)
    assert lanes.counts.shape == (3, 6)
    assert not lanes.counts.any()


# The root of an error, by Newton's iteration on whole vectors


class Numbers:
    """What writes vector code, computing with numbers at once."""

    class Bits:
        lshr = staticmethod(lambda a, b: a >> b)
        mul = staticmethod(lambda a, b: (a * b) & (2**64 - 1))
        shl = staticmethod(lambda a, b: (a << b) & (2**64 - 1))
        sub = staticmethod(lambda a, b: a - b)

    build = Bits()
    constant = staticmethod(float)
    integer = staticmethod(int)
    multiply = staticmethod(lambda a, b: a * b)
    subtract = staticmethod(lambda a, b: a - b)
    as_integers = staticmethod(lambda x: int(np.float64(x).view(np.uint64)))
    as_numbers = staticmethod(lambda bits: float(np.uint64(bits).view(np.float64)))


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 7])
def test_the_root_is_right_to_rounding_over_all_errors_that_occur(k):
    for x in np.geomspace(SMALLEST_ERROR, LARGEST_ERROR, 400):
        assert inverse_root(Numbers(), x, k) == pytest.approx(x ** (-1.0 / k), rel=4e-16 * k)


@pytest.mark.parametrize("k", range(1, 9))
def test_a_power_by_squaring_is_the_power(k):
    assert power_of(Numbers(), 1.1, k) == pytest.approx(1.1**k, rel=1e-15)
