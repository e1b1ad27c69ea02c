"""The posterior of a fit: likelihood of all patients times priors, with exact gradients, for many candidates at once.

Unknowns are the coordinates of the parameters, then the logarithms of the estimated factors on the noise. The
Hessian is the expected information (Fisher scoring), which is never indefinite; for censored values it is the observed
information. Likelihoods are kept per patient, so that a prior over patients can be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.pointwise import PointwiseLikelihood, pointwise_likelihood
from immunosim.fitting.likelihood.prediction import differentiate, predict
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.likelihood.transforms import Coordinates

FACTOR_SD = 0.5
"""Prior standard deviation of the logarithm of a factor on the noise; assumed."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior that a fit maximises.

    Attributes
    ----------
    subjects : tuple of Subject
    coordinates : Coordinates
    factors : tuple of str
        Analytes whose noise is estimated.
    with_priors : bool
        Whether priors are used (MAP), or the likelihood alone.
    n_threads : int
    designs : tuple of ndarray, shape (n_parameters of a patient, n_coordinates)
        Of each patient: logarithms of the patient's parameters are this matrix times those of the coordinates' values.
        Empty where every patient has the same parameters and these are the coordinates.
    """

    subjects: tuple[Subject, ...]
    coordinates: Coordinates
    factors: tuple[str, ...] = ()
    with_priors: bool = True
    n_threads: int = 1
    designs: tuple[Array, ...] = ()

    @property
    def n_unknowns(self) -> int:
        """Number of unknowns."""
        return len(self.coordinates) + len(self.factors)

    @property
    def names(self) -> list[str]:
        """Names of the unknowns."""
        return [*self.coordinates.names, *(f"noise of {name}" for name in self.factors)]

    @cached_property
    def start(self) -> Array:
        """Initial unknowns."""
        values = np.array([parameter.value for parameter in self.coordinates.parameters])
        return np.concatenate([self.coordinates.of(values), np.zeros(len(self.factors))])

    @property
    def n_measurements(self) -> int:
        """Measurements of all patients."""
        return sum(len(subject.measurements) for subject in self.subjects)

    def natural(self, unknowns: Array) -> Array:
        """Return parameters in their own units and factors on the noise, the same shape."""
        n = len(self.coordinates)
        return np.concatenate([self.coordinates.values_at(unknowns[..., :n]), np.exp(unknowns[..., n:])], axis=-1)

    def prior_precision(self, unknowns: Array) -> Array:
        """Return minus the second derivatives of the logarithm of the priors, shape (n_unknowns,), at one point."""
        n = len(self.coordinates)
        values, factors = self.coordinates.values_at(unknowns[:n]), unknowns[n:]
        by_log = np.concatenate([self.coordinates.slopes_at(unknowns[:n]) / values, np.ones(len(factors))])
        curvature: Array = self._log_prior(values, factors)[2] * by_log**2
        return curvature

    def log_priors(self, unknowns: Array) -> Array:
        """Return the logarithm of the prior of each unknown (without constants), shape (n_unknowns,), at one point."""
        n = len(self.coordinates)
        priors = (
            self.coordinates.log_priors(self.coordinates.values_at(unknowns[:n])) if self.with_priors else np.zeros(n)
        )
        return np.concatenate([priors, -0.5 * (unknowns[n:] / FACTOR_SD) ** 2])

    def of_patients(self, values: Array) -> list[Array]:
        """Return the parameters of each patient, shape (n_rows, n_parameters), from those of the coordinates."""
        if not self.designs:
            return [values] * len(self.subjects)
        with np.errstate(invalid="ignore"):
            logs = np.log(values)
            return [np.exp(logs @ design.T) for design in self.designs]

    def predictions(self, unknowns: Array) -> list[Array]:
        """Return the predictions of the measurements of each patient, shape (n_rows, n); NaN where a row fails."""
        values = self.coordinates.values_at(unknowns[:, : len(self.coordinates)])
        return predict(self.subjects, self.of_patients(values), self.n_threads)

    def log_likelihoods(self, unknowns: Array) -> Array:
        """Return the logarithm of the likelihood of each patient, shape (n_rows, n_subjects); -inf where it fails."""
        n, predictions = len(self.coordinates), self.predictions(unknowns)
        likelihoods = np.empty((len(unknowns), len(self.subjects)))
        for s, subject in enumerate(self.subjects):
            for i, factors in enumerate(unknowns[:, n:]):
                likelihoods[i, s] = log_likelihood(subject, predictions[s][i], factors)[0]
        return likelihoods

    def log_density(self, unknowns: Array) -> Array:
        """Return the logarithm of the posterior's density by the unknowns, shape (n_rows,); -inf where it fails.

        With the volume of the unknowns, as a sampler of these needs it: priors are densities of log parameters.
        """
        n = len(self.coordinates)
        values = self.coordinates.values_at(unknowns[:, :n])
        total = self._log_prior(values, unknowns[:, n:])[0] + self.log_likelihoods(unknowns).sum(axis=1)
        slopes = self.coordinates.slopes_at(unknowns[:, :n]) / values
        with np.errstate(divide="ignore"):
            volume = np.log(slopes).sum(axis=1)
        return np.where(np.isfinite(total), total + volume, -np.inf)

    def evaluate(self, unknowns: Array) -> tuple[Array, Array, Array]:
        """Return minus the logarithm of the posterior, its gradient and its expected Hessian.

        Parameters
        ----------
        unknowns : ndarray, shape (n_rows, n_unknowns)

        Returns
        -------
        value : ndarray, shape (n_rows,)
            Infinite where a row is invalid or fails.
        gradient : ndarray, shape (n_rows, n_unknowns)
        hessian : ndarray, shape (n_rows, n_unknowns, n_unknowns)
        """
        return evaluate_together([(self, unknowns)])[0]

    def evaluated_from(
        self, unknowns: Array, patient_values: Sequence[Array], derivatives: Sequence[tuple[Array, Array]]
    ) -> tuple[Array, Array, Array]:
        """Return value, gradient and Hessian from the predictions of all patients and their derivatives.

        Parameters
        ----------
        unknowns : ndarray, shape (n_rows, n_unknowns)
        patient_values : sequence of ndarray, shape (n_rows, n_parameters)
        derivatives : sequence of (ndarray, ndarray), shapes (n_rows, n) and (n_rows, n, n_parameters)
        """
        n = len(self.coordinates)
        values, factors = self.coordinates.values_at(unknowns[:, :n]), unknowns[:, n:]
        by_log = self.coordinates.slopes_at(unknowns[:, :n]) / values
        prior, prior_slope, prior_curvature = self._log_prior(values, factors)
        to_unknown = np.concatenate([by_log, np.ones(factors.shape)], axis=1)
        value, gradient = -prior, -prior_slope * to_unknown
        hessian = np.zeros((len(unknowns), self.n_unknowns, self.n_unknowns))
        hessian[:, range(self.n_unknowns), range(self.n_unknowns)] = prior_curvature * to_unknown**2
        predicted = zip(self.subjects, derivatives, strict=True) if len(unknowns) else ()
        for s, (subject, (predictions, by_value)) in enumerate(predicted):
            by_own_log = by_value * patient_values[s][:, np.newaxis]
            for i, moved in enumerate(to_unknown):
                likelihood, slope, information = log_likelihood(subject, predictions[i], factors[i], by_own_log[i])
                jacobian = self.patient_jacobian(s) * moved
                value[i] -= likelihood
                gradient[i] -= slope @ jacobian
                hessian[i] += jacobian.T @ information @ jacobian
        is_known = np.isfinite(value) & np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
        return np.where(is_known, value, np.inf), gradient, hessian

    def patient_jacobian(self, s: int) -> Array:
        """Return the Jacobian of a patient's log parameters and log factors by the unknowns."""
        n, n_factors = len(self.coordinates), len(self.factors)
        design = self.designs[s] if self.designs else np.eye(n)
        jacobian = np.zeros((len(design) + n_factors, n + n_factors))
        jacobian[: len(design), :n] = design
        jacobian[len(design) :, n:] = np.eye(n_factors)
        return jacobian

    def _log_prior(self, values: Array, factors: Array) -> tuple[Array, Array, Array]:
        """Return value, slope by log parameters and log factors, and minus the second derivative."""
        value, slope, curvature = self.coordinates.log_prior(values)
        if not self.with_priors:
            value, slope, curvature = np.zeros_like(value), np.zeros_like(slope), np.zeros_like(curvature)
        value = value - 0.5 * ((factors / FACTOR_SD) ** 2).sum(axis=-1)
        steady = np.full(factors.shape, FACTOR_SD**-2)
        return value, np.concatenate([slope, -factors * steady], -1), np.concatenate([curvature, steady], -1)


