"""When counts will be back: over the draws of a posterior, with intervals and with those who do not get there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles import Endpoint, simulate_ensemble
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate

MOST_DRAWS = 2000


@dataclass(frozen=True)
class Return:
    """When a read-out comes back above a level.

    Attributes
    ----------
    readout, level : str
    low, median, high : float
        Quantiles of the day over draws that get there before the horizon; infinite where they do not.
    share : float
        Of the draws that get there.
    share_of_uninformed : float
        Fraction of the variance of the day that would go if the parameters that are free but not reported were known,
        by regression over the draws (a day after the horizon counts as the horizon); NaN where it does not vary.
    """

    readout: str
    level: str
    low: float
    median: float
    high: float
    share: float
    share_of_uninformed: float = math.nan


def forecast(
    subject: Subject,
    draws: Array,
    since: float,
    goals: Sequence[tuple[str, str]] | None = None,
    confidence: float = 0.9,
    n_threads: int = 1,
    uninformed: Sequence[str] = (),
) -> list[Return]:
    """Return when counts come back above levels, for good.

    Parameters
    ----------
    subject : Subject
    draws : ndarray, shape (n, n_parameters)
        Samples of the parameters.
    since : float, day
        From when on, such as the last dose.
    goals : sequence of (read-out, level), optional
        By default those that the model declares.
    confidence : float
    n_threads : int
    uninformed : sequence of str
        Parameters whose share of the interval is wanted.
    """
    chosen = draws[np.linspace(0, len(draws) - 1, min(len(draws), MOST_DRAWS)).astype(np.int64)]
    goals = goals or subject.problem.model.questions.recovery
    endpoints = [
        Endpoint("last_below", readout, level, start=since, name=f"goal_{i}")
        for i, (readout, level) in enumerate(goals)
    ]
    columns = {name: chosen[:, j] for j, name in enumerate(subject.names)}
    found = simulate_ensemble(subject.problem.scenario, columns, endpoints=endpoints, n_threads=n_threads)
    horizon = float(subject.problem.segments.boundaries[-1])
    is_well = found.status == 0
    tail = (1.0 - confidence) / 2.0
    returns = []
    for i, (readout, level) in enumerate(goals):
        days = found[f"goal_{i}"][is_well]
        # A read-out that was never below is back from the start; one that is below at the end does not come back.
        days = np.where(np.isnan(days), since, np.where(days >= horizon - 1e-6, np.inf, days))
        low, median, high = (float(one) for one in _quantiles(days, (tail, 0.5, 1.0 - tail)))
        among = [subject.names.index(name) for name in uninformed]
        share = _explained(np.minimum(days, horizon), np.log(chosen[np.ix_(is_well, among)]))
        returns.append(Return(readout, level, low, median, high, float(np.isfinite(days).mean()), share))
    return returns


def _explained(days: Array, by: Array) -> float:
    """Return the fraction of the variance of days that a linear regression explains, adjusted for its terms."""
    n, n_terms = by.shape
    if np.ptp(days) == 0.0 or n - n_terms < 2:
        return math.nan
    terms = np.column_stack([np.ones(n), by])
    left = days - terms @ np.linalg.lstsq(terms, days, rcond=None)[0]
    return float(np.clip(1.0 - left.var() / days.var() * (n - 1) / (n - n_terms - 1), 0.0, 1.0))


def laplace_draws(estimate: Estimate, n: int, seed: int = 0) -> Array:
    """Return draws of the unknowns from the normal approximation, shape (n, n_unknowns), in their own units."""
    generator = np.random.default_rng(seed)
    eigenvalues, vectors = np.linalg.eigh(estimate.best.hessian)
    scales = 1.0 / np.sqrt(np.maximum(eigenvalues, 0.05))
    unknowns = estimate.best.end + (generator.normal(size=(n, len(scales))) * scales) @ vectors.T
    return estimate.posterior.natural(unknowns)


def _quantiles(days: Array, levels: Sequence[float]) -> list[float]:
    """Return quantiles by order, which may be infinite."""
    ordered = np.sort(days)
    return [float(ordered[min(int(level * len(ordered)), len(ordered) - 1)]) for level in levels]
