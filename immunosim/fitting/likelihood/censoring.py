"""The probability of values of which limits are known, given what was quantified in the same sample (M3 of Beal 2001).

The errors of one sample have one factor in common: a total's standardised error is u, a subset's a u + s e with
a = r^0.5 and s = (1 - r)^0.5, where r is the fraction that it shares with the total. What was quantified tells of u: a
total all of it, subsets leave a normal distribution. The censored values, below a limit, above one or in an interval,
are then independent of each other given u, so that their joint probability is one integral over u, whatever their
number:

    P = integral of N(u; m, v) * prod (Phi((high_i - a_i u) / s_i) - Phi((low_i - a_i u) / s_i)) du.           (C1)

The limits of a censored total are those of the integral. Knows neither predictions nor parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from immunosim.fitting.likelihood.censored_samples import CensoredSample
from immunosim.fitting.likelihood.probability import LOG_TWO_PI, LogProbability, log_probability_of

Array = npt.NDArray[np.float64]

REACH = 9.0
"""Standard deviations of the shared error over which the integral extends, at both sides of its peak."""

LEAST_NODES, MOST_NODES, NODES_PER_SD = 64, 512, 32
"""Gauss-Legendre nodes over the shared error, and how many more its narrowest peak asks for."""

STEPS_TO_PEAK = 6

LEAST_PRIVATE = 1e-3
"""Where all of an error is shared, its private part: a step would have no slope."""


def log_probability(sample: CensoredSample, z: Array, widths: Array | None = None) -> tuple[float, Array, Array]:
    """Return the log probability of what is censored, its gradient and minus its Hessian.

    Parameters
    ----------
    sample : CensoredSample
    z : ndarray, shape (n,)
        Standardised residuals of all measurements of the patient; of the limit where a value is censored, of the upper
        one where it lies in an interval.
    widths : ndarray, shape (n,), optional
        Standardised widths of the intervals, where there are any.

    Returns
    -------
    value : float
    gradient : ndarray, shape (n_censored + n_known + n_between,)
        By ``z[censored]``, by ``z[known]``, then by the widths of the intervals.
    information : ndarray, shape (n_censored + n_known + n_between,) * 2
        Never indefinite: (C1) is log-concave.
    """
    mean = float(sample.weights @ z[sample.known])
    chosen = np.full(len(sample.censored), np.inf)
    if widths is not None:
        chosen[sample.is_between] = widths[sample.censored[sample.is_between]]
    value, gradient, information = _by_mean(sample, z[sample.censored], chosen, mean)
    return value, gradient @ sample.chain, sample.chain.T @ information @ sample.chain


def each_in_turn(sample: CensoredSample, z: Array, widths: Array | None = None) -> Iterator[tuple[int, float]]:
    """Yield index and log probability of each censored value, given those before it; they add up to that of all."""
    before = 0.0
    for n, index in enumerate(sample.censored.tolist(), 1):
        whole = log_probability(sample.first(n), z, widths)[0]
        yield index, whole - before
        before = whole


def _by_mean(sample: CensoredSample, z: Array, widths: Array, mean: float) -> tuple[float, Array, Array]:
    """Return value, gradient and information by the limits, the widths and the mean of the shared error."""
    if sample.variance > 0.0:
        return _integral(sample, z, widths, mean)
    private = np.maximum(sample.private, LEAST_PRIVATE)
    terms = log_probability_of((z - sample.loads * mean) / private, widths / private, sample.is_above, sample.degrees)
    scale, nothing = np.diag(1.0 / private), np.zeros((len(z), len(z)))
    shift = -(sample.loads / private)[:, np.newaxis]
    chain = np.block([[scale, nothing, shift], [nothing, scale, 0.0 * shift]])
    gradient = np.concatenate([terms.slope, terms.slope_of_width]) @ chain
    return float(terms.value.sum()), gradient, chain.T @ _bends(terms) @ chain


def _bends(terms: LogProbability) -> Array:
    """Return minus the second derivatives by limits and widths, shape (2 n, 2 n)."""
    mixed = np.diag(terms.mixed)
    return np.block([[np.diag(terms.curvature), mixed], [mixed, np.diag(terms.curvature_of_width)]])


def _integral(sample: CensoredSample, z: Array, widths: Array, mean: float) -> tuple[float, Array, Array]:
    """Return the same where the shared error has a distribution: (C1) between the limits of a total."""
    sd, n, first = float(np.sqrt(sample.variance)), len(z), int(sample.has_total)
    factors = _Factors(sample, z, widths, mean, sd, first)
    cuts = _ends_of_total(sample, z, widths) if first else []
    low, high = (next((((end - mean) / sd) for end, side in cuts if side == of), of * np.inf) for of in (-1.0, 1.0))
    standard, weights = _nodes(low, high, factors.peak, n_nodes_of(sample))
    terms = factors.at(standard)
    logs = terms.value.sum(axis=0) - 0.5 * (standard**2 + LOG_TWO_PI)
    top = float(logs.max())
    share = weights * np.exp(logs - top)
    value = top + float(np.log(share.sum()))
    share = share / share.sum()
    # Score and information by the identities of Louis (1982): means and covariances over the shared error.
    rows = factors.scores(terms, standard)
    middle = rows @ share
    inner = factors.bends(terms, share) - ((rows * share) @ rows.T - np.outer(middle, middle))
    places = np.r_[first:n, n + first : 2 * n, 2 * n]
    gradient, information = np.zeros(2 * n + 1), np.zeros((2 * n + 1, 2 * n + 1))
    gradient[places], information[np.ix_(places, places)] = middle, inner
    for end, side in cuts:
        at = np.array([(end - mean) / sd])
        there = factors.at(at)
        density = side * float(np.exp(-0.5 * (at[0] ** 2 + LOG_TWO_PI) + there.value.sum() - value)) / sd
        by_end = _end_slopes(sample, n, side)
        score = factors.scores(there, at)[:, 0]
        across = np.zeros(2 * n + 1)
        across[places] = density * (middle - score)
        fall = float(at[0]) / sd + float(sample.loads[first:] @ score[: n - first])
        information += density * fall * np.outer(by_end, by_end) + np.outer(by_end, across) + np.outer(across, by_end)
        gradient += density * by_end
    # Densities at both limits of the total also multiply each other.
    of_total = gradient * ~np.isin(np.arange(2 * n + 1), places)
    return value, gradient, information + np.outer(of_total, of_total)


def _ends_of_total(sample: CensoredSample, z: Array, widths: Array) -> list[tuple[float, float]]:
    """Return the limits of the total, each with its side: -1 for the lower and 1 for the upper one."""
    if sample.is_above[0]:
        return [(float(z[0]), -1.0)]
    lower = [(float(z[0] - widths[0]), -1.0)] if sample.is_between[0] else []
    return [*lower, (float(z[0]), 1.0)]


def _end_slopes(sample: CensoredSample, n: int, side: float) -> Array:
    """Return the derivatives of a limit of the total by limits, widths and mean."""
    slopes = np.zeros(2 * n + 1)
    slopes[0] = 1.0
    if side < 0.0 and sample.is_between[0]:
        slopes[n] = -1.0
    return slopes


class _Factors:
    """The factors of (C1) beside the density, at standardised shared errors."""

    def __init__(self, sample: CensoredSample, z: Array, widths: Array, mean: float, sd: float, first: int) -> None:
        self.private = np.maximum(sample.private[first:, np.newaxis], LEAST_PRIVATE)
        self.loads, self.is_above = sample.loads[first:, np.newaxis], sample.is_above[first:, np.newaxis]
        self.z, self.widths = z[first:, np.newaxis], widths[first:, np.newaxis]
        self.mean, self.sd = mean, sd
        self.precisions = ((self.loads * sd / self.private) ** 2)[:, 0]

    def at(self, standard: Array) -> LogProbability:
        u = standard * self.sd + self.mean
        return log_probability_of((self.z - self.loads * u) / self.private, self.widths / self.private, self.is_above)

    def scores(self, terms: LogProbability, standard: Array) -> Array:
        """Return the derivatives of the integrand's logarithm by limits, widths and mean, a column for each node."""
        rows = (terms.slope / self.private, terms.slope_of_width / self.private, standard[np.newaxis] / self.sd)
        return np.concatenate(rows)

    def bends(self, terms: LogProbability, share: Array) -> Array:
        """Return the mean of minus the second derivatives of the integrand's logarithm."""
        parts = (terms.curvature, terms.curvature_of_width, terms.mixed)
        of_limit, of_width, mixed = (np.diag((part / self.private**2) @ share) for part in parts)
        nothing = np.zeros((len(self.private), 1))
        steady = np.array([[self.sd**-2.0]])
        return np.block([[of_limit, mixed, nothing], [mixed, of_width, nothing], [nothing.T, nothing.T, steady]])

    @property
    def peak(self) -> float:
        """Standardised shared error near which the integrand is largest.

        Each factor is taken for a normal density beyond its limits and for 1 within; Newton's method ends in a few
        steps.
        """
        lows = np.where(self.is_above, self.z, self.z - self.widths)[:, 0]
        highs = np.where(self.is_above, np.inf, self.z)[:, 0]
        lows, highs = ((ends / self.loads[:, 0] - self.mean) / self.sd for ends in (lows, highs))
        peak = 0.0
        for _ in range(STEPS_TO_PEAK):
            nearest = np.clip(peak, lows, highs)
            pulling = np.where(nearest == peak, 0.0, self.precisions)
            peak = float(pulling @ nearest) / (1.0 + float(pulling.sum()))
        return peak


def _nodes(low: float, high: float, peak: float, n: int) -> tuple[Array, Array]:
    """Return nodes and weights that integrate between two limits what falls as a normal density from its peak."""
    nodes, weights = gauss_legendre(n)
    from_low, from_high = max(low - peak, 0.0), max(peak - high, 0.0)
    last = min(high, peak + float(np.hypot(from_low, REACH)))
    start = max(low, peak - float(np.hypot(from_high, REACH)))
    return start + 0.5 * (last - start) * (nodes + 1.0), 0.5 * (last - start) * weights


def n_nodes_of(sample: CensoredSample) -> int:
    """Return how many nodes resolve the narrowest peak of (C1)."""
    first = int(sample.has_total)
    private = np.maximum(sample.private[first:], LEAST_PRIVATE)
    precisions = (sample.loads[first:] / private) ** 2 * sample.variance
    peaks = int(np.ceil(np.sqrt(1.0 + float(precisions.sum()))))
    return min(max(LEAST_NODES, NODES_PER_SD * peaks), MOST_NODES)


@cache
def gauss_legendre(n: int) -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Legendre on -1 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return nodes, weights
