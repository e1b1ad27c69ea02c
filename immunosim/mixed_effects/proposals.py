"""Where draws of a patient come from: Student's distribution along what the data inform, the prior along the rest.

By the prior's root R, a patient's own unknowns are m + R x with x standard normal a priori. With H the information of
the data at the mode, the eigenvectors U and eigenvalues l of R' H R say which directions the data inform (Cui et al.
2014). Draws are

    mode + R U diag(1 / sqrt(1 + l)) z,                                                                      (M3)

with z of Student's distribution (5 degrees of freedom, one scale for all) along the informed directions and along
courses, which have no derivatives, and standard normal along all others: there the draws are those of the prior, and
no weight is lost to forty nuisance parameters. A second proposal has the weighted moments of the first draws.

References
----------
Cui, Martin, Marzouk, Solonen and Spantini, Likelihood-informed dimension reduction for nonlinear inverse problems,
Inverse Problems 30:114015, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln, ndtri
from scipy.stats import chi2, qmc

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.densities import LOG_TWO_PI

DEGREES = 5.0
"""Of freedom of the proposals: heavier tails than any posterior that data hold."""

LEAST_INFORMATION = 0.05
"""Information beside the prior's 1, from which a direction counts as informed."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A distribution of draws of one patient, (M3).

    Attributes
    ----------
    centre : ndarray, shape (n_own,)
    root : ndarray, shape (n_own, n_own)
        Columns are directions, the informed ones first.
    n_heavy : int
        How many of them have heavy tails.
    """

    centre: Array
    root: Array
    n_heavy: int

    @classmethod
    def at_mode(cls, mode: Array, information: Array, prior_root: Array, n_blind: int = 0) -> Proposal:
        """Return the proposal at a mode.

        Parameters
        ----------
        mode : ndarray, shape (n_own,)
        information : ndarray, shape (n_own, n_own)
            Of the data, without the prior.
        prior_root : ndarray, shape (n_own, n_own)
        n_blind : int
            How many of the last unknowns have no derivatives.
        """
        values, vectors = np.linalg.eigh(prior_root.T @ information @ prior_root)
        values = np.maximum(values, 0.0)
        is_blind = (vectors[len(mode) - n_blind :] ** 2).sum(axis=0) > 0.5
        is_heavy = (values > LEAST_INFORMATION) | is_blind
        order = np.argsort(~is_heavy, kind="stable")
        root = prior_root @ (vectors / np.sqrt(1.0 + values))[:, order]
        return cls(mode, root, int(is_heavy.sum()))

    def standard(self, phi: Array) -> Array:
        """Return draws as z of (M3), the same shape (n_rows, n_own)."""
        return np.asarray(np.linalg.solve(self.root, (phi - self.centre).T).T, np.float64)

    def draws(self, uniform: Array) -> Array:
        """Return draws from uniform numbers, shape (n_rows, n_own + 1), of which the last is for the scale."""
        numbers = ndtri(uniform[:, :-1])
        scale = np.sqrt(chi2.ppf(uniform[:, -1], DEGREES) / DEGREES)
        numbers[:, : self.n_heavy] /= scale[:, np.newaxis]
        draws: Array = self.centre + numbers @ self.root.T
        return draws

    def log_density(self, phi: Array) -> Array:
        """Return the log density of draws, shape (n_rows,)."""
        z, n = self.standard(phi), self.n_heavy
        squared = (z[:, :n] ** 2).sum(axis=1)
        density = -0.5 * (z[:, n:] ** 2).sum(axis=1) - 0.5 * (z.shape[1] - n) * LOG_TWO_PI
        if n:
            constant = gammaln(0.5 * (DEGREES + n)) - gammaln(0.5 * DEGREES) - 0.5 * n * np.log(DEGREES * np.pi)
            density = density + constant - 0.5 * (DEGREES + n) * np.log1p(squared / DEGREES)
        return np.asarray(density - np.linalg.slogdet(self.root)[1], np.float64)

    def adapted(self, phi: Array, weights: Array) -> Proposal:
        """Return the proposal with the weighted moments of draws along the heavy directions.

        The fewer draws carry the weight, the more of the earlier covariance is kept.
        """
        n = self.n_heavy
        if not n:
            return self
        z = self.standard(phi)[:, :n]
        middle = weights @ z
        covariance = ((z - middle).T * weights) @ (z - middle)
        worth = 1.0 / float((weights**2).sum())
        kept = worth / (worth + 2.0 * n)
        # Of Student's distribution with five degrees of freedom the covariance is 5/3 of the square of its scale.
        shrunk = kept * covariance + (1.0 - kept) * np.eye(n)
        root = self.root.copy()
        root[:, :n] = self.root[:, :n] @ np.linalg.cholesky(shrunk + 1e-10 * np.eye(n))
        return replace(self, centre=self.centre + kept * self.root[:, :n] @ middle, root=root)


def uniform_numbers(n_rows: int, n_columns: int, seed: list[int]) -> Array:
    """Return scrambled Sobol points, shape (n_rows, n_columns), away from 0 and 1."""
    points = qmc.Sobol(n_columns, rng=np.random.default_rng(seed)).random_base2(int(np.ceil(np.log2(max(n_rows, 2)))))
    return np.asarray(np.clip(points[:n_rows], 1e-12, 1.0 - 1e-12), np.float64)
