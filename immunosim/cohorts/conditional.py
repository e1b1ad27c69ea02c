"""The risk of one patient of whom something is known: the mean over a population's patients, weighted by likeness.

Each simulated patient weighs as much as the covariates and counts of the real one speak for being like that: covariates
that are matched, through an exact match or a kernel; counts, through the likelihood of the error model; and time passed
without the event, through the probability of that. Knows neither files nor models.

References
----------
Kong, A note on importance sampling using standardized weights, 1992 (effective size).
Silverman, Density Estimation for Statistics and Data Analysis, 1986, section 3.4 (width of a kernel).
Vehtari, Simpson, Gelman, Yao and Gabry, Pareto smoothed importance sampling, JMLR 25, 2024 (shape k of the tail).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike

from immunosim.codegen.loader import Array
from immunosim.cohorts.intervals import Bootstrap, Interval
from immunosim.errors import DataError

LEAST_EFFECTIVE = 100.0
"""Effective patients below which no risk is told: at a risk of one half, a standard error of five points."""

LARGEST_K = 0.7
"""Shape of the tail of the weights above which their mean is not reliable (Vehtari et al. 2024)."""

SILVERMAN = 1.06
"""Factor of the width of a Gaussian kernel for a normal distribution."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """The weights of a population's patients, given what is known of one.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        They sum to 1.
    k : float
        Shape of the tail of the weights, by ArviZ; NaN where ArviZ is not installed or the weights are alike.
    """

    weight: Array
    k: float = math.nan

    @property
    def effective(self) -> float:
        """Equally weighted patients that would say as much."""
        return effective_size(self.weight)

    def refuse_thin(self, least: float = LEAST_EFFECTIVE) -> None:
        """Refuse to speak for a patient whom too few of the population resemble.

        Raises
        ------
        DataError
        """
        cure = "simulate more patients (`n`), or tell less of the patient"
        if self.effective < least:
            reason = f"{self.effective:.3g} effective patients of the population are like this one, not {least:g}"
            raise DataError(reason, key="n", cure=cure)
        if self.k > LARGEST_K:
            reason = f"a few patients decide: the tail of the weights has shape {self.k:.2f}, above {LARGEST_K:g}"
            raise DataError(reason, key="n", cure=cure)


def likeness(prior: ArrayLike, *log_factors: ArrayLike) -> Likeness:
    """Return the weights of a population's patients, given what is known of one.

    Parameters
    ----------
    prior : array_like, shape (n,)
        Weights in the population; 0 of patients who could not be simulated.
    *log_factors : array_like, shape (n,)
        Logarithms of kernels and likelihoods; minus infinity, or NaN, for patients who are excluded.

    Raises
    ------
    DataError
        If no patient of the population is left.
    """
    weight = np.asarray(prior, np.float64)
    with np.errstate(divide="ignore"):
        total = np.log(weight)
    for factor in log_factors:
        total = total + np.asarray(factor, np.float64)
    total = np.where(np.isnan(total), -np.inf, total)
    if not total.size or not np.isfinite(total.max()):
        cure = "tell less of the patient, or choose another population"
        raise DataError("no patient of the population is like this one", key="population", cure=cure)
    relative = np.exp(total - total.max())
    return Likeness(relative / relative.sum(), _tail_shape(total))


def effective_size(weight: ArrayLike) -> float:
    """Return how many equally weighted patients would say as much: 1 / sum w^2 of weights that sum to 1."""
    values = np.asarray(weight, np.float64)
    return float(values.sum() ** 2 / (values @ values)) if values.any() else 0.0


def log_match(values: ArrayLike, value: float) -> Array:
    """Return 0 for patients with exactly a value, minus infinity for others."""
    return np.where(np.asarray(values, np.float64) == value, 0.0, -np.inf)


def log_kernel(values: ArrayLike, value: float, weight: ArrayLike, is_log: bool = False) -> Array:
    """Return the logarithm of a Gaussian kernel about a value, shape (n,).

    Its width follows from the spread and the effective number of the patients: 1.06 s n^(-1/5).

    Parameters
    ----------
    values : array_like, shape (n,)
    value : float
    weight : array_like, shape (n,)
    is_log : bool
        Whether distances are those of logarithms, as of a log-normal covariate.

    Raises
    ------
    DataError
        If the value is not positive and distances are those of logarithms.
    """
    if is_log and value <= 0.0:
        raise DataError(f"{value:g} is not positive", key="covariate", cure="give a positive number")
    given, at = np.asarray(values, np.float64), value
    if is_log:
        given, at = np.log(given), math.log(value)
    share = np.asarray(weight, np.float64) / np.sum(weight)
    centre = float(share @ given)
    spread = math.sqrt(float(share @ (given - centre) ** 2))
    if spread == 0.0:
        return log_match(given, at)
    width = SILVERMAN * spread * effective_size(share) ** -0.2
    return np.asarray(-0.5 * ((given - at) / width) ** 2)


def conditional_risk(
    like: Likeness, hazard: ArrayLike, hazard_before: ArrayLike = 0.0, bootstrap: Bootstrap | None = None
) -> Interval:
    """Return the probability of an event by a time, with the interval of a finite number of patients.

    Parameters
    ----------
    like : Likeness
        Of patients without the event so far.
    hazard, hazard_before : array_like, shape (n,)
        Cumulative hazard of each patient at that time, and now.
    bootstrap : Bootstrap, optional
    """
    known = like.weight > 0.0
    shape = like.weight.shape
    gathered = np.broadcast_to(np.asarray(hazard, np.float64) - np.asarray(hazard_before, np.float64), shape)[known]
    probability, weight = -np.expm1(-gathered), like.weight[known]
    return (bootstrap or Bootstrap()).interval(lambda w: float(probability @ w / w.sum()), weight)


def _tail_shape(log_weight: Array) -> float:
    """Return the shape of the tail of weights by ArviZ; NaN without it, or where too few weights stand out."""
    known = log_weight[np.isfinite(log_weight)]
    if find_spec("arviz") is None or np.ptp(known) < 1e-9:
        return math.nan
    from arviz import psislw

    k = float(psislw(known.copy())[1])  # type: ignore[no-untyped-call]
    return k if math.isfinite(k) else math.nan  # infinite for weights of few levels, such as those of strata
