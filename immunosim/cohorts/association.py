"""Weighted association between patients' features and outcomes: hazard ratio, odds ratio, rank correlation.

Knows neither data sets nor models.

References
----------
Cox, J R Stat Soc B 1972, 34:187. Efron, J Am Stat Assoc 1977, 72:557 (tied times). Spearman, Am J Psychol 1904, 15:72.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.statistics import weighted_values
from immunosim.errors import DataError

LARGEST_LOG_RATIO = 30.0
"""Beyond it a hazard ratio is 0 or infinite: all events are in one group."""


def hazard_ratio(
    days: ArrayLike, is_observed: ArrayLike, is_exposed: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the hazard of exposed patients relative to others: the Cox model with one covariate, ties by Efron.

    Parameters
    ----------
    days : array_like, shape (n,)
        Day of the event, or of the end of the observation; NaN of patients who failed, who are left out.
    is_observed, is_exposed : array_like of bool, shape (n,)
    weights : array_like, shape (n,), optional

    Returns
    -------
    float
        0 or infinite where only one group has events while both are at risk, NaN without events or without a group.
    """
    known, weight = weighted_values(days, weights)
    is_known = ~np.isnan(np.asarray(days, np.float64))
    event, exposed = (np.asarray(flags, np.bool_)[is_known] for flags in (is_observed, is_exposed))
    terms = _terms(known, event & (weight > 0.0), exposed, weight)
    if terms is None:
        return math.nan

    def score(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        return float(terms[0].sum() - (terms[1] * ratio * terms[2] / (ratio * terms[2] + terms[3])).sum())

    low, high = score(-LARGEST_LOG_RATIO), score(LARGEST_LOG_RATIO)
    if low == high:
        return math.nan  # no event while both groups were at risk
    if low <= 0.0 or high >= 0.0:
        return 0.0 if low <= 0.0 else math.inf
    from scipy.optimize import brentq

    return math.exp(brentq(score, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO, xtol=1e-13, rtol=1e-14))


def odds_ratio(outcome: ArrayLike, is_exposed: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the odds of an outcome of exposed patients relative to those of others.

    Parameters
    ----------
    outcome : array_like, shape (n,)
        1 or 0, or each patient's probability; NaN is left out.
    is_exposed : array_like of bool, shape (n,)
    weights : array_like, shape (n,), optional

    Returns
    -------
    float
        Infinite where all exposed or no other patients have the outcome; NaN without a group.
    """
    given = np.asarray(outcome, np.float64)
    exposed = np.asarray(is_exposed, np.bool_)[~np.isnan(given)]
    known, weight = weighted_values(given, weights)
    with_outcome = [float((weight * known)[group].sum()) for group in (exposed, ~exposed)]
    without = [float((weight * (1.0 - known))[group].sum()) for group in (exposed, ~exposed)]
    above, below = with_outcome[0] * without[1], with_outcome[1] * without[0]
    if not below:
        return math.inf if above else math.nan
    return above / below


def rank_correlation(first: ArrayLike, second: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return Spearman's rank correlation; ties have their mean rank, and a whole weight counts as repeated patients.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        A patient of whom either is NaN is left out; infinite values, such as times never reached, are last.
    weights : array_like, shape (n,), optional

    Returns
    -------
    float
        NaN where a value does not vary.
    """
    pair = [np.asarray(values, np.float64) for values in (first, second)]
    if pair[0].shape != pair[1].shape:
        raise DataError("needs two values for each patient", key="second", cure="give both for the same patients")
    both = np.where(np.isnan(pair[0]) | np.isnan(pair[1]), np.nan, 1.0)
    _, weight = weighted_values(both, weights)
    ranks = [_ranks(values[~np.isnan(both)], weight) for values in pair]
    centred = [rank - (weight @ rank) / weight.sum() for rank in ranks] if weight.sum() else ranks
    covariance, *variances = (float(weight @ (a * b)) for a, b in ((*centred,), (centred[0],) * 2, (centred[1],) * 2))
    return covariance / math.sqrt(variances[0] * variances[1]) if variances[0] * variances[1] > 0.0 else math.nan


def _ranks(values: Array, weight: Array) -> Array:
    """Return the mean rank of each value: the weight below it and half of that of its ties."""
    distinct, index = np.unique(values, return_inverse=True)
    tied = np.bincount(index, weight, len(distinct))
    return (np.cumsum(tied) - 0.5 * tied)[index]


def _terms(
    days: Array, event: NDArray[np.bool_], exposed: NDArray[np.bool_], weight: Array
) -> tuple[Array, Array, Array, Array] | None:
    """Return for each event whether exposed (weighted), its weight, and the weights at risk exposed and not exposed.

    Of m events of one day the l-th, from 0, is at risk with what is left of the day's events: (1 - l/m) of them. Each
    has the mean weight of the day's.
    """
    if not event.any():
        return None
    distinct, index = np.unique(days, return_inverse=True)
    n = len(distinct)
    group = [np.where(exposed, weight, 0.0), np.where(exposed, 0.0, weight)]
    risk = [np.cumsum(np.bincount(index, part, n)[::-1])[::-1] for part in group]
    tied = [np.bincount(index, np.where(event, part, 0.0), n) for part in group]
    count = np.bincount(index[event], minlength=n)
    day = np.repeat(np.arange(n), count)
    position = np.arange(len(day)) - (np.cumsum(count) - count)[day]
    share = position / count[day]
    at_risk = [risk[i][day] - share * tied[i][day] for i in range(2)]
    return tied[0][day] / count[day], (tied[0] + tied[1])[day] / count[day], at_risk[0], at_risk[1]
