"""Weighted statistics of a cohort: means, standard deviations, quantiles, shares, ratios and rates.

Takes arrays with one value and one weight for each patient; a value that is not a number is left out with its weight.
A statistic of no value is NaN. Measurement noise is log-normal with mean 1 and is integrated, not drawn. Knows neither
data sets nor events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immunosim.codegen.loader import Array
from immunosim.errors import DataError

N_NODES = 24
"""Nodes of the quadrature over the noise of a level; ten more change a share by less than 1e-6."""

ROUNDING = 1e-12
"""Sums of weights may miss a fraction of their total by this much of it."""


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the mean; infinite where a value is."""
    known, weight = weighted_values(values, weights)
    return float(weight @ known / weight.sum()) if known.size else math.nan


def standard_deviation(values: ArrayLike, weights: ArrayLike | None = None, noise: float = 0.0) -> float:
    """Return the standard deviation of what is measured in the population.

    Parameters
    ----------
    values : array_like, shape (n,)
    weights : array_like, shape (n,), optional
        Their sum does not matter: the divisor is the sum of the weights, so that a cohort of any size estimates the
        same number.
    noise : float
        Coefficient of variation of a measurement, such as 0.1; it adds ``noise**2 * mean(values**2)`` to the variance.
    """
    known, weight = weighted_values(values, weights)
    if not known.size:
        return math.nan
    total = weight.sum()
    mean = weight @ known / total
    variance = weight @ (known - mean) ** 2 / total + noise**2 * (weight @ known**2 / total)
    return math.sqrt(variance)


