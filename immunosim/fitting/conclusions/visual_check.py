"""The visual predictive check: percentiles of what was observed against those of new data, with censoring.

Values below quantification count as lower than all that are quantified, in the observed data as in the new ones, and
their share is checked by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.predictive import Predictive
from immunosim.fitting.likelihood.error_model import Flags, Integers

PERCENTILES = (0.1, 0.5, 0.9)
"""Of the measurements in a bin."""

MOST_BINS = 12

SAME_VISIT = 10.0
"""Days within which visits of different patients are the same one."""


@dataclass(frozen=True, eq=False)
class VisualCheck:
    """One analyte over time.

    Attributes
    ----------
    analyte : str
    times : ndarray, shape (n_bins,), day
        Middle of the visits in each bin.
    counts : ndarray of int, shape (n_bins,)
    observed : ndarray, shape (3, n_bins)
        Percentiles 10, 50 and 90; NaN where they are below quantification.
    simulated : ndarray, shape (3, 3, n_bins)
        Of the same percentiles of new data the lower end, the middle and the upper end of their interval.
    below : ndarray, shape (n_bins,)
        Share of the observed values below quantification.
    simulated_below : ndarray, shape (3, n_bins)
        Lower end, middle and upper end of the same share in new data.
    """

    analyte: str
    times: Array
    counts: Integers
    observed: Array
    simulated: Array
    below: Array
    simulated_below: Array


def visual_checks(found: Predictive, confidence: float = 0.9) -> list[VisualCheck]:
    """Return the check of every analyte.

    Parameters
    ----------
    found : Predictive
    confidence : float
        Of the intervals.
    """
    analytes = dict.fromkeys(one.analyte for one in found.measurements)
    return [_check(found, analyte, confidence) for analyte in analytes]


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


def _check(found: Predictive, analyte: str, confidence: float) -> VisualCheck:
    chosen = found.of(analyte)
    times, limits = found.times[chosen], found.limits[chosen]
    values = np.where(found.is_below[chosen], -np.inf, found.observed[chosen])
    new = found.replicates[:, chosen]
    new = np.where(new < limits, -np.inf, new)
    tail = (1.0 - confidence) / 2.0
    ends = (tail, 0.5, 1.0 - tail)
    places = bins_of(times)
    bins: list[Flags] = [places == place for place in np.unique(places)]
    below_of_new = [np.isinf(new[:, own]).mean(axis=1) for own in bins]
    return VisualCheck(
        analyte,
        times=np.array([float(np.median(times[own])) for own in bins]),
        counts=np.array([int(own.sum()) for own in bins]),
        observed=np.stack([_percentiles(values[own]) for own in bins], axis=-1),
        simulated=np.stack([_intervals(new[:, own], ends) for own in bins], axis=-1),
        below=np.array([float(np.isinf(values[own]).mean()) for own in bins]),
        simulated_below=np.stack([np.quantile(shares, ends) for shares in below_of_new], axis=-1),
    )


def _percentiles(values: Array) -> Array:
    """Return percentiles by rank over the last axis, shape (3, ...); NaN where one is below quantification."""
    found = np.quantile(values, PERCENTILES, axis=-1, method="inverted_cdf")
    return np.where(np.isfinite(found), found, np.nan)


def _intervals(new: Array, ends: tuple[float, float, float]) -> Array:
    """Return ends and middle of the interval of each percentile over new data sets, shape (3 percentiles, 3)."""
    percentiles = np.where(np.isnan(by_draw := _percentiles(new)), 0.0, by_draw)
    return np.quantile(percentiles, ends, axis=1, method="inverted_cdf").T
