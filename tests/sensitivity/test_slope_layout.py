"""Slopes that can be other than zero have a place each, and no other slope has one."""

import numpy as np
import pytest

from immunosim.codegen.vector.slope_build import LARGEST_BLOCK, reach_of
from immunosim.numerics.lanes.records import new_vectors
from immunosim.numerics.tangents.directions import Directions, SegmentSlopes
from immunosim.numerics.tangents.records import FRAME, SlopeLayout, new_slope_vectors, side_of, slope_frame_of

N_POOLS = 5


def layout(*reach, largest=LARGEST_BLOCK):
    return SlopeLayout.of([frozenset(one) for one in reach], N_POOLS, largest)


@pytest.mark.parametrize("largest", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(4))
def test_every_slope_that_can_move_has_a_place_of_its_own(seed, largest):
    generator = np.random.default_rng(seed)
    reach = [set(np.flatnonzero(generator.random(N_POOLS) < 0.5).tolist()) for _ in range(8)]
    found = layout(*reach, largest=largest)
    places = found.places()
    assert places.shape == (8, N_POOLS)
    used = places[places >= 0]
    assert len(set(used.tolist())) == used.size <= found.size
    assert used.size == 0 or used.max() < found.size
    for direction, pools in enumerate(reach):
        for pool in pools:
            assert places[direction, pool] >= 0


def test_blocks_are_as_equal_as_they_can_be():
    found = layout(*[{0, 1}] * 7, largest=3)
    assert sorted(len(block.directions) for block in found.blocks) == [2, 2, 3]
    assert [len(together) for together in found.shapes] == [1, 2]


def test_directions_that_reach_alike_stand_side_by_side():
    found = layout({0, 1, 2, 3}, {4}, {0, 1, 2, 3}, {4}, {0, 1, 2, 3}, {4}, largest=3)
    assert [set(block.directions) for block in found.blocks] == [{0, 2, 4}, {1, 3, 5}]
    assert [block.pools for block in found.blocks] == [(0, 1, 2, 3), (4,)]
    assert found.size == 3 * 4 + 3


def test_a_direction_that_moves_nothing_takes_no_room():
    found = layout(set(), {2}, set())
    np.testing.assert_array_equal(found.places(), [[-1] * 5, [-1, -1, 0, -1, -1], [-1] * 5])
    assert layout(set(), set()).blocks == ()
    assert layout(set(), set()).size == 0


def test_places_follow_pools_first_within_a_block():
    found = layout({1, 3}, {1, 3}, largest=2)
    (block,) = found.blocks
    assert (block.offset, block.size) == (0, 4)
    places = found.places()
    np.testing.assert_array_equal(places[:, 1], [0, 1])  # both directions of a pool side by side
    np.testing.assert_array_equal(places[:, 3], [2, 3])


# Which pools a direction can move: a chain 0 -> 1 -> 2, and 3 <-> 4 apart from it

TABLES = {
    "JACOBIAN_ROWS": [0, 1, 1, 2, 3, 4],
    "JACOBIAN_COLUMNS": [0, 0, 1, 1, 4, 3],
    "SHIFTS_ROWS": [0, 2, 3],
    "SHIFTS_COLUMNS": [0, 1, 2],  # two parameters, then one input
    "N_PARAMETERS": 2,
}


@pytest.mark.parametrize(
    ("parameters", "inputs", "pools", "expected"),
    [
        (((0, 0),), (), [()], {0, 1, 2}),
        (((0, 1),), (), [()], {2}),
        ((), ((0, 0),), [()], {3, 4}),
        ((), (), [(1,)], {1, 2}),
        ((), (), [(2,)], {2}),
        ((), (), [()], set()),
        (((0, 0),), ((0, 0),), [()], {0, 1, 2, 3, 4}),
        (((0, 1),), (), [(4,)], {2, 3, 4}),
    ],
)
def test_a_direction_reaches_what_follows_by_the_jacobian(parameters, inputs, pools, expected):
    assert reach_of(TABLES, (parameters, inputs), pools) == [frozenset(expected)]


def test_each_direction_reaches_its_own():
    pairs = (((0, 0), (1, 1)), ((2, 0),))
    assert reach_of(TABLES, pairs, [(), (), ()]) == [frozenset({0, 1, 2}), frozenset({2}), frozenset({3, 4})]


# Room


class Sizes:
    """What room for slopes needs to know of the compiled functions."""

    width = 4
    layout = layout({0, 1, 2}, {4})
    n_constants, n_points, n_jacobian, n_curvature, n_sources = 2, 0, 6, 3, 10
    parameter_pairs, input_pairs = ((0, 0), (1, 1)), ()


def test_room_for_slopes_follows_the_layout():
    slopes = new_slope_vectors(Sizes, 8)
    everything = Sizes.layout.size
    assert slopes.slopes.shape == slopes.new_slopes.shape == slopes.sampled.shape == (everything, 4)
    assert slopes.slope_increments.shape == (8 * everything, 4)
    assert slopes.stage_slopes.shape == (max(block.size for block in Sizes.layout.blocks), 4)
    assert slopes.parameter_slopes.shape == (2, 4)
    assert slopes.points.shape == slopes.input_slopes.shape == (1, 4)  # never nothing: it has an address


def test_a_side_step_shares_its_start_and_writes_into_memory_of_its_own():
    vectors, slopes = new_vectors(4, 5, 2, 1, 9, 8), new_slope_vectors(Sizes, 8)
    side, side_slopes = side_of(vectors, slopes)
    for name in ("y", "f", "p", "u", "atol"):
        assert getattr(side, name) is getattr(vectors, name)
    for name in ("y_new", "f_new", "lu", "increments", "h", "t", "end", "accepted", "n_trials"):
        assert getattr(side, name).ctypes.data != getattr(vectors, name).ctypes.data
    assert side_slopes.slopes is slopes.slopes
    assert side_slopes.new_slopes.ctypes.data != slopes.new_slopes.ctypes.data
    assert np.isinf(side.max_step).all()  # an output is where it is


def test_the_frame_holds_an_address_for_each_name():
    vectors, slopes = new_vectors(4, 5, 2, 1, 9, 8), new_slope_vectors(Sizes, 8)
    frame = slope_frame_of(vectors, slopes)
    assert frame.size == len(FRAME)
    assert frame[FRAME.index("lu")] == vectors.lu.ctypes.data
    assert frame[FRAME.index("sampled")] == slopes.sampled.ctypes.data


def test_what_does_not_move_need_not_be_said():
    still = SegmentSlopes()
    assert still.inputs is still.jumps is still.boundary_times is None
    assert Directions(np.zeros((1, 1, 1)), np.zeros((1, 1, 1))).segments == ()
