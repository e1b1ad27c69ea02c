"""Levenberg-Marquardt on standardised residuals with normal priors, many parameter vectors at a time.

Minimises half the sum of squares of residuals and of the standardised distances from the priors. A residual function
takes a batch, because cohorts of many parameter vectors cost least when they are simulated side by side. Every
iteration is a function of the state before it alone, so that a run resumed from a stored state is the same to the bit.
Knows arrays only.

References
----------
Marquardt, SIAM Journal on Applied Mathematics 1963;11:431 (damping by the diagonal).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Residuals = Callable[[Array], Array]
"""Takes parameter vectors, shape (k, p), and returns standardised residuals, shape (k, m); NaN where there are none."""

DAMPINGS = (0.0, 0.1, 1.0, 10.0)
"""Multiples of the damping, tried side by side; 0 is the Gauss-Newton step, exact where residuals are linear."""

STRONGER = 100.0
"""Factor of the damping where none of them improves."""

LEAST_DAMPING, GREATEST_DAMPING = 1e-6, 1e6


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Residuals with normal priors and bounds.

    Attributes
    ----------
    residuals : callable
    mean, sd : ndarray, shape (p,)
        Of the priors; an infinite standard deviation is no prior.
    lower, upper : ndarray, shape (p,)
    """

    residuals: Residuals
    mean: Array
    sd: Array
    lower: Array
    upper: Array

    @property
    def precision(self) -> Array:
        """Inverse variances of the priors, 0 without a prior, shape (p,)."""
        return self.sd**-2.0

    def costs(self, theta: Array, residuals: Array) -> Array:
        """Return half the sums of squares with priors, shape (k,); infinite where a residual is not finite."""
        of_priors = (self.precision * (theta - self.mean) ** 2).sum(axis=1)
        costs = 0.5 * ((residuals**2).sum(axis=1) + of_priors)
        return np.where(np.isfinite(costs), costs, np.inf)

    def clipped(self, theta: Array) -> Array:
        """Return parameter vectors within the bounds."""
        return np.clip(theta, self.lower, self.upper)


@dataclass(frozen=True)
class SearchOptions:
    """How the minimum is searched.

    Attributes
    ----------
    difference : float
        Step of forward differences.
    longest_step : float
        Largest change of a parameter in one iteration.
    tolerance : float
        Relative decrease of the cost below which the search ends.
    iterations : int
        At most.
    """

    difference: float = 0.05
    longest_step: float = 0.5
    tolerance: float = 1e-3
    iterations: int = 12


@dataclass(frozen=True, eq=False)
class SearchState:
    """The state of a search after an iteration.

    Attributes
    ----------
    theta : ndarray, shape (p,)
    residuals : ndarray, shape (m,)
    costs : tuple of float
        With priors, at the start and after each iteration.
    damping : float
    jacobian : ndarray, shape (m, p)
        At ``theta`` once the search is over; before it, at the point from which the last step was taken. Empty at the
        start.
    is_over : bool
    """

    theta: Array
    residuals: Array
    costs: tuple[float, ...]
    damping: float
    jacobian: Array
    is_over: bool = False

    @property
    def cost(self) -> float:
        """Half the sum of squares with priors."""
        return self.costs[-1]

    @property
    def iteration(self) -> int:
        """Number of iterations so far."""
        return len(self.costs) - 1


def first_state(problem: LeastSquares, theta: Array, damping: float = 0.01) -> SearchState:
    """Return the state at a starting point.

    Raises
    ------
    ValueError
        If a residual is not finite there.
    """
    start = problem.clipped(np.asarray(theta, np.float64))
    residuals = problem.residuals(start[np.newaxis])
    cost = float(problem.costs(start[np.newaxis], residuals)[0])
    if not np.isfinite(cost):
        raise ValueError("a residual at the starting point is not finite")
    return SearchState(start, residuals[0], (cost,), damping, np.empty((residuals.shape[1], 0)))


def search(problem: LeastSquares, state: SearchState, options: SearchOptions) -> Iterator[SearchState]:
    """Yield the states after each iteration; the last one has the slopes at its own point."""
    while not state.is_over:
        state = iterated(problem, state, options)
        yield state


def iterated(problem: LeastSquares, state: SearchState, options: SearchOptions) -> SearchState:
    """Return the state after one more iteration."""
    jacobian = slopes(problem, state, options.difference)
    if state.iteration >= options.iterations:
        return replace(state, jacobian=jacobian, is_over=True)
    before = replace(state, jacobian=jacobian)
    after = _stepped(problem, before, options)
    if after is None:
        return replace(before, is_over=True)
    if state.cost - after.cost > options.tolerance * state.cost:
        return after
    return replace(after, jacobian=slopes(problem, after, options.difference), is_over=True)


def slopes(problem: LeastSquares, state: SearchState, difference: float) -> Array:
    """Return forward differences of the residuals, shape (m, p); backward ones at an upper bound.

    A slope that is not finite, where a neighbour has no residual, counts as 0: the target then says nothing.
    """
    p = state.theta.size
    steps = np.where(state.theta + difference <= problem.upper, difference, -difference)
    residuals = problem.residuals(state.theta + np.diag(steps))
    jacobian = ((residuals - state.residuals) / steps[:, np.newaxis]).T
    return np.where(np.isfinite(jacobian), jacobian, 0.0).reshape(-1, p)


def _stepped(problem: LeastSquares, state: SearchState, options: SearchOptions) -> SearchState | None:
    """Return the best of the steps of several dampings; None where no damping improves."""
    damping = state.damping
    while damping <= GREATEST_DAMPING:
        dampings = damping * np.array(DAMPINGS)
        candidates = np.array([_candidate(problem, state, value, options.longest_step) for value in dampings])
        residuals = problem.residuals(candidates)
        costs = problem.costs(candidates, residuals)
        best = int(np.argmin(costs))
        if costs[best] < state.cost:
            following = max(float(dampings[best]), LEAST_DAMPING)
            reached = (*state.costs, float(costs[best]))
            return SearchState(candidates[best], residuals[best], reached, following, state.jacobian)
        damping *= STRONGER
    return None


def _candidate(problem: LeastSquares, state: SearchState, damping: float, longest: float) -> Array:
    jacobian = state.jacobian
    curvature = jacobian.T @ jacobian + np.diag(problem.precision)
    gradient = jacobian.T @ state.residuals + problem.precision * (state.theta - problem.mean)
    # A parameter that neither a target nor a prior informs stays where it is.
    diagonal = np.where(np.diag(curvature) > 0.0, np.diag(curvature), 1.0)
    damped = curvature + np.diag(damping * diagonal)
    step, *_ = np.linalg.lstsq(damped, -gradient, rcond=1e-12)
    return problem.clipped(state.theta + np.clip(step, -longest, longest))
