"""The visual predictive check: percentiles of observed against those of simulated data, with censoring.

Values below quantification, those in intervals of which the upper end is that limit included, rank below all quantified
values and values above a limit rank above them, in observed and simulated data; the fractions of both are checked
separately.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.predictive import Predictive
from immunosim.fitting.likelihood.error_model import Flags, Integers

PERCENTILES = (0.1, 0.5, 0.9)
"""Percentiles of the measurements in a bin."""

MOST_BINS = 12

SAME_VISIT = 10.0
"""Days within which visits of different patients fall into one bin."""


@dataclass(frozen=True, eq=False)
class VisualCheck:
    """One analyte over time.

    Attributes
    ----------
    analyte : str
    times : ndarray, shape (n_bins,), day
        Median time of the visits in each bin.
    counts : ndarray of int, shape (n_bins,)
    observed : ndarray, shape (3, n_bins)
        Percentiles 10, 50 and 90; NaN where they are below quantification or above a limit.
    simulated : ndarray, shape (3, 3, n_bins)
        The same percentiles of simulated data: lower bound, median and upper bound.
    below, above : ndarray, shape (n_bins,)
        Fraction of observed values below quantification, and above a limit.
    simulated_below, simulated_above : ndarray, shape (3, n_bins)
        The same fractions in simulated data: lower bound, median and upper bound.
    """

    analyte: str
    times: Array
    counts: Integers
    observed: Array
    simulated: Array
    below: Array
    simulated_below: Array
    above: Array
    simulated_above: Array


def visual_checks(predictive: Predictive, confidence: float = 0.9) -> list[VisualCheck]:
    """Return the check of every analyte.

    Parameters
    ----------
    predictive : Predictive
    confidence : float
        Of the intervals.
    """
    analytes = dict.fromkeys(measurement.analyte for measurement in predictive.measurements)
    return [_check(predictive, analyte, confidence) for analyte in analytes]


def bins_of(times: Array) -> Integers:
    """Return the bin of each time: visits within ten days of one another, or at most twelve bins of equal counts."""
    order = np.argsort(times, kind="stable")
    is_next = np.diff(times[order], prepend=times[order[0]]) > SAME_VISIT
    places = np.empty(len(times), np.int64)
    places[order] = np.cumsum(is_next)
    if places.max() < MOST_BINS:
        return places
    places[order] = np.arange(len(times)) * MOST_BINS // len(times)
    return places


def _check(predictive: Predictive, analyte: str, confidence: float) -> VisualCheck:
    chosen = predictive.of(analyte)
    times, limits = predictive.times[chosen], predictive.limits[chosen]
    values = np.where(predictive.is_below[chosen], -np.inf, predictive.observed[chosen])
    values = np.where(predictive.is_above[chosen], np.inf, values)
    new, highest = predictive.replicates[:, chosen], predictive.upper_limits[chosen]
    new = np.where(new < limits, -np.inf, np.where(new > highest, np.inf, new))
    tail = (1.0 - confidence) / 2.0
    ends = (tail, 0.5, 1.0 - tail)
    places = bins_of(times)
    bins: list[Flags] = [places == index for index in np.unique(places)]
    below, simulated_below = _fractions(np.isneginf(values), np.isneginf(new), bins, ends)
    above, simulated_above = _fractions(np.isposinf(values), np.isposinf(new), bins, ends)
    return VisualCheck(
        analyte,
        times=np.array([float(np.median(times[in_bin])) for in_bin in bins]),
        counts=np.array([int(in_bin.sum()) for in_bin in bins]),
        observed=np.stack([_percentiles(values[in_bin]) for in_bin in bins], axis=-1),
        simulated=np.stack([_intervals(new[:, in_bin], ends, highest[in_bin].min()) for in_bin in bins], axis=-1),
        below=below,
        simulated_below=simulated_below,
        above=above,
        simulated_above=simulated_above,
    )


def _fractions(seen: Flags, new: Flags, bins: list[Flags], ends: tuple[float, float, float]) -> tuple[Array, Array]:
    """Return the fraction of observed values in each bin, shape (n_bins,), and bounds of that of new ones."""
    simulated = [np.quantile(new[:, in_bin].mean(axis=1), ends) for in_bin in bins]
    return np.array([float(seen[in_bin].mean()) for in_bin in bins]), np.stack(simulated, axis=-1)


def _percentiles(values: Array) -> Array:
    """Return percentiles by rank over the last axis, shape (3, ...); NaN where one is beyond a limit."""
    percentiles = np.quantile(values, PERCENTILES, axis=-1, method="inverted_cdf")
    return np.where(np.isfinite(percentiles), percentiles, np.nan)


def _intervals(new: Array, ends: tuple[float, float, float], highest: float) -> Array:
    """Return lower bound, median and upper bound of each percentile over simulations, shape (3 percentiles, 3).

    Percentiles below quantification count as 0, those above a limit as the limit.
    """
    percentiles = np.quantile(new, PERCENTILES, axis=-1, method="inverted_cdf")
    percentiles = np.where(np.isneginf(percentiles), 0.0, np.where(np.isposinf(percentiles), highest, percentiles))
    return np.quantile(percentiles, ends, axis=1, method="inverted_cdf").T
