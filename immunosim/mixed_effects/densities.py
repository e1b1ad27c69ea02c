"""Densities of what belongs to a patient, given the population: values, and gradients from weighted moments.

A patient's own unknowns are (phi, nuisance, kappa of each course); nuisance parameters have known distributions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.population import PopulationModel

LOG_TWO_PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, eq=False)
class OwnDensity:
    """The density of the patients' own unknowns at unknowns of the population.

    Attributes
    ----------
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
    n_nuisance, n_occasions : int
    """

    population: PopulationModel
    unknowns: Array
    n_nuisance: int = 0
    n_occasions: int = 0

    @property
    def _q(self) -> int:
        return self.population.n_effects

    def _parts(self, phi: Array) -> tuple[Array, Array]:
        """Return eta, shape (n_patients, n_rows, q), and kappa, shape (n_patients, n_rows, n_occasions, r)."""
        eta = phi[..., : self._q] - self.population.means(self.unknowns)[:, np.newaxis]
        kappa = phi[..., self._q + self.n_nuisance :]
        return eta, kappa.reshape(*phi.shape[:-1], self.n_occasions, -1 if self.n_occasions else 0)

    def log_density(self, phi: Array) -> Array:
        """Return the log density of eta and kappa, shape (n_patients, n_rows), without the nuisance parameters.

        Parameters
        ----------
        phi : ndarray, shape (n_patients, n_rows, n_own)
        """
        eta, kappa = self._parts(phi)
        root = np.linalg.cholesky(self.population.covariance(self.unknowns))
        squared = _squared(root, eta)
        log_root = float(np.log(np.diag(root)).sum())
        degrees, q = self.population.degrees, self._q
        if np.isinf(degrees):
            density = -0.5 * squared - log_root - 0.5 * q * LOG_TWO_PI
        else:
            constant = gammaln(0.5 * (degrees + q)) - gammaln(0.5 * degrees) - 0.5 * q * np.log(degrees * np.pi)
            density = constant - log_root - 0.5 * (degrees + q) * np.log1p(squared / degrees)
        if self.n_occasions:
            sds = self.population.occasion_spreads(self.unknowns)
            density = density - 0.5 * ((kappa / sds) ** 2).sum(axis=(-1, -2))
            density = density - self.n_occasions * (np.log(sds) + 0.5 * LOG_TWO_PI).sum()
        return np.asarray(density, np.float64)

    def gradients(self, phi: Array, weights: Array) -> Array:
        """Return the weighted means of the gradients by the unknowns of the population, shape (n_patients, n).

        Parameters
        ----------
        phi : ndarray, shape (n_patients, n_rows, n_own)
        weights : ndarray, shape (n_patients, n_rows)
            Sum to 1 in each patient.
        """
        population, places = self.population, self.population.places
        eta, kappa = self._parts(phi)
        covariance = population.covariance(self.unknowns)
        pulls = weights
        if np.isfinite(population.degrees):
            squared = _squared(np.linalg.cholesky(covariance), eta)
            pulls = weights * (population.degrees + self._q) / (population.degrees + squared)
        first = np.einsum("pk,pkj->pj", pulls, eta)
        second = np.einsum("pki,pkj->pij", pulls[..., np.newaxis] * eta, eta, optimize=True)
        inverse = np.linalg.inv(covariance)
        gradients = np.zeros((len(phi), population.n_unknowns))
        by_mean = first @ inverse
        gradients[:, : population.design.shape[2]] = np.einsum("pi,pij->pj", by_mean, population.design)
        by_covariance = 0.5 * inverse @ (second - covariance) @ inverse
        slopes = population.covariance_slopes(self.unknowns)
        by_form = np.einsum("pij,mij->pm", by_covariance, slopes)
        gradients[:, places["spread"]] = by_form[:, : self._q]
        gradients[:, places["correlation"]] = by_form[:, self._q :]
        if self.n_occasions:
            variances = population.occasion_spreads(self.unknowns) ** 2
            squares = np.einsum("pk,pkoj->pj", weights, kappa**2)
            gradients[:, places["occasion"]] = squares / variances - self.n_occasions
        return gradients

    def prior_root(self, nuisance: Array) -> Array:
        """Return the lower root of the covariance of a patient's own unknowns, shape (n_own, n_own)."""
        q, m = self._q, len(nuisance)
        sds = self.population.occasion_spreads(self.unknowns)
        others = np.concatenate([nuisance[:, 1], np.tile(sds, self.n_occasions)])
        root = np.zeros((q + len(others),) * 2)
        root[:q, :q] = np.linalg.cholesky(self.population.covariance(self.unknowns))
        root[range(q, q + len(others)), range(q, q + len(others))] = others
        assert m == self.n_nuisance
        return root

    def prior_means(self, nuisance: Array) -> Array:
        """Return the means of the patients' own unknowns, shape (n_patients, n_own)."""
        means = self.population.means(self.unknowns)
        n_kappa = self.n_occasions * len(self.population.with_occasions)
        known = np.tile(nuisance[:, 0], (len(means), 1))
        return np.concatenate([means, known, np.zeros((len(means), n_kappa))], axis=1)


def _squared(root: npt.NDArray[Any], eta: Array) -> Array:
    """Return the squared lengths of eta by a covariance, of which the lower root is given."""
    # By the inverse of the root, which is small: SciPy's triangular solve spent ten times as long on waking threads.
    return np.asarray(((eta @ np.linalg.inv(root).T) ** 2).sum(axis=-1), np.float64)
