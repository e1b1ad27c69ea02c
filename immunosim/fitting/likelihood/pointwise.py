"""The log likelihood of each measurement of a patient: total, residuals and ArviZ groups follow from it.

Knows the error model, but neither the source of the predictions nor the free parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.error_model import LOG_TWO_PI, Flags, Scatter, censored, standardised


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
    censoring : tuple of ndarray, shape (n_below,)
        Log probability of being below the limit, its derivative by ``z``, and minus its second derivative.
    """

    scatter: Scatter
    is_below: Flags
    z: Array
    by_prediction: Array
    by_log_factor: Array
    log_sd: Array
    white: Array
    censoring: tuple[Array, Array, Array]

    @property
    def total(self) -> float:
        """Logarithm of the likelihood of all measurements."""
        known = ~self.is_below
        value = -0.5 * float(self.white @ self.white) - float(self.log_sd[known, 0].sum())
        value += float(self.censoring[0].sum())
        # The determinant is not summed from the diagonal: the bits of earlier fits are kept.
        return value - 0.5 * (self.scatter.log_determinant + LOG_TWO_PI * int(known.sum()))

    @property
    def values(self) -> Array:
        """Log likelihood of each measurement given those before it in its sample, shape (n,); they sum to the total."""
        log_densities = (
            -0.5 * (self.white**2 + LOG_TWO_PI) - self.log_sd[:, 0] + np.log(np.diag(self.scatter.whitening))
        )
        log_densities[self.is_below] = self.censoring[0]
        return log_densities

    @property
    def residuals(self) -> Array:
        """Independent standard normal residuals of the quantified values, shape (n_quantified,)."""
        residuals: Array = self.white[~self.is_below]
        return residuals


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
        Positive.
    log_factors : ndarray, shape (n_factors,)
        Logarithms of the estimated factors on the noise.
    """
    z, by_prediction, by_log_factor, log_sd = standardised(scatter, values, is_below, predicted, log_factors)
    white = scatter.whitening @ np.where(is_below, 0.0, z)
    slopes = (by_prediction, by_log_factor, log_sd)
    return PointwiseLikelihood(scatter, is_below, z, *slopes, white, censored(z[is_below]))