def evaluate_together(tasks: Sequence[tuple[Posterior, Array]]) -> list[tuple[Array, Array, Array]]:
    """Evaluate several posteriors, each at points of its own, as one batch of the integrator.

    Parameters
    ----------
    tasks : sequence of (Posterior, ndarray of shape (n_rows, n_unknowns))
        Posteriors of the same parameters; those without rows are only compiled for.

    Returns
    -------
    list of tuple
        What ``Posterior.evaluate`` returns, of each.
    """
    return [
        posterior.evaluated_from(unknowns, *differentiated)
        for (posterior, unknowns), differentiated in zip(tasks, differentiate_together(tasks), strict=True)
    ]


def differentiate_together(
    tasks: Sequence[tuple[Posterior, Array]],
) -> list[tuple[list[Array], list[tuple[Array, Array]]]]:
    """Return the parameters of each patient, with the predictions and their derivatives there, as one batch.

    Parameters
    ----------
    tasks : sequence of (Posterior, ndarray of shape (n_rows, n_unknowns))
        As for ``evaluate_together``.
    """
    subjects, values, ends = list[Subject](), list[Array](), [0]
    for posterior, unknowns in tasks:
        n = len(posterior.coordinates)
        if len(unknowns):
            subjects += posterior.subjects
            values += posterior.of_patients(posterior.coordinates.values_at(unknowns[:, :n]))
        ends.append(len(subjects))
    # One compiled kernel for all: which one answers does not depend on which posteriors have rows in this batch.
    among = {id(subject.problem): subject for posterior, _ in tasks for subject in posterior.subjects}
    derivatives = differentiate(tuple(subjects), values, tasks[0][0].n_threads, tuple(among.values()))
    return [(values[first:last], derivatives[first:last]) for first, last in pairwise(ends)]