def geometric_mean(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the geometric mean of values that are not negative."""
    known, weight = weighted_values(values, weights)
    if not known.size:
        return math.nan
    if (known <= 0.0).any():
        return 0.0 if (known >= 0.0).all() else math.nan
    return math.exp(weight @ np.log(known) / weight.sum())


def weighted_quantile(values: ArrayLike, fraction: float, weights: ArrayLike | None = None) -> float:
    """Return the value below which a fraction of the weight lies.

    The inverse of the distribution function; where the fraction falls between two values, the mean of both, so that
    whole weights count as repeated values (averaged inverted distribution function, definition 2 of Hyndman and Fan).

    Parameters
    ----------
    values : array_like, shape (n,)
        Infinite values, such as times of events that did not happen, are last.
    fraction : float
        Between 0 and 1.
    weights : array_like, shape (n,), optional

    Raises
    ------
    DataError
        If the fraction is not between 0 and 1.

    References
    ----------
    Hyndman and Fan, Am Stat 1996, 50:361.
    """
    if not 0.0 <= fraction <= 1.0:
        raise DataError(f"{fraction:g} is not between 0 and 1", key="fraction", cure="write 0.5 for the median")
    known, weight = weighted_values(values, weights)
    known, weight = known[weight > 0.0], weight[weight > 0.0]
    if not known.size:
        return math.nan
    order = np.argsort(known, kind="stable")
    ranked, cumulative = known[order], np.cumsum(weight[order])
    wanted, rounding = fraction * cumulative[-1], ROUNDING * cumulative[-1]
    last = len(ranked) - 1
    low = min(int(np.searchsorted(cumulative, wanted - rounding)), last)
    high = min(int(np.searchsorted(cumulative, wanted + rounding, side="right")), last)
    return float(ranked[low] if ranked[low] == ranked[high] else 0.5 * (ranked[low] + ranked[high]))


def share_at_or_above(values: ArrayLike, level: float, weights: ArrayLike | None = None, noise: float = 0.0) -> float:
    """Return the share of the weight with a value at a level or above, as it is measured.

    Parameters
    ----------
    values : array_like, shape (n,)
    level : float
        In the unit of the values.
    weights : array_like, shape (n,), optional
    noise : float
        Coefficient of variation of a measurement; with it the share does not jump where a patient passes the level.
    """
    known, weight = weighted_values(values, weights)
    if not known.size:
        return math.nan
    return float(weight @ _probability_above(known, level, noise) / weight.sum())


def share_below(values: ArrayLike, level: float, weights: ArrayLike | None = None, noise: float = 0.0) -> float:
    """Return the share of the weight with a value below a level; see ``share_at_or_above``."""
    return 1.0 - share_at_or_above(values, level, weights, noise)


def probability_ever_above(
    visits: ArrayLike, level: ArrayLike, noise: float = 0.0, level_is_measured: bool = False
) -> Array:
    """Return the probability of each patient that a measurement at one of the visits is at a level or above.

    Measurements are independent between visits, given the patient. A level that was measured as well, such as the
    patient's own untreated value, has the same noise, over which the probability is integrated (Gauss-Hermite).

    Parameters
    ----------
    visits : array_like, shape (n, n_visits)
        NaN for a missed visit; a patient without any visit has no probability (NaN).
    level : array_like, shape (n,)
        Positive, in the unit of the values.
    noise : float
        Coefficient of variation of a measurement.
    level_is_measured : bool
    """
    values, levels = np.asarray(visits, np.float64), np.asarray(level, np.float64)[:, None]
    missed = np.isnan(values)
    if noise <= 0.0:
        probability = (np.where(missed, -np.inf, values) >= levels).any(axis=1).astype(np.float64)
    else:
        spread = math.sqrt(math.log1p(noise**2))
        with np.errstate(divide="ignore"):  # nobody without cells is above a level
            distance = np.log(np.where(missed, 0.0, values) / levels) / spread
        if level_is_measured:
            nodes, weights = np.polynomial.hermite_e.hermegauss(N_NODES)
        else:
            nodes, weights = np.array([0.5 * spread]), np.ones(1)
        below = sum(weight * _all_below(distance - node) for node, weight in zip(nodes, weights, strict=True))
        probability = 1.0 - below / weights.sum()
    return np.where(missed.all(axis=1), np.nan, probability)


def ratio_of_means(values: ArrayLike, reference: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the ratio of two means of the same patients, such as to the untreated mean."""
    first, second = np.asarray(values, np.float64), np.asarray(reference, np.float64)
    both = np.where(np.isnan(first) | np.isnan(second), np.nan, 1.0)
    divisor = weighted_mean(second * both, weights)
    return weighted_mean(first * both, weights) / divisor if divisor else math.nan


def median_ratio(values: ArrayLike, reference: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the median of each patient's own ratio; patients whose reference is 0 are left out."""
    divisor = np.asarray(reference, np.float64)
    ratio = np.asarray(values, np.float64) / np.where(divisor == 0.0, np.nan, divisor)
    return weighted_quantile(ratio, 0.5, weights)


def event_rate(n_events: ArrayLike, observed_time: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return events by time at risk, such as relapses a year.

    Parameters
    ----------
    n_events : array_like, shape (n,)
        Events of each patient, or the hazard that each gathered, which expects as many.
    observed_time : array_like, shape (n,)
        In the unit of time of the result.
    weights : array_like, shape (n,), optional
    """
    return ratio_of_means(n_events, observed_time, weights)


def probabilities_of_hazard(cumulative_hazard: ArrayLike) -> Array:
    """Return the probability ``1 - exp(-H)`` of an event of each patient."""
    return np.asarray(-np.expm1(-np.asarray(cumulative_hazard, np.float64)), np.float64)


def effective_size(weights: ArrayLike) -> float:
    """Return the number of patients of equal weight that estimate a mean as well (Kish)."""
    weight = np.asarray(weights, np.float64)
    squares = float(weight @ weight)
    return float(weight.sum() ** 2 / squares) if squares else 0.0


def weighted_values(values: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    """Return the values that are numbers, and their weights, equal ones by default.

    Raises
    ------
    DataError
        If shapes differ, or a weight is negative or not a number.
    """
    given = np.asarray(values, np.float64)
    weight = np.ones(given.shape) if weights is None else np.asarray(weights, np.float64)
    if given.ndim != 1 or weight.shape != given.shape:
        reason = f"{weight.shape} weights for values of the shape {given.shape}"
        raise DataError(reason, key="weights", cure="give one value and one weight for each patient")
    if weight.size and not (weight.min() >= 0.0 and np.isfinite(weight.max())):
        raise DataError("holds a weight that is negative or not a number", key="weights", cure="give finite weights")
    known: NDArray[np.bool_] = ~np.isnan(given)
    return given[known], weight[known]


def weighted_median_of_visits(visits: Sequence[ArrayLike], weights: ArrayLike | None = None) -> Array:
    """Return the median at each visit.

    Parameters
    ----------
    visits : sequence of array_like, each of shape (n,)
        Values of the patients at one visit, NaN where a patient missed it.
    """
    return np.array([weighted_quantile(values, 0.5, weights) for values in visits])


def _all_below(distance: Array) -> Array:
    """Return the probability that standard normal noise lifts none of the distances above 0, shape (n,)."""
    from scipy.special import ndtr

    return np.asarray(np.prod(ndtr(-distance), axis=1), np.float64)


def _probability_above(values: Array, level: float, noise: float) -> Array:
    if noise <= 0.0:
        return (values >= level).astype(np.float64)
    from scipy.special import ndtr

    if level <= 0.0:
        return np.ones(values.shape)
    # Log-normal noise of mean 1: its logarithm has the variance log(1 + noise^2).
    spread = math.sqrt(math.log1p(noise**2))
    positive = values > 0.0
    distance = np.log(np.where(positive, values, 1.0) / level) / spread - 0.5 * spread
    return np.where(positive, ndtr(distance), 0.0)
