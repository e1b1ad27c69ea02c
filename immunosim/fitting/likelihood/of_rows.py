"""The log likelihood of one patient at many predictions at once, without derivatives.

What ``pointwise`` computes for one prediction, as arrays over rows: a bank of draws asks for hundreds a patient.
"""

from __future__ import annotations

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.censored_samples import CensoredSample
from immunosim.fitting.likelihood.censoring import LEAST_PRIVATE, REACH, STEPS_TO_PEAK, gauss_legendre, n_nodes_of
from immunosim.fitting.likelihood.error_model import Flags, Scatter, is_certainly_zero, standardised
from immunosim.fitting.likelihood.pointwise import student_excess
from immunosim.fitting.likelihood.probability import LOG_TWO_PI, log_probability_of
from immunosim.fitting.likelihood.subject import Subject

MOST_ELEMENTS = 2_000_000
"""Of an integrand over rows and nodes: 16 MB."""


def log_likelihoods(subject: Subject, predicted: Array, log_factors: Array) -> Array:
    """Return the logarithm of the likelihood of each row, shape (n_rows,); -inf where it fails or is impossible.

    Parameters
    ----------
    subject : Subject
    predicted : ndarray, shape (n_rows, n)
    log_factors : ndarray, shape (n_factors,)
        Logarithms of the estimated factors on the noise.
    """
    total = np.full(len(predicted), -np.inf)
    possible = np.isfinite(predicted).all(axis=1) & (predicted >= 0.0).all(axis=1)
    if possible.any():
        # Draws reach where values are impossible, and probabilities of intervals are 0: minus infinity is meant.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            total[possible] = _of_possible(subject, predicted[possible], log_factors)
    return np.where(np.isnan(total), -np.inf, total)


def _of_possible(subject: Subject, predicted: Array, log_factors: Array) -> Array:
    scatter, censored = subject.scatter, subject.is_censored
    z, _, _, log_sd = standardised(scatter, subject.values, censored, predicted, log_factors)
    white = np.where(censored, 0.0, z) @ scatter.whitening.T
    total: Array = -0.5 * (white**2).sum(axis=1) - log_sd[:, ~censored, 0].sum(axis=1)
    total -= 0.5 * (scatter.log_determinant + LOG_TWO_PI * int((~censored).sum()))
    total += student_excess(scatter.degrees, white)[:, ~censored].sum(axis=1)
    if scatter.samples:
        total += _of_limits(scatter, subject, predicted, log_factors, z)
    # More than zero was measured where only zero is possible.
    return np.where(np.isfinite(white).all(axis=1), total, -np.inf)


def _of_limits(scatter: Scatter, subject: Subject, predicted: Array, log_factors: Array, z: Array) -> Array:
    """Return the log probability of what is censored, given what was quantified, shape (n_rows,)."""
    widths = np.full(z.shape, np.inf)
    is_between = scatter.lower > 0.0
    if is_between.any():
        ends = np.where(is_between, scatter.lower, subject.values)
        lower = standardised(scatter, ends, subject.is_censored, predicted, log_factors)[0]
        widths[:, is_between] = (z - lower)[:, is_between]
    is_zero = is_certainly_zero(scatter, predicted)
    total = np.zeros(len(z))
    for sample in scatter.samples:
        total += log_probabilities(sample, z, widths)
        beyond = is_zero[:, sample.censored] & (sample.is_above | sample.is_between)
        total[beyond.any(axis=1)] = -np.inf
    return total


def log_probabilities(sample: CensoredSample, z: Array, widths: Array) -> Array:
    """Return ``censoring.log_probability`` of each row, equation (C1).

    Parameters
    ----------
    sample : CensoredSample
    z, widths : ndarray, shape (n_rows, n)
        Of all measurements of the patient.
    """
    limits = z[:, sample.censored]
    chosen = np.where(sample.is_between, widths[:, sample.censored], np.inf)
    means = z[:, sample.known] @ sample.weights if len(sample.known) else np.zeros(len(z))
    if sample.variance <= 0.0:
        private = np.maximum(sample.private, LEAST_PRIVATE)
        shifted = (limits - sample.loads * means[:, np.newaxis]) / private
        return np.asarray(
            log_probability_of(shifted, chosen / private, sample.is_above, sample.degrees).value.sum(axis=1)
        )
    n_rows = max(1, MOST_ELEMENTS // (n_nodes_of(sample) * max(len(sample.censored), 1)))
    parts = [slice(start, start + n_rows) for start in range(0, len(z), n_rows)]
    return np.concatenate([_integrals(sample, limits[part], chosen[part], means[part]) for part in parts])


def _integrals(sample: CensoredSample, limits: Array, widths: Array, means: Array) -> Array:
    sd, first = float(np.sqrt(sample.variance)), int(sample.has_total)
    low, high = np.full(len(means), -np.inf), np.full(len(means), np.inf)
    if first:
        end = (limits[:, 0] - means) / sd
        if sample.is_above[0]:
            low = end
        else:
            high = end
            if sample.is_between[0]:
                low = end - widths[:, 0] / sd
    loads, is_above = sample.loads[first:], sample.is_above[first:]
    private = np.maximum(sample.private[first:], LEAST_PRIVATE)
    z, widths = limits[:, first:], widths[:, first:]
    peak = _peaks(loads, private, is_above, z, widths, means, sd)
    nodes, weights = gauss_legendre(n_nodes_of(sample))
    from_low, from_high = np.maximum(low - peak, 0.0), np.maximum(peak - high, 0.0)
    last = np.minimum(high, peak + np.hypot(from_low, REACH))
    start = np.maximum(low, peak - np.hypot(from_high, REACH))
    half = 0.5 * (last - start)[:, np.newaxis]
    standard = start[:, np.newaxis] + half * (nodes + 1.0)
    u = (standard * sd + means[:, np.newaxis])[:, np.newaxis]
    shifted = (z[:, :, np.newaxis] - loads[:, np.newaxis] * u) / private[:, np.newaxis]
    spans = np.broadcast_to((widths / private)[:, :, np.newaxis], shifted.shape)
    logs = log_probability_of(shifted, spans, is_above[:, np.newaxis]).value.sum(axis=1)
    logs = logs - 0.5 * (standard**2 + LOG_TWO_PI)
    top = logs.max(axis=1)
    return np.asarray(top + np.log((half * weights * np.exp(logs - top[:, np.newaxis])).sum(axis=1)))


def _peaks(loads: Array, private: Array, is_above: Flags, z: Array, widths: Array, means: Array, sd: float) -> Array:
    """Return the standardised shared error near which each integrand is largest, as ``censoring`` finds it."""
    precisions = (loads * sd / private) ** 2
    lows = (np.where(is_above, z, z - widths) / loads - means[:, np.newaxis]) / sd
    highs = (np.where(is_above, np.inf, z) / loads - means[:, np.newaxis]) / sd
    peak = np.zeros(len(means))
    for _ in range(STEPS_TO_PEAK):
        nearest = np.clip(peak[:, np.newaxis], lows, highs)
        pulling = np.where(nearest == peak[:, np.newaxis], 0.0, precisions)
        peak = (pulling * nearest).sum(axis=1) / (1.0 + pulling.sum(axis=1))
    return peak
