"""Kaplan-Meier and Aalen-Johansen estimates of weighted patients, and weighted numbers at risk.

The unweighted curve with a pointwise band is that of ``ensembles.survival``. Weights and repeated evaluation for the
bootstrap are why these estimators are written out: SciPy's takes no weights, and those of lifelines, against which
the tests compare, take tens of milliseconds and displace tied times at random. Knows neither data sets nor models.

References
----------
Kaplan and Meier, J Am Stat Assoc 1958, 53:457. Aalen and Johansen, Scand J Stat 1978, 5:141.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.events import CohortEvents
from immunosim.cohorts.statistics import weighted_values
from immunosim.errors import DataError

ROUNDING = 1e-12
"""Products of fractions may miss a probability by this much."""


@dataclass(frozen=True, eq=False)
class IncidenceCurve:
    """The probability that an event has happened, as a step function.

    Attributes
    ----------
    days : ndarray, shape (n_days,)
        Each day with an event or the end of an observation, rising; a value holds from its day until the next.
    probability : ndarray, shape (n_days,)
    at_risk : ndarray, shape (n_days,)
        Weight of those who are observed on the day and had no event before it.
    """

    days: Array
    probability: Array
    at_risk: Array

    def at(self, day: float) -> float:
        """Return the probability by a day; 0 before the first, NaN without patients."""
        if not self.days.size:
            return math.nan
        index = int(np.searchsorted(self.days, day, side="right")) - 1
        return float(self.probability[index]) if index >= 0 else 0.0

    def quantile(self, fraction: float) -> float:
        """Return the day by which the event has happened with this probability; infinite if it is not reached."""
        if not self.days.size:
            return math.nan
        reached = np.flatnonzero(self.probability >= fraction - ROUNDING)
        return float(self.days[reached[0]]) if reached.size else math.inf


def incidence_curve(events: CohortEvents, weight: ArrayLike | None = None) -> IncidenceCurve:
    """Return the cumulative incidence of the first cause: Kaplan-Meier, with others Aalen-Johansen."""
    if len(events.causes) == 1:
        return kaplan_meier(events.days, events.is_observed, weight)
    return aalen_johansen(events.days, events.cause, 1, len(events.causes), weight)


def kaplan_meier(days: ArrayLike, is_observed: ArrayLike, weights: ArrayLike | None = None) -> IncidenceCurve:
    """Return one minus the Kaplan-Meier estimate of the probability to be without the event.

    Parameters
    ----------
    days : array_like, shape (n,)
        Day of the event, or of the end of the observation; NaN of patients who failed, who are left out.
    is_observed : array_like of bool, shape (n,)
    weights : array_like, shape (n,), optional

    Raises
    ------
    DataError
        If shapes differ, or a weight is negative or not a number.
    """
    counts = _counts(days, np.asarray(is_observed, np.bool_).astype(np.int64), 1, weights)
    return IncidenceCurve(counts.days, 1.0 - _survival(counts), counts.at_risk)


def aalen_johansen(
    days: ArrayLike, cause: ArrayLike, of: int, n_causes: int, weights: ArrayLike | None = None
) -> IncidenceCurve:
    """Return the Aalen-Johansen estimate of the probability that an event of one cause was the first.

    Parameters
    ----------
    days : array_like, shape (n,)
        Day of the first event of any cause, or of the end of the observation; NaN of patients who failed.
    cause : array_like of int, shape (n,)
        0 at the end of an observation without an event, else the number of the cause, from 1.
    of, n_causes : int
        The cause that is asked for, and how many there are.
    weights : array_like, shape (n,), optional

    Raises
    ------
    DataError
        If shapes differ, a weight is negative or not a number, or the cause is none of those there are.
    """
    if not 1 <= of <= n_causes:
        raise DataError(f"{of} is not the number of a cause", key="of", cure=f"choose from 1 to {n_causes}")
    counts = _counts(days, np.asarray(cause, np.int64), n_causes, weights)
    before = np.concatenate([[1.0], _survival(counts)[:-1]])
    steps = np.divide(counts.events[of - 1], counts.at_risk, out=np.zeros(len(before)), where=counts.at_risk > 0.0)
    return IncidenceCurve(counts.days, np.cumsum(before * steps), counts.at_risk)


def at_risk(days: ArrayLike, when: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Return the weight of those who are observed on each day and had no event before it, shape of ``when``."""
    known, weight = weighted_values(days, weights)
    order = np.argsort(known, kind="stable")
    gone = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(gone[-1] - gone[np.searchsorted(known[order], np.asarray(when, np.float64))], np.float64)


@dataclass(frozen=True, eq=False)
class _Counts:
    """Weights by distinct day: at risk, and of the events of each cause (n_causes, n_days)."""

    days: Array
    at_risk: Array
    events: Array


def _counts(days: ArrayLike, cause: NDArray[np.int64], n_causes: int, weights: ArrayLike | None) -> _Counts:
    given = np.asarray(days, np.float64)
    if cause.shape != given.shape:
        raise DataError("times to an event need one cause for each day", key="cause", cure="give 0 where there is none")
    known, weight = weighted_values(given, weights)
    distinct, index = np.unique(known, return_inverse=True)
    of_known, n = cause[~np.isnan(given)], len(distinct)
    leaving = np.bincount(index, weight, n).astype(np.float64)
    # From the last day backwards, so that who is left at the end is a small sum and not a difference of large ones.
    remaining = np.cumsum(leaving[::-1])[::-1]
    events = [np.bincount(index, np.where(of_known == number + 1, weight, 0.0), n) for number in range(n_causes)]
    return _Counts(distinct, remaining, np.array(events, np.float64).reshape(n_causes, n))


def _survival(counts: _Counts) -> Array:
    events = counts.events.sum(axis=0)
    hazard = np.divide(events, counts.at_risk, out=np.zeros(len(events)), where=counts.at_risk > 0.0)
    return np.cumprod(1.0 - hazard)
