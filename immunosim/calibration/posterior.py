"""Laplace approximation of the posterior about the minimum, what the targets say of each parameter, and which of them.

Knows arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from immunosim.calibration.least_squares import Array, LeastSquares, SearchState


@dataclass(frozen=True, eq=False)
class LaplacePosterior:
    """A normal distribution about the minimum.

    Attributes
    ----------
    mode : ndarray, shape (p,)
    jacobian : ndarray, shape (m, p)
        Slopes of the standardised residuals.
    prior_mean, prior_sd : ndarray, shape (p,)
    """

    mode: Array
    jacobian: Array
    prior_mean: Array
    prior_sd: Array

    @classmethod
    def of(cls, problem: LeastSquares, state: SearchState) -> LaplacePosterior:
        """Return the approximation at the end of a search."""
        return cls(state.theta, state.jacobian, problem.mean, problem.sd)

    @cached_property
    def covariance(self) -> Array:
        """Covariance matrix, shape (p, p); directions that nothing informs have none (pseudo-inverse)."""
        information = self.jacobian.T @ self.jacobian + np.diag(self.prior_sd**-2.0)
        inverse: Array = np.asarray(np.linalg.pinv(information, hermitian=True), np.float64)
        return inverse

    @cached_property
    def sd(self) -> Array:
        """Standard deviations, shape (p,)."""
        deviations: Array = np.sqrt(np.diag(self.covariance))
        return deviations

    @property
    def contraction(self) -> Array:
        """Posterior over prior standard deviation, shape (p,): 1 where the targets say nothing, 0 without a prior."""
        return self.sd / self.prior_sd

    @property
    def shift(self) -> Array:
        """Distance of the mode from the prior mean in prior standard deviations, shape (p,); 0 without a prior."""
        return (self.mode - self.prior_mean) / self.prior_sd

    @cached_property
    def information_shares(self) -> Array:
        """Share of each target in a parameter's Fisher information, shape (m, p); 0 of a parameter without any."""
        squares = self.jacobian**2
        total = squares.sum(axis=0)
        return squares / np.where(total > 0.0, total, 1.0)

    def interval(self, confidence: float = 0.9) -> tuple[Array, Array]:
        """Return the ends of the marginal intervals, each of shape (p,)."""
        from scipy.special import ndtri

        half = float(ndtri(0.5 + 0.5 * confidence)) * self.sd
        return self.mode - half, self.mode + half

    def draws(self, numbers: range, seed: int, scale: float = 1.0) -> tuple[Array, Array]:
        """Return draws by number: the same draw whatever others are asked for.

        Parameters
        ----------
        numbers : range
        seed : int
        scale : float
            Factor of the standard deviations.

        Returns
        -------
        theta, normal : ndarray, shape (n, p)
            The draws, and the standard normal numbers behind them.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        streams = [np.random.default_rng(np.random.SeedSequence([seed, number])) for number in numbers]
        normal = np.array([stream.standard_normal(self.mode.size) for stream in streams]).reshape(-1, self.mode.size)
        return self.mode + scale * normal @ root.T, normal


def log_importance(costs: Array, normal: Array) -> Array:
    """Return logarithms of posterior over proposal density of draws, up to a constant, shape (n,).

    Parameters
    ----------
    costs : ndarray, shape (n,)
        Half the sums of squares with priors of the simulated draws.
    normal : ndarray, shape (n, p)
        The standard normal numbers behind the draws.
    """
    logarithms: Array = 0.5 * (normal**2).sum(axis=1) - costs
    return logarithms


def effective_size(log_weights: Array) -> float:
    """Return Kish's effective number of weighted draws; 0 of none."""
    known = log_weights[np.isfinite(log_weights)]
    if not known.size:
        return 0.0
    weights = np.exp(known - known.max())
    return float(weights.sum() ** 2 / (weights**2).sum())
