"""Maximum likelihood of a population: a start by normal approximations, then banks that are refreshed as it moves.

On one bank the maximum is found by L-BFGS-B within 0.35 of where the bank was drawn, since draws say little about
populations far from them: undamped, a stale bank sends spreads to zero. Then a new bank is drawn there, until the
maximum lies within 0.04 of its bank.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.mixed_effects.bank import Bank, make_bank
from immunosim.mixed_effects.likelihoods import PatientModel
from immunosim.mixed_effects.marginal import Marginal, Penalty, effective_draws, tail_indices
from immunosim.mixed_effects.modes import LEAST_SPREAD, MOST_SPREAD, Modes, approximate, first_modes, improve, laplace
from immunosim.mixed_effects.population import PopulationModel

FARTHEST = 0.35
"""Largest move of an unknown on one bank."""

NEAR = 0.04
"""Largest move after which the bank needs no refreshing."""

MOST_BANKS = 10

LEAST_EFFECTIVE = 20.0
"""Effective draws of a patient below which the bank is called poor."""

MOST_TAIL = 0.7
"""Pareto k above which the weights of a patient have no reliable mean (Vehtari et al. 2024)."""

DRAWS_IN_ALL = 24_576
"""Draws of all patients together, of which each has an equal part between the two limits below."""

FEWEST_DRAWS, MOST_DRAWS = 256, 1024

SCOUTS, LEAST_SCOUT = 4, 64
"""Banks on the way have a part of the last one's draws: their maximum is only where the next bank is drawn."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class MixedOptions:
    """Options of a population fit.

    Attributes
    ----------
    n_draws : int
        Draws of each patient; 0 for a number that depends on how many patients there are.
    seed : int
    """

    n_draws: int = 0
    seed: int = 0

    def draws_for(self, n_patients: int) -> int:
        """Return how many draws each patient gets: a power of two, as Sobol points want."""
        if self.n_draws:
            return self.n_draws
        wanted = DRAWS_IN_ALL / max(n_patients, 1)
        return int(np.clip(2 ** int(np.floor(np.log2(wanted))), FEWEST_DRAWS, MOST_DRAWS))


@dataclass(frozen=True, eq=False)
class MixedEstimate:
    """A population by maximum likelihood.

    Attributes
    ----------
    patients : PatientModel
        Those who could be simulated.
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
    covariance : ndarray, shape (n_unknowns, n_unknowns)
        Inverse of the observed information.
    bank : Bank
    modes : Modes
    laplace_log_likelihood : float
    path : tuple of ndarray
        Unknowns after each bank, the start first.
    moves : tuple of float
        Largest move on each bank.
    failures : dict of str to str
        Patients who could not be simulated.
    is_converged : bool
    """

    patients: PatientModel
    population: PopulationModel
    unknowns: Array
    covariance: Array
    bank: Bank
    modes: Modes
    laplace_log_likelihood: float
    path: tuple[Array, ...]
    moves: tuple[float, ...]
    failures: dict[str, str]
    is_converged: bool

    @property
    def marginal(self) -> Marginal:
        """The likelihood by the bank."""
        return Marginal(self.bank, self.population)

    @property
    def log_likelihood(self) -> float:
        """Log likelihood by importance sampling."""
        return self.marginal.log_likelihood(self.unknowns)

    @property
    def effective_draws(self) -> Array:
        """Effective draws of each patient."""
        return effective_draws(self.bank.weights(self.population, self.unknowns))

    @property
    def tail_indices(self) -> Array:
        """Pareto k of each patient's weights."""
        return tail_indices(self.bank.log_weights(self.population, self.unknowns))

    @property
    def poor_patients(self) -> list[str]:
        """Names of patients whose draws carry too little: their part of the likelihood is not to be trusted."""
        is_poor = (self.effective_draws < LEAST_EFFECTIVE) | (self.tail_indices > MOST_TAIL)
        return [name for name, poor in zip(self.patients.names, is_poor, strict=True) if poor]


class CanChoose(PatientModel):
    """A model of patients of which some can be chosen."""

    def only(self, chosen: Sequence[int]) -> CanChoose:
        """Return the model of some of the patients."""
        raise NotImplementedError


