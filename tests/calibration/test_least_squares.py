"""The search on problems whose minimum is known, and resumed searches."""

import numpy as np
import pytest

from immunosim.calibration.least_squares import (
    Array,
    LeastSquares,
    SearchOptions,
    SearchState,
    first_state,
    iterated,
    search,
)
from immunosim.calibration.posterior import LaplacePosterior

DESIGN = np.array([[1.0, 0.2, 0.0], [0.5, -1.0, 0.3], [0.0, 0.4, 2.0], [1.5, 0.1, -0.6], [0.3, 0.3, 0.3]])
DATA = np.array([1.0, -0.5, 0.7, 2.0, 0.1])
MEAN, SD = np.array([0.1, -0.2, 0.3]), np.array([0.5, 2.0, 0.3])
FREELY = np.full(3, np.inf)


def linear(sd: Array = SD, upper: Array = FREELY) -> LeastSquares:
    """Return residuals that are linear in the parameters."""
    return LeastSquares(lambda theta: theta @ DESIGN.T - DATA, MEAN, sd, -FREELY, upper)


def curved() -> LeastSquares:
    """Return the residuals of Rosenbrock's function with a weak prior."""

    def residuals(theta: Array) -> Array:
        return np.column_stack([10.0 * (theta[:, 1] - theta[:, 0] ** 2), 1.0 - theta[:, 0]])

    return LeastSquares(residuals, np.zeros(2), np.full(2, np.inf), -FREELY[:2], FREELY[:2])


def ended(problem: LeastSquares, start: Array, **options: float) -> SearchState:
    """Return the state at the end of a search."""
    return list(search(problem, first_state(problem, start), SearchOptions(**options)))[-1]


def test_the_posterior_of_a_linear_problem_is_exact() -> None:
    precision = DESIGN.T @ DESIGN + np.diag(SD**-2.0)
    mode = np.linalg.solve(precision, DESIGN.T @ DATA + SD**-2.0 * MEAN)
    problem = linear()
    posterior = LaplacePosterior.of(problem, ended(problem, np.zeros(3), longest_step=10.0))
    assert posterior.mode == pytest.approx(mode, rel=1e-10)
    assert posterior.covariance == pytest.approx(np.linalg.inv(precision), rel=1e-10)


def test_without_priors_the_minimum_is_that_of_least_squares() -> None:
    problem = linear(sd=FREELY)
    expected, *_ = np.linalg.lstsq(DESIGN, DATA)
    assert ended(problem, np.zeros(3), longest_step=10.0).theta == pytest.approx(expected, rel=1e-9)


def test_a_long_step_is_cut() -> None:
    problem = linear(sd=FREELY)
    state = iterated(problem, first_state(problem, np.full(3, 5.0)), SearchOptions(longest_step=0.5))
    assert np.abs(state.theta - 5.0).max() == 0.5


def test_a_curved_valley_is_followed_to_its_end() -> None:
    state = ended(curved(), np.array([-1.2, 1.0]), difference=1e-6, tolerance=1e-12, iterations=200)
    assert state.theta == pytest.approx([1.0, 1.0], abs=1e-4)
    assert list(state.costs) == sorted(state.costs, reverse=True)


def test_parameters_stay_within_their_bounds() -> None:
    upper = np.array([0.5, 1.0, 0.2])
    state = ended(linear(upper=upper), np.zeros(3))
    assert (state.theta <= upper).all()
    assert state.theta[0] == 0.5


def test_a_step_without_residuals_is_not_taken() -> None:
    def residuals(theta: Array) -> Array:
        return np.where(theta > 1.5, np.nan, theta - 2.0)

    problem = LeastSquares(residuals, np.zeros(1), np.full(1, np.inf), -FREELY[:1], FREELY[:1])
    state = ended(problem, np.zeros(1), longest_step=5.0)
    assert 0.0 < state.theta[0] <= 1.5


def test_a_start_without_residuals_is_refused() -> None:
    problem = LeastSquares(lambda theta: theta * np.nan, np.zeros(1), np.ones(1), -FREELY[:1], FREELY[:1])
    with pytest.raises(ValueError, match="not finite"):
        first_state(problem, np.zeros(1))


def test_what_nothing_informs_stays_where_it_is() -> None:
    problem = LeastSquares(lambda theta: theta[:, :1] - 1.0, np.zeros(2), np.full(2, np.inf), -FREELY[:2], FREELY[:2])
    assert ended(problem, np.array([0.0, 0.7]), longest_step=5.0).theta == pytest.approx([1.0, 0.7])


def test_the_search_ends_after_the_allowed_iterations() -> None:
    state = ended(curved(), np.array([-1.2, 1.0]), difference=1e-6, iterations=3)
    assert state.iteration == 3
    assert state.jacobian.shape == (2, 2)
