"""Fits whose answers are known: logarithms of predictions are linear in logarithms of the parameters.

With lognormal errors and lognormal priors the posterior is normal in the logarithms, so that estimates, intervals and
distributions have closed forms. No model is compiled: the predictions of a subject are computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from immunosim.fitting import Coordinates, ErrorModel, FreeParameter, Posterior
from immunosim.fitting.likelihood.error_model import scatter_of
from immunosim.observations import Measurement

SD = 0.2
"""Standard deviation of the logarithm of a measurement."""

USERS = ("likelihood.posterior", "conclusions.goodness_of_fit", "conclusions.predictive", "exchange.inference_data")
"""Modules of fitting that ask for predictions."""


@dataclass(frozen=True, eq=False)
class LinearSubject:
    """A patient whose predictions are exp(design @ log(parameters))."""

    name: str
    design: np.ndarray
    names: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    scatter: object

    @cached_property
    def values(self):
        return np.array([one.value for one in self.measurements])

    @cached_property
    def is_censored(self):
        return np.array([one.is_censored for one in self.measurements], bool)

    @cached_property
    def problem(self):
        return SimpleNamespace(model=SimpleNamespace(units={"cd4": "cells/uL"}, totals=set()))

    def keeping(self, kept, factors):
        measured = tuple(self.measurements[i] for i in kept)
        scatter = scatter_of(measured, self.scatter.noise, list(factors), self.scatter.shared, set())
        return replace(self, design=self.design[list(kept)], measurements=measured, scatter=scatter)

    @property
    def units(self):
        return {"cd4": "cells/uL"}


def predict(subjects, values, n_threads=1):
    """Stand in for the integrator."""
    return [np.exp(np.log(own) @ one.design.T) for one, own in zip(subjects, values, strict=True)]


def differentiate(subjects, values, n_threads=1, among=()):
    """Stand in for the integrator with its derivatives."""
    predictions = predict(subjects, values)
    return [
        (found, found[:, :, np.newaxis] * one.design / own[:, np.newaxis])
        for one, own, found in zip(subjects, values, predictions, strict=True)
    ]


def patch(monkeypatch):
    """Let every subject of a fit be a LinearSubject."""
    for user in USERS:
        monkeypatch.setattr(f"immunosim.fitting.{user}.predict", predict)
    for user in ("likelihood.posterior", "conclusions.outliers"):
        monkeypatch.setattr(f"immunosim.fitting.{user}.differentiate", differentiate)


def free(name="a", value=1.0, lower=0.01, upper=100.0, prior=None):
    """Return a free parameter, with the median and the standard deviation of its prior."""
    median, sd = prior or (np.nan, np.nan)
    return FreeParameter(name, name, "1", value, lower, upper, median, sd)


def subject(design, logs, name="p", sd=SD, names=None, below=(), factors=(), times=None):
    """Return a patient whose measurements have these logarithms, one a day."""
    design, times = np.atleast_2d(np.asarray(design, float)), times or range(len(logs))
    measured = tuple(
        Measurement(name, float(day), "cd4", float(np.exp(one)), day in below)
        for day, one in zip(times, logs, strict=True)
    )
    noise = {"cd4": ErrorModel("lognormal", sd, is_estimated=bool(factors))}
    scatter = scatter_of(measured, noise, list(factors), 0.0, set())
    names = tuple(names or "abcdefgh"[: design.shape[1]])
    return LinearSubject(name, design, names, measured, scatter)


def posterior(subjects, parameters: Sequence[FreeParameter], factors=(), with_priors=True, designs=()):
    """Return the posterior of linear subjects."""
    subjects = tuple(subjects) if isinstance(subjects, (list, tuple)) else (subjects,)
    return Posterior(subjects, Coordinates(tuple(parameters)), tuple(factors), with_priors, 1, tuple(designs))


def exact(design, logs, sd=SD, medians=None, prior_sds=None):
    """Return mean and covariance of the logarithms of the parameters by normal algebra."""
    design = np.atleast_2d(np.asarray(design, float))
    precision = design.T @ design / sd**2
    right = design.T @ np.asarray(logs) / sd**2
    if prior_sds is not None:
        inner = np.array(prior_sds, float) ** -2.0
        precision, right = precision + np.diag(inner), right + inner * np.log(medians)
    covariance = np.linalg.inv(precision)
    return covariance @ right, covariance
