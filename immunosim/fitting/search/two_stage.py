"""Two-stage population fit: individual parameters and their distribution, iterated to convergence.

First every patient is fitted individually. Then individual parameters get a lognormal prior with the median and
standard deviation over the patients, and all patients are refitted with the common parameters, repeatedly: an
expectation-maximisation with the normal approximation of each posterior, the iterative two-stage method. It accounts
for the uncertainty of each patient's estimate, unlike a mean of separate fits.

It is not a full mixed-effects likelihood: with few values per patient, between-patient variability is underestimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.fitting.likelihood.covariates import CovariateDesign
from immunosim.fitting.likelihood.error_model import Integers
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import search_together

INITIAL_SD, LEAST_SD = 0.3, 0.02
"""Between-patient SD (log): initial value without a prior, and lower bound."""

CONVERGENCE_TOLERANCE = 0.02
"""Change of medians (in standard deviations) and of standard deviations (relative) below which the iteration ends."""

MAX_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """The joint fit of several patients.

    Attributes
    ----------
    arrangement : CovariateDesign
    patients : tuple of str
    places : ndarray of int, shape (n_patients, n_individual)
        Of the patients' own unknowns.
    alone : ndarray, shape (n_patients, n_individual)
        Individual fits, in the parameters' own units.
    alone_sd : ndarray, shape (n_patients, n_individual)
        Standard deviations of their logarithms by the data alone; infinite where the data are uninformative.
    estimate : Estimate
        Joint estimate of all unknowns, under the distribution of the last round.
    medians, sds : ndarray, shape (n_individual,)
        Median, and between-patient SD (log).
    n_rounds : int
    has_converged : bool
    """

    arrangement: CovariateDesign
    patients: tuple[str, ...]
    places: Integers
    alone: Array
    alone_sd: Array
    estimate: Estimate
    medians: Array
    sds: Array
    n_rounds: int
    has_converged: bool

    @cached_property
    def together(self) -> Array:
        """Estimates of each patient under the distribution, shape (n_patients, n_individual)."""
        values: Array = self.estimate.values[self.places]
        return values

    @cached_property
    def values(self) -> Array:
        """Parameters of each patient with common ones and covariate effects, shape (n_patients, n_parameters)."""
        n = len(self.arrangement.coordinates)
        return np.concatenate(self.estimate.posterior.of_patients(self.estimate.values[np.newaxis, :n]))

    def of(self, patient: str) -> Array:
        """Return the parameters of a patient, shape (n_parameters,)."""
        values: Array = self.values[self.patients.index(patient)]
        return values

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters of a patient, in the order of ``values``."""
        return self.estimate.posterior.subjects[0].names

    @cached_property
    def together_sd(self) -> Array:
        """Standard deviations of their logarithms, shape (n_patients, n_individual)."""
        sds: Array = np.sqrt(np.diag(self.estimate.covariance))[self.places]
        return sds

    @cached_property
    def shrinkage(self) -> Array:
        """1 - SD of the estimates / between-patient SD, shape (n_individual,): 1 where the data are uninformative."""
        spread = np.log(self.together).std(axis=0, ddof=1)
        shrinkage: Array = 1.0 - np.minimum(spread / self.sds, 1.0)
        return shrinkage

    @cached_property
    def median_sds(self) -> Array:
        """Standard error of the logarithm of each median, shape (n_individual,)."""
        weights = 1.0 / (self.sds**2 + self.alone_sd**2)
        sds: Array = 1.0 / np.sqrt(weights.sum(axis=0))
        return sds


