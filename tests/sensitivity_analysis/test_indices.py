"""Indices are those of functions whose sensitivities are known, within the intervals that are reported."""

import numpy as np
import pytest
from sensitivity_analysis.conftest import ISHIGAMI, SLOPES, ishigami, linear

from immunosim.errors import DataError
from immunosim.sensitivity_analysis.designs import LEAST, cube_of
from immunosim.sensitivity_analysis.indices import estimate

BOUND = 2.0
"""Of 95 % intervals, one in twenty misses; twice as wide, fewer than one in ten thousand does."""


def misses(found, name, expected):
    """Return by how many half-widths each index misses its value."""
    return np.abs(found.values[name] - expected) / np.maximum(found.half_widths[name], 1e-12)


@pytest.mark.parametrize("name", ["S1", "ST"])
def test_sobol_indices_of_ishigami_lie_within_their_intervals(estimated, name):
    _, found = estimated(ishigami, "sobol", 3, 1024)
    assert misses(found, name, ISHIGAMI[name]).max() < BOUND
    assert found.half_widths[name].max() < 0.15


def test_sobol_indices_of_a_line_are_the_shares_of_its_variance(estimated):
    _, found = estimated(linear, "sobol", 4, 512)
    shares = SLOPES**2 / (SLOPES**2).sum()
    for name in ("S1", "ST"):
        assert misses(found, name, shares)[:3].max() < BOUND
        assert found.values[name][3] == pytest.approx(0.0, abs=1e-12)


def test_pairs_interact_in_ishigami_where_they_should(estimated):
    _, found = estimated(ishigami, "sobol", 3, 1024, second_order=True)
    pairs, half = found.values["S2"], found.half_widths["S2"]
    assert abs(pairs[0, 2] - 0.2437) < BOUND * half[0, 2]
    assert abs(pairs[0, 1]) < BOUND * half[0, 1]


def test_morris_effects_of_a_line_are_its_slopes_everywhere(estimated):
    _, found = estimated(linear, "morris", 4, 10)
    np.testing.assert_allclose(found.values["mu_star"], SLOPES, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.values["mu"], SLOPES, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.values["sigma"], 0.0, rtol=0, atol=1e-12)


def test_pawn_ranks_a_line_and_holds_a_dummy_for_chance(estimated):
    _, found = estimated(linear, "pawn", 4, 1000)
    median, chance = found.values["median"], found.values["chance"][0]
    assert list(np.argsort(-median)) == [0, 1, 2, 3]
    assert median[3] < chance < median[1]


def test_two_seeds_agree_within_their_intervals(estimated):
    first, second = (estimated(ishigami, "sobol", 3, 512, seed=seed)[1] for seed in (3, 4))
    width = np.hypot(first.half_widths["ST"], second.half_widths["ST"])
    assert (np.abs(first.values["ST"] - second.values["ST"]) < BOUND * width).all()


def test_the_same_seed_gives_the_same_numbers(estimated):
    first, second = (estimated(ishigami, "sobol", 3, 128, seed=0)[1] for _ in range(2))
    np.testing.assert_array_equal(first.half_widths["S1"], second.half_widths["S1"])
    np.testing.assert_array_equal(first.values["S1"], second.values["S1"])


@pytest.mark.parametrize(("method", "n"), [("sobol", 1024), ("morris", 40), ("pawn", 1000)])
def test_a_block_with_a_missing_outcome_is_left_out_whole(estimated, method, n):
    generator = np.random.default_rng(5)
    lost = {}

    def known(size):
        lost["rows"] = generator.random(size) < 0.02
        return ~lost["rows"]

    cube, found = estimated(ishigami, method, 3, n, known=known)
    with_loss = lost["rows"].reshape(-1, cube.rows_per_block).any(axis=1)
    assert found.n_blocks == n - with_loss.sum()
    assert 0 < with_loss.sum() < n
    if method == "sobol":
        assert misses(found, "ST", ISHIGAMI["ST"]).max() < BOUND


def test_what_a_missing_outcome_holds_does_not_matter():
    cube = cube_of("sobol", 3, 64, 1)
    y, known = ishigami(cube.unit), np.arange(len(cube.unit)) != 7
    spoilt = np.where(known, y, np.nan)
    first, second = (estimate(cube, values, known, 0.95, 1) for values in (y, spoilt))
    np.testing.assert_array_equal(first.values["ST"], second.values["ST"])


def test_an_outcome_that_is_the_same_for_all_has_no_indices_and_says_so(estimated):
    _, found = estimated(lambda unit: np.full(len(unit), 5.0), "sobol", 3, 64)
    assert np.isnan(found.values["S1"]).all()
    assert found.remark == "the outcome is the same for all patients"


def test_too_few_blocks_have_no_indices_and_say_so(estimated):
    _, found = estimated(ishigami, "morris", 3, 10, known=lambda size: np.arange(size) < 8)
    assert np.isnan(found.values["mu_star"]).all()
    assert found.remark == f"only 2 complete blocks are left, {LEAST['morris']} are needed"


@pytest.mark.parametrize(
    ("method", "n", "message"),
    [
        ("sobol", 1000, "-n: 1000 is not a power of two, ask for 512 or 1024 base points"),
        ("sobol", 8, "-n: 8 is too few for sobol, ask for 16 or more"),
        ("morris", 2, "-n: 2 is too few for morris, ask for 4 or more"),
    ],
)
def test_a_size_that_does_not_suit_is_refused(method, n, message):
    with pytest.raises(DataError) as caught:
        cube_of(method, 3, n, 1)
    assert str(caught.value) == message


@pytest.mark.slow
def test_intervals_hold_what_they_promise(estimated):
    """Of 100 seeds and six indices, 95 % intervals hold at least 88 %: they are bootstrapped from 256 base points."""
    held = [
        (misses(estimated(ishigami, "sobol", 3, 256, seed=seed)[1], name, ISHIGAMI[name]) <= 1.0).mean()
        for seed in range(100)
        for name in ("S1", "ST")
    ]
    assert np.mean(held) >= 0.88
