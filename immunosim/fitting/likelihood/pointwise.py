"""The log likelihood of each measurement of a patient: total, residuals and ArviZ groups follow from it.

Knows the error model, but neither the source of the predictions nor the free parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.censoring import LOG_TWO_PI, each_in_turn, log_probability
from immunosim.fitting.likelihood.error_model import Flags, Scatter, standardised


@dataclass(frozen=True, eq=False)
class PointwiseLikelihood:
    """Likelihoods of the measurements of one patient at one prediction.

    Attributes
    ----------
    scatter : Scatter
    is_below : ndarray of bool, shape (n,)
        Whether each value is below quantification.
    z : ndarray, shape (n,)
        Standardised residuals.
    by_prediction, by_log_factor : ndarray, shape (n,)
        Derivatives of ``z``.
    log_sd : ndarray, shape (n, 2)
        Logarithm of the standard deviation of the value's density, and its derivative by the prediction.
    white : ndarray, shape (n,)
        Residuals without the error shared by the measurements of one sample; 0 where the value is below
        quantification.
    censoring : float, ndarray, shape (n,), ndarray, shape (n, n)
        Log probability of the values below their limits given those that were quantified, its gradient by ``z``, and
        minus its Hessian.
    """

    scatter: Scatter
    is_below: Flags
    z: Array
    by_prediction: Array
    by_log_factor: Array
    log_sd: Array
    white: Array
    censoring: tuple[float, Array, Array]

    @property
    def total(self) -> float:
        """Logarithm of the likelihood of all measurements."""
        known = ~self.is_below
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
            for index, value in each_in_turn(sample, self.z):
                log_densities[index] = value
        return log_densities

    @property
    def residuals(self) -> Array:
        """Independent standard normal residuals of the quantified values, shape (n_quantified,)."""
        from scipy.special import ndtri, stdtr

        degrees, known = self.scatter.degrees, ~self.is_below
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
        """Log density of Student's distribution less that of the normal one, at each whitened residual, shape (n,)."""
        from scipy.special import gammaln

        degrees = self.scatter.degrees
        is_heavy = np.isfinite(degrees)
        if not is_heavy.any():
            return np.zeros(len(degrees))
        nu, squared = np.where(is_heavy, degrees, 1.0), self.white**2
        student = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * nu) - 0.5 * np.log(nu * np.pi)
        student -= 0.5 * (nu + 1.0) * np.log1p(squared / nu)
        excess: Array = np.where(is_heavy, student + 0.5 * (squared + LOG_TWO_PI), 0.0)
        return excess


def pointwise_likelihood(
    scatter: Scatter, values: Array, is_below: Flags, predicted: Array, log_factors: Array
) -> PointwiseLikelihood:
    """Return the log likelihood of each measurement of a patient.

    Parameters
    ----------
    scatter : Scatter
    values, is_below : ndarray, shape (n,)
        Measured values, or limits of quantification.
    predicted : ndarray, shape (n,)
        Not negative.
    log_factors : ndarray, shape (n_factors,)
        Logarithms of the estimated factors on the noise.
    """
    z, by_prediction, by_log_factor, log_sd = standardised(scatter, values, is_below, predicted, log_factors)
    white = scatter.whitening @ np.where(is_below, 0.0, z)
    slopes = (by_prediction, by_log_factor, log_sd)
    return PointwiseLikelihood(scatter, is_below, z, *slopes, white, _censoring(scatter, z))


def _censoring(scatter: Scatter, z: Array) -> tuple[float, Array, Array]:
    """Return log probability, gradient and information of all values below quantification, by all residuals."""
    total, gradient, information = 0.0, np.zeros(len(z)), np.zeros((len(z), len(z)))
    for sample in scatter.samples:
        value, slope, curvature = log_probability(sample, z)
        places = np.concatenate([sample.below, sample.known])
        total += value
        gradient[places] += slope
        information[np.ix_(places, places)] += curvature
    return total, gradient, information