def fit_population(
    subjects: Sequence[Subject],
    arrangement: CovariateDesign,
    alone: Sequence[Estimate],
    factors: tuple[str, ...] = (),
    n_threads: int = 1,
    report: Callable[[int, float], None] | None = None,
) -> PopulationFit:
    """Fit the distribution of individual parameters together with the common parameters.

    Parameters
    ----------
    subjects : sequence of Subject
    arrangement : CovariateDesign
    alone : sequence of Estimate
        The individual fits of the first stage.
    factors : tuple of str
        Analytes whose noise is estimated, with one factor for all patients.
    n_threads : int
    report : callable, optional
        Receives after each round its number and its change relative to the tolerance.

    Raises
    ------
    SolverError
        If patients cannot be simulated together.
    """
    patients = tuple(subject.name for subject in subjects)
    names = list(subjects[0].names)
    chosen = [names.index(name) for name in arrangement.individual]
    separate = np.array([estimate.values[chosen] for estimate in alone])
    separate_sd = np.array([_sd_of_data(estimate, chosen) for estimate in alone])
    posterior = Posterior(tuple(subjects), arrangement.coordinates, factors, True, n_threads, arrangement.designs)
    places = arrangement.places(patients)
    unknowns = _start(posterior, arrangement, alone, names, places, separate)
    medians, sds = _first(arrangement, places, separate)
    change, rounds = np.inf, 0
    while change > 1.0 and rounds < MAX_ROUNDS:
        posterior = replace(posterior, coordinates=_with_distribution(posterior.coordinates, places, medians, sds))
        (search,) = search_together(posterior.evaluate, unknowns[np.newaxis])
        if not np.isfinite(search.value):
            raise SolverError("the patients cannot be simulated together: widen the scenario or free other parameters")
        estimate, unknowns = Estimate(posterior, (search,)), search.end
        new_medians, new_sds = distribution_of(estimate, places)
        moves = np.concatenate([np.abs(np.log(new_medians / medians)) / sds, np.abs(new_sds / sds - 1.0)])
        change = float(moves.max(initial=0.0)) / CONVERGENCE_TOLERANCE
        medians, sds, rounds = new_medians, new_sds, rounds + 1
        if report is not None:
            report(rounds, change)
    results = (arrangement, patients, places, separate, separate_sd, estimate, medians, sds, rounds, change <= 1.0)
    return PopulationFit(*results)


def distribution_of(estimate: Estimate, places: Integers) -> tuple[Array, Array]:
    """Return the lognormal distribution of the individual parameters: the maximisation step.

    The spread includes the uncertainty of each patient. Without it, the estimates would collapse to a single value
    over the rounds.

    Parameters
    ----------
    estimate : Estimate
        Of all patients.
    places : ndarray of int, shape (n_patients, n_individual)
        Of the patients' own unknowns.

    Returns
    -------
    medians : ndarray, shape (n_individual,)
    sds : ndarray, shape (n_individual,)
        Standard deviations of the logarithms between patients.
    """
    logs, variances = np.log(estimate.values[places]), np.diag(estimate.covariance)[places]
    middle = logs.mean(axis=0)
    spread = np.sqrt(((logs - middle) ** 2 + variances).mean(axis=0))
    return np.exp(middle), np.maximum(spread, LEAST_SD)


def _first(arrangement: CovariateDesign, places: Integers, separate: Array) -> tuple[Array, Array]:
    priors = [arrangement.coordinates.parameters[k].prior_sd for k in (places[0] if places.size else [])]
    return np.exp(np.median(np.log(separate), axis=0)), np.array([sd if sd > 0.0 else INITIAL_SD for sd in priors])


def _with_distribution(coordinates: Coordinates, places: Integers, medians: Array, sds: Array) -> Coordinates:
    parameters = list(coordinates.parameters)
    for row in places:
        for j, k in enumerate(row):
            parameters[k] = replace(parameters[k], prior_median=float(medians[j]), prior_sd=float(sds[j]))
    return Coordinates(tuple(parameters))


def _start(
    posterior: Posterior,
    arrangement: CovariateDesign,
    alone: Sequence[Estimate],
    names: list[str],
    places: Integers,
    separate: Array,
) -> Array:
    """Return the unknowns of the individual fits; common parameters at their median."""
    values = np.array([parameter.value for parameter in arrangement.coordinates.parameters])
    for k, parameter in enumerate(arrangement.coordinates.parameters):
        if parameter.name in names:
            values[k] = np.exp(np.median([np.log(estimate.values[names.index(parameter.name)]) for estimate in alone]))
    values[places] = separate
    start = posterior.start.copy()
    start[: len(values)] = np.clip(posterior.coordinates.of(values), -4.0, 4.0)
    return start


def _sd_of_data(alone: Estimate, chosen: Sequence[int]) -> Array:
    """Return the standard deviation of the logarithm of parameters by the data of one patient, without their priors."""
    variances = np.diag(alone.covariance)[chosen]
    parameters = [alone.posterior.coordinates.parameters[j] for j in chosen]
    has_priors = alone.posterior.with_priors
    prior = np.array(
        [parameter.prior_sd**-2 if parameter.has_prior and has_priors else 0.0 for parameter in parameters]
    )
    # The information of the posterior less that of the prior; where the prior is all there is, rounding of either sign.
    precision = 1.0 / variances - prior
    with np.errstate(divide="ignore"):
        return np.sqrt(np.where(precision > 1e-9, 1.0 / np.maximum(precision, 1e-300), np.inf))
