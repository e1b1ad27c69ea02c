"""Goodness of fit: tests of the residuals against the assumed measurement error, and information criteria."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate, data_information, inverse

UNEXPECTED = 0.01
"""Significance level of the tests of the assumed measurement error."""

DOUBTED = 0.05
"""Level at which explanations are looked for: one that is clear is named even where the tests alone prove nothing."""

MIN_RESIDUALS = 8
"""Fewest residuals for a test of their signs or of their spread."""


@dataclass(frozen=True)
class FitVerdict:
    """Goodness of fit.

    Attributes
    ----------
    n_measurements, n_censored, n_unknowns : int
    n_effective : float
        Unknowns that the data determine: those that priors hold count as little as they are fitted.
    chi_squared, p_value : float
        Sum of squared whitened residuals, and its chi-squared p-value.
    runs_p_value : float
        P-value of the runs test on the signs of residuals over time; NaN with fewer than eight.
    log_likelihood, aic, bic : float
    is_noise_estimated : bool
        Whether its size was fitted, so that the size of the residuals tests nothing.
    form_p_value : float
        P-value of the score test of Cook and Weisberg (1983) that the spread of the residuals depends on the
        prediction; NaN with fewer than eight values.
    prior_p_value : float
        P-value of the prior predictive check (Box 1980): squared residuals and squared distances from the priors
        together, by chi-squared; NaN without priors. It is small where a misfit pulls parameters from their priors.
    sentences : tuple of str
    """

    n_measurements: int
    n_censored: int
    n_unknowns: int
    n_effective: float
    chi_squared: float
    p_value: float
    runs_p_value: float
    log_likelihood: float
    aic: float
    bic: float
    is_noise_estimated: bool
    form_p_value: float
    prior_p_value: float
    sentences: tuple[str, ...]

    @property
    def is_rejected(self) -> bool:
        """Whether the residuals contradict the model: larger than the error, or with long runs of one sign."""
        is_large = not self.is_noise_estimated and self.p_value < UNEXPECTED
        return is_large or self.runs_p_value < UNEXPECTED

    @property
    def reason(self) -> str:
        """Why it is rejected, by the test and its p-value; empty where it is not."""
        if not self.is_rejected:
            return ""
        if not self.is_noise_estimated and self.p_value < UNEXPECTED:
            return f"the model does not fit the data (chi-squared p = {self.p_value:.2g})"
        return f"residuals have long runs of one sign (runs test p = {self.runs_p_value:.2g})"

    @property
    def is_suspicious(self) -> bool:
        """Whether anything about the residuals asks for an explanation."""
        tests = [self.form_p_value, self.prior_p_value, self.runs_p_value]
        if not self.is_noise_estimated:
            tests += [self.p_value, 1.0 - self.p_value]
        return any(p_value < DOUBTED for p_value in tests)

    @property
    def widening(self) -> float:
        """Factor on standard deviations that makes the residuals what the error explains, at least 1."""
        expected = self.n_measurements - self.n_censored - self.n_effective
        if not self.is_rejected or expected < 1.0:
            return 1.0
        return max(1.0, float(np.sqrt(self.chi_squared / expected)))

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self) | {"reason": self.reason}


def residuals(estimate: Estimate) -> tuple[Array, float]:
    """Return whitened residuals of quantified values in the order of time, and the total log likelihood."""
    white, _, total = _residuals(estimate)
    return white, total


def _residuals(estimate: Estimate) -> tuple[Array, Array, float]:
    """Return the same with the logarithm of each prediction relative to the mean of its analyte."""
    posterior = estimate.posterior
    n = len(posterior.coordinates)
    values, factors = posterior.of_patients(estimate.values[np.newaxis, :n]), np.log(estimate.values[n:])
    predictions = predict(posterior.subjects, values, posterior.n_threads)
    white, levels, total = [], [], 0.0
    for subject, (predicted,) in zip(posterior.subjects, predictions, strict=True):
        each = pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, predicted, factors)
        times = np.array([measurement.time for measurement in subject.measurements])[~subject.is_censored]
        order = np.argsort(times, kind="stable")
        white.append(each.residuals[order])
        levels.append(_levels(subject, predicted)[order])
        total += each.total
    return np.concatenate(white), np.concatenate(levels), total


def _levels(subject: Subject, predicted: Array) -> Array:
    """Return the logarithms of the predictions of quantified values, less the mean of their analyte."""
    known = np.flatnonzero(~subject.is_censored)
    logs = np.log(np.maximum(predicted[known], np.finfo(float).tiny))
    analytes = np.array([subject.measurements[i].analyte for i in known])
    for analyte in np.unique(analytes):
        logs[analytes == analyte] -= logs[analytes == analyte].mean()
    return logs


def judge_fit(estimate: Estimate) -> FitVerdict:
    """Return the goodness of fit from the residuals."""
    from scipy.stats import chi2

    white, levels, log_likelihood = _residuals(estimate)
    posterior = estimate.posterior
    n_censored = sum(int(subject.is_censored.sum()) for subject in posterior.subjects)
    k, n = posterior.n_unknowns, posterior.n_measurements
    squared = float(white @ white)
    effective = _effective(estimate)
    degrees = len(white) - effective
    p_value = float(chi2.sf(squared, degrees)) if degrees >= 1.0 else float("nan")
    runs = _runs_p_value(white)
    # Of what a prior holds, only what the data add is fitted (as in Hastie and others 2009, section 7.6).
    aic, bic = 2 * effective - 2 * log_likelihood, effective * np.log(n) - 2 * log_likelihood
    form, is_estimated = _form_p_value(white, levels), bool(posterior.factors)
    sentences = tuple(_about_fit(len(white), effective, p_value, runs, is_estimated, form))
    prior = float(chi2.sf(squared - 2.0 * _log_prior(estimate), len(white))) if posterior.with_priors else np.nan
    tests = (effective, squared, p_value, runs, log_likelihood, aic, float(bic), is_estimated, form, prior)
    return FitVerdict(n, n_censored, k, *tests, sentences)


def _log_prior(estimate: Estimate) -> float:
    """Return the logarithm of the priors relative to their medians."""
    return float(estimate.posterior.log_priors(estimate.best.end).sum())


def _effective(estimate: Estimate) -> float:
    """Return the effective number of unknowns determined by the data, not by priors."""
    return float(np.trace(inverse(estimate.best.hessian) @ data_information(estimate)))


def _about_fit(
    n: int, k: float, p_value: float, runs: float, is_noise_estimated: bool, form: float = np.nan
) -> Iterator[str]:
    if n - k < 1.0:
        yield f"{n} quantified values cannot test a model of which they determine {k:.3g} unknowns."
        return
    if is_noise_estimated:
        yield "The measurement error was estimated, so the size of the residuals does not test the fit."
    elif p_value < UNEXPECTED:
        yield (
            f"Residuals are larger than the assumed measurement error explains (chi-squared p = {p_value:.2g}): "
            "the model does not fit, or the assumed error is too small."
        )
    elif p_value > 1.0 - UNEXPECTED:
        yield (
            f"Residuals are smaller than the assumed measurement error (chi-squared p = {p_value:.4g}): "
            "the assumed error is too large, and intervals are too wide."
        )
    else:
        yield f"Residuals are consistent with the assumed measurement error (chi-squared p = {p_value:.2g})."
    if runs < UNEXPECTED:
        test = f"runs test p = {runs:.2g}"
        yield f"Residuals have long runs of one sign ({test}): the observed time course differs in shape."
    if form < UNEXPECTED:
        yield f"The spread of the residuals depends on the predicted value (score test p = {form:.2g})."


def _form_p_value(white: Array, levels: Array) -> float:
    """Return the p-value of the score test of Cook and Weisberg (1983) for a spread that depends on the level."""
    from scipy.stats import chi2

    squared, spread = white**2, float(levels @ levels)
    if len(white) < MIN_RESIDUALS or spread == 0.0 or not squared.any():
        return float("nan")
    return float(chi2.sf((squared / squared.mean() @ levels) ** 2 / (2.0 * spread), 1))


def _runs_p_value(white: Array) -> float:
    """Return the p-value of the runs test (Wald and Wolfowitz 1940), by the normal approximation."""
    from scipy.stats import norm

    signs = white > 0
    n, positive = len(signs), int(signs.sum())
    negative = n - positive
    if n < MIN_RESIDUALS or not positive or not negative:
        return float("nan")
    runs = 1 + int((signs[1:] != signs[:-1]).sum())
    mean = 1 + 2 * positive * negative / n
    variance = (mean - 1) * (mean - 2) / (n - 1)
    return float(norm.cdf((runs + 0.5 - mean) / np.sqrt(variance)))
