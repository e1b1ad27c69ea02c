"""Predictive distribution of the measurements, with noise and censoring: replicates and residuals.

Residuals of censored values alone are drawn, from the errors that would have put the value below its limit, so that
all residuals are standard normal under a correct model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        Standardised; drawn where the value is below quantification.
    replicates : ndarray, shape (n_draws, n)
        Simulated measurements before censoring; only draws with which every patient could be simulated.
    limits : ndarray, shape (n,)
        Limit of quantification of each; 0 where none is known.
    """

    measurements: tuple[Measurement, ...]
    predicted: Array
    residuals: Array
    replicates: Array
    limits: Array

    @property
    def observed(self) -> Array:
        """Measured values, or limits of quantification, shape (n,)."""
        return np.array([measurement.value for measurement in self.measurements])

    @property
    def is_below(self) -> Flags:
        """Whether each is below quantification, shape (n,)."""
        return np.array([measurement.is_below for measurement in self.measurements], bool)

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
        limits_of(measurements),
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
        limits_of(measurements),
    )


def limits_of(measurements: Sequence[Measurement]) -> Array:
    """Return the limit of quantification of each measurement; 0 where none is known.

    It is that of the nearest censored value of the same patient and analyte, else the lowest in other patients.
    """
    below = [measurement for measurement in measurements if measurement.is_below]
    return np.array([_limit(measurement, below) for measurement in measurements])


def _limit(measurement: Measurement, below: Sequence[Measurement]) -> float:
    if measurement.is_below:
        return measurement.value
    alike = [other for other in below if other.analyte == measurement.analyte]
    of_patient = [other for other in alike if other.patient == measurement.patient]
    if of_patient:
        return min(of_patient, key=lambda other: abs(other.time - measurement.time)).value
    return min((other.value for other in alike), default=0.0)


def _residuals(subject: Subject, predicted: Array, factors: Array, generator: np.random.Generator) -> Array:
    z = standardised(subject.scatter, subject.values, subject.is_below, predicted, factors)[0]
    degrees = subject.scatter.degrees
    is_heavy = np.isfinite(degrees)
    tails = stdtr(np.where(is_heavy, degrees, 1.0), -np.abs(z))
    z = np.where(is_heavy, -np.sign(z) * ndtri(np.maximum(tails, LEAST_SHARE)), z)
    shares = np.maximum(ndtr(z) * generator.random(len(z)), LEAST_SHARE)
    residuals: Array = np.where(subject.is_below, ndtri(shares), z)
    return residuals


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
