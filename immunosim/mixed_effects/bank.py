"""The bank: weighted draws of every patient, simulated once, from which any nearby population is judged.

The likelihood of patient i under unknowns psi is the integral of L_i(phi) p(phi | psi), and over draws x_k from a
proposal q

    L_i(psi) = mean over k of  L_i(x_k) p(x_k | psi) / q(x_k),                                               (M4)

where only the density p changes with psi: no patient is simulated again. Draws come from two proposals, at the mode and
by the weighted moments of the first half, and q is their even mixture (Veach and Guibas 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.densities import LOG_TWO_PI, OwnDensity
from immunosim.mixed_effects.likelihoods import PatientModel, PatientRows
from immunosim.mixed_effects.modes import Modes
from immunosim.mixed_effects.population import PopulationModel
from immunosim.mixed_effects.proposals import Proposal, uniform_numbers


@dataclass(frozen=True, eq=False)
class Bank:
    """Draws of all patients with their likelihoods.

    Attributes
    ----------
    phi : ndarray, shape (n_patients, n_rows, n_own)
    log_base : ndarray, shape (n_patients, n_rows)
        Log density of the nuisance parameters, less that of the proposal.
    rows : list of PatientRows
    n_nuisance, n_occasions : int
    proposals : list of tuple of Proposal
        Of each patient, of which the draws are an even mixture.
    n_failed : ndarray of int, shape (n_patients,)
        Draws that could not be simulated; their weight is zero.
    """

    phi: Array
    log_base: Array
    rows: list[PatientRows]
    n_nuisance: int
    n_occasions: int
    proposals: list[tuple[Proposal, ...]]
    n_failed: Array
    _kept: dict[bytes, Array] = field(default_factory=dict, repr=False)

    @property
    def n_rows(self) -> int:
        """Draws of each patient."""
        return int(self.phi.shape[1])

    def density(self, population: PopulationModel, unknowns: Array) -> OwnDensity:
        """Return the density of the patients' own unknowns."""
        return OwnDensity(population, unknowns, self.n_nuisance, self.n_occasions)

    def log_likelihoods(self, shared: Array) -> Array:
        """Return the log likelihoods of all draws, shape (n_patients, n_rows)."""
        key = shared.tobytes()
        if key not in self._kept:
            if len(self._kept) > 64:
                self._kept.clear()
            self._kept[key] = np.stack([rows.log_likelihoods(shared) for rows in self.rows])
        return self._kept[key]

    def log_weights(self, population: PopulationModel, unknowns: Array) -> Array:
        """Return the logarithms of the terms of (M4), shape (n_patients, n_rows)."""
        likelihoods = self.log_likelihoods(population.of_shared(unknowns))
        density = self.density(population, unknowns).log_density(self.phi)
        return np.asarray(likelihoods + self.log_base + density, np.float64)

    def weights(self, population: PopulationModel, unknowns: Array) -> Array:
        """Return the weights of the draws, which sum to 1 in each patient; NaN where no draw could be simulated."""
        return normalised(self.log_weights(population, unknowns))

    def thinned(self, n_rows: int) -> Bank:
        """Return the bank with fewer draws of each patient: equal parts of those of every proposal."""
        if n_rows >= self.n_rows:
            return self
        n_parts = len(self.proposals[0])
        size, share = self.n_rows // n_parts, n_rows // n_parts
        # The first points of a Sobol sequence fill the space as evenly as all of them.
        places = np.concatenate([np.arange(part * size, part * size + share) for part in range(n_parts)])
        rows = [rows_of_patient.some(places) for rows_of_patient in self.rows]
        return replace(self, phi=self.phi[:, places], log_base=self.log_base[:, places], rows=rows, _kept={})

    def chosen(self, patients: Sequence[int]) -> Bank:
        """Return the bank of some patients, which may be named more than once."""
        index = np.asarray(patients)
        return replace(
            self,
            phi=self.phi[index],
            log_base=self.log_base[index],
            rows=[self.rows[i] for i in patients],
            proposals=[self.proposals[i] for i in patients],
            n_failed=self.n_failed[index],
            _kept={},
        )


