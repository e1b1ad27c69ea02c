"""Comparison of mechanisms: the same data fitted with one mechanism switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.errors import ImmunosimError
from immunosim.fitting.conclusions.alternative_mechanisms import predicts_the_same, without_mechanism
from immunosim.fitting.conclusions.goodness_of_fit import judge_fit
from immunosim.fitting.search.estimation import Estimate, estimate

CLEAR_AIC_DIFFERENCE = 4.0
"""Difference of AIC above which one model fits better (Burnham and Anderson 2002, section 2.6)."""

NO_PART = "Does not affect the measured quantities: predictions are the same without it."


@dataclass(frozen=True)
class Alternative:
    """A fit of the same data without one mechanism.

    Attributes
    ----------
    without : str
    log_likelihood, aic, bic : float
        NaN where it cannot be fitted.
    more_aic, more_bic : float
        Difference to the fitted model: positive where it is worse.
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
    """Return fits of the same data with each mechanism switched off in turn.

    Parameters
    ----------
    fitted : Estimate
    mechanisms : sequence of str
    n_starts : int
    seed : int
    report : callable, optional
        Receives the name of each mechanism before its fit.
    """
    rows = []
    for mechanism in mechanisms:
        if report is not None:
            report(mechanism)
        rows.append(_without(fitted, mechanism, n_starts, seed))
    return rows


def _without(fitted: Estimate, mechanism: str, n_starts: int, seed: int) -> Alternative:
    try:
        posterior = without_mechanism(fitted.posterior, mechanism)
        if predicts_the_same(fitted, posterior):
            verdict = judge_fit(fitted)
            numbers = (verdict.log_likelihood, verdict.aic, verdict.bic, 0.0, 0.0)
            return Alternative(mechanism, *numbers, NO_PART)
        other = judge_fit(estimate(posterior, n_starts, seed))
    except ImmunosimError as error:
        nothing = (np.nan, np.nan, np.nan, np.nan, np.nan)
        return Alternative(mechanism, *nothing, f"Cannot be fitted without it: {error}")
    with_all = judge_fit(fitted)
    more, more_bic = other.aic - with_all.aic, other.bic - with_all.bic
    return Alternative(mechanism, other.log_likelihood, other.aic, other.bic, more, more_bic, _sentence(more))


def _sentence(more: float) -> str:
    if more > CLEAR_AIC_DIFFERENCE:
        return "Supported by the data: the model fits worse without it."
    if more < -CLEAR_AIC_DIFFERENCE:
        return "Contradicted by the data: the model fits better without it."
    return "Not informed by the data: the model fits equally well without it."
