"""Alternative models of the same data, and their fits, searched together from the best point of the fit in question.

Knows what an alternative is, but none in particular.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.posterior import Posterior, evaluate_together
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import Answer, Ask, Search, search_from, work_together

TOLERANCE = 0.02
"""Norm of the gradient at which a search ends: the log posterior is then known to about 0.001; 1 matters."""

FIRST_STEPS, MOST_STEPS = 5, 40
"""Steps that every alternative gets, and those that still compete for the best get."""

CLOSE, MOST_CLOSE = 8.0, 3
"""Log posterior that the remaining steps may gain, and variants of one explanation that get them; assumed."""


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One alternative model.

    Attributes
    ----------
    cause : str
        What would be wrong with the fit: ``outliers``, ``dose date``, ``noise size``, ``noise form``, ``shared error``.
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
    """Return the fit of each alternative; None where it cannot be simulated, or fits far worse after a few steps.

    Parameters
    ----------
    fitted : Estimate
        Of the model in question, at whose best point the searches begin.
    hypotheses : sequence of Hypothesis
    """
    posteriors = [hypothesis.posterior for hypothesis in hypotheses]
    if not posteriors:
        return []
    everyone = range(len(posteriors))
    searches = dict(_searched(posteriors, {k: _start(fitted, posteriors[k]) for k in everyone}, FIRST_STEPS))
    unfinished = [k for k in _competing(hypotheses, searches) if not searches[k].is_converged]
    searches |= dict(_searched(posteriors, {k: searches[k].end for k in unfinished}, MOST_STEPS))
    is_done = [np.isfinite(searches[k].value) and (searches[k].is_converged or k in unfinished) for k in everyone]
    return [Estimate(posteriors[k], (searches[k],)) if is_done[k] else None for k in everyone]


def _competing(hypotheses: Sequence[Hypothesis], searches: Mapping[int, Search]) -> list[int]:
    """Return the alternatives that may yet be the best of their explanation."""
    competing = []
    for matter in dict.fromkeys(hypothesis.subject_matter for hypothesis in hypotheses):
        variants = [k for k, hypothesis in enumerate(hypotheses) if hypothesis.subject_matter == matter]
        variants = sorted(variants, key=lambda k: searches[k].value)[:MOST_CLOSE]
        competing += [k for k in variants if searches[k].value - searches[variants[0]].value < CLOSE]
    return competing


def _searched(
    posteriors: Sequence[Posterior], starts: Mapping[int, Array], most_steps: int
) -> Iterator[tuple[int, Search]]:
    width = max(posterior.n_unknowns for posterior in posteriors)
    jobs = [partial(_search, index=k, start=start, width=width, most_steps=most_steps) for k, start in starts.items()]
    yield from zip(starts, work_together(partial(_evaluate, posteriors), jobs), strict=True)


def _start(fitted: Estimate, posterior: Posterior) -> Array:
    return np.concatenate([fitted.best.end, np.zeros(posterior.n_unknowns - len(fitted.best.end))])


def _search(ask: Ask, index: int, start: Array, width: int, most_steps: int) -> Search:
    """Search from a start; a point carries the index of its posterior in front, and zeros up to the width behind."""
    n = len(start)

    def answer(point: Array) -> Answer:
        value, gradient, hessian = ask(np.concatenate([[index], point, np.zeros(width - n)]))
        return value, gradient[:n], hessian[:n, :n]

    return search_from(answer, start, tolerance=TOLERANCE, most_steps=most_steps)


def _evaluate(posteriors: Sequence[Posterior], points: Array) -> tuple[Array, Array, Array]:
    """Evaluate points of several posteriors as one batch; unknowns that a posterior lacks have zero slopes."""
    n, size = len(points), points.shape[1] - 1
    values, gradients, hessians = np.empty(n), np.zeros((n, size)), np.zeros((n, size, size))
    rows = [np.flatnonzero(points[:, 0] == k) for k in range(len(posteriors))]
    # All of them in each batch, most with no rows: which kernel answers does then not depend on who still searches.
    tasks = [
        (posterior, points[chosen, 1 : 1 + posterior.n_unknowns])
        for posterior, chosen in zip(posteriors, rows, strict=True)
    ]
    for chosen, (value, gradient, hessian) in zip(rows, evaluate_together(tasks), strict=True):
        k = gradient.shape[1]
        values[chosen], gradients[chosen, :k] = value, gradient
        hessians[chosen, :k, :k] = hessian
    return values, gradients, hessians
