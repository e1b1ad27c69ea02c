"""Laplace approximations: what informs what, draws by number, effective size, and the coverage of intervals."""

import numpy as np
import pytest

from immunosim.calibration.least_squares import Array, LeastSquares, SearchOptions, first_state, search
from immunosim.calibration.posterior import LaplacePosterior, effective_size, log_importance

JACOBIAN = np.array([[2.0, 0.0, 0.0], [1.0, 3.0, 0.0]])
POSTERIOR = LaplacePosterior(np.array([0.5, -1.0, 0.2]), JACOBIAN, np.array([0.0, 0.0, 0.2]), np.array([0.5, 1.0, 2.0]))


def test_shares_of_information_sum_to_one_where_there_is_any() -> None:
    shares = POSTERIOR.information_shares
    assert shares[:, 0] == pytest.approx([0.8, 0.2])
    assert shares.sum(axis=0) == pytest.approx([1.0, 1.0, 0.0])


def test_a_parameter_that_no_target_informs_keeps_its_prior() -> None:
    assert POSTERIOR.contraction[2] == pytest.approx(1.0)
    assert (POSTERIOR.contraction[:2] < 1.0).all()
    assert POSTERIOR.shift == pytest.approx([1.0, -1.0, 0.0])


def test_a_draw_is_the_same_whatever_others_are_asked_for() -> None:
    all_draws, _ = POSTERIOR.draws(range(10), seed=3)
    later, _ = POSTERIOR.draws(range(7, 9), seed=3)
    assert later.tobytes() == all_draws[7:9].tobytes()


def test_draws_have_the_covariance_of_the_posterior() -> None:
    draws, _ = POSTERIOR.draws(range(4000), seed=1, scale=0.5)
    expected = 0.25 * POSTERIOR.covariance
    # Standard errors of variances from 4000 draws are 2 %.
    assert np.cov(draws.T) == pytest.approx(expected, abs=0.1 * expected.max())


def test_draws_of_a_linear_posterior_all_count() -> None:
    draws, normal = POSTERIOR.draws(range(50), seed=1)
    deviation = draws - POSTERIOR.mode
    costs = 0.5 * np.einsum("ni,ij,nj->n", deviation, np.linalg.inv(POSTERIOR.covariance), deviation)
    assert effective_size(log_importance(costs, normal)) == pytest.approx(50.0)


def test_a_draw_that_outweighs_all_others_is_one() -> None:
    assert effective_size(np.array([0.0, -100.0, -np.inf])) == pytest.approx(1.0)
    assert effective_size(np.array([-np.inf])) == 0.0


def _calibrated(truth: Array, data: Array, sigma: float) -> LaplacePosterior:
    """Return the posterior of two decays that are summed, a curved problem in two logarithms."""
    times = np.array([0.2, 0.5, 1.0, 2.0, 4.0])

    def residuals(theta: Array) -> Array:
        scale, rate = np.exp(theta[:, :1]), np.exp(theta[:, 1:])
        return (np.log(scale) - rate * times - data) / sigma

    sd = np.array([0.5, 0.5])
    problem = LeastSquares(residuals, np.zeros(2), sd, np.full(2, -np.inf), np.full(2, np.inf))
    *_, last = search(problem, first_state(problem, np.zeros(2)), SearchOptions(difference=1e-4, tolerance=1e-8))
    return LaplacePosterior.of(problem, last)


def test_intervals_cover_in_repeated_calibrations() -> None:
    generator, times, sigma = np.random.default_rng(5), np.array([0.2, 0.5, 1.0, 2.0, 4.0]), 0.2
    covered = []
    for _ in range(400):
        truth = generator.normal(0.0, 0.5, 2)
        data = truth[0] - np.exp(truth[1]) * times + generator.normal(0.0, sigma, times.size)
        low, high = _calibrated(truth, data, sigma).interval(0.9)
        covered.append((low <= truth) & (truth <= high))
    # The standard error of a coverage of 0.9 from 400 calibrations is 0.015.
    assert np.mean(covered, axis=0) == pytest.approx([0.9, 0.9], abs=0.045)
