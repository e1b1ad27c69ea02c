"""Bootstraps of patients from the bank: whose data sets they are is drawn again, nobody is simulated again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.bank import Bank
from immunosim.mixed_effects.estimation import MixedEstimate, maximise_near, population_of
from immunosim.mixed_effects.marginal import Marginal, effective_draws

FARTHEST = 1.5
"""Largest move of an unknown from the estimate; a bootstrap that ends there is counted."""

ROWS = 256
"""Draws of each patient that are used: their error is small beside that of drawing patients."""

LEAST_EFFECTIVE = 10.0
"""Effective draws of every patient that a bootstrap's population has to leave."""


@dataclass(frozen=True, eq=False)
class PopulationBootstrap:
    """Estimates of resampled patients.

    Attributes
    ----------
    names : tuple of str
        Unknowns.
    unknowns : ndarray, shape (n, n_unknowns)
        NaN where a bootstrap failed.
    reasons : tuple of str
        Why each failed; empty where it did not.
    """

    names: tuple[str, ...]
    unknowns: Array
    reasons: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        """Number of bootstraps that failed."""
        return sum(bool(reason) for reason in self.reasons)

    @property
    def standard_errors(self) -> Array:
        """Standard deviations over those that did not fail, shape (n_unknowns,)."""
        return np.asarray(np.nanstd(self.unknowns, axis=0, ddof=1), np.float64)

    def intervals(self, level: float = 0.9) -> tuple[Array, Array]:
        """Return the ends of percentile intervals of the unknowns, shape (n_unknowns,) each."""
        low, high = np.nanquantile(self.unknowns, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return low, high


def bootstrap(
    estimate: MixedEstimate, n: int = 1000, seed: int = 0, report: Callable[[int, int], None] | None = None
) -> PopulationBootstrap:
    """Estimate the population from patients drawn with replacement, n times.

    Parameters
    ----------
    estimate : MixedEstimate
    n, seed : int
    report : callable, optional
        Receives the number of finished ones, and the total.
    """
    n_patients = len(estimate.patients.names)
    bank = estimate.bank.thinned(ROWS)
    unknowns = np.full((n, estimate.population.n_unknowns), np.nan)
    reasons = list[str]()
    for k in range(n):
        chosen = np.random.default_rng([seed, k]).integers(n_patients, size=n_patients)
        unknowns[k], reason = _one(estimate, bank, np.sort(chosen).tolist())
        reasons.append(reason)
        if report is not None:
            report(k + 1, n)
    return PopulationBootstrap(tuple(estimate.population.names), unknowns, tuple(reasons))


def _one(estimate: MixedEstimate, bank: Bank, chosen: list[int]) -> tuple[Array, str]:
    """Return the estimate of some patients, and why there is none."""
    population = population_of(estimate.population, chosen)
    nothing = np.full(population.n_unknowns, np.nan)
    for effect in population.covariates:
        if np.ptp(effect.scores) == 0.0:
            return nothing, f"all drawn patients have the same score of {effect.name}"
    # Patients drawn twice count twice: their draws are looked at once, with a weight.
    patients, counts = np.unique(chosen, return_counts=True)
    few = patients.tolist()
    marginal = Marginal(bank.chosen(few), population_of(estimate.population, few), counts=counts.astype(float))
    start = estimate.unknowns
    moved = maximise_near(marginal, start, estimate.covariance)
    spreads = population.places["spread"]
    free = np.ones(len(moved), bool)
    free[spreads] = moved[spreads] > start[spreads]  # a spread may go to zero, which is an estimate
    if (np.abs(moved - start)[free] > 0.999 * FARTHEST).any():
        return nothing, "it lies farther from the estimate than the bank reaches"
    weights = marginal.bank.weights(marginal.population, moved)
    if effective_draws(weights).min() < LEAST_EFFECTIVE:
        return nothing, "its draws carry too little"
    return moved, ""
