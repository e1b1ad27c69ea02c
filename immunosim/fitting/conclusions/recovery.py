"""Times of recovery: over the draws of a posterior, with intervals, and with the draws that do not recover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles import Endpoint, simulate_ensemble
from immunosim.ensembles.endpoints import observed_events
from immunosim.ensembles.survival import EventTimes, pooled
from immunosim.errors import SolverError
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.bridging import LEAST_CURVATURE, Normal, bridged_draws
from immunosim.fitting.search.estimation import Estimate
from immunosim.scenario.time_reference import DAY_0, TimeReference

MOST_DRAWS = 2000


@dataclass(frozen=True)
class Return:
    """The time at which a read-out recovers above a level.

    Attributes
    ----------
    readout, level : str
    low, median, high : float
        Kaplan-Meier quantiles of the day of recovery over the draws; infinite where they are not reached.
    share : float
        Fraction of the draws that recover before the horizon.
    label : str
        Name of the read-out in figures; empty where none is known.
    share_of_uninformed : float
        Fraction of the variance of the day that would go if the parameters that are free but not reported were known,
        by regression over the draws (a day after the horizon counts as the horizon); NaN where it does not vary.
    reference : TimeReference
        What months and dates are counted from: the last course that is known of.
    times : EventTimes, optional
        Day of recovery in each draw that could be simulated, censored at the horizon.
    """

    readout: str
    level: str
    low: float
    median: float
    high: float
    share: float
    label: str = ""
    share_of_uninformed: float = math.nan
    reference: TimeReference = DAY_0
    times: EventTimes | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return days, months after the last course, dates and numbers of draws as plain values."""
        kept = {key: value for key, value in vars(self).items() if key not in ("reference", "times")}
        ends = {name: getattr(self, name) for name in ("low", "median", "high")}
        kept |= {f"{name}_month": self.reference.month(day) for name, day in ends.items()}
        kept |= {f"{name}_date": self.reference.date(day) for name, day in ends.items()}
        return kept | {"last_course_day": self.reference.last_course, **self.counts()}

    def drawn(self) -> dict[str, Any]:
        """Return the day of recovery in each draw and the start of the observation, as a figure needs them."""
        if self.times is None:
            return {}
        times = self.times
        about = {"is_observed": times.is_observed.tolist(), "start": times.start, "n_failed": times.n_failed}
        return about | {"days": [float(f"{day:.6g}") for day in times.days]}

    def counts(self) -> dict[str, int]:
        """Return the numbers of draws, of those that recover, that have from the start, and that failed."""
        if self.times is None:
            return {}
        times = self.times
        counts = {"n_draws": len(times), "n_recovered": times.n_observed, "n_at_start": times.n_at_start}
        return counts | {"n_failed": times.n_failed}


def forecast(
    subject: Subject,
    draws: Array,
    since: float,
    goals: Sequence[tuple[str, str]] | None = None,
    confidence: float = 0.9,
    n_threads: int = 1,
    uninformed: Sequence[str] = (),
) -> list[Return]:
    """Return the times after which counts stay above levels.

    Parameters
    ----------
    subject : Subject
    draws : ndarray, shape (n, n_parameters)
        Samples of the parameters.
    since : float, day
        Start of the observation, such as the last dose.
    goals : sequence of (read-out, level), optional
        Default: those that the model declares.
    confidence : float
    n_threads : int
    uninformed : sequence of str
        Parameters whose share of the interval is wanted.

    Raises
    ------
    SolverError
        If the patient cannot be simulated with any of the draws.
    """
    chosen = draws[np.linspace(0, len(draws) - 1, min(len(draws), MOST_DRAWS)).astype(np.int64)]
    goals = goals or subject.problem.model.questions.recovery
    endpoints = [
        Endpoint("last_below", readout, level, start=since, name=f"goal_{i}")
        for i, (readout, level) in enumerate(goals)
    ]
    columns = {name: chosen[:, j] for j, name in enumerate(subject.names)}
    ensemble = simulate_ensemble(subject.problem.scenario, columns, endpoints=endpoints, n_threads=n_threads)
    horizon = float(subject.problem.segments.boundaries[-1])
    is_well = ensemble.status == 0
    if not is_well.any():
        raise SolverError("no draw of the parameters could be simulated: widen the scenario or free other parameters")
    tail = (1.0 - confidence) / 2.0
    reference = TimeReference.of(subject.problem.scenario)
    by = np.log(chosen[np.ix_(is_well, [subject.names.index(name) for name in uninformed])])
    returns = []
    for i, (readout, level) in enumerate(goals):
        flagged = observed_events("last_below", ensemble[f"goal_{i}"][is_well], since, horizon)
        times = EventTimes(*flagged, since, int((~is_well).sum()))
        low, median, high = (times.quantile(fraction) for fraction in (tail, 0.5, 1.0 - tail))
        share, label = times.n_observed / len(times), subject.problem.model.about(readout).heading
        explained = _explained(times.days, by)
        returns.append(Return(readout, level, low, median, high, share, label, explained, reference, times))
    return returns


