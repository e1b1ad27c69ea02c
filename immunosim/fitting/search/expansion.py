"""Search for a near mode with few simulations: each step is the optimum of the model with log-linear predictions.

Counts are products of rates and powers, so that logarithms of predictions are nearly linear in logarithms of
parameters. What remains of the search (error models with heavy tails, factors on the noise, limits of parameters) needs
no simulation. A step that makes the fit worse is shortened. Knows nothing of hypotheses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.posterior import Posterior, differentiate_together
from immunosim.fitting.search.multistart import Answer, Search, search_from

MAX_REMAINING_GAIN = 0.01
"""Log posterior that a further step may gain, by the quadratic approximation, where a search ends."""

INNER_TOLERANCE, INNER_STEPS = 1e-2, 12
"""Of the search in the log-linear model."""

MAX_STEP = 2.0
"""Longest step of an unknown before any was taken: in logits, 2 leads from the middle to within 12 % of a limit."""

MIN_STEP = 0.02
"""Longest step of an unknown below which a search that gains nothing is given up."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """A posterior around a point, with predictions that are log-linear in the parameters.

    Attributes
    ----------
    posterior : Posterior
    unknowns : ndarray, shape (n_unknowns,)
    values : list of ndarray, shape (1, n_parameters)
        Parameters of each patient at the point.
    derivatives : list of (ndarray, ndarray), shapes (1, n) and (1, n, n_parameters)
        Predictions of each patient at the point, and their derivatives.
    """

    posterior: Posterior
    unknowns: Array
    values: list[Array]
    derivatives: list[tuple[Array, Array]]

    def exact(self) -> Answer:
        """Return value, gradient and Hessian at the point itself."""
        answers = self.posterior.evaluated_from(self.unknowns[np.newaxis], self.values, self.derivatives)
        return float(answers[0][0]), answers[1][0], answers[2][0]

    def at(self, unknowns: Array) -> Answer:
        """Return value, gradient and Hessian elsewhere, as if predictions were log-linear."""
        n = len(self.posterior.coordinates)
        values = self.posterior.of_patients(self.posterior.coordinates.values_at(unknowns[np.newaxis, :n]))
        extended = [
            _extended(mine, predicted, by_value, now)
            for mine, (predicted, by_value), now in zip(self.values, self.derivatives, values, strict=True)
        ]
        answers = self.posterior.evaluated_from(unknowns[np.newaxis], values, extended)
        return float(answers[0][0]), answers[1][0], answers[2][0]


def _extended(values: Array, predicted: Array, by_value: Array, now: Array) -> tuple[Array, Array]:
    """Return predictions and derivatives at other parameters; what is predicted as zero stays zero."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        elasticities = np.where(predicted[..., np.newaxis] > 0.0, by_value * values / predicted[..., np.newaxis], 0.0)
        there = predicted * np.exp(elasticities[0] @ np.log(now[0] / values[0]))
        return there, there[..., np.newaxis] * elasticities / now


class NearSearch:
    """A search in progress: where it is, the next step, and whether it has ended."""

    def __init__(self, posterior: Posterior, start: Array) -> None:
        self.posterior, self.start, self.n_evaluations = posterior, start, 0
        self.best: Expansion | None = None
        self.answer: Answer = np.inf, np.full(len(start), np.nan), np.full((len(start),) * 2, np.nan)
        self.step, self.longest = np.zeros(len(start)), MAX_STEP
        self.promise = np.inf
        self.is_converged = self.has_ended = False

    @property
    def proposal(self) -> Array:
        """The unknowns to evaluate next."""
        return self.start if self.best is None else self.best.unknowns + self.step

    def take(self, expansion: Expansion) -> None:
        """Go to the proposal where it is better, and find the next step.

        Parameters
        ----------
        expansion : Expansion
            At the proposal.
        """
        self.n_evaluations += 1
        answer = expansion.exact()
        length = float(np.abs(self.step).max(initial=0.0))
        if answer[0] < self.answer[0]:
            self.best, self.answer = expansion, answer
            self.longest = MAX_STEP if self.n_evaluations == 1 else min(MAX_STEP, 2.0 * max(length, MIN_STEP))
            self.is_converged = self.has_ended = self.remaining_gain < MAX_REMAINING_GAIN
            if not self.has_ended:
                self._plan(expansion)
            return
        self.longest = 0.25 * length
        self.has_ended = self.best is None or self.longest < MIN_STEP
        if not self.has_ended:
            self.step = _damped(self.answer[1], self.answer[2], self.longest)

    @property
    def remaining_gain(self) -> float:
        """Log posterior that is still to be gained by the quadratic approximation."""
        _, gradient, hessian = self.answer
        try:
            return float(0.5 * gradient @ np.linalg.solve(hessian, gradient))
        except np.linalg.LinAlgError:  # without priors, an unknown that nothing informs
            return float(0.5 * gradient @ np.linalg.pinv(hessian, hermitian=True) @ gradient)

    def _plan(self, expansion: Expansion) -> None:
        """Set the next step, and the value that the log-linear model promises for the mode."""
        inner = search_from(expansion.at, expansion.unknowns, tolerance=INNER_TOLERANCE, most_steps=INNER_STEPS)
        step, self.promise = inner.end - expansion.unknowns, inner.value
        # Not the same step shortened: the way to a far optimum may lead uphill, a damped Newton step never does.
        is_near = np.abs(step).max(initial=0.0) <= self.longest
        self.step = step if is_near else _damped(self.answer[1], self.answer[2], self.longest)

    def outcome(self) -> Search:
        """Return what is known of the mode."""
        end = self.start if self.best is None else self.best.unknowns
        message = "" if np.isfinite(self.answer[0]) else "the patient cannot be simulated at the start"
        return Search(self.start, end, *self.answer, self.is_converged, self.n_evaluations, message)


def _damped(gradient: Array, hessian: Array, longest: float) -> Array:
    """Return the Newton step, damped (Levenberg 1944) until no unknown moves by more than a length."""
    damping = 1e-6 * float(np.trace(hessian)) / len(gradient) + np.finfo(float).tiny
    while True:
        step = -np.linalg.solve(hessian + damping * np.eye(len(gradient)), gradient)
        if np.abs(step).max() <= longest:
            return np.asarray(step, np.float64)
        damping *= 4.0


def advance(searches: Sequence[NearSearch], is_active: Sequence[bool]) -> None:
    """Take one step in each active search, all as one batch of the integrator.

    Parameters
    ----------
    searches : sequence of NearSearch
    is_active : sequence of bool
    """
    points = [search.proposal[np.newaxis] for search in searches]
    first_of = dict[tuple[object, ...], int]()
    active = [k for k, is_wanted in enumerate(is_active) if is_wanted]
    source = {k: first_of.setdefault(_simulation(searches[k].posterior, points[k]), k) for k in active}
    # All of them in each batch, some with no rows: which kernel answers does then not depend on who still searches.
    tasks = [
        (search.posterior, point if source.get(k) == k else point[:0])
        for k, (search, point) in enumerate(zip(searches, points, strict=True))
    ]
    solved = differentiate_together(tasks)
    for k, simulated in source.items():
        searches[k].take(Expansion(searches[k].posterior, points[k][0], *solved[simulated]))


def _simulation(posterior: Posterior, point: Array) -> tuple[object, ...]:
    """Return what predictions depend on: alternatives that differ in errors alone share simulations."""
    n = len(posterior.coordinates)
    which = [(id(subject.problem), id(subject.measurements)) for subject in posterior.subjects]
    return (*which, point[0, :n].tobytes())