def estimate_population(
    patients: CanChoose,
    population: PopulationModel,
    options: MixedOptions | None = None,
    start: Array | None = None,
    tell: Tell | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> MixedEstimate:
    """Return the population by maximum likelihood.

    Parameters
    ----------
    patients : CanChoose
    population : PopulationModel
    options : MixedOptions, optional
    start : ndarray, shape (n_unknowns,), optional
        Where the search begins; the population's start by default.
    tell : callable, optional
        Receives what is being done.
    progress : callable, optional
        Receives how many patients of a bank are simulated, and of how many.

    Raises
    ------
    SolverError
        If fewer than two patients can be simulated.
    """
    options, say = options or MixedOptions(), tell or (lambda text: None)
    unknowns = population.start if start is None else start
    say("Finding the mode of each patient")
    modes = first_modes(patients, population, unknowns)
    patients, population, modes, failures = without_failed(patients, population, modes)
    path = [unknowns]
    unknowns, modes = approximate(
        patients, population, unknowns, modes, lambda k, change: say(f"Approximating, round {k}")
    )
    n_rows = options.draws_for(len(patients.names))
    bank, moves, is_scout = None, list[float](), True
    for number in range(MOST_BANKS):
        say(f"Drawing bank {number + 1}")
        seed = options.seed * 1000 + number
        size = max(n_rows // SCOUTS, LEAST_SCOUT) if is_scout else n_rows
        bank = make_bank(patients, population, unknowns, modes, min(size, n_rows), seed, bank, progress)
        path.append(unknowns)
        moved = maximise(Marginal(bank, population), unknowns)
        moves.append(float(np.abs(moved - unknowns).max()))
        unknowns = moved
        if moves[-1] <= NEAR and not is_scout:
            break
        is_scout = moves[-1] > FARTHEST / 2
    assert bank is not None
    path.append(unknowns)
    modes = improve(patients, population, unknowns, _at(patients, population, unknowns, modes))
    return MixedEstimate(
        patients,
        population,
        unknowns,
        inverse_information(Marginal(bank, population).information(unknowns)),
        bank,
        modes,
        laplace(patients, population, unknowns, modes),
        tuple(path),
        tuple(moves),
        failures,
        moves[-1] <= NEAR,
    )


def without_failed(
    patients: CanChoose, population: PopulationModel, modes: Modes
) -> tuple[CanChoose, PopulationModel, Modes, dict[str, str]]:
    """Return the patients who can be simulated, and the names of the others with the reason.

    Raises
    ------
    SolverError
        If fewer than two are left.
    """
    failed = set(modes.failed)
    if not failed:
        return patients, population, modes, {}
    good = [i for i in range(len(modes.phi)) if i not in failed]
    if len(good) < 2:
        raise SolverError("fewer than two patients can be simulated: look at their data and at the typical values")
    reason = "cannot be simulated at the typical values, or has a value that the model rules out"
    failures = {patients.names[i]: reason for i in sorted(failed)}
    fewer = Modes(
        modes.phi[good], modes.log_likelihood[good], modes.gradient[good], modes.information[good], modes.n_own
    )
    return patients.only(good), population_of(population, good), fewer, failures


def population_of(population: PopulationModel, chosen: Sequence[int]) -> PopulationModel:
    """Return the population model of some of the patients, who may be named more than once."""
    index = np.asarray(chosen)
    effects = tuple(replace(effect, scores=effect.scores[index]) for effect in population.covariates)
    return replace(population, n_patients=len(index), covariates=effects)


def _at(patients: PatientModel, population: PopulationModel, unknowns: Array, modes: Modes) -> Modes:
    """Return modes evaluated at other shared unknowns."""
    if not population.shared:
        return modes
    everybody = range(len(modes.phi))
    return Modes(
        modes.phi, *patients.differentiate(modes.phi, population.of_shared(unknowns), everybody), patients.n_own
    )


def maximise(marginal: Marginal, unknowns: Array, farthest: float = FARTHEST, penalty: Penalty | None = None) -> Array:
    """Return the unknowns that a bank makes most likely, not far from where it was drawn.

    Parameters
    ----------
    marginal : Marginal
    unknowns : ndarray, shape (n_unknowns,)
    farthest : float
        Largest move of any.
    penalty : callable, optional
        A log prior, instead of that of the marginal.
    """
    from scipy.optimize import minimize

    target = marginal if penalty is None else replace(marginal, penalty=penalty)

    def objective(x: Array) -> tuple[float, Array]:
        value, gradient = target(x)
        return -value, -gradient

    low, high = unknowns - farthest, unknowns + farthest
    spreads = marginal.population.places["spread"]
    low[spreads] = np.maximum(low[spreads], np.log(0.5 * LEAST_SPREAD))
    high[spreads] = np.minimum(high[spreads], np.log(MOST_SPREAD))
    bounds = np.stack([np.minimum(low, high), high], axis=1)
    result = minimize(
        objective,
        unknowns,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-13, "gtol": 1e-6, "maxiter": 200, "maxcor": 20},
    )
    return np.asarray(result.x, np.float64)


def maximise_near(marginal: Marginal, unknowns: Array, covariance: Array, most_steps: int = 60) -> Array:
    """Return the unknowns that a bank makes most likely, from a point near the maximum whose covariance is known.

    BFGS that begins with the covariance takes a handful of steps where L-BFGS from nothing takes dozens: bootstraps and
    searches for covariates ask for thousands of such maxima.

    Parameters
    ----------
    marginal : Marginal
    unknowns : ndarray, shape (n_unknowns,)
    covariance : ndarray, shape (n_unknowns, n_unknowns)
    most_steps : int
    """
    from scipy.optimize import minimize

    sds = np.sqrt(np.clip(np.nan_to_num(np.diag(covariance), nan=1.0), 1e-8, None))
    known = np.isfinite(covariance).all(axis=1)
    first = np.where(np.outer(known, known), covariance, 0.0) / np.outer(sds, sds)
    values, vectors = np.linalg.eigh(0.5 * (first + first.T))
    root = vectors * np.sqrt(np.clip(values, 1e-6, None))

    def objective(x: Array) -> tuple[float, Array]:
        point = unknowns + sds * (root @ x)
        try:
            value, gradient = marginal(point)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros(len(x))
        if not np.isfinite(value):
            return np.inf, np.zeros(len(x))
        return -value, -root.T @ (sds * gradient)

    # In these coordinates the curvature is near 1 in every direction, and a gradient is a distance in standard errors.
    result = minimize(
        objective, np.zeros(len(unknowns)), jac=True, method="BFGS", options={"gtol": 2e-3, "maxiter": most_steps}
    )
    return np.asarray(unknowns + sds * (root @ result.x), np.float64)


def inverse_information(information: Array) -> Array:
    """Return the covariance; NaN in rows of unknowns about which there is no information."""
    values, vectors = np.linalg.eigh(information)
    largest = max(float(values.max()), 1e-300)
    is_known = values > 1e-10 * largest
    covariance = (vectors[:, is_known] / values[is_known]) @ vectors[:, is_known].T
    lost = (vectors[:, ~is_known] ** 2).sum(axis=1) > 1e-3
    covariance[lost] = np.nan
    covariance[:, lost] = np.nan
    return np.asarray(covariance, np.float64)
