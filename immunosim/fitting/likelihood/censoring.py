"""The probability of values below quantification, given what was quantified in the same sample (M3 of Beal 2001).

The errors of one sample have one factor in common: a total's standardised error is u, a subset's a u + s e with
a = r^0.5 and s = (1 - r)^0.5, where r is the fraction that it shares with the total. What was quantified tells of u: a
total all of it, subsets leave a normal distribution. The values below quantification are then independent of each other
given u, so that their joint probability is one integral over u, whatever their number:

    P = integral of N(u; m, v) * prod Phi((z_i - a_i u) / s_i) du.                                             (C1)

A total below its limit cuts the integral at its z. Knows neither predictions nor parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LOG_TWO_PI = float(np.log(2 * np.pi))
N_NODES, REACH = 64, 9.0
"""Gauss-Legendre nodes over the shared error, and the standard deviations to which they reach."""

LEAST_PRIVATE = 1e-3
"""Where all of an error is shared, its private part: a step would have no slope."""


@dataclass(frozen=True, eq=False)
class CensoredSample:
    """The measurements of one sample of which some are below quantification.

    Attributes
    ----------
    below, known : ndarray of int
        Indices of the measurements below quantification, a total first, and of those that were quantified and share
        their error.
    loads, private : ndarray, shape (n_below,)
        Part of each error that is shared, and its own: a and s of (C1); a total below has 1 and 0.
    weights : ndarray, shape (n_known,)
        With which the quantified residuals make the mean m of the shared error.
    variance : float
        v of (C1); 0 where a total was quantified.
    degrees : float
        Of freedom of Student's distribution, which is that of a value by itself alone; infinite for the normal one.
    """

    below: Integers
    known: Integers
    loads: Array
    private: Array
    weights: Array
    variance: float
    degrees: float = np.inf


def censored_sample(below: list[int], known: list[int], total: int | None, shared: float) -> CensoredSample:
    """Return a sample ready to be evaluated.

    Parameters
    ----------
    below, known : list of int
        Indices of its measurements that share an error.
    total : int or None
        Which of them is the total.
    shared : float
        Fraction of a subset's variance that is the error of the total.
    """
    root, left = np.sqrt(shared), np.sqrt(1.0 - shared)
    ordered = sorted(below, key=lambda index: index != total)
    loads = np.array([1.0 if index == total else root for index in ordered])
    private = np.array([0.0 if index == total else left for index in ordered])
    if total in known:
        weights, variance = np.array([float(index == total) for index in known]), 0.0
    elif shared < 1.0:
        precision = 1.0 + len(known) * shared / (1.0 - shared)
        weights, variance = np.full(len(known), root / (1.0 - shared) / precision), 1.0 / precision
    else:  # every subset has the whole error of the total
        weights, variance = np.full(len(known), 1.0 / max(len(known), 1)), 0.0 if known else 1.0
    return CensoredSample(np.array(ordered), np.array(known, np.int64), loads, private, weights, variance)


def alone(index: int, degrees: float = np.inf) -> CensoredSample:
    """Return a value below quantification whose error is all its own."""
    nothing = np.zeros(0)
    return CensoredSample(np.array([index]), np.zeros(0, np.int64), np.zeros(1), np.ones(1), nothing, 0.0, degrees)


def log_probability(sample: CensoredSample, z: Array) -> tuple[float, Array, Array]:
    """Return the log probability of what is below, its gradient and minus its Hessian by the residuals.

    Parameters
    ----------
    sample : CensoredSample
    z : ndarray, shape (n,)
        Standardised residuals of all measurements of the patient; of the limit where a value is below it.

    Returns
    -------
    value : float
    gradient : ndarray, shape (n_below + n_known,)
        By ``z[below]``, then ``z[known]``.
    information : ndarray, shape (n_below + n_known, n_below + n_known)
        Never indefinite: (C1) is log-concave.
    """
    mean = float(sample.weights @ z[sample.known])
    value, gradient, information = _by_mean(sample, z[sample.below], mean)
    n = len(sample.below)
    chain = np.zeros((n + 1, n + len(sample.known)))
    chain[:n, :n] = np.eye(n)
    chain[n, n:] = sample.weights
    return value, gradient @ chain, chain.T @ information @ chain


def each_in_turn(sample: CensoredSample, z: Array) -> Iterator[tuple[int, float]]:
    """Yield index and log probability of each value below, given those before it; they add up to that of all."""
    before = 0.0
    for n, index in enumerate(sample.below.tolist(), 1):
        part = CensoredSample(
            sample.below[:n], sample.known, sample.loads[:n], sample.private[:n], sample.weights, sample.variance
        )
        whole = log_probability(part, z)[0]
        yield index, whole - before
        before = whole


def _by_mean(sample: CensoredSample, z: Array, mean: float) -> tuple[float, Array, Array]:
    """Return value, gradient and information by the limits and by the mean of the shared error."""
    if sample.variance > 0.0:
        return _integral(sample, z, mean)
    private = np.maximum(sample.private, LEAST_PRIVATE)
    distance = (z - sample.loads * mean) / private
    value, ratio, curvature = log_student(distance, sample.degrees) if sample.degrees < np.inf else log_normal(distance)
    chain = np.concatenate([np.diag(1.0 / private), -(sample.loads / private)[:, np.newaxis]], axis=1)
    return float(value.sum()), ratio @ chain, (chain.T * curvature) @ chain


def _integral(sample: CensoredSample, z: Array, mean: float) -> tuple[float, Array, Array]:
    """Return the same where the shared error has a distribution: (C1) below the cut."""
    sd, n, is_cut = float(np.sqrt(sample.variance)), len(z), sample.private[0] == 0.0
    cut = float((z[0] - mean) / sd) if is_cut else np.inf
    standard, weights = _nodes(cut)
    first = int(is_cut)
    logs, slopes, bends = _terms(sample, z, first, standard * sd + mean)
    logs = logs - 0.5 * (standard**2 + LOG_TWO_PI)
    top = float(logs.max())
    share = weights * np.exp(logs - top)
    value = top + float(np.log(share.sum()))
    share = share / share.sum()
    # Score and information by the identities of Louis (1982): means and covariances over the shared error.
    rows = np.concatenate([slopes, standard[np.newaxis] / sd])
    middle = rows @ share
    size = n + 1
    gradient, information = np.zeros(size), np.zeros((size, size))
    gradient[first:] = middle
    spread = (rows * share) @ rows.T - np.outer(middle, middle)
    information[first:, first:] = np.diag([*(bends @ share), 1.0 / sample.variance]) - spread
    if is_cut:
        log_at, slope_at, _ = _terms(sample, z, first, z[:1])
        density = float(np.exp(-0.5 * (cut**2 + LOG_TWO_PI) + log_at[0] - value)) / sd
        gradient[0] = density
        at_cut = np.concatenate([slope_at[:, 0], [cut / sd]])
        information[0, 1:] = information[1:, 0] = density * (middle - at_cut)
        information[0, 0] = density * (cut / sd + float(sample.loads[1:] @ slope_at[:, 0]) + density)
    return value, gradient, information


def _terms(sample: CensoredSample, z: Array, first: int, u: Array) -> tuple[Array, Array, Array]:
    """Return the log of the product of (C1) at shared errors, and slope and bend of each factor by its limit."""
    private = np.maximum(sample.private[first:, np.newaxis], LEAST_PRIVATE)
    value, ratio, curvature = log_normal((z[first:, np.newaxis] - sample.loads[first:, np.newaxis] * u) / private)
    return value.sum(axis=0), ratio / private, curvature / private**2


def _nodes(cut: float) -> tuple[Array, Array]:
    """Return nodes and weights that integrate over the standard normal distribution below a cut, its density aside."""
    nodes, weights = _gauss_legendre()
    high = min(cut, REACH)
    low = -float(np.hypot(min(cut, 0.0), REACH))
    return low + 0.5 * (high - low) * (nodes + 1.0), 0.5 * (high - low) * weights


@cache
def _gauss_legendre() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    return nodes, weights


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
