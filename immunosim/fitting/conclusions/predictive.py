"""Predictive distribution of the measurements, with noise and censoring: replicates and residuals.

Residuals of censored values alone are drawn, from the errors that would have put the value below its limit, above it or
into its interval, so that all residuals are standard normal under a correct model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.error_model import Flags, Scatter, spread_at, standardised
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.two_stage import PopulationFit
from immunosim.observations import Measurement

LEAST_SHARE = 1e-12


@dataclass(frozen=True, eq=False)
class Predictive:
    """Measurements of all patients, one patient after the other, and their replicates from the fit.

    Attributes
    ----------
    measurements : tuple of Measurement
    predicted : ndarray, shape (n,)
        At the best values.
    residuals : ndarray, shape (n,)
        Standardised; drawn where the value is censored.
    replicates : ndarray, shape (n_draws, n)
        Simulated measurements before censoring; only draws with which every patient could be simulated.
    """

    measurements: tuple[Measurement, ...]
    predicted: Array
    residuals: Array
    replicates: Array

    @cached_property
    def limits(self) -> Array:
        """Limit of quantification of each, shape (n,); 0 where none is known."""
        return limits_of(self.measurements)

    @cached_property
    def upper_limits(self) -> Array:
        """Limit above which each would not be quantified, shape (n,); infinite where none is known."""
        return upper_limits_of(self.measurements)

    @property
    def observed(self) -> Array:
        """Measured values, or limits where values are censored, shape (n,)."""
        return np.array([measurement.value for measurement in self.measurements])

    @property
    def is_below(self) -> Flags:
        """Whether each is below quantification, shape (n,)."""
        return np.array([measurement.is_below for measurement in self.measurements], bool)

    @property
    def is_above(self) -> Flags:
        """Whether each is above its limit, shape (n,)."""
        return np.array([measurement.is_above for measurement in self.measurements], bool)

    @property
    def is_censored(self) -> Flags:
        """Whether limits alone are known of each, shape (n,)."""
        return self.is_below | self.is_above

    @property
    def lower(self) -> Array:
        """Lower ends of the intervals that values lie in, shape (n,); 0 where there is none."""
        return np.array([seen.lower if seen.is_between else 0.0 for seen in self.measurements])

    @property
    def times(self) -> Array:
        """Times of measurement, shape (n,), day."""
        return np.array([measurement.time for measurement in self.measurements])

    def of(self, analyte: str) -> Flags:
        """Return which measurements are of an analyte, shape (n,)."""
        return np.array([measurement.analyte == analyte for measurement in self.measurements], bool)


def predictive(
    subjects: Sequence[Subject],
    best: Sequence[Array],
    best_factors: Array,
    draws: Sequence[Array],
    draw_factors: Array,
    seed: int = 0,
    n_threads: int = 1,
) -> Predictive:
    """Return the predictive distribution of the measurements of patients.

    Parameters
    ----------
    subjects : sequence of Subject
    best : sequence of ndarray, shape (n_parameters,)
        Of each patient.
    best_factors : ndarray, shape (n_factors,)
        Logarithms of the factors on the noise.
    draws : sequence of ndarray, shape (n_draws, n_parameters)
        Of each patient, from the posterior.
    draw_factors : ndarray, shape (n_draws, n_factors)
    seed : int
        Of the noise, and of the residuals of censored values.
    n_threads : int
    """
    generator = np.random.default_rng(seed)
    middle = [rows[0] for rows in predict(subjects, [values[np.newaxis] for values in best], n_threads)]
    spread = predict(subjects, draws, n_threads)
    residuals, replicates = [], []
    for subject, predicted, rows in zip(subjects, middle, spread, strict=True):
        residuals.append(_residuals(subject, predicted, best_factors, generator))
        replicates.append(_new(subject, rows, draw_factors, generator))
    measurements = tuple(measurement for subject in subjects for measurement in subject.measurements)
    new = np.concatenate(replicates, axis=1)
    return Predictive(
        measurements,
        np.concatenate(middle),
        np.concatenate(residuals),
        new[np.isfinite(new).all(axis=1)],
    )


def population_predictive(population: PopulationFit, n_draws: int = 300, seed: int = 0) -> Predictive:
    """Return simulated measurements of new patients with the same doses, covariates and visits.

    Parameters of patients are drawn from the distribution, cut at the limits of the search; common parameters, and the
    distribution itself, are taken as known.

    Parameters
    ----------
    population : PopulationFit
    n_draws : int
    seed : int
    """
    estimate = population.estimate
    posterior, n = estimate.posterior, len(population.arrangement.coordinates)
    shape = (n_draws, *population.places.shape)
    values = np.tile(estimate.values[:n], (n_draws, 1))
    normal = np.random.default_rng(seed).normal(size=shape)
    ends = np.array([(parameter.lower, parameter.upper) for parameter in posterior.coordinates.parameters])[
        population.places
    ]
    drawn = population.medians * np.exp(population.sds * normal)
    values[:, population.places] = np.clip(drawn, ends[..., 0], ends[..., 1])
    factors = np.log(estimate.values[n:])
    return predictive(
        posterior.subjects,
        [rows[0] for rows in posterior.of_patients(estimate.values[np.newaxis, :n])],
        factors,
        posterior.of_patients(values),
        np.tile(factors, (n_draws, 1)),
        seed,
        posterior.n_threads,
    )


def joined(parts: Sequence[Predictive]) -> Predictive:
    """Return the measurements of several fits, one after the other; limits of quantification hold for all."""
    measurements = tuple(measurement for part in parts for measurement in part.measurements)
    n = min(len(part.replicates) for part in parts)
    return Predictive(
        measurements,
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.residuals for part in parts]),
        np.concatenate([part.replicates[:n] for part in parts], axis=1),
    )


def limits_of(measurements: Sequence[Measurement]) -> Array:
    """Return the limit of quantification of each measurement; 0 where none is known.

    It is that of the nearest censored value of the same patient and analyte, else the lowest in other patients. Limits
    above a quantified value do not hold for it.
    """
    below = [measurement for measurement in measurements if measurement.is_below]
    return np.array([_limit(measurement, below, 1.0) for measurement in measurements])


def upper_limits_of(measurements: Sequence[Measurement]) -> Array:
    """Return the limit above which each measurement would not be quantified, found likewise; infinite where none is."""
    above = [measurement for measurement in measurements if measurement.is_above]
    return np.array([_limit(measurement, above, -1.0) for measurement in measurements])


def _limit(measurement: Measurement, censored: Sequence[Measurement], side: float) -> float:
    """Return the limit of a measurement from the values below (side 1) or above theirs (side -1)."""
    if measurement.is_below if side > 0.0 else measurement.is_above:
        return measurement.value
    holds = [other for other in censored if side * other.value <= side * measurement.value]
    alike = [other for other in holds if other.analyte == measurement.analyte]
    of_patient = [other for other in alike if other.patient == measurement.patient]
    if of_patient:
        return min(of_patient, key=lambda other: abs(other.time - measurement.time)).value
    return side * min((side * other.value for other in alike), default=0.0 if side > 0.0 else -np.inf)


def _residuals(subject: Subject, predicted: Array, factors: Array, generator: np.random.Generator) -> Array:
    """Return standardised residuals; of censored values drawn from the tail, or the part of it, that is left."""
    scatter = subject.scatter
    is_above = np.array([measurement.is_above for measurement in subject.measurements], bool)
    z = _normal_scores(subject, subject.values, predicted, factors)
    is_between = scatter.lower > 0.0
    lower = _normal_scores(subject, np.where(is_between, scatter.lower, subject.values), predicted, factors)
    low, high = np.where(is_above, z, np.where(is_between, lower, -np.inf)), np.where(is_above, np.inf, z)
    is_mirrored = low > 0.0  # of the tail that is nearer, which does not round to 1
    low, high = np.where(is_mirrored, -high, low), np.where(is_mirrored, -low, high)
    least = ndtr(low)
    shares = np.maximum(least + (ndtr(high) - least) * generator.random(len(z)), LEAST_SHARE)
    residuals: Array = np.where(subject.is_censored, np.where(is_mirrored, -1.0, 1.0) * ndtri(shares), z)
    return residuals


def _normal_scores(subject: Subject, values: Array, predicted: Array, factors: Array) -> Array:
    """Return standardised distances from the prediction, as normal quantiles also where tails are heavy."""
    z = standardised(subject.scatter, values, subject.is_censored, predicted, factors)[0]
    degrees = subject.scatter.degrees
    is_heavy = np.isfinite(degrees)
    tails = stdtr(np.where(is_heavy, degrees, 1.0), -np.abs(z))
    return np.where(is_heavy, -np.sign(z) * ndtri(np.maximum(tails, LEAST_SHARE)), z)


def _new(subject: Subject, predicted: Array, factors: Array, generator: np.random.Generator) -> Array:
    scatter = subject.scatter
    errors = _independent(scatter, predicted.shape, generator) @ scatter.mixing.T
    errors = errors * spread_at(scatter, predicted, factors)
    with np.errstate(over="ignore"):  # heavy tails of a large error: beyond any number is a value all the same
        logarithmic = predicted * np.exp(np.where(scatter.is_log, errors, 0.0))
    return np.where(scatter.is_log, logarithmic, predicted + errors)


def _independent(scatter: Scatter, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Return independent errors: standard normal, or Student's where the noise has heavy tails."""
    errors = generator.normal(size=shape)
    for j in np.flatnonzero(np.isfinite(scatter.degrees)):
        errors[:, j] = generator.standard_t(scatter.degrees[j], size=shape[0])
    return errors