def normalised(log_weights: Array) -> Array:
    """Return weights that sum to 1 in each row."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(log_weights - logsumexp(log_weights, axis=1, keepdims=True)), np.float64)


def make_bank(
    patients: PatientModel,
    population: PopulationModel,
    unknowns: Array,
    modes: Modes | None,
    n_rows: int,
    seed: int = 0,
    earlier: Bank | None = None,
    report: Callable[[int, int], None] | None = None,
    rounds: int = 2,
) -> Bank:
    """Draw and simulate a bank near unknowns of the population.

    Parameters
    ----------
    patients : PatientModel
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
    modes : Modes, optional
        The patients' modes there; not needed with an earlier bank.
    n_rows : int
        Draws of each patient.
    seed : int
    earlier : Bank, optional
        Whose weighted moments make the first proposal.
    report : callable, optional
        Receives the number of simulated patients, and of how many.
    rounds : int
        Proposals: the first at the mode, each later one by the moments of all draws before.
    """
    shape = OwnDensity(population, unknowns, len(patients.nuisance), patients.n_occasions)
    mixtures = _first_proposals(patients, population, shape, modes, earlier)
    shared, n = population.of_shared(unknowns), len(mixtures)
    size = -(-n_rows // rounds)
    phi = np.zeros((n, 0, patients.n_own))
    parts: list[list[PatientRows]] = [[] for _ in range(n)]
    for number in range(rounds):
        seeds = [[seed, number, i] for i in range(n)]
        fresh = [
            mixture[-1].draws(uniform_numbers(size, patients.n_own + 1, numbers))
            for mixture, numbers in zip(mixtures, seeds, strict=True)
        ]
        for rows, part in zip(
            simulate_rows(patients, fresh, shared, report, number * n, rounds * n), parts, strict=True
        ):
            part.append(rows)
        phi = np.concatenate([phi, np.stack(fresh)], axis=1)
        if number + 1 < rounds:
            logs = np.stack([JoinedRows(tuple(part)).log_likelihoods(shared) for part in parts])
            logs = logs + _log_base(phi, patients.nuisance, mixtures, population.n_effects) + shape.log_density(phi)
            mixtures = [
                (*mixture, _adapted(mixture[0], draws, weights))
                for mixture, draws, weights in zip(mixtures, phi, normalised(logs), strict=True)
            ]
    joined = [JoinedRows(tuple(part)) for part in parts]
    return Bank(
        phi,
        _log_base(phi, patients.nuisance, mixtures, population.n_effects),
        list(joined),
        len(patients.nuisance),
        patients.n_occasions,
        mixtures,
        np.array([rows.n_failed for rows in joined]),
    )


def _first_proposals(
    patients: PatientModel, population: PopulationModel, shape: OwnDensity, modes: Modes | None, earlier: Bank | None
) -> list[tuple[Proposal, ...]]:
    """Return where the first draws of each patient come from: an earlier bank's moments, or the mode."""
    if earlier is not None:
        weights = earlier.weights(population, shape.unknowns)
        return [
            (_adapted(mixture[-1], draws, of_draws),)
            for mixture, draws, of_draws in zip(earlier.proposals, earlier.phi, weights, strict=True)
        ]
    assert modes is not None
    n_blind = patients.n_occasions * len(population.with_occasions)
    root = shape.prior_root(patients.nuisance)
    return [
        (Proposal.at_mode(mode, information, root, n_blind),)
        for mode, information in zip(modes.phi, modes.data_information, strict=True)
    ]


def _adapted(proposal: Proposal, draws: Array, weights: Array) -> Proposal:
    """Return a proposal by the moments of draws, the same one where no draw has a weight."""
    return proposal.adapted(draws, weights) if np.isfinite(weights).all() else proposal


BATCH = 8192
"""Rows of one batch of the integrator: enough for all lanes, and progress every few seconds."""


def simulate_rows(
    patients: PatientModel,
    phi: Sequence[Array],
    shared: Array,
    report: Callable[[int, int], None] | None = None,
    done: int = 0,
    of: int = 0,
) -> list[PatientRows]:
    """Return the predictions of all patients at rows of each, in batches."""
    at_once = max(1, BATCH // max(len(phi[0]), 1))
    simulated = list[PatientRows]()
    for start in range(0, len(phi), at_once):
        chosen = range(start, min(start + at_once, len(phi)))
        simulated += patients.rows([phi[i] for i in chosen], shared, chosen)
        if report is not None:
            report(done + chosen.stop, of or len(phi))
    return simulated


@dataclass(frozen=True, eq=False)
class JoinedRows:
    """The rows of several simulations of one patient, one after the other."""

    parts: tuple[PatientRows, ...]

    def log_likelihoods(self, shared: Array) -> Array:
        """Return the log likelihood of each row; as of ``PatientRows``."""
        return np.concatenate([part.log_likelihoods(shared) for part in self.parts])

    @property
    def n_failed(self) -> int:
        """Number of rows that could not be simulated."""
        return sum(part.n_failed for part in self.parts)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(part.n_rows for part in self.parts)

    def some(self, places: Array) -> PatientRows:
        """Return some of the rows, by index in rising order."""
        ends = np.cumsum([0, *(part.n_rows for part in self.parts)])
        chosen = [places[(places >= low) & (places < high)] - low for low, high in pairwise(ends)]
        return JoinedRows(tuple(part.some(some) for part, some in zip(self.parts, chosen, strict=True)))


def _log_base(phi: Array, nuisance: Array, mixtures: Sequence[tuple[Proposal, ...]], first: int) -> Array:
    """Return the log density of the nuisance parameters less that of the mixture, shape (n_patients, n_rows)."""
    log_proposal = np.stack(
        [
            logsumexp([proposal.log_density(draws) for proposal in mixture], axis=0) - np.log(len(mixture))
            for draws, mixture in zip(phi, mixtures, strict=True)
        ]
    )
    m = len(nuisance)
    if not m:
        return np.asarray(-log_proposal, np.float64)
    known = phi[:, :, first : first + m]
    density = -0.5 * (((known - nuisance[:, 0]) / nuisance[:, 1]) ** 2).sum(axis=2)
    density = density - (np.log(nuisance[:, 1]) + 0.5 * LOG_TWO_PI).sum()
    return np.asarray(density - log_proposal, np.float64)
