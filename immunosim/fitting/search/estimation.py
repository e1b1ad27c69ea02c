"""Multistart estimation: the best search, and the outcome of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.fitting.likelihood.posterior import FACTOR_SD, Posterior
from immunosim.fitting.likelihood.transforms import FreeParameter
from immunosim.fitting.search.multistart import Search, search_together

SPREAD = 1.5
"""Largest distance of a start from the prior median, in prior standard deviations."""

MIN_LOG_POSTERIOR_DIFFERENCE = 0.1
"""Smallest meaningful difference of the log posterior."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """The result of an estimation.

    Attributes
    ----------
    posterior : Posterior
    searches : tuple of Search
        Of all starts, the best first, failed ones last with an infinite value.
    """

    posterior: Posterior
    searches: tuple[Search, ...]

    @property
    def best(self) -> Search:
        """The best search."""
        return self.searches[0]

    @property
    def n_failed(self) -> int:
        """Number of failed starts."""
        return sum(not np.isfinite(search.value) for search in self.searches)

    @property
    def n_at_best(self) -> int:
        """Number of starts that reached the best value."""
        return sum(search.value - self.best.value < MIN_LOG_POSTERIOR_DIFFERENCE for search in self.searches)

    @cached_property
    def values(self) -> Array:
        """Parameters in their own units, then factors on the noise, shape (n_unknowns,)."""
        return self.posterior.natural(self.best.end)

    @cached_property
    def covariance(self) -> Array:
        """Covariance of the log unknowns, from the expected information; infinite where there is no information."""
        n = len(self.posterior.coordinates)
        slopes = np.ones(self.posterior.n_unknowns)
        slopes[:n] = self.posterior.coordinates.slopes_at(self.best.end[:n]) / self.values[:n]
        covariance: Array = slopes[:, np.newaxis] * inverse(self.best.hessian) * slopes
        return covariance

    @cached_property
    def log_evidence(self) -> float:
        """Logarithm of the marginal likelihood by the Laplace approximation.

        Less a constant that is the same for all fits of the same data with the same parameters and priors.
        """
        n = len(self.posterior.coordinates)
        slopes = np.ones(self.posterior.n_unknowns)
        slopes[:n] = self.posterior.coordinates.slopes_at(self.best.end[:n]) / self.values[:n]
        # By log parameters, whose priors these are; unlike the covariance it is bounded where a value is at a limit.
        slopes = np.maximum(np.abs(slopes), 1e-100)
        log_determinant = np.linalg.slogdet(self.best.hessian / np.outer(slopes, slopes))[1]
        of_factors = len(self.posterior.factors) * np.log(FACTOR_SD)  # of the priors; the roots of two pi cancel
        return float(-0.5 * log_determinant - self.best.value - of_factors)

    @cached_property
    def correlation(self) -> Array:
        """Correlations of the unknowns, shape (n_unknowns, n_unknowns)."""
        sd = np.sqrt(np.diag(self.covariance))
        correlation: Array = self.covariance / np.outer(sd, sd)
        return correlation


def data_information(estimate: Estimate) -> Array:
    """Return the Fisher information of the data alone, without priors, by the unknowns of the search."""
    posterior, unknowns = estimate.posterior, estimate.best.end
    return estimate.best.hessian - np.diag(posterior.prior_precision(unknowns))


def inverse(information: Array, least: float = 1e-12) -> Array:
    """Return a covariance; eigenvalues of the information are bounded below by this fraction of the largest."""
    eigenvalues, vectors = np.linalg.eigh(information)
    bounded_inverse: Array = (vectors / np.maximum(eigenvalues, least * max(eigenvalues.max(), 1e-30))) @ vectors.T
    return bounded_inverse


def estimate(
    posterior: Posterior,
    n_starts: int = 20,
    seed: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Find the maximum of the posterior from many starts.

    Parameters
    ----------
    posterior : Posterior
    n_starts : int
        The first is the scenario's own value; the others cover the prior, or the limits without a prior.
    seed : int
    report : callable, optional
        Receives the number of finished starts, and the total.

    Raises
    ------
    SolverError
        If no start could be simulated.
    """
    starts = draw_starts(posterior, n_starts, seed)
    searches = search_together(posterior.evaluate, starts, report=report)
    ordered = sorted(searches, key=lambda search: search.value if np.isfinite(search.value) else np.inf)
    if not np.isfinite(ordered[0].value):
        raise SolverError(_why_none(posterior))
    return Estimate(posterior, tuple(ordered))


def _why_none(posterior: Posterior) -> str:
    """Return why no start has a likelihood: a value that the error model rules out, or a failed simulation."""
    predictions = posterior.predictions(posterior.start[np.newaxis])
    for subject, (predicted,) in zip(posterior.subjects, predictions, strict=True):
        for seen, value, is_log in zip(subject.measurements, predicted, subject.scatter.is_log, strict=True):
            if value == 0.0 and is_log and (not seen.is_below or seen.is_between):
                was = seen.limit_text if seen.is_censored else f"{seen.value:g}"
                return (
                    f"{seen.analyte} of patient {subject.name} was {was} on day {seen.time:g}, where the "
                    "model has exactly 0, which lognormal noise rules out: check the time, or use noise such as "
                    f"{seen.analyte}=combined:0.15:SIZE"
                )
    return "no start of the fit could be simulated: widen the scenario or free other parameters"


def draw_starts(posterior: Posterior, n: int, seed: int) -> Array:
    """Return starts of a fit, shape (n, n_unknowns): a Latin hypercube through priors and limits."""
    from scipy.stats import qmc

    starts = np.tile(posterior.start, (n, 1))
    if n == 1:
        return starts
    shares = qmc.LatinHypercube(posterior.n_unknowns, rng=seed).random(n - 1)
    parameters = posterior.coordinates.parameters
    values = np.stack([_spread(parameter, shares[:, j]) for j, parameter in enumerate(parameters)], axis=1)
    starts[1:, : len(parameters)] = posterior.coordinates.of(values)
    starts[1:, len(parameters) :] = FACTOR_SD * (2.0 * shares[:, len(parameters) :] - 1.0)
    return starts


def _spread(parameter: FreeParameter, shares: Array) -> Array:
    """Return starting values of a parameter at quantiles of its prior or its range."""
    # Off the limits: there the logit is flat, and a search that begins so would not leave.
    inner = 0.02 + 0.96 * shares
    if parameter.has_prior:
        reach = np.exp(SPREAD * parameter.prior_sd * (2.0 * shares - 1.0))
        return np.clip(parameter.prior_median * reach, parameter.lower * 1.001, parameter.upper * 0.999)
    if parameter.is_log:
        return parameter.lower * (parameter.upper / parameter.lower) ** inner
    return parameter.lower + (parameter.upper - parameter.lower) * inner
