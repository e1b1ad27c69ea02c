"""Distributions of traits and covariates as functions of one uniform number: quantiles, and weights of shares.

Knows neither patients nor parameters; units have been removed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import RowIndices
from immunosim.scenario.population import MixtureComponent, QuantileBand, Stratum, Trait

WeightedParts = Sequence[MixtureComponent] | Sequence[Stratum] | Sequence[QuantileBand]


def trait_factor(trait: Trait, unit: Array) -> Array:
    """Return the factor of each patient.

    Parameters
    ----------
    trait : Trait
    unit : ndarray, shape (n,)
        Uniform numbers.

    Returns
    -------
    ndarray, shape (n,)
    """
    if trait.sd is not None:
        shift = 0.5 * trait.sd**2 if trait.keeps_mean else 0.0
        factor: Array = np.exp(trait.sd * ndtri(unit) - shift)
        return factor
    part, within = chosen_part(trait.component, unit)
    values = np.array([component.value for component in trait.component])[part]
    spreads = np.array([component.sd for component in trait.component])[part]
    factors: Array = values * np.exp(spreads * ndtri(within))
    return factors


def chosen_part(parts: WeightedParts, unit: Array) -> tuple[RowIndices, Array]:
    """Return the part that each patient belongs to, and a uniform number within it.

    Returns
    -------
    part : ndarray of int, shape (n,)
    within : ndarray, shape (n,)
        Strictly between 0 and 1.
    """
    ends = np.cumsum([_sampled(part) for part in parts])
    ends[-1] = 1.0
    part = np.searchsorted(ends, unit, side="right").astype(np.int64)
    starts = np.concatenate([[0.0], ends[:-1]])
    within = (unit - starts[part]) / (ends[part] - starts[part])
    return part, np.clip(within, np.finfo(np.float64).tiny, 1.0 - 2.0**-53)


def part_weights(parts: WeightedParts) -> Array:
    """Return the weight of a patient of each part: its share over its share of the simulated patients."""
    return np.array([part.share / _sampled(part) for part in parts])


def within_bands(bands: Sequence[QuantileBand], unit: Array) -> tuple[Array, Array]:
    """Return uniform numbers that fall into bands of quantiles as often as these are sampled, and weights for that.

    Parameters
    ----------
    bands : sequence of QuantileBand
        From the lowest quantiles upwards.
    unit : ndarray, shape (n,)
        Uniform numbers.

    Returns
    -------
    unit, weight : ndarray, shape (n,)
        The weight is the density ratio ``share / sampled`` of the band: the weighted numbers are uniform.
    """
    part, within = chosen_part(bands, unit)
    shares = np.array([band.share for band in bands])
    starts = np.concatenate([[0.0], np.cumsum(shares)[:-1]])
    moved = np.clip(starts[part] + within * shares[part], np.finfo(np.float64).tiny, 1.0 - 2.0**-53)
    return moved, part_weights(bands)[part]


def normal(unit: Array, mean: float, sd: float, low: float = -np.inf, high: float = np.inf) -> Array:
    """Return quantiles of a normal distribution, shape of ``unit``; values beyond a cut are set to it."""
    # Not truncated: the mean and the SD of a trial are those of all its patients, and would both move.
    values: Array = np.clip(mean + sd * ndtri(unit), low, high)
    return values


def lognormal(unit: Array, median: float, log_sd: float, low: float = 0.0, high: float = np.inf) -> Array:
    """Return quantiles of a log-normal distribution, shape of ``unit``; values beyond a cut are set to it."""
    values: Array = np.clip(median * np.exp(log_sd * ndtri(unit)), low, high)
    return values


def logistic(unit: Array, median: float, scale: float, low: float = -np.inf, high: float = np.inf) -> Array:
    """Return quantiles of a logistic distribution, shape of ``unit``; values beyond a cut are set to it."""
    values: Array = np.clip(median + scale * (np.log(unit) - np.log1p(-unit)), low, high)
    return values


def exponential(unit: Array, mean: float) -> Array:
    """Return quantiles of an exponential distribution, shape of ``unit``."""
    values: Array = -mean * np.log1p(-unit)
    return values


def correlated(unit: Array, correlation: Array) -> Array:
    """Return uniform numbers whose normal scores have a correlation matrix (Gaussian copula).

    Parameters
    ----------
    unit : ndarray, shape (n, n_variables)
        Independent.
    correlation : ndarray, shape (n_variables, n_variables)
        Positive definite.
    """
    # Column by column: a matrix product adds in an order that depends on the number of patients.
    scores, root = ndtri(unit), np.linalg.cholesky(correlation)
    joint = unit.copy()
    for j in range(1, unit.shape[1]):
        score = np.zeros(len(unit))
        for k in range(j + 1):
            score += root[j, k] * scores[:, k]
        joint[:, j] = ndtr(score)
    return joint


def _sampled(part: MixtureComponent | Stratum | QuantileBand) -> float:
    return part.share if part.sampled is None else part.sampled
