"""A stepwise search for effects of covariates, on one bank: no patient is simulated for any candidate.

Forward, the candidate with the smallest p of the likelihood-ratio test enters while that is below 5 %; backward, the
effect with the largest p leaves while that is above 1 % (Jonsson and Karlsson 1998). Every candidate of every step is
kept, with the change of BICc beside it. Of twenty tests one is below 5 % by chance alone: the number of tests is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from immunosim.codegen.loader import Array
from immunosim.mixed_effects.bank import Bank
from immunosim.mixed_effects.estimation import LEAST_EFFECTIVE, MixedEstimate, inverse_information, maximise_near
from immunosim.mixed_effects.marginal import Marginal, effective_draws
from immunosim.mixed_effects.population import PopulationCovariate, PopulationModel

ENTERS, STAYS = 0.05, 0.01
"""Largest p at which an effect enters, and at which it stays."""

FORWARD, BACKWARD = "forward", "backward"


@dataclass(frozen=True, eq=False)
class Candidate:
    """A term that may enter or leave.

    Attributes
    ----------
    name : str
        As a user writes it.
    effects : tuple of PopulationCovariate
        One for a number, one for each word but the reference.
    """

    name: str
    effects: tuple[PopulationCovariate, ...]


@dataclass(frozen=True)
class CovariateTest:
    """One candidate in one step.

    Attributes
    ----------
    step : int
    direction : str
        ``forward`` or ``backward``.
    name : str
    coefficients : tuple of float
        NaN where it was taken out.
    drop : float
        How much -2LL falls by having the effect.
    degrees : int
    p_value : float
    bicc_change : float
        Of having the effect.
    is_chosen : bool
        Whether it entered, or left.
    is_poor : bool
        Whether a patient's draws carry too little at this candidate.
    """

    step: int
    direction: str
    name: str
    coefficients: tuple[float, ...]
    drop: float
    degrees: int
    p_value: float
    bicc_change: float
    is_chosen: bool = False
    is_poor: bool = False


@dataclass(frozen=True, eq=False)
class CovariateSearch:
    """The outcome of a search.

    Attributes
    ----------
    tests : tuple of CovariateTest
        All of them, in order.
    kept : tuple of Candidate
        The effects at the end.
    population : PopulationModel
    unknowns : ndarray, shape (n_unknowns,)
    """

    tests: tuple[CovariateTest, ...]
    kept: tuple[Candidate, ...]
    population: PopulationModel
    unknowns: Array


@dataclass(frozen=True, eq=False)
class _Fitted:
    population: PopulationModel
    unknowns: Array
    log_likelihood: float
    is_poor: bool


def search_covariates(
    estimate: MixedEstimate,
    candidates: Sequence[Candidate],
    enters: float = ENTERS,
    stays: float = STAYS,
    report: Callable[[int, str], None] | None = None,
) -> CovariateSearch:
    """Search for effects of covariates, forward and then backward.

    Parameters
    ----------
    estimate : MixedEstimate
        Without the candidates; effects that it has already stay.
    candidates : sequence of Candidate
    enters, stays : float
        Largest p values.
    report : callable, optional
        Receives the number of tests so far, and the candidate.
    """
    bank, tests, kept = estimate.bank, list[CovariateTest](), list[Candidate]()
    now = _Fitted(estimate.population, estimate.unknowns, estimate.log_likelihood, False)
    log_n, step = float(np.log(len(estimate.patients.names))), 0
    while len(kept) < len(candidates):
        step += 1
        fits = dict[str, _Fitted]()
        trials = list[CovariateTest]()
        for candidate in candidates:
            if candidate in kept:
                continue
            if report is not None:
                report(len(tests) + len(trials), candidate.name)
            fits[candidate.name] = _with(bank, now, candidate.effects, estimate.covariance)
            trials.append(_test(step, FORWARD, candidate, fits[candidate.name], now, log_n))
        best = min(range(len(trials)), key=lambda k: trials[k].p_value)
        does_enter = trials[best].p_value < enters
        tests += [replace(trial, is_chosen=does_enter and k == best) for k, trial in enumerate(trials)]
        if not does_enter:
            break
        kept.append(next(candidate for candidate in candidates if candidate.name == trials[best].name))
        now = fits[trials[best].name]
    while len(kept) > 1 or (kept and stays < enters):
        step += 1
        fits, trials = {}, []
        for candidate in kept:
            if report is not None:
                report(len(tests) + len(trials), candidate.name)
            fits[candidate.name] = _without(bank, now, candidate.effects)
            trials.append(_test(step, BACKWARD, candidate, now, fits[candidate.name], log_n))
        worst = max(range(len(trials)), key=lambda k: trials[k].p_value)
        does_leave = trials[worst].p_value > stays
        tests += [replace(trial, is_chosen=does_leave and k == worst) for k, trial in enumerate(trials)]
        if not does_leave:
            break
        kept = [candidate for candidate in kept if candidate.name != trials[worst].name]
        now = fits[trials[worst].name]
    return CovariateSearch(tuple(tests), tuple(kept), now.population, now.unknowns)


def _test(
    step: int, direction: str, candidate: Candidate, larger: _Fitted, smaller: _Fitted, log_n: float
) -> CovariateTest:
    drop, degrees = 2.0 * (larger.log_likelihood - smaller.log_likelihood), len(candidate.effects)
    names = [effect.name for effect in larger.population.covariates]
    q = larger.population.n_effects
    values = tuple(float(larger.unknowns[q + names.index(effect.name)]) for effect in candidate.effects)
    return CovariateTest(
        step,
        direction,
        candidate.name,
        values,
        drop,
        degrees,
        float(chi2.sf(max(drop, 0.0), degrees)),
        degrees * log_n - drop,
        is_poor=larger.is_poor or smaller.is_poor,
    )


def _with(bank: Bank, now: _Fitted, effects: Sequence[PopulationCovariate], covariance: Array) -> _Fitted:
    """Return the fit with effects added, from where they are zero."""
    population = replace(now.population, covariates=(*now.population.covariates, *effects))
    end = now.population.n_effects + len(now.population.covariates)
    start = np.insert(now.unknowns, [end] * len(effects), 0.0)
    widths = (
        np.diag(Marginal(bank, now.population).information(now.unknowns))
        if len(covariance) != len(now.unknowns)
        else 1.0 / np.diag(covariance)
    )
    variances = 1.0 / np.maximum(np.nan_to_num(widths, nan=1.0), 1e-12)
    spreads = now.population.spreads(now.unknowns)
    mine = [
        spreads[effect.target] ** 2 / max(float(((effect.scores - effect.scores.mean()) ** 2).sum()), 1e-12)
        for effect in effects
    ]
    first = np.diag(np.insert(variances, [end] * len(effects), mine))
    if len(covariance) == len(now.unknowns) and np.isfinite(covariance).all():
        places = np.delete(np.arange(len(start)), np.arange(end, end + len(effects)))
        first[np.ix_(places, places)] = covariance
    return _maximum(bank, population, start, first)


def _without(bank: Bank, now: _Fitted, effects: Sequence[PopulationCovariate]) -> _Fitted:
    """Return the fit without some effects."""
    gone = {effect.name for effect in effects}
    left = [k for k, effect in enumerate(now.population.covariates) if effect.name not in gone]
    q = now.population.n_effects
    removed = [q + k for k in range(len(now.population.covariates)) if k not in left]
    population = replace(now.population, covariates=tuple(now.population.covariates[k] for k in left))
    start = np.delete(now.unknowns, removed)
    first = inverse_information(Marginal(bank, population).information(start))
    return _maximum(bank, population, start, first)


def _maximum(bank: Bank, population: PopulationModel, start: Array, covariance: Array) -> _Fitted:
    marginal = Marginal(bank, population)
    unknowns = maximise_near(marginal, start, covariance)
    is_poor = bool(effective_draws(bank.weights(population, unknowns)).min() < LEAST_EFFECTIVE)
    return _Fitted(population, unknowns, marginal.log_likelihood(unknowns), is_poor)