def pooled_returns(returns: Sequence[Return]) -> EventTimes:
    """Return the times of recovery of several patients and all their draws, in days after each patient's last course.

    Raises
    ------
    DataError
        If there are no times.
    """
    parts = [back.times.after(back.reference.last_course or 0.0) for back in returns if back.times is not None]
    return pooled(parts)


def _explained(days: Array, by: Array) -> float:
    """Return the fraction of the variance of days that a linear regression explains, adjusted for its terms."""
    n, n_terms = by.shape
    if np.ptp(days) == 0.0 or n - n_terms < 2:
        return math.nan
    terms = np.column_stack([np.ones(n), by])
    left = days - terms @ np.linalg.lstsq(terms, days, rcond=None)[0]
    return float(np.clip(1.0 - left.var() / days.var() * (n - 1) / (n - n_terms - 1), 0.0, 1.0))


def posterior_draws(estimate: Estimate, n: int, seed: int = 0, widening: float = 1.0) -> Array:
    """Return draws of the unknowns without a chain, shape (n, n_unknowns), in their own units.

    Of one patient they are the posterior's, by a bridge from the normal approximation; of several patients together,
    whose many values make it nearly normal and each draw as many simulations, they are those of the approximation.

    Parameters
    ----------
    estimate : Estimate
    n, seed : int
    widening : float
        Factor on the standard deviations of the unknowns, for a fit that misfits.
    """
    if len(estimate.posterior.subjects) > 1:
        return laplace_draws(estimate, n, seed, widening)
    start = Normal.from_precision(estimate.best.end, estimate.best.hessian)
    unknowns = bridged_draws(estimate.posterior.log_density, start, n, seed)
    return widened(estimate.posterior.natural(unknowns), widening)


def laplace_draws(estimate: Estimate, n: int, seed: int = 0, widening: float = 1.0) -> Array:
    """Return draws of the unknowns from the normal approximation, shape (n, n_unknowns), in their own units.

    Parameters
    ----------
    estimate : Estimate
    n, seed : int
    widening : float
        Factor on the standard deviations of the unknowns, for a fit that misfits.
    """
    generator = np.random.default_rng(seed)
    eigenvalues, vectors = np.linalg.eigh(estimate.best.hessian)
    scales = 1.0 / np.sqrt(np.maximum(eigenvalues, LEAST_CURVATURE))
    unknowns = estimate.best.end + (generator.normal(size=(n, len(scales))) * scales * widening) @ vectors.T
    return estimate.posterior.natural(unknowns)


def widened(draws: Array, widening: float) -> Array:
    """Return draws of a sample, shape (n, n_unknowns), with their logarithms spread about the medians by a factor."""
    if widening == 1.0:
        return draws
    logs = np.log(draws)
    middle = np.median(logs, axis=0)
    return np.asarray(np.exp(middle + widening * (logs - middle)), np.float64)
