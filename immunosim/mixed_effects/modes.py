"""The modes of all patients under a population, found in one batch, and a population by normal approximations.

Each patient takes damped Fisher steps; all steps of one round are one call of the integrator. With the normal
approximation at the modes, expectation-maximisation gives a population near the maximum, from which a bank is drawn:
its likelihood is that of Laplace's method, and no result but the start of the search depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.mixed_effects.densities import LOG_TWO_PI, OwnDensity
from immunosim.mixed_effects.likelihoods import PatientModel
from immunosim.mixed_effects.population import PopulationModel

LONGEST = 1.0
"""Longest step in prior standard deviations; halved where a patient gets worse."""

CLOSE = 0.02
"""Longest step after which a patient counts as at its mode, in posterior standard deviations."""

MOST_ROUNDS = 30

SLOWEST = 0.02
"""Largest change of the population in a round of expectation-maximisation after which a bank takes over."""

MOST_ITERATIONS = 25

LEAST_SPREAD, MOST_SPREAD = 0.02, 3.0
"""Bounds of a spread on the way: no patient's draws would ever show another one beyond them."""


@dataclass(eq=False)
class Modes:
    """Where each patient's density is largest.

    Attributes
    ----------
    phi : ndarray, shape (n_patients, n_own)
    log_likelihood : ndarray, shape (n_patients,)
        -inf for a patient who cannot be simulated.
    gradient, information : ndarray, shapes (n_patients, n), (n_patients, n, n)
        Of the data, by own and shared unknowns.
    n_own : int
    """

    phi: Array
    log_likelihood: Array
    gradient: Array
    information: Array
    n_own: int

    @property
    def data_information(self) -> Array:
        """Expected information of the data about the patients' own unknowns, shape (n_patients, n_own, n_own)."""
        return self.information[:, : self.n_own, : self.n_own]

    @property
    def failed(self) -> list[int]:
        """Indices of patients who cannot be simulated."""
        return np.flatnonzero(~np.isfinite(self.log_likelihood)).tolist()


def first_modes(patients: PatientModel, population: PopulationModel, unknowns: Array) -> Modes:
    """Return the patients at the population's typical values, which is where searches begin."""
    density = OwnDensity(population, unknowns, len(patients.nuisance), patients.n_occasions)
    phi = density.prior_means(patients.nuisance)
    everybody = range(len(patients.names))
    return Modes(phi, *patients.differentiate(phi, population.of_shared(unknowns), everybody), patients.n_own)


def improve(
    patients: PatientModel,
    population: PopulationModel,
    unknowns: Array,
    modes: Modes,
    most_rounds: int = MOST_ROUNDS,
    report: Callable[[int], None] | None = None,
) -> Modes:
    """Move every patient to its mode under a population.

    Parameters
    ----------
    patients : PatientModel
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
    modes : Modes
        Where they are now, evaluated at the same shared unknowns.
    most_rounds : int
    report : callable, optional
        Receives how many patients still move.
    """
    density = OwnDensity(population, unknowns, len(patients.nuisance), patients.n_occasions)
    root = density.prior_root(patients.nuisance)
    means, shared = density.prior_means(patients.nuisance), population.of_shared(unknowns)
    n_own, identity = patients.n_own, np.eye(patients.n_own)
    modes = Modes(modes.phi.copy(), modes.log_likelihood.copy(), modes.gradient.copy(), modes.information.copy(), n_own)
    longest = np.full(len(means), LONGEST)
    active = [i for i in range(len(means)) if np.isfinite(modes.log_likelihood[i])]

    def objective(phi: Array, likelihood: Array, index: list[int]) -> Array:
        standard = np.linalg.solve(root, (phi - means[index]).T)
        return np.asarray(likelihood - 0.5 * (standard**2).sum(axis=0), np.float64)

    for _ in range(most_rounds):
        steps, still = {}, list[int]()
        for i in active:
            standard = np.linalg.solve(root, modes.phi[i] - means[i])
            slope = root.T @ modes.gradient[i, :n_own] - standard
            precision = root.T @ modes.data_information[i] @ root + identity
            step = np.linalg.solve(precision, slope)
            # By its length in posterior standard deviations: what is left to gain is half of its square.
            if float(slope @ step) <= CLOSE**2:
                continue
            size = float(np.abs(step).max())
            steps[i] = root @ (step * min(1.0, longest[i] / size))
            still.append(i)
        if not still:
            break
        if report is not None:
            report(len(still))
        proposed = modes.phi[still] + np.stack([steps[i] for i in still])
        value, gradient, information = patients.differentiate(proposed, shared, still)
        is_better = objective(proposed, value, still) > objective(modes.phi[still], modes.log_likelihood[still], still)
        for k, i in enumerate(still):
            if is_better[k]:
                modes.phi[i], modes.log_likelihood[i] = proposed[k], value[k]
                modes.gradient[i], modes.information[i] = gradient[k], information[k]
                longest[i] = min(2.0 * longest[i], 4.0 * LONGEST)
            else:
                longest[i] *= 0.25
        active = [i for i in still if longest[i] > 1e-3]
    return modes


