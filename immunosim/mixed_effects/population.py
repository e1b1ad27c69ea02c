"""How the parameters of patients are distributed: typical values, effects of covariates, spreads and correlations.

The parameters of patient i that differ between patients are, on the scale of each (logarithm, logit or as they are),

    phi_i = beta + sum_c x_ic gamma_c + eta_i,      eta_i ~ N(0, Omega) or Student's distribution,            (M1)
    kappa_ij ~ N(0, Gamma), diagonal                for course j, where parameters vary between courses.      (M2)

Unknowns of the population, in this order: beta, gamma, log standard deviations of eta, correlations of blocks as the
inverse hyperbolic tangents of partial correlations (so that any number is a valid one), log standard deviations of
kappa, then what all patients share. Knows neither data nor the likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from immunosim.codegen.loader import Array
from immunosim.errors import DataError

Integers = npt.NDArray[np.int64]

LOG, LOGIT, PLAIN = "log", "logit", "plain"
SCALES = (LOG, LOGIT, PLAIN)

STEP = 1e-6
"""Of the differences by which a correlation matrix is differentiated by its unknowns."""


@dataclass(frozen=True)
class RandomEffect:
    """A parameter that differs between patients.

    Attributes
    ----------
    name : str
    typical : float
        Start, in the parameter's unit.
    sd : float
        Start: standard deviation between patients on the scale.
    scale : str
        ``log``: lognormal, ``logit``: logit-normal, for fractions, ``plain``: normal.
    occasion_sd : float
        Start of the standard deviation between courses; 0 where there is none.
    prior : (float, float)
        Mean and standard deviation of a normal prior of the typical value on the scale, for full Bayes; infinite for
        none.
    label, unit : str
    """

    name: str
    typical: float
    sd: float = 0.3
    scale: str = LOG
    occasion_sd: float = 0.0
    prior: tuple[float, float] = (0.0, np.inf)
    label: str = ""
    unit: str = "1"

    def __post_init__(self) -> None:
        """Refuse what cannot be a start.

        Raises
        ------
        DataError
        """
        if self.scale not in SCALES:
            raise DataError(f'unknown scale "{self.scale}"', key=self.name, cure=f"choose from {', '.join(SCALES)}")
        if not self.sd > 0.0:
            raise DataError(f"a spread of {self.sd:g} is none", key=self.name, cure="name it as common instead")
        high = {LOG: np.inf, LOGIT: 1.0}.get(self.scale, np.inf)
        if self.scale != PLAIN and not 0.0 < self.typical < high:
            raise DataError(f"{self.typical:g} cannot be on a {self.scale} scale", key=self.name)


@dataclass(frozen=True, eq=False)
class PopulationCovariate:
    """A term of (M1): what a covariate adds on the scale of a parameter.

    Attributes
    ----------
    name : str
        Of its unknown, such as ``volume by weight``.
    target : int
        Index of the random effect.
    scores : ndarray, shape (n_patients,)
        x of (M1), such as log(weight / 70).
    label : str
        What the unknown means.
    """

    name: str
    target: int
    scores: Array
    label: str = ""


@dataclass(frozen=True)
class SharedParameter:
    """An unknown that all patients share: a parameter without spread, or the size of an error.

    Attributes
    ----------
    name : str
    start : float
        On its scale.
    scale : str
    prior : (float, float)
        Mean and standard deviation of a normal prior on its scale; infinite for none.
    is_error : bool
        Whether it is a residual error.
    label, unit : str
    """

    name: str
    start: float
    scale: str = LOG
    prior: tuple[float, float] = (0.0, np.inf)
    is_error: bool = False
    label: str = ""
    unit: str = "1"


@dataclass(frozen=True, eq=False)
class PopulationModel:
    """A population model: (M1) and (M2) with their unknowns.

    Attributes
    ----------
    n_patients : int
    effects : tuple of RandomEffect
    covariates : tuple of PopulationCovariate
    blocks : tuple of tuple of int
        Effects that are correlated, by index; the others are independent.
    shared : tuple of SharedParameter
    degrees : float
        Of freedom of Student's distribution of eta; infinite for the normal one.
    """

    n_patients: int
    effects: tuple[RandomEffect, ...]
    covariates: tuple[PopulationCovariate, ...] = ()
    blocks: tuple[tuple[int, ...], ...] = ()
    shared: tuple[SharedParameter, ...] = ()
    degrees: float = field(default=np.inf)

    @property
    def n_effects(self) -> int:
        """Number of random effects, q."""
        return len(self.effects)

    @cached_property
    def with_occasions(self) -> Integers:
        """Indices of the effects that vary between courses."""
        return np.array([j for j, effect in enumerate(self.effects) if effect.occasion_sd > 0.0], np.int64)

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Correlated pairs (later, earlier) of effects, one for each correlation unknown."""
        return tuple((block[i], block[j]) for block in self.blocks for i in range(1, len(block)) for j in range(i))

    @cached_property
    def places(self) -> dict[str, slice]:
        """Slices of the unknowns by kind: typical, covariate, spread, correlation, occasion, shared."""
        sizes = {
            "typical": self.n_effects,
            "covariate": len(self.covariates),
            "spread": self.n_effects,
            "correlation": len(self.pairs),
            "occasion": len(self.with_occasions),
            "shared": len(self.shared),
        }
        ends = np.cumsum([0, *sizes.values()]).tolist()
        return {kind: slice(ends[k], ends[k + 1]) for k, kind in enumerate(sizes)}

    @property
    def n_unknowns(self) -> int:
        """Number of unknowns."""
        return int(self.places["shared"].stop)

    @cached_property
    def names(self) -> list[str]:
        """Names of the unknowns."""
        effects = [effect.name for effect in self.effects]
        return [
            *effects,
            *(effect.name for effect in self.covariates),
            *(f"spread of {name}" for name in effects),
            *(f"correlation of {effects[i]} and {effects[j]}" for i, j in self.pairs),
            *(f"spread between courses of {effects[j]}" for j in self.with_occasions),
            *(shared.name for shared in self.shared),
        ]

    @cached_property
    def start(self) -> Array:
        """Initial unknowns."""
        unknowns = np.zeros(self.n_unknowns)
        unknowns[self.places["typical"]] = [on_scale(effect.typical, effect.scale) for effect in self.effects]
        unknowns[self.places["spread"]] = [np.log(effect.sd) for effect in self.effects]
        unknowns[self.places["occasion"]] = [np.log(self.effects[j].occasion_sd) for j in self.with_occasions]
        unknowns[self.places["shared"]] = [shared.start for shared in self.shared]
        return unknowns

    @cached_property
    def design(self) -> Array:
        """Jacobian of the means by beta and gamma, shape (n_patients, q, q + n_covariates)."""
        design = np.zeros((self.n_patients, self.n_effects, self.n_effects + len(self.covariates)))
        design[:, range(self.n_effects), range(self.n_effects)] = 1.0
        for k, effect in enumerate(self.covariates):
            design[:, effect.target, self.n_effects + k] = effect.scores
        return design

    def means(self, unknowns: Array) -> Array:
        """Return the mean of phi of each patient, shape (n_patients, q)."""
        means: Array = self.design @ unknowns[: self.design.shape[2]]
        return means

    def spreads(self, unknowns: Array) -> Array:
        """Return the standard deviations of eta, shape (q,)."""
        return np.asarray(np.exp(unknowns[self.places["spread"]]), np.float64)

    def correlation(self, unknowns: Array) -> Array:
        """Return the correlations of eta, shape (q, q)."""
        return self._correlation(unknowns[self.places["correlation"]])

    def _correlation(self, partial: Array) -> Array:
        correlation = np.eye(self.n_effects)
        begin = 0
        for block in self.blocks:
            n = len(block)
            root = np.eye(n)
            for i in range(1, n):
                left = 1.0
                for j in range(i):
                    root[i, j] = np.tanh(partial[begin]) * np.sqrt(left)
                    left -= root[i, j] ** 2
                    begin += 1
                root[i, i] = np.sqrt(max(left, 1e-14))
            correlation[np.ix_(block, block)] = root @ root.T
        return correlation

    def covariance(self, unknowns: Array) -> Array:
        """Return Omega, shape (q, q)."""
        spreads = self.spreads(unknowns)
        return np.asarray(self.correlation(unknowns) * np.outer(spreads, spreads), np.float64)

    def covariance_slopes(self, unknowns: Array) -> Array:
        """Return the derivatives of Omega by the log spreads, then by the correlation unknowns, shape (m, q, q)."""
        q, spreads = self.n_effects, self.spreads(unknowns)
        covariance = self.covariance(unknowns)
        slopes = np.zeros((q + len(self.pairs), q, q))
        for j in range(q):
            slopes[j, j, :] += covariance[j, :]
            slopes[j, :, j] += covariance[:, j]
        partial = unknowns[self.places["correlation"]]
        for k in range(len(self.pairs)):
            step = STEP * np.eye(len(partial))[k]
            change = self._correlation(partial + step) - self._correlation(partial - step)
            slopes[q + k] = change / (2.0 * STEP) * np.outer(spreads, spreads)
        return slopes

    def partial_of(self, correlation: Array) -> Array:
        """Return the correlation unknowns of a correlation matrix; blocks are taken from it, the rest is ignored."""
        partial = list[float]()
        for block in self.blocks:
            root = np.linalg.cholesky(correlation[np.ix_(block, block)])
            for i in range(1, len(block)):
                left = 1.0
                for j in range(i):
                    partial.append(float(np.arctanh(np.clip(root[i, j] / np.sqrt(left), -0.99, 0.99))))
                    left = max(left - root[i, j] ** 2, 1e-14)
        return np.array(partial)

    def occasion_spreads(self, unknowns: Array) -> Array:
        """Return the standard deviations of kappa, shape (n_with_occasions,)."""
        return np.asarray(np.exp(unknowns[self.places["occasion"]]), np.float64)

    def of_shared(self, unknowns: Array) -> Array:
        """Return what all patients share, on its scales, shape (n_shared,)."""
        return unknowns[self.places["shared"]]

    def log_prior(self, unknowns: Array) -> tuple[float, Array]:
        """Return the log prior of what is shared (without constants), and its gradient by all unknowns."""
        gradient = np.zeros(len(unknowns))
        means, sds = np.array([shared.prior for shared in self.shared]).reshape(-1, 2).T
        pulls = (self.of_shared(unknowns) - means) / sds
        gradient[self.places["shared"]] = -pulls / sds
        return float(-0.5 * pulls @ pulls), gradient


def on_scale(value: float | Array, scale: str) -> float | Array:
    """Return a parameter on its scale."""
    if scale == LOG:
        return np.log(value)
    return np.log(value) - np.log1p(-np.asarray(value)) if scale == LOGIT else value


def natural(phi: Array, scales: Sequence[str]) -> Array:
    """Return parameters in their units from those on their scales, the same shape (..., n)."""
    values = np.array(phi, np.float64)
    for j, scale in enumerate(scales):
        if scale == LOG:
            values[..., j] = np.exp(np.minimum(values[..., j], 700.0))
        elif scale == LOGIT:
            values[..., j] = 1.0 / (1.0 + np.exp(-values[..., j]))
    return values


def natural_slopes(values: Array, scales: Sequence[str]) -> Array:
    """Return the derivatives of parameters by what they are on their scales, from the parameters."""
    slopes = np.ones(np.shape(values))
    for j, scale in enumerate(scales):
        if scale == LOG:
            slopes[..., j] = values[..., j]
        elif scale == LOGIT:
            slopes[..., j] = values[..., j] * (1.0 - values[..., j])
    return slopes
