"""Intervals of statistics: the bootstrap of a cohort's patients, and quantiles over an ensemble of parameter sets.

A resampled cohort is a cohort with other weights: each patient counts as often as drawn, within the patient's stratum,
so that strata keep their shares. The draws are keyed by a seed, hence all statistics of a cohort see the same resampled
cohorts. Quasi-random (Sobol) patients cover the population more evenly than independent ones, for which the bootstrap
speaks: its intervals are then too wide, not too narrow.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immunosim.codegen.loader import Array
from immunosim.errors import DataError

CONFIDENCE = 0.9
"""Of an interval where nothing else is asked for."""

N_RESAMPLES = 200

MOST_RESAMPLED = 20_000
"""Patients above which curves have no band and tables of events no interval: it would be as narrow as the line."""

MOST_KEPT = 2**25
"""Counts of resampled patients that are kept in memory, 64 MB, for the next statistic of the same patients."""

Counts = NDArray[np.uint16]


@dataclass(frozen=True)
class Interval:
    """A statistic with its interval; ends are infinite where a quantile is not reached, NaN where unknown."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high


@dataclass(frozen=True)
class Bootstrap:
    """How a cohort is resampled.

    Attributes
    ----------
    seed : int
    n : int
        Resampled cohorts; 0 for no interval.
    confidence : float
    """

    seed: int = 0
    n: int = N_RESAMPLES
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        """Refuse a confidence that is none.

        Raises
        ------
        DataError
            If the confidence is not between 0 and 1, or the number is negative.
        """
        if not 0.0 < self.confidence < 1.0:
            raise DataError(
                f"{self.confidence:g} is not between 0 and 1", key="confidence", cure="write for example 0.9"
            )
        if self.n < 0:
            raise DataError(f"{self.n} is negative", key="n", cure="write 0 for no interval")

    def interval(
        self, statistic: Callable[[Array], float], weights: ArrayLike, strata: ArrayLike | None = None
    ) -> Interval:
        """Return a statistic and its percentile interval.

        Parameters
        ----------
        statistic : callable
            Takes weights, shape (n,), and returns a number.
        weights : array_like, shape (n,)
        strata : array_like of int, shape (n,), optional
            Patients are drawn within a stratum.
        """
        weight = np.asarray(weights, np.float64)
        value = statistic(weight)
        if not self.n or not weight.size:
            return Interval(value)
        drawn = np.array([statistic(weight * counts) for counts in self.counts(len(weight), strata)])
        return Interval(value, *percentile_interval(drawn, self.confidence))

    def counts(self, n: int, strata: ArrayLike | None = None) -> Iterable[Counts]:
        """Return how often each patient occurs in each resampled cohort, each of shape (n,)."""
        codes = np.zeros(n, np.int64) if strata is None else np.asarray(strata, np.int64)
        if codes.shape != (n,):
            raise DataError("needs one stratum for each patient", key="strata", cure="give a code for each patient")
        if n * self.n > MOST_KEPT:
            return _resampled(self.seed, self.n, codes)
        return _kept(self.seed, self.n, codes.tobytes())


def percentile_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the quantiles that enclose a fraction of the values, of resampled cohorts or of parameter sets.

    Parameters
    ----------
    values : array_like, shape (n,)
        NaN, where a resampled cohort has no such statistic, is left out; infinite values are last.
    confidence : float
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return math.nan, math.nan
    tail = 0.5 * (1.0 - confidence)
    # Of infinite values there is no mean: between two values the outer one, not an interpolated one.
    low = np.quantile(known, tail, method="lower")
    return float(low), float(np.quantile(known, 1.0 - tail, method="higher"))


@lru_cache(maxsize=2)  # statistics of one cohort, and of one of its groups, are asked for in a row
def _kept(seed: int, n_resamples: int, codes: bytes) -> tuple[Counts, ...]:
    return tuple(_resampled(seed, n_resamples, np.frombuffer(codes, np.int64)))


def _resampled(seed: int, n_resamples: int, codes: NDArray[np.int64]) -> Iterator[Counts]:
    strata = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    for child in np.random.SeedSequence(seed).spawn(n_resamples):
        generator, counts = np.random.default_rng(child), np.zeros(len(codes), np.uint16)
        for members in strata:
            drawn = generator.integers(0, len(members), len(members))
            counts[members] = np.bincount(drawn, minlength=len(members))
        yield counts
