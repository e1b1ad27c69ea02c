"""Alternative models of the same data, and their fits, searched together from the best point of the fit in question.

Knows what an alternative is, but none in particular.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.expansion import NearSearch, advance

MOST_STEPS = 25
"""Simulations of an alternative, each with a search in the log-linear model."""

FAR = (60.0, 30.0, 15.0)
"""Log posterior that an alternative may gain beyond what the log-linear model promises after one, two, and more
simulations; assumed. Those that are further from the best stay where they are: their evidence is a lower bound."""

CLOSE, MOST_CLOSE = 8.0, 3
"""The same between variants of one explanation after three simulations, and how many variants go on; assumed."""


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One alternative model.

    Attributes
    ----------
    cause : str
        What would be wrong with the fit: ``outliers``, ``dose date``, ``noise size``, ``noise form``, ``shared error``,
        ``mechanism``.
    subject_matter : str
        Alternatives with the same one, such as the days of one course, are variants of one explanation.
    posterior : Posterior
        Has the unknowns of the fit, then further factors on the noise.
    sentence : callable
        Says from the fit of the alternative what fits better.
    cure : str
        What the user can do about it.
    log_constant : float
        Logarithm of the density of what the posterior leaves out.
    """

    cause: str
    subject_matter: str
    posterior: Posterior
    sentence: Callable[[Estimate], str]
    cure: str
    log_constant: float = 0.0


def fits_of(fitted: Estimate, hypotheses: Sequence[Hypothesis]) -> list[Estimate | None]:
    """Return the fit of each alternative; None where it cannot be simulated.

    Those that are far from the best are not searched to their end: their evidence is a lower bound.

    Parameters
    ----------
    fitted : Estimate
        Of the model in question, at whose best point the searches begin.
    hypotheses : sequence of Hypothesis
    """
    searches = [NearSearch(each.posterior, _start(fitted, each.posterior)) for each in hypotheses]
    for n_steps in range(MOST_STEPS):
        is_active = _competing(hypotheses, searches, n_steps)
        if not any(is_active):
            break
        advance(searches, is_active)
    outcomes = [search.outcome() for search in searches]
    return [
        Estimate(each.posterior, (outcome,)) if np.isfinite(outcome.value) else None
        for each, outcome in zip(hypotheses, outcomes, strict=True)
    ]


def _competing(hypotheses: Sequence[Hypothesis], searches: Sequence[NearSearch], n_steps: int) -> list[bool]:
    """Return which alternatives may yet be the best of all, and the best of their explanation."""
    if not n_steps:
        return [True] * len(searches)
    reached = np.array([h.log_constant - s.answer[0] for h, s in zip(hypotheses, searches, strict=True)])
    promised = np.maximum(reached, [h.log_constant - s.promise for h, s in zip(hypotheses, searches, strict=True)])
    is_near = promised > reached.max(initial=-np.inf) - FAR[min(n_steps, len(FAR)) - 1]
    if n_steps >= len(FAR):
        matters = np.array([each.subject_matter for each in hypotheses])
        for matter in set(matters):
            variants = np.flatnonzero(matters == matter)
            ranked = variants[np.argsort(-promised[variants], kind="stable")]
            is_near[ranked[MOST_CLOSE:]] = False
            is_near[variants[promised[variants] < reached[variants].max() - CLOSE]] = False
    return [bool(near) and not search.has_ended for near, search in zip(is_near, searches, strict=True)]


def _start(fitted: Estimate, posterior: Posterior) -> Array:
    return np.concatenate([fitted.best.end, np.zeros(posterior.n_unknowns - len(fitted.best.end))])
