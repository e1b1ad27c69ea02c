"""The log probability that a standardised error lies below a limit, above it, or in an interval, with its derivatives.

An interval is given by its upper end and its width, not by two ends: derivatives by both ends of a narrow one would
cancel. Probabilities are differences of the tail that is nearer, so that they stay exact far out. Knows neither samples
nor predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class LogProbability:
    """Log probabilities with derivatives by the limit and, of intervals, by the width; all of one shape.

    Attributes
    ----------
    value : ndarray
    slope, curvature : ndarray
        First derivative by the limit, and minus the second.
    slope_of_width, curvature_of_width, mixed : ndarray
        The same by the width, and minus the mixed derivative; 0 where there is no interval.
    """

    value: Array
    slope: Array
    curvature: Array
    slope_of_width: Array
    curvature_of_width: Array
    mixed: Array


def log_probability_of(z: Array, widths: Array, is_above: Flags, degrees: float = np.inf) -> LogProbability:
    """Return the log probability of each censored error.

    Parameters
    ----------
    z : ndarray
        Standardised limit: the lower one where ``is_above``, else the upper one.
    widths : ndarray
        Standardised width of the interval; infinite where there is a single limit.
    is_above : ndarray of bool
        Whether the error lies above its limit.
    degrees : float
        Of freedom of Student's distribution; infinite for the normal one.
    """
    side = np.where(is_above, -1.0, 1.0)
    value, ratio, curvature = log_normal(side * z) if np.isinf(degrees) else log_student(side * z, degrees)
    nothing = np.zeros(np.shape(value))
    single = LogProbability(value, side * ratio, curvature, nothing, nothing, nothing)
    is_between = np.broadcast_to(np.isfinite(widths), np.shape(value))
    if not is_between.any():
        return single
    between = log_interval(z, np.where(np.isfinite(widths), widths, 1.0), degrees)
    chosen = {
        name: np.where(is_between, getattr(between, name), getattr(single, name))
        for name in LogProbability.__dataclass_fields__
    }
    return LogProbability(**chosen)


def log_normal(z: Array) -> tuple[Array, Array, Array]:
    """Return log Phi(z), its derivative, and minus its second derivative."""
    value = log_ndtr(z)
    ratio = np.exp(-0.5 * (z**2 + LOG_TWO_PI) - value)
    # Far below, where the sum cancels, rounding would carry the curvature out of the interval that holds it.
    return value, ratio, np.clip(ratio * (z + ratio), 0.0, 1.0)


def log_student(z: Array, degrees: float) -> tuple[Array, Array, Array]:
    """Return the same of Student's distribution, which is not log-concave: curvature counts where positive."""
    from scipy.stats import t

    value = t.logcdf(z, degrees)
    ratio = np.exp(t.logpdf(z, degrees) - value)
    return value, ratio, np.maximum(ratio * ((degrees + 1.0) * z / (degrees + z**2) + ratio), 0.0)


def log_interval(z: Array, widths: Array, degrees: float = np.inf) -> LogProbability:
    """Return the log probability of intervals that end at ``z``, with ``widths`` above 0."""
    low, middle = z - widths, z - 0.5 * widths
    # The tail that is nearer: from above the median both ends are mirrored, of which the lower one is then the upper.
    nearer, farther = np.where(middle > 0.0, -low, z), np.where(middle > 0.0, -z, low)
    log_near = _log_cdf(nearer, degrees)
    value = log_near + np.log(-np.expm1(_log_cdf(farther, degrees) - log_near))
    at_high, at_low = (np.exp(_log_pdf(end, degrees) - value) for end in (z, low))
    pull_high, pull_low = _pull(z, degrees), _pull(low, degrees)
    if np.isinf(degrees):  # the difference of both densities, which would cancel where the interval is narrow
        fall = np.expm1(-np.abs(middle) * widths)
        slope = np.where(middle > 0.0, at_low * fall, -at_high * fall)
        curvature = np.clip(z * slope + widths * at_low + slope**2, 0.0, 1.0)
    else:
        slope = at_high - at_low
        curvature = pull_high * at_high - pull_low * at_low + slope**2
    of_width = at_low * (at_low - pull_low)
    mixed = at_low * (pull_low + slope)
    if np.isfinite(degrees):
        curvature, of_width, mixed = _positive_part(curvature, of_width, mixed)
    return LogProbability(value, slope, curvature, at_low, of_width, mixed)


def _log_cdf(z: Array, degrees: float) -> Array:
    from scipy.stats import t

    logs: Array = log_ndtr(z) if np.isinf(degrees) else t.logcdf(z, degrees)
    return logs


def _log_pdf(z: Array, degrees: float) -> Array:
    from scipy.stats import t

    logs: Array = -0.5 * (z**2 + LOG_TWO_PI) if np.isinf(degrees) else t.logpdf(z, degrees)
    return logs


def _pull(z: Array, degrees: float) -> Array:
    """Return minus the derivative of the logarithm of the density."""
    return z if np.isinf(degrees) else (degrees + 1.0) * z / (degrees + z**2)


def _positive_part(first: Array, second: Array, mixed: Array) -> tuple[Array, Array, Array]:
    """Return symmetric matrices of two rows, by their elements, without their negative directions."""
    matrices = np.stack([np.stack([first, mixed], -1), np.stack([mixed, second], -1)], -2)
    sizes, directions = np.linalg.eigh(matrices)
    positive = (directions * np.maximum(sizes, 0.0)[..., np.newaxis, :]) @ np.swapaxes(directions, -1, -2)
    return positive[..., 0, 0], positive[..., 1, 1], positive[..., 0, 1]
