"""A bridge from a normal approximation to a density gives draws whose moments are known."""

import numpy as np
import pytest

from immunosim.fitting.search.bridging import WIDER, Normal, bridged_draws


def test_draws_of_a_normal_density_have_its_moments():
    precision = np.array([[4.0, 1.0], [1.0, 2.0]])
    start = Normal.from_precision(np.array([1.0, -2.0]), precision)

    exact = Normal(start.centre, start.root / WIDER)
    draws = bridged_draws(exact.log_density, start, 20_000, seed=3)

    np.testing.assert_allclose(draws.mean(axis=0), [1.0, -2.0], atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), np.linalg.inv(precision), atol=0.02)


def test_a_bent_ridge_is_followed_where_the_normal_at_its_top_leaves_it():
    """x is standard normal and y half its square with an error of 0.5: means 0 and 0.5, variances 1 and 0.75."""

    def log_density(points):
        x, y = points.T
        return -0.5 * x**2 - 0.5 * ((y - 0.5 * x**2) / 0.5) ** 2

    start = Normal.from_precision(np.zeros(2), np.diag([1.0, 4.0]))  # at the top the ridge is level

    draws = bridged_draws(log_density, start, 8_000, seed=1)

    assert draws.mean(axis=0) == pytest.approx([0.0, 0.5], abs=0.08)
    assert draws.var(axis=0) == pytest.approx([1.0, 0.75], rel=0.3)
    assert np.std(draws[:, 1] - 0.5 * draws[:, 0] ** 2) == pytest.approx(0.5, rel=0.05)


def test_twenty_unknowns_of_which_the_density_is_narrower_than_the_start_are_drawn():
    start = Normal.from_precision(np.zeros(20), np.eye(20))

    draws = bridged_draws(lambda points: -2.0 * ((points - 0.5) ** 2).sum(axis=1), start, 1_000, seed=2)

    assert np.abs(draws.mean(axis=0) - 0.5).max() < 0.1
    np.testing.assert_allclose(draws.std(axis=0), 0.5, rtol=0.15)


def test_few_particles_with_dozens_of_unknowns_do_not_contract():
    """As many as a forecast draws: by their own moments they ended at 0.8 of the standard deviations."""
    start = Normal.from_precision(np.zeros(46), np.eye(46))

    draws = bridged_draws(lambda points: -0.5 * (points**2).sum(axis=1), start, 300, seed=4)

    assert draws.std(axis=0).mean() == pytest.approx(1.0, abs=0.04)
    assert np.sqrt((draws.mean(axis=0) ** 2).mean()) < 0.12  # of independent draws 0.058


def test_points_without_density_are_left():
    start = Normal.from_precision(np.zeros(1), np.eye(1))

    draws = bridged_draws(lambda points: np.where(points[:, 0] > 0.0, -0.5 * points[:, 0] ** 2, -np.inf), start, 5_000)

    assert draws.min() > 0.0
    assert draws.mean() == pytest.approx(np.sqrt(2.0 / np.pi), abs=0.03)


def test_the_same_seed_gives_the_same_draws():
    start = Normal.from_precision(np.zeros(3), np.eye(3))
    first, second = (bridged_draws(lambda points: -(points**4).sum(axis=1), start, 100, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, second)
