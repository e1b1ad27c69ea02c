"""The marginal likelihood of a population by the bank, (M4), with its gradient and observed information.

The gradient is exact for the bank: by Fisher's identity it is the weighted mean of those of the complete density. The
information is its central difference, which costs no simulation either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.bank import Bank, normalised
from immunosim.mixed_effects.population import PopulationModel

STEP = 1e-4
"""Of central differences, in unknowns of order 1."""

Penalty = Callable[[Array], tuple[float, Array]]
"""From unknowns to a log prior and its gradient."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """The log likelihood of a population, as a function of its unknowns.

    Attributes
    ----------
    bank : Bank
    population : PopulationModel
    penalty : callable
        Log prior of the unknowns with its gradient; that of what is shared by default.
    counts : ndarray, shape (n_patients,), optional
        How often each patient counts; once by default.
    """

    bank: Bank
    population: PopulationModel
    penalty: Penalty | None = None
    counts: Array | None = None

    def of_patients(self, unknowns: Array) -> Array:
        """Return the log likelihood of each patient, shape (n_patients,); -inf where every draw failed."""
        log_weights = self.bank.log_weights(self.population, unknowns)
        return np.asarray(logsumexp(log_weights, axis=1) - np.log(self.bank.n_rows), np.float64)

    def log_likelihood(self, unknowns: Array) -> float:
        """Return the log likelihood of all patients."""
        return float(self._counted @ self.of_patients(unknowns))

    @property
    def _counted(self) -> Array:
        return np.ones(len(self.bank.phi)) if self.counts is None else np.asarray(self.counts, np.float64)

    def __call__(self, unknowns: Array) -> tuple[float, Array]:
        """Return the log likelihood with the log prior of the unknowns, and its gradient."""
        population, bank = self.population, self.bank
        log_weights = bank.log_weights(population, unknowns)
        weights = normalised(log_weights)
        counted = self._counted
        value = float(counted @ (logsumexp(log_weights, axis=1) - np.log(bank.n_rows)))
        gradient = counted @ bank.density(population, unknowns).gradients(bank.phi, weights)
        shared = population.of_shared(unknowns)
        for k in range(len(shared)):
            step = STEP * np.eye(len(shared))[k]
            with np.errstate(invalid="ignore"):
                slopes = (bank.log_likelihoods(shared + step) - bank.log_likelihoods(shared - step)) / (2.0 * STEP)
            gradient[population.places["shared"].start + k] = counted @ (weights * np.nan_to_num(slopes)).sum(axis=1)
        log_prior, slope = (self.penalty or population.log_prior)(unknowns)
        return value + log_prior, gradient + slope

    def information(self, unknowns: Array) -> Array:
        """Return minus the second derivatives, shape (n_unknowns, n_unknowns): the observed information."""
        n = len(unknowns)
        information = np.zeros((n, n))
        for k in range(n):
            step = STEP * np.eye(n)[k]
            information[k] = (self(unknowns - step)[1] - self(unknowns + step)[1]) / (2.0 * STEP)
        return 0.5 * (information + information.T)

    def monte_carlo_error(self, unknowns: Array) -> float:
        """Return the standard error of the log likelihood, as if the draws were independent."""
        weights = self.bank.weights(self.population, unknowns)
        n = self.bank.n_rows
        variances = ((weights**2).sum(axis=1) * n - 1.0) / n
        return float(np.sqrt(np.maximum(variances, 0.0).sum()))


def effective_draws(weights: Array) -> Array:
    """Return how many independent draws the weighted ones of each patient are worth (Kish), shape (n_patients,)."""
    return np.asarray(1.0 / (weights**2).sum(axis=1), np.float64)


def tail_indices(log_weights: Array) -> Array:
    """Return Pareto k of the weights of each patient (Vehtari et al. 2024), shape (n_patients,): above 0.7 is poor."""
    import arviz as az

    clean = np.where(np.isfinite(log_weights), log_weights, -700.0 + np.nanmax(log_weights, axis=1, keepdims=True))
    smoothed = [az.psislw(row) for row in clean]  # type: ignore[no-untyped-call]
    return np.array([float(k) for _, k in smoothed])
