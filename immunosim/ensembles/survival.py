"""Times to an event of which some are censored: Kaplan-Meier curves, quantiles that may be open, numbers at risk.

Knows neither data sets nor models. The estimator is SciPy's; an end of observation censors, a failed simulation does
not: it is counted apart.

References
----------
Kaplan and Meier, J Am Stat Assoc 1958, 53:457. Greenwood's variance with the log-log transformation: Kalbfleisch and
Prentice, The Statistical Analysis of Failure Time Data, 2002. Interval of a quantile: Brookmeyer and Crowley,
Biometrics 1982, 38:29.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-12
"""Products of fractions may miss a probability by this much."""


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan-Meier curve: the probability that the event has not happened, with a pointwise confidence band.

    Attributes
    ----------
    days : ndarray, shape (n_days,)
        Each day with an event or a censoring; a value holds from its day until the next.
    probability, low, high : ndarray, shape (n_days,)
        The band is Greenwood's on the log-log scale.
    """

    days: Array
    probability: Array
    low: Array
    high: Array

    def quantile(self, fraction: float) -> float:
        """Return the day by which the event has happened with this probability; infinite if it is not reached."""
        return _first(self.days, self.probability, 1.0 - fraction)

    def quantile_interval(self, fraction: float) -> tuple[float, float]:
        """Return the confidence interval of a quantile, of which each end may be infinite."""
        return _first(self.days, self.low, 1.0 - fraction), _first(self.days, self.high, 1.0 - fraction)


@dataclass(frozen=True, eq=False)
class EventTimes:
    """Times to an event, of patients or of draws.

    Attributes
    ----------
    days : ndarray, shape (n,)
        Day of the event, or where it was not observed the last day of observation.
    is_observed : ndarray of bool, shape (n,)
    start : float, day
        Begin of the observation: an event on this day was there from the start.
    n_failed : int
        Those whose simulation failed; they are neither among the events nor among the censored.
    """

    days: Array
    is_observed: NDArray[np.bool_]
    start: float = 0.0
    n_failed: int = 0

    def __post_init__(self) -> None:
        """Refuse days that are not numbers, and flags of another length.

        Raises
        ------
        DataError
            If a day is not finite, or there is not one flag for each day.
        """
        if self.days.shape != self.is_observed.shape or self.days.ndim != 1:
            raise DataError("times to an event need one flag for each day", key="is_observed")
        if not np.isfinite(self.days).all():
            cure = "give the last day of observation where the event was not observed"
            raise DataError("holds a day that is not a finite number", key="days", cure=cure)

    def __len__(self) -> int:
        """Return the number of times, censored ones included."""
        return len(self.days)

    @property
    def n_observed(self) -> int:
        """Number of events."""
        return int(self.is_observed.sum())

    @property
    def n_at_start(self) -> int:
        """Number of events that were there from the start."""
        return int((self.is_observed & (self.days <= self.start)).sum())

    @property
    def probability(self) -> float:
        """Probability of the event by the end of the longest observation; NaN without any time."""
        return 1.0 - float(self.curve().probability[-1]) if len(self) else math.nan

    def curve(self, confidence: float = 0.9) -> SurvivalCurve:
        """Return the Kaplan-Meier curve.

        Parameters
        ----------
        confidence : float
            Of the pointwise band.

        Raises
        ------
        DataError
            If there is no time.
        """
        if not len(self):
            raise DataError("there is no time to an event", cure="name a result with patients who did not fail")
        return _curve(self, confidence)

    def quantile(self, fraction: float) -> float:
        """Return the day by which this fraction has had the event; infinite if it is not reached, NaN without times."""
        return self.curve().quantile(fraction) if len(self) else math.nan

    @property
    def median(self) -> float:
        """Day by which half have had the event; infinite if it is not reached."""
        return self.quantile(0.5)

    def at_risk(self, days: Sequence[float] | Array) -> NDArray[np.int64]:
        """Return how many are observed on each day and have not had the event before it."""
        return len(self) - np.searchsorted(np.sort(self.days), np.asarray(days, np.float64), side="left")

    def chosen(self, rows: NDArray[np.bool_]) -> EventTimes:
        """Return some of the times; failures stay with the whole."""
        return EventTimes(self.days[rows], self.is_observed[rows], self.start)

    def after(self, day: float) -> EventTimes:
        """Return the times counted from a day."""
        return EventTimes(self.days - day, self.is_observed, self.start - day, self.n_failed)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the columns ``day`` and ``is_observed``, as packages for survival analysis take them."""
        import pandas as pd

        return pd.DataFrame({"day": self.days, "is_observed": self.is_observed})


def pooled(parts: Sequence[EventTimes]) -> EventTimes:
    """Return the times of several groups as of one, such as of the draws of several patients.

    Raises
    ------
    DataError
        If there are no groups.
    """
    if not parts:
        raise DataError("there are no times to pool", cure="give the times of a patient or more")
    return EventTimes(
        np.concatenate([part.days for part in parts]),
        np.concatenate([part.is_observed for part in parts]),
        min(part.start for part in parts),
        sum(part.n_failed for part in parts),
    )


@lru_cache(maxsize=1)  # one: quantiles are asked for in a row, and the times of millions of patients must not stay
def _curve(times: EventTimes, confidence: float) -> SurvivalCurve:
    from scipy.stats import CensoredData, ecdf

    survival = ecdf(CensoredData.right_censored(times.days, ~times.is_observed)).sf
    with warnings.catch_warnings():
        # Where nobody or everybody has had the event Greenwood's formula divides by zero.
        warnings.simplefilter("ignore", RuntimeWarning)
        band = survival.confidence_interval(confidence, method="log-log")
    probability = np.asarray(survival.probabilities, np.float64)
    low, high = (np.array(end.probabilities, np.float64) for end in (band.low, band.high))
    low[np.isnan(low)] = np.where(probability == 1.0, 1.0, 0.0)[np.isnan(low)]
    for index in np.flatnonzero(np.isnan(high)):
        high[index] = 1.0 if index == 0 else high[index - 1]
    return SurvivalCurve(np.asarray(survival.quantiles, np.float64), probability, low, high)


def _first(days: Array, probability: Array, level: float) -> float:
    """Return the first day on which a falling probability is at a level; infinite if there is none."""
    reached = np.flatnonzero(probability <= level + ROUNDING)
    return float(days[reached[0]]) if reached.size else math.inf