def laplace(patients: PatientModel, population: PopulationModel, unknowns: Array, modes: Modes) -> float:
    """Return the log likelihood of the population by Laplace's method, from the modes there."""
    density = OwnDensity(population, unknowns, len(patients.nuisance), patients.n_occasions)
    root = density.prior_root(patients.nuisance)
    standard = np.linalg.solve(root, (modes.phi - density.prior_means(patients.nuisance)).T).T
    total = 0.0
    eta = modes.phi[:, np.newaxis]
    of_own = density.log_density(eta)[:, 0]
    q, m = population.n_effects, len(patients.nuisance)
    of_nuisance = -0.5 * (standard[:, q : q + m] ** 2).sum(axis=1)
    of_nuisance -= (np.log(patients.nuisance[:, 1]) + 0.5 * LOG_TWO_PI).sum() if m else 0.0
    for i in range(len(modes.phi)):
        precision = root.T @ modes.data_information[i] @ root + np.eye(patients.n_own)
        log_volume = np.linalg.slogdet(root)[1] - 0.5 * np.linalg.slogdet(precision)[1]
        total += float(modes.log_likelihood[i] + of_own[i] + of_nuisance[i])
        total += 0.5 * patients.n_own * LOG_TWO_PI + float(log_volume)
    return total


def approximate(
    patients: PatientModel,
    population: PopulationModel,
    unknowns: Array,
    modes: Modes,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Array, Modes]:
    """Return a population by normal approximations at the patients' modes, and the modes there.

    Parameters
    ----------
    patients : PatientModel
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
        Where to begin.
    modes : Modes
        Of the patients, at the shared unknowns of it.
    report : callable, optional
        Receives the number of the iteration, and its largest change.

    Raises
    ------
    SolverError
        If fewer than two patients can be simulated.
    """
    if len(modes.phi) - len(modes.failed) < 2:
        raise SolverError("fewer than two patients can be simulated: look at their data and at the typical values")
    for iteration in range(MOST_ITERATIONS):
        modes = improve(patients, population, unknowns, modes, 4 if iteration else MOST_ROUNDS)
        proposed = _maximised(patients, population, unknowns, modes)
        change = float(np.abs(proposed - unknowns).max())
        is_shared_moved = not np.array_equal(population.of_shared(proposed), population.of_shared(unknowns))
        unknowns = proposed
        if is_shared_moved:
            everybody = range(len(modes.phi))
            again = patients.differentiate(modes.phi, population.of_shared(unknowns), everybody)
            modes = Modes(modes.phi, *again, patients.n_own)
        if report is not None:
            report(iteration + 1, change)
        if change < SLOWEST:
            break
    return unknowns, improve(patients, population, unknowns, modes)


def _maximised(patients: PatientModel, population: PopulationModel, unknowns: Array, modes: Modes) -> Array:
    """Return the population that the patients' normal approximations make most likely."""
    density = OwnDensity(population, unknowns, len(patients.nuisance), patients.n_occasions)
    root, q, n_own = density.prior_root(patients.nuisance), population.n_effects, patients.n_own
    good = [i for i in range(len(modes.phi)) if np.isfinite(modes.log_likelihood[i])]
    covariances = np.stack(
        [root @ np.linalg.inv(root.T @ modes.data_information[i] @ root + np.eye(n_own)) @ root.T for i in good]
    )
    proposed, places = unknowns.copy(), population.places
    inverse = np.linalg.inv(population.covariance(unknowns))
    design = population.design[good]
    n_fixed = design.shape[2]
    phi = modes.phi[good][:, :q]
    normal = np.einsum("pia,ij,pjb->ab", design, inverse, design)
    right = np.einsum("pia,ij,pj->a", design, inverse, phi)
    proposed[:n_fixed] = np.linalg.lstsq(normal, right, rcond=None)[0]
    eta = phi - design @ proposed[:n_fixed]
    moments = (np.einsum("pi,pj->pij", eta, eta) + covariances[:, :q, :q]).mean(axis=0)
    spreads = np.clip(np.sqrt(np.diag(moments)), LEAST_SPREAD, MOST_SPREAD)
    proposed[places["spread"]] = np.log(spreads)
    if population.pairs:
        scale = np.sqrt(np.diag(moments))
        proposed[places["correlation"]] = population.partial_of(moments / np.outer(scale, scale))
    # Courses have no derivatives: their spread keeps its start until there are draws.
    if len(population.shared):
        proposed[places["shared"]] += _shared_step(population, unknowns, modes, good, covariances)
    return proposed


def _shared_step(
    population: PopulationModel, unknowns: Array, modes: Modes, good: list[int], covariances: Array
) -> Array:
    """Return a step of what is shared, with the patients' own unknowns following."""
    n_own = modes.n_own
    of_shared, crossed = modes.information[good][:, n_own:, n_own:], modes.information[good][:, :n_own, n_own:]
    information = (of_shared - np.einsum("pia,pij,pjb->pab", crossed, covariances, crossed)).sum(axis=0)
    slope = modes.gradient[good][:, n_own:].sum(axis=0)
    # At the modes the own gradient is that of the prior; the mean residual is smaller than at the truth by what was
    # fitted, so that errors are corrected by the trace of what the modes took up.
    for k, shared in enumerate(population.shared):
        if shared.is_error:
            taken = np.einsum("pij,pji->", covariances, modes.data_information[good])
            slope[k] += float(taken) * _share_of(of_shared, k)
    sds = np.array([shared.prior[1] for shared in population.shared])
    means = np.array([shared.prior[0] for shared in population.shared])
    slope = slope - (population.of_shared(unknowns) - means) / sds**2
    information = information + np.diag(sds**-2.0)
    values, vectors = np.linalg.eigh(information)
    values = np.maximum(values, 1e-6 * max(float(values.max()), 1e-12))
    return np.asarray(np.clip(vectors @ ((vectors.T @ slope) / values), -0.5, 0.5), np.float64)


def _share_of(of_shared: Array, k: int) -> float:
    """Return the share of the values whose error is the k-th shared unknown, by its information (two a value)."""
    diagonal = np.einsum("pii->i", of_shared)
    return float(diagonal[k] / max(float(diagonal.sum()), 1e-300))
