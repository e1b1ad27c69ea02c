"""Other models of the same data: the scenario with a mechanism off, fitted in the same way."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunosim.errors import ImmunosimError
from immunosim.fitting.conclusions.identifiability import judge_fit
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate, estimate
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario, to_toml

CLEAR = 4.0
"""Difference of AIC from which one model is said to fit better (Burnham and Anderson 2002, section 2.6)."""

NO_PART = "It plays no part in what was measured: predictions are the same without it."

SAME = 1e-3
"""Difference of the log likelihood that only the integrator's tolerance makes."""


@dataclass(frozen=True)
class Alternative:
    """A model of the same data without one mechanism.

    Attributes
    ----------
    without : str
    log_likelihood, aic, bic : float
        NaN where it cannot be fitted.
    more_aic, more_bic : float
        What it has more than the fitted model: positive where it is worse.
    sentence : str
    """

    without: str
    log_likelihood: float
    aic: float
    bic: float
    more_aic: float
    more_bic: float
    sentence: str


def alternatives(
    fitted: Estimate,
    mechanisms: Sequence[str],
    n_starts: int = 5,
    seed: int = 0,
    report: Callable[[str], None] | None = None,
) -> list[Alternative]:
    """Return fits of the same data with mechanisms off, one after the other.

    Parameters
    ----------
    fitted : Estimate
    mechanisms : sequence of str
    n_starts : int
    seed : int
    report : callable, optional
        Told the mechanism before it is left out.
    """
    found = []
    for mechanism in mechanisms:
        if report is not None:
            report(mechanism)
        found.append(_without(fitted, mechanism, n_starts, seed))
    return found


def _without(fitted: Estimate, mechanism: str, n_starts: int, seed: int) -> Alternative:
    try:
        subjects = tuple(_subject(subject, mechanism) for subject in fitted.posterior.subjects)
        posterior = replace(fitted.posterior, subjects=subjects)
        if _is_the_same(fitted, posterior):
            verdict = judge_fit(fitted)
            numbers = (verdict.log_likelihood, verdict.aic, verdict.bic, 0.0, 0.0)
            return Alternative(mechanism, *numbers, NO_PART)
        other = judge_fit(estimate(posterior, n_starts, seed))
    except ImmunosimError as error:
        nothing = (np.nan, np.nan, np.nan, np.nan, np.nan)
        return Alternative(mechanism, *nothing, f"It cannot be fitted without it: {error}")
    own = judge_fit(fitted)
    more, more_bic = other.aic - own.aic, other.bic - own.bic
    return Alternative(mechanism, other.log_likelihood, other.aic, other.bic, more, more_bic, _sentence(more))


def _sentence(more: float) -> str:
    if more > CLEAR:
        return "Supported by the data: the model fits worse without it."
    if more < -CLEAR:
        return "Contradicted by the data: the model fits better without it."
    return "Not informed by the data: the model fits equally well without it."


def _is_the_same(fitted: Estimate, posterior: Posterior) -> bool:
    best = fitted.best.end[np.newaxis]
    return bool(np.abs(posterior.log_likelihoods(best) - fitted.posterior.log_likelihoods(best)).max() < SAME)


def _subject(subject: Subject, mechanism: str) -> Subject:
    problem = prepare(_switched_off(subject.problem.scenario, mechanism))
    return replace(subject, problem=replace(problem, times=subject.problem.times))


def _switched_off(scenario: Scenario, mechanism: str) -> Scenario:
    document = tomllib.loads(to_toml(scenario))
    off = [*document.get("mechanisms", {}).get("off", []), mechanism]
    return build_scenario(document | {"mechanisms": {"off": off}})
