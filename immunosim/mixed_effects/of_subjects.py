"""The patients of a fit as a population fit asks for them: the integrator's predictions under the error models.

What patients share beside the sizes of errors are parameters without spread. Their predictions at other values are
extended from those of the bank log-linearly, with exact derivatives, until the bank is drawn anew: at the bank's phi
values nothing is approximated, and there the search ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.of_rows import log_likelihoods
from immunosim.fitting.likelihood.posterior import log_likelihood
from immunosim.fitting.likelihood.prediction import differentiate, predict
from immunosim.fitting.likelihood.subject import Subject
from immunosim.mixed_effects.likelihoods import PatientRows
from immunosim.mixed_effects.population import natural, natural_slopes


@dataclass(frozen=True, eq=False)
class SubjectRows:
    """Predictions of a patient at rows.

    Attributes
    ----------
    subject : Subject
    predictions : ndarray, shape (n_rows, n_values)
    by_shared : ndarray, shape (n_rows, n_values, n_common)
        Derivatives of the logarithms of predictions by the common parameters on their scales.
    common : ndarray, shape (n_common,)
        Where they were predicted.
    """

    subject: Subject
    predictions: Array
    by_shared: Array
    common: Array

    def predicted(self, shared: Array) -> Array:
        """Return predictions at other common parameters, shape (n_rows, n_values)."""
        n = len(self.common)
        change = shared[:n] - self.common
        if not change.any():
            return self.predictions
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.predictions * np.exp(self.by_shared @ change), np.float64)

    def log_likelihoods(self, shared: Array) -> Array:
        """Return the log likelihood of each row; as of ``PatientRows``."""
        return log_likelihoods(self.subject, self.predicted(shared), shared[len(self.common) :])

    @property
    def n_failed(self) -> int:
        """Number of rows that could not be simulated."""
        return int((~np.isfinite(self.predictions).all(axis=1)).sum())

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.predictions)

    def some(self, places: Array) -> SubjectRows:
        """Return some of the rows, by index."""
        by_shared = self.by_shared[places] if len(self.by_shared) else self.by_shared
        return replace(self, predictions=self.predictions[places], by_shared=by_shared)


@dataclass(frozen=True, eq=False)
class SubjectModel:
    """Patients with their data, for a population fit.

    Attributes
    ----------
    subjects : tuple of Subject
        Their free parameters are those below, in the order of the subject.
    own_names : tuple of str
        Random effects, then nuisance parameters.
    own_scales : tuple of str
    common_names : tuple of str
        Parameters without spread.
    common_scales : tuple of str
    n_factors : int
        Sizes of errors that are estimated, after the common parameters.
    nuisance : ndarray, shape (n_nuisance, 2)
    n_threads : int
    """

    subjects: tuple[Subject, ...]
    own_names: tuple[str, ...]
    own_scales: tuple[str, ...]
    common_names: tuple[str, ...]
    common_scales: tuple[str, ...]
    n_factors: int
    nuisance: Array
    n_threads: int = 1

    n_occasions = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the patients."""
        return tuple(subject.name for subject in self.subjects)

    @property
    def n_own(self) -> int:
        """Unknowns of a patient."""
        return len(self.own_names)

    @property
    def n_values(self) -> list[int]:
        """Number of measured values of each patient."""
        return [len(subject.measurements) for subject in self.subjects]

    def only(self, chosen: Sequence[int]) -> SubjectModel:
        """Return the model of some of the patients."""
        return replace(self, subjects=tuple(self.subjects[i] for i in chosen))

    @cached_property
    def _order(self) -> list[int]:
        """Where each parameter of a subject stands among (phi, common)."""
        given = [*self.own_names, *self.common_names]
        return [given.index(name) for name in self.subjects[0].names]

    def values_of(self, phi: Array, common: Array) -> Array:
        """Return parameters in their units, in the order of the subject, shape (n_rows, n_parameters).

        Parameters
        ----------
        phi : ndarray, shape (n_rows, n_own)
        common : ndarray, shape (n_common,)
        """
        both = np.concatenate([phi, np.broadcast_to(common, (len(phi), len(common)))], axis=1)
        return natural(both, (*self.own_scales, *self.common_scales))[:, self._order]

    def differentiate(self, phi: Array, shared: Array, chosen: Sequence[int]) -> tuple[Array, Array, Array]:
        """Return log likelihood, gradient and expected information; as of ``PatientModel``."""
        n_common, n_own = len(self.common_names), self.n_own
        n = n_own + n_common + self.n_factors
        subjects = [self.subjects[i] for i in chosen]
        values = [self.values_of(row[np.newaxis], shared[:n_common]) for row in phi]
        derivatives = differentiate(subjects, values, self.n_threads, self.subjects)
        value, gradient = np.full(len(phi), -np.inf), np.zeros((len(phi), n))
        information = np.zeros((len(phi), n, n))
        back = np.argsort(self._order)
        for k, (subject, (predicted, by_value)) in enumerate(zip(subjects, derivatives, strict=True)):
            plain = values[k][0][back]
            slopes = natural_slopes(plain, (*self.own_scales, *self.common_scales))
            by_scale = by_value[0][:, back] * slopes
            answer = log_likelihood(subject, predicted[0], shared[n_common:], by_scale)
            if np.isfinite(answer[0]) and np.isfinite(answer[1]).all() and np.isfinite(answer[2]).all():
                value[k], gradient[k], information[k] = answer
        return value, gradient, information

    def rows(self, phi: Sequence[Array], shared: Array, chosen: Sequence[int]) -> list[PatientRows]:
        """Return the predictions of chosen patients at rows of their own."""
        common = shared[: len(self.common_names)]
        subjects = [self.subjects[i] for i in chosen]
        values = [self.values_of(rows, common) for rows in phi]
        if not self.common_names:
            none = np.zeros((0, 0, 0))
            predictions = predict(subjects, values, self.n_threads)
            return [SubjectRows(s, seen, none, common) for s, seen in zip(subjects, predictions, strict=True)]
        return [
            SubjectRows(subject, *self._with_slopes(predicted, by_value, rows), common)
            for subject, rows, (predicted, by_value) in zip(
                subjects, values, differentiate(subjects, values, self.n_threads, self.subjects), strict=True
            )
        ]

    def _with_slopes(self, predicted: Array, by_value: Array, values: Array) -> tuple[Array, Array]:
        """Return predictions and the derivatives of their logarithms by the common parameters on their scales."""
        back = np.argsort(self._order)[self.n_own :]
        slopes = natural_slopes(values[:, back], self.common_scales)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_log = by_value[:, :, back] * slopes[:, np.newaxis] / predicted[..., np.newaxis]
        return predicted, np.nan_to_num(by_log, nan=0.0, posinf=0.0, neginf=0.0)
