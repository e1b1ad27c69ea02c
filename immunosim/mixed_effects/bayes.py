"""Full Bayes of a population, by importance sampling on a bank: no patient is simulated for it.

Priors: typical values normal on their scales where the parameter set has a prior, else flat; spreads half-Student with
3 degrees of freedom and scale 0.5 (Gelman 2006); coefficients of covariates normal with standard deviation 1 over one
standard deviation of their scores; atanh of partial correlations normal with standard deviation 0.75, which is nearly
flat in a correlation; sizes of errors normal on the log scale with standard deviation 1. All of it is assumed.

Draws come from a Student distribution at the maximum of the posterior and, from the second round, from the moments of
those before. Small spreads have a long tail on the log scale; how much the draws are worth is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.bank import Bank, make_bank
from immunosim.mixed_effects.estimation import MixedEstimate, inverse_information, maximise
from immunosim.mixed_effects.marginal import Marginal, tail_indices
from immunosim.mixed_effects.population import PopulationModel
from immunosim.mixed_effects.proposals import Proposal, uniform_numbers

SPREAD_SCALE, SPREAD_DEGREES = 0.5, 3.0
EFFECT_SD, PARTIAL_SD, ERROR_SD = 1.0, 0.75, 1.0

LEAST_BANK_SPREAD = 0.2
"""Spreads at which the bank is drawn are at least this: the posterior reaches larger ones than the maximum."""

ROUNDS, PER_ROUND = 4, 1024

MOST_ROWS = 512
"""Draws of each patient that are used: every population costs a pass over all of them."""

N_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class PopulationPosterior:
    """Draws of the unknowns of a population.

    Attributes
    ----------
    draws : ndarray, shape (n_draws, n_unknowns)
        Resampled by their weights.
    bank : Bank
        The bank by which they were judged.
    n_effective : float
    tail_index : float
        Pareto k of the weights: above 0.7 they have no reliable mean.
    """

    draws: Array
    bank: Bank
    n_effective: float
    tail_index: float


@dataclass(frozen=True, eq=False)
class PopulationPrior:
    """The log prior of the unknowns with its gradient, as ``Marginal`` takes it."""

    population: PopulationModel

    def __call__(self, unknowns: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        places = self.population.places
        means, sds = self._normal
        pulls = np.where(np.isfinite(sds), (unknowns - means) / sds, 0.0)
        value, gradient = float(-0.5 * pulls @ pulls), np.asarray(-pulls / sds, np.float64)
        for kind in ("spread", "occasion"):
            logs = unknowns[places[kind]]
            squared = np.exp(2.0 * logs) / SPREAD_SCALE**2
            # With the logarithm of the spread as the unknown: its density has the spread as a factor.
            value += float((logs - 0.5 * (SPREAD_DEGREES + 1.0) * np.log1p(squared / SPREAD_DEGREES)).sum())
            gradient[places[kind]] += 1.0 - (SPREAD_DEGREES + 1.0) * squared / (SPREAD_DEGREES + squared)
        return value, gradient

    @property
    def _normal(self) -> tuple[Array, Array]:
        population, places = self.population, self.population.places
        means, sds = np.zeros(population.n_unknowns), np.full(population.n_unknowns, np.inf)
        for j, effect in enumerate(population.effects):
            means[j], sds[j] = effect.prior
        for k, covariate in enumerate(population.covariates):
            sds[population.n_effects + k] = EFFECT_SD / max(float(covariate.scores.std()), 1e-12)
        sds[places["correlation"]] = PARTIAL_SD
        for k, shared in enumerate(population.shared):
            mean, sd = shared.prior
            if shared.is_error and not np.isfinite(sd):
                mean, sd = shared.start, ERROR_SD
            means[places["shared"].start + k], sds[places["shared"].start + k] = mean, sd
        return means, sds


def bayes_bank(estimate: MixedEstimate, seed: int = 0, n_rows: int = MOST_ROWS) -> Bank:
    """Return a bank that reaches the populations of the posterior, drawn from that of the estimate."""
    population = estimate.population
    unknowns = estimate.unknowns.copy()
    spreads = population.places["spread"]
    unknowns[spreads] = np.maximum(unknowns[spreads], np.log(LEAST_BANK_SPREAD))
    if np.array_equal(unknowns, estimate.unknowns) and estimate.bank.n_rows >= n_rows:
        return estimate.bank.thinned(n_rows)
    return make_bank(estimate.patients, population, unknowns, None, n_rows, 7919 + seed, estimate.bank)


def posterior_draws(
    estimate: MixedEstimate, n_draws: int = N_DRAWS, seed: int = 0, bank: Bank | None = None
) -> PopulationPosterior:
    """Return draws of the posterior of a population.

    Parameters
    ----------
    estimate : MixedEstimate
        By maximum likelihood.
    n_draws, seed : int
    bank : Bank, optional
        One that reaches the posterior; drawn by default.
    """
    bank = bank or bayes_bank(estimate, seed)
    target = Marginal(bank, estimate.population, PopulationPrior(estimate.population))
    mode = maximise(target, estimate.unknowns, farthest=2.0)
    covariance = inverse_information(target.information(mode))
    proposals = [_at(mode, covariance)]
    drawn, values = np.zeros((0, len(mode))), np.zeros(0)
    for number in range(ROUNDS):
        fresh = proposals[-1].draws(uniform_numbers(PER_ROUND, len(mode) + 1, [seed, 104729, number]))
        drawn = np.concatenate([drawn, fresh])
        values = np.concatenate([values, [_value(target, unknowns) for unknowns in fresh]])
        log_proposal = logsumexp([proposal.log_density(drawn) for proposal in proposals], axis=0) - np.log(
            len(proposals)
        )
        log_weights = values - log_proposal
        weights = np.exp(log_weights - logsumexp(log_weights))
        if number + 1 < ROUNDS:
            proposals.append(proposals[0].adapted(drawn, weights))
    marks = (np.arange(n_draws) + np.random.default_rng(seed).uniform()) / n_draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), marks), len(weights) - 1)
    shuffled = np.random.default_rng([seed, 1]).permutation(chosen)
    worth = 1.0 / float((weights**2).sum())
    return PopulationPosterior(drawn[shuffled], bank, worth, float(tail_indices(log_weights[np.newaxis])[0]))


def _value(target: Marginal, unknowns: Array) -> float:
    """Return the log density of a population, -inf where it has none."""
    try:
        log_prior, _ = (target.penalty or target.population.log_prior)(unknowns)
        value = target.log_likelihood(unknowns) + log_prior
    except np.linalg.LinAlgError:
        return -np.inf
    return float(value) if np.isfinite(value) else -np.inf


def _at(mode: Array, covariance: Array) -> Proposal:
    values, vectors = np.linalg.eigh(np.where(np.isfinite(covariance), covariance, 0.0))
    widths = np.sqrt(np.clip(values, 1e-8, 4.0))
    return Proposal(mode, vectors * widths, len(mode))


def with_posterior(estimate: MixedEstimate, posterior: PopulationPosterior) -> MixedEstimate:
    """Return the estimate with the bank of the posterior, which the patients of its draws come from."""
    return replace(estimate, bank=posterior.bank)
