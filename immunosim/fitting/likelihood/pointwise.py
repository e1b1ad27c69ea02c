"""The log likelihood of each measurement of a patient: total, residuals and ArviZ groups follow from it.

Knows the error model, but neither the source of the predictions nor the free parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.censoring import each_in_turn, log_probability
from immunosim.fitting.likelihood.error_model import Flags, Scatter, is_certainly_zero, standardised
from immunosim.fitting.likelihood.probability import LOG_TWO_PI


@dataclass(frozen=True, eq=False)
class PointwiseLikelihood:
    """Likelihoods of the measurements of one patient at one prediction.

    Attributes
    ----------
    scatter : Scatter
    is_censored : ndarray of bool, shape (n,)
        Whether limits alone are known of each value.
    z : ndarray, shape (n,)
        Standardised residuals.
    by_prediction, by_log_factor : ndarray, shape (n,)
        Derivatives of ``z``.
    log_sd : ndarray, shape (n, 2)
        Logarithm of the standard deviation of the value's density, and its derivative by the prediction.
    white : ndarray, shape (n,)
        Residuals without the error shared by the measurements of one sample; 0 where the value is censored.
    widths, width_by_prediction : ndarray, shape (n,)
        Standardised widths of the intervals that values lie in, infinite where there is none, with their derivatives;
        those by the logarithms of factors are minus the widths.
    censoring : float, ndarray, shape (n or 2 n,), ndarray, shape (n or 2 n,) * 2
        Log probability of the censored values given those that were quantified, its gradient by ``z``, and by
        ``widths`` where there are intervals, and minus its Hessian.
    """

    scatter: Scatter
    is_censored: Flags
    z: Array
    by_prediction: Array
    by_log_factor: Array
    log_sd: Array
    white: Array
    widths: Array
    width_by_prediction: Array
    censoring: tuple[float, Array, Array]

    @property
    def total(self) -> float:
        """Logarithm of the likelihood of all measurements."""
        known = ~self.is_censored
        value = -0.5 * float(self.white @ self.white) - float(self.log_sd[known, 0].sum())
        value += self.censoring[0]
        # The determinant is not summed from the diagonal: the bits of earlier fits are kept.
        value -= 0.5 * (self.scatter.log_determinant + LOG_TWO_PI * int(known.sum()))
        return value + float(self._tails[known].sum())

    @property
    def values(self) -> Array:
        """Log likelihood of each measurement given those before it in its sample, shape (n,); they sum to the total."""
        log_densities = (
            -0.5 * (self.white**2 + LOG_TWO_PI) - self.log_sd[:, 0] + np.log(np.diag(self.scatter.whitening))
        )
        log_densities += self._tails
        for sample in self.scatter.samples:
            for index, value in each_in_turn(sample, self.z, self.widths):
                log_densities[index] = value
        return log_densities

    @property
    def residuals(self) -> Array:
        """Independent standard normal residuals of the quantified values, shape (n_quantified,)."""
        from scipy.special import ndtri, stdtr

        degrees, known = self.scatter.degrees, ~self.is_censored
        is_heavy = np.isfinite(degrees)
        shares = stdtr(np.where(is_heavy, degrees, 1.0), -np.abs(self.white))
        residuals: Array = np.where(is_heavy, -np.sign(self.white) * ndtri(shares), self.white)[known]
        return residuals

    @property
    def weights(self) -> tuple[Array, Array, Array]:
        """What Student's distribution changes: factors on the score, and on the information of mean and of scale."""
        degrees = self.scatter.degrees
        is_heavy = np.isfinite(degrees)
        nu = np.where(is_heavy, degrees, 1.0)
        score = np.where(is_heavy, (nu + 1.0) / (nu + self.white**2), 1.0)
        # Lange, Little and Taylor 1989, appendix B.
        return score, np.where(is_heavy, (nu + 1.0) / (nu + 3.0), 1.0), np.where(is_heavy, nu / (nu + 3.0), 1.0)

    @property
    def _tails(self) -> Array:
        return student_excess(self.scatter.degrees, self.white)


def student_excess(degrees: Array, white: Array) -> Array:
    """Return the log density of Student's distribution less that of the normal one, at whitened residuals.

    Parameters
    ----------
    degrees : ndarray, shape (n,)
        Of freedom; infinite for the normal distribution, where the excess is 0.
    white : ndarray, shape (..., n)
    """
    from scipy.special import gammaln

    is_heavy = np.isfinite(degrees)
    if not is_heavy.any():
        return np.zeros(white.shape)
    nu, squared = np.where(is_heavy, degrees, 1.0), white**2
    student = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * nu) - 0.5 * np.log(nu * np.pi)
    student = student - 0.5 * (nu + 1.0) * np.log1p(squared / nu)
    excess: Array = np.where(is_heavy, student + 0.5 * (squared + LOG_TWO_PI), 0.0)
    return excess


def pointwise_likelihood(
    scatter: Scatter, values: Array, is_censored: Flags, predicted: Array, log_factors: Array
) -> PointwiseLikelihood:
    """Return the log likelihood of each measurement of a patient.

    Parameters
    ----------
    scatter : Scatter
    values, is_censored : ndarray, shape (n,)
        Measured values, or limits of quantification.
    predicted : ndarray, shape (n,)
        Not negative.
    log_factors : ndarray, shape (n_factors,)
        Logarithms of the estimated factors on the noise.
    """
    z, by_prediction, by_log_factor, log_sd = standardised(scatter, values, is_censored, predicted, log_factors)
    white = scatter.whitening @ np.where(is_censored, 0.0, z)
    widths, by_width = np.full(len(z), np.inf), np.zeros(len(z))
    is_between = scatter.lower > 0.0
    if is_between.any():
        lower = standardised(scatter, np.where(is_between, scatter.lower, values), is_censored, predicted, log_factors)
        widths[is_between] = (z - lower[0])[is_between]
        by_width[is_between] = (by_prediction - lower[1])[is_between]
    censoring = _censoring(scatter, z, widths, is_certainly_zero(scatter, predicted))
    return PointwiseLikelihood(
        scatter, is_censored, z, by_prediction, by_log_factor, log_sd, white, widths, by_width, censoring
    )


def _censoring(scatter: Scatter, z: Array, widths: Array, is_zero: Flags) -> tuple[float, Array, Array]:
    """Return log probability, gradient and information of all censored values, by all residuals and widths."""
    n = len(z)
    size = 2 * n if np.isfinite(widths).any() else n
    total, gradient, information = 0.0, np.zeros(size), np.zeros((size, size))
    for sample in scatter.samples:
        # Above zero for certain where only zero is possible.
        if (is_zero[sample.censored] & (sample.is_above | sample.is_between)).any():
            return -np.inf, gradient, information
        value, slope, curvature = log_probability(sample, z, widths)
        places = np.concatenate([sample.censored, sample.known, n + sample.censored[sample.is_between]])
        total += value
        gradient[places] += slope
        information[np.ix_(places, places)] += curvature
    return total, gradient, information