def log_likelihood(
    subject: Subject, predicted: Array, log_factors: Array, by_unknown: Array | None = None
) -> tuple[float, Array, Array]:
    """Return the logarithm of one patient's likelihood, its gradient and expected information.

    Parameters
    ----------
    subject : Subject
    predicted : ndarray, shape (n,)
    log_factors : ndarray, shape (n_factors,)
    by_unknown : ndarray, shape (n, n_parameters), optional
        Derivatives of the predictions by the unknowns; without them only the value is computed.
    """
    n_factors, censored = len(log_factors), subject.is_censored
    n_coordinates = 0 if by_unknown is None else by_unknown.shape[1]
    size = n_coordinates + n_factors
    nothing = np.zeros(size), np.zeros((size, size))
    if not np.isfinite(predicted).all() or (predicted < 0.0).any():
        return -np.inf, *nothing
    scatter, known = subject.scatter, ~censored
    pointwise = pointwise_likelihood(scatter, subject.values, censored, predicted, log_factors)
    # More than zero was measured where only zero is possible.
    if not np.isfinite(pointwise.white).all() or not np.isfinite(pointwise.censoring[0]):
        return -np.inf, *nothing
    if by_unknown is None:
        return pointwise.total, *nothing
    z, sd = pointwise.z, pointwise.log_sd
    by_score, of_mean, of_scale = pointwise.weights
    jacobian = np.zeros((len(z), size))
    jacobian[:, :n_coordinates] = pointwise.by_prediction[:, np.newaxis] * by_unknown
    log_sd = np.zeros((len(z), size))
    log_sd[:, :n_coordinates] = sd[:, 1, np.newaxis] * by_unknown
    fitted = np.flatnonzero(scatter.factor_of >= 0)
    jacobian[fitted, n_coordinates + scatter.factor_of[fitted]] = pointwise.by_log_factor[fitted]
    log_sd[fitted, n_coordinates + scatter.factor_of[fitted]] = 1.0
    slope = -(scatter.whitening @ np.where(known[:, np.newaxis], jacobian, 0.0)).T @ (by_score * pointwise.white)
    by_limits, of_limits = _censored(pointwise, jacobian, by_unknown)
    slope += by_limits - log_sd[known].sum(axis=0)
    # Expected information: of the mean, without what the residual adds to it, and of the scale.
    mean = jacobian + z[:, np.newaxis] * log_sd
    shifted = scatter.whitening @ np.where(known[:, np.newaxis], mean, 0.0)
    information = (shifted.T * of_mean) @ shifted + 2.0 * (log_sd[known].T * of_scale[known]) @ log_sd[known]
    return pointwise.total, slope, information + of_limits


def _censored(pointwise: PointwiseLikelihood, jacobian: Array, by_unknown: Array) -> tuple[Array, Array]:
    """Return gradient and information of the censored values by all unknowns, from the Jacobian of the residuals."""
    (_, score, curvature), n = pointwise.censoring, len(pointwise.z)
    is_between = np.isfinite(pointwise.widths)
    if not is_between.any():
        return score[:n] @ jacobian, jacobian.T @ curvature[:n, :n] @ jacobian
    n_coordinates, factor_of = by_unknown.shape[1], pointwise.scatter.factor_of
    widths = np.zeros_like(jacobian)
    widths[:, :n_coordinates] = pointwise.width_by_prediction[:, np.newaxis] * by_unknown
    fitted = np.flatnonzero(is_between & (factor_of >= 0))
    widths[fitted, n_coordinates + factor_of[fitted]] = -pointwise.widths[fitted]
    both = np.concatenate([jacobian, widths])
    return score @ both, both.T @ curvature @ both
