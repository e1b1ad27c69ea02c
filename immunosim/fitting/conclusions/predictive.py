"""What a fit predicts of measurements, with noise and censoring: new data sets, checks against the observed ones.

Residuals of censored values, and of nothing else, are drawn: uniformly among the errors that would have put the value
below its limit, so that all residuals are standard normal where the model is right.
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
    """Measurements of all patients, one patient after the other, and new ones that the fit would make.

    Attributes
    ----------
    measurements : tuple of Measurement
    predicted : ndarray, shape (n,)
        At the best values.
    residuals : ndarray, shape (n,)
        Standardised; drawn where the value is below quantification.
    replicates : ndarray, shape (n_draws, n)
        New measurements, not yet censored; of the draws with which every patient could be simulated.
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
        """What was measured, or the limit that it was below, shape (n,)."""
        return np.array([one.value for one in self.measurements])

    @property
    def is_below(self) -> Flags:
        """Whether it was below, shape (n,)."""
        return np.array([one.is_below for one in self.measurements], bool)

    @property
    def times(self) -> Array:
        """When it was measured, shape (n,), day."""
        return np.array([one.time for one in self.measurements])

    def of(self, analyte: str) -> Flags:
        """Return which measurements are of an analyte, shape (n,)."""
        return np.array([one.analyte == analyte for one in self.measurements], bool)


def predictive(
    subjects: Sequence[Subject],
    best: Sequence[Array],
    best_factors: Array,
    draws: Sequence[Array],
    draw_factors: Array,
    seed: int = 0,
    n_threads: int = 1,
) -> Predictive:
    """Return what a fit predicts of the measurements of patients.

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
    middle = [rows[0] for rows in predict(subjects, [one[np.newaxis] for one in best], n_threads)]
    spread = predict(subjects, draws, n_threads)
    residuals, replicates = [], []
    for subject, predicted, rows in zip(subjects, middle, spread, strict=True):
        residuals.append(_residuals(subject, predicted, best_factors, generator))
        replicates.append(_new(subject, rows, draw_factors, generator))
    measurements = tuple(one for subject in subjects for one in subject.measurements)
    new = np.concatenate(replicates, axis=1)
    return Predictive(
        measurements,
        np.concatenate(middle),
        np.concatenate(residuals),
        new[np.isfinite(new).all(axis=1)],
        limits_of(measurements),
    )


def population_predictive(population: PopulationFit, n_draws: int = 300, seed: int = 0) -> Predictive:
    """Return new measurements of other patients with the same doses, covariates and visits.

    Parameters of patients are drawn from the distribution, cut at the limits of the search; what patients share, and
    the distribution itself, are taken as known.

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
    ends = np.array([(one.lower, one.upper) for one in posterior.coordinates.parameters])[population.places]
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
    measurements = tuple(one for part in parts for one in part.measurements)
    n = min(len(part.replicates) for part in parts)
    return Predictive(
        measurements,
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.residuals for part in parts]),
        np.concatenate([part.replicates[:n] for part in parts], axis=1),
        limits_of(measurements),
    )


def limits_of(measurements: Sequence[Measurement]) -> Array:
    """Return the limit of quantification that holds for each measurement; 0 where none is known.

    That of the nearest censored value of the same patient and analyte, else the lowest of the analyte in others.
    """
    below = [one for one in measurements if one.is_below]
    return np.array([_limit(one, below) for one in measurements])


def _limit(measurement: Measurement, below: Sequence[Measurement]) -> float:
    if measurement.is_below:
        return measurement.value
    alike = [one for one in below if one.analyte == measurement.analyte]
    own = [one for one in alike if one.patient == measurement.patient]
    if own:
        return min(own, key=lambda one: abs(one.time - measurement.time)).value
    return min((one.value for one in alike), default=0.0)


def _residuals(subject: Subject, predicted: Array, factors: Array, generator: np.random.Generator) -> Array:
    z = standardised(subject.scatter, subject.values, subject.is_below, predicted, factors)[0]
    degrees = subject.scatter.degrees
    is_heavy = np.isfinite(degrees)
    tails = stdtr(np.where(is_heavy, degrees, 1.0), -np.abs(z))
    z = np.where(is_heavy, -np.sign(z) * ndtri(np.maximum(tails, LEAST_SHARE)), z)
    shares = np.maximum(ndtr(z) * generator.random(len(z)), LEAST_SHARE)
    found: Array = np.where(subject.is_below, ndtri(shares), z)
    return found


def _new(subject: Subject, predicted: Array, factors: Array, generator: np.random.Generator) -> Array:
    scatter = subject.scatter
    errors = _independent(scatter, predicted.shape, generator) @ scatter.mixing.T
    errors = errors * spread_at(scatter, predicted, factors)
    return np.where(scatter.is_log, predicted * np.exp(np.where(scatter.is_log, errors, 0.0)), predicted + errors)


def _independent(scatter: Scatter, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Return independent errors: standard normal, or Student's where the noise has heavy tails."""
    errors = generator.normal(size=shape)
    for j in np.flatnonzero(np.isfinite(scatter.degrees)):
        errors[:, j] = generator.standard_t(scatter.degrees[j], size=shape[0])
    return errors
