"""What a population fit found: estimates with their precision, likelihoods, the patients in it, shrinkage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import norm

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.estimation import MixedEstimate
from immunosim.mixed_effects.population import LOG, LOGIT, PLAIN, PopulationModel, natural

LEVEL = 0.9
"""Of intervals."""

N_POPULATIONS = 400
"""Populations by which the uncertainty of the population counts in the intervals of patients."""

TYPICAL, COVARIATE, SPREAD, CORRELATION, OCCASION, SHARED = (
    "typical",
    "covariate",
    "spread",
    "correlation",
    "occasion",
    "shared",
)


@dataclass(frozen=True)
class PopulationEstimate:
    """One unknown of a population.

    Attributes
    ----------
    kind : str
        ``typical``, ``covariate``, ``spread``, ``correlation``, ``occasion`` or ``shared``.
    name, label, unit : str
    value : float
        Typical values and what is shared in their units; coefficients of covariates as they are; spreads as standard
        deviations on the scale of the parameter; correlations.
    low, high : float
        90 % interval.
    relative_error : float
        Relative standard error, in percent; of a correlation the standard error itself.
    variation : float
        Of a spread of a lognormal parameter the coefficient of variation, in percent; NaN otherwise.
    scale : str
    """

    kind: str
    name: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    relative_error: float
    variation: float
    scale: str


@dataclass(frozen=True, eq=False)
class IndividualEstimates:
    """The random effects' parameters of the patients, in their units.

    Attributes
    ----------
    patients, names : tuple of str
    median, low, high : ndarray, shape (n_patients, n_effects)
        With the uncertainty of the population in the ends.
    mode : ndarray, shape (n_patients, n_effects)
    mean_eta, sd_eta : ndarray, shape (n_patients, n_effects)
        Mean and standard deviation of eta given the patient's data, at the estimated population.
    """

    patients: tuple[str, ...]
    names: tuple[str, ...]
    median: Array
    low: Array
    high: Array
    mode: Array
    mean_eta: Array
    sd_eta: Array


@dataclass(frozen=True, eq=False)
class MixedSummary:
    """Numbers about a population fit.

    Attributes
    ----------
    estimate : MixedEstimate
    draws : ndarray, shape (n_draws, n_unknowns), optional
        Of the unknowns, by full Bayes; normal about the estimate without.
    draw_weights : ndarray, shape (n_draws,), optional
    """

    estimate: MixedEstimate
    draws: Array | None = None

    @property
    def population(self) -> PopulationModel:
        """The population model."""
        return self.estimate.population

    @property
    def is_bayes(self) -> bool:
        """Whether intervals are of the posterior of the population."""
        return self.draws is not None

    @cached_property
    def standard_errors(self) -> Array:
        """Standard errors of the unknowns, shape (n_unknowns,); NaN where the data hold none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(np.diag(self.estimate.covariance)), np.float64)

    @cached_property
    def minus_two_log_likelihood(self) -> float:
        """-2LL by importance sampling."""
        return -2.0 * self.estimate.log_likelihood

    @cached_property
    def monte_carlo_error(self) -> float:
        """Standard error of -2LL by the draws."""
        return 2.0 * self.estimate.marginal.monte_carlo_error(self.estimate.unknowns)

    @property
    def laplace(self) -> float:
        """-2LL by Laplace's method."""
        return -2.0 * self.estimate.laplace_log_likelihood

    @property
    def n_values(self) -> int:
        """Measured values of all patients."""
        return int(sum(self.estimate.patients.n_values))

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return self.minus_two_log_likelihood + 2.0 * self.population.n_unknowns

    @property
    def bicc(self) -> float:
        """The corrected Bayesian criterion (Delattre, Lavielle and Poursat 2014).

        Unknowns of what differs between patients count by their number, the others by that of the values.
        """
        places = self.population.places
        of_values = len(range(*places["shared"].indices(self.population.n_unknowns)))
        of_patients = self.population.n_unknowns - of_values
        n = len(self.estimate.patients.names)
        return float(self.minus_two_log_likelihood + of_patients * np.log(n) + of_values * np.log(self.n_values))

    @cached_property
    def unknown_draws(self) -> Array:
        """Draws of the unknowns, shape (n_draws, n_unknowns): the posterior, or normal about the estimate."""
        if self.draws is not None:
            return self.draws
        estimate = self.estimate
        covariance = np.where(np.isfinite(estimate.covariance), estimate.covariance, 0.0)
        values, vectors = np.linalg.eigh(covariance)
        numbers = np.random.default_rng(1).normal(size=(N_POPULATIONS, len(values)))
        drawn = estimate.unknowns + (numbers * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        # A normal distribution of log spreads has tails that no data of a dozen patients exclude; they stay in reach.
        spreads = self.population.places["spread"]
        drawn[:, spreads] = np.clip(drawn[:, spreads], np.log(1e-3), np.log(5.0))
        return np.asarray(drawn, np.float64)

    @cached_property
    def estimates(self) -> tuple[PopulationEstimate, ...]:
        """Every unknown with its precision."""
        return tuple(self._estimates())

    def _estimates(self) -> Iterator[PopulationEstimate]:
        population, x = self.population, self.estimate.unknowns
        places, q = population.places, population.n_effects
        for j, effect in enumerate(population.effects):
            yield self._one(TYPICAL, effect.name, effect.label, effect.unit, j, effect.scale)
        for k, covariate in enumerate(population.covariates):
            yield self._one(COVARIATE, covariate.name, covariate.label, "1", q + k, PLAIN)
        for j, effect in enumerate(population.effects):
            label = f"standard deviation between patients, {effect.scale} scale"
            yield self._one(SPREAD, effect.name, label, "1", places["spread"].start + j, LOG, effect.scale)
        yield from self._correlations(x)
        for k, j in enumerate(population.with_occasions):
            effect = population.effects[j]
            label = f"standard deviation between courses, {effect.scale} scale"
            yield self._one(OCCASION, effect.name, label, "1", places["occasion"].start + k, LOG, effect.scale)
        for k, shared in enumerate(population.shared):
            index = places["shared"].start + k
            yield self._one(SHARED, shared.name, shared.label, shared.unit, index, shared.scale)

    def _one(
        self, kind: str, name: str, label: str, unit: str, index: int, scale: str, of_scale: str = ""
    ) -> PopulationEstimate:
        value, error = float(self.estimate.unknowns[index]), float(self.standard_errors[index])
        low, high = self._interval(index, value, error)
        there = natural(np.array([[value], [low], [high]]), (scale,))[:, 0]
        if scale == PLAIN:
            relative = 100.0 * error / abs(value) if value else np.inf
        else:  # by the delta method
            relative = 100.0 * error * (1.0 - there[0] if scale == LOGIT else 1.0)
        variation = 100.0 * float(np.sqrt(np.expm1(there[0] ** 2))) if of_scale == LOG else np.nan
        best, least, most = map(float, there)
        return PopulationEstimate(
            kind, name, label, unit, best, least, most, float(relative), variation, of_scale or scale
        )

    def _interval(self, index: int, value: float, error: float) -> tuple[float, float]:
        if self.draws is not None:
            low, high = np.quantile(self.draws[:, index], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
            return float(low), float(high)
        reach = float(norm.ppf(0.5 + LEVEL / 2)) * error
        return value - reach, value + reach

    def _correlations(self, x: Array) -> Iterator[PopulationEstimate]:
        population = self.population
        if not population.pairs:
            return
        best = population.correlation(x)
        drawn = np.stack([population.correlation(draw) for draw in self.unknown_draws])
        for i, j in population.pairs:
            names = f"{population.effects[j].name}, {population.effects[i].name}"
            low, high = np.quantile(drawn[:, i, j], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
            error = float(drawn[:, i, j].std())
            yield PopulationEstimate(
                CORRELATION, names, "correlation", "1", float(best[i, j]), float(low), float(high), error, np.nan, PLAIN
            )

    @cached_property
    def individuals(self) -> IndividualEstimates:
        """The patients in the population."""
        estimate, q = self.estimate, self.population.n_effects
        scales = [effect.scale for effect in self.population.effects]
        weights = estimate.bank.weights(self.population, estimate.unknowns)
        eta = estimate.bank.phi[..., :q] - self.population.means(estimate.unknowns)[:, np.newaxis]
        mean = np.einsum("pk,pkj->pj", weights, eta)
        spread = np.sqrt(np.maximum(np.einsum("pk,pkj->pj", weights, eta**2) - mean**2, 0.0))
        drawn = self.own_draws()[..., :q]
        low, median, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2], axis=1)
        return IndividualEstimates(
            tuple(estimate.patients.names),
            tuple(effect.name for effect in self.population.effects),
            natural(median, scales),
            natural(low, scales),
            natural(high, scales),
            natural(estimate.modes.phi[:, :q], scales),
            mean,
            spread,
        )

    def own_draws(self, seed: int = 2) -> Array:
        """Return one draw of each patient's own unknowns from each drawn population.

        Returns
        -------
        ndarray, shape (n_patients, n_draws, n_own)
        """
        bank, generator = self.estimate.bank, np.random.default_rng(seed)
        drawn = np.empty((len(bank.phi), len(self.unknown_draws), bank.phi.shape[2]))
        for k, unknowns in enumerate(self.unknown_draws):
            ends = np.cumsum(bank.weights(self.population, unknowns), axis=1)
            marks = generator.uniform(size=(len(ends), 1)) * ends[:, -1:]
            places = np.minimum((ends < marks).sum(axis=1), ends.shape[1] - 1)
            drawn[:, k] = bank.phi[np.arange(len(ends)), places]
        return drawn

    @cached_property
    def eta_shrinkage(self) -> Array:
        """1 - SD of the patients' mean eta / SD between patients, shape (n_effects,)."""
        spread = self.individuals.mean_eta.std(axis=0, ddof=1)
        return np.asarray(1.0 - spread / self.population.spreads(self.estimate.unknowns), np.float64)

    def facts(self) -> dict[str, Any]:
        """Return the numbers of the fit as a whole, by name."""
        estimate = self.estimate
        return {
            "n_patients": len(estimate.patients.names),
            "n_values": self.n_values,
            "n_unknowns": self.population.n_unknowns,
            "minus_2ll": self.minus_two_log_likelihood,
            "monte_carlo_error": self.monte_carlo_error,
            "minus_2ll_laplace": self.laplace,
            "aic": self.aic,
            "bicc": self.bicc,
            "is_converged": estimate.is_converged,
            "moves": list(estimate.moves),
            "draws_per_patient": estimate.bank.n_rows,
            "least_effective_draws": float(estimate.effective_draws.min()),
            "largest_pareto_k": float(estimate.tail_indices.max()),
            "poor_patients": estimate.poor_patients,
            "failures": estimate.failures,
        }
