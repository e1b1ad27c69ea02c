"""Forecasts by visit: fitted to the measurements up to each visit, counts and doses alike.

Each forecast is that of a table which ends at its visit: whatever is written into later rows moves no bit of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, MisfitError, SolverError
from immunosim.fitting.conclusions.goodness_of_fit import judge_fit
from immunosim.fitting.conclusions.misfit import explanations, refusal
from immunosim.fitting.conclusions.recovery import Return, forecast, posterior_draws, widened
from immunosim.fitting.fitted import N_DRAWS
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.fitting.search.estimation import Estimate, estimate
from immunosim.fitting.search.sampling import sample
from immunosim.fitting.setup import FitProblem, case_of
from immunosim.observations import PatientRecord
from immunosim.scenario.regimen import courses_of


class Goal(NamedTuple):
    """A read-out and the level above which it must stay."""

    readout: str
    level: str

    @classmethod
    def parse(cls, text: str) -> Goal:
        """Parse a goal such as ``cd4@0.2e9/L``.

        Raises
        ------
        DataError
            If the text has another form.
        """
        readout, at, level = text.partition("@")
        if not (at and readout.strip() and level.strip()):
            raise DataError(f'"{text}" has no read-out and level', key="goal", cure="write for example cd4@0.2e9/L")
        return cls(readout.strip(), level.strip())


@dataclass(frozen=True)
class Update:
    """A forecast from the visits until a day.

    Attributes
    ----------
    day : float
        Of the last visit; 0 before the first.
    n_visits, n_measurements : int
    returns : tuple of Return
    misfit : str
        Why the fit is rejected; empty where it is not.
    widening : float
        Factor by which standard deviations were multiplied, since the fit is rejected.
    horizon : float, day
        Until when recovery was looked for; NaN where it is unknown.
    """

    day: float
    n_visits: int
    n_measurements: int
    returns: tuple[Return, ...]
    misfit: str = ""
    widening: float = 1.0
    horizon: float = math.nan

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return vars(self) | {"returns": [back.as_dict() for back in self.returns]}


class ForecastOptions(NamedTuple):
    """Settings of a forecast.

    Attributes
    ----------
    n_starts : int
    n_draws : int
        MCMC steps per walker; 0 for the Laplace approximation.
    seed : int
    confidence : float
    anyway : bool
        Whether to forecast from rejected fits, with wider intervals.
    """

    n_starts: int
    n_draws: int
    seed: int
    confidence: float
    anyway: bool = False


def update(
    case: FitProblem,
    goals: Sequence[Goal],
    until: float,
    each_visit: bool,
    manner: ForecastOptions,
    report: Callable[[str, int, int], None] | None = None,
) -> tuple[dict[str, list[Update]], dict[str, str]]:
    """Return forecasts of every patient.

    Parameters
    ----------
    case : FitProblem
    goals : sequence of Goal
        Empty for the default goals.
    until : float, day
        Later visits are ignored.
    each_visit : bool
        Whether to forecast before the first and after each visit; otherwise only after the last.
    manner : ForecastOptions
    report : callable, optional
        Receives the patient, the number of the visit, and the number of visits.

    Returns
    -------
    updates : dict of str to list of Update
        In the order of time, by patient.
    failures : dict of str to str
        Reasons, by patient who could not be simulated, or whose fit is rejected.

    Raises
    ------
    DataError
        If no patient was measured until then, or a goal is invalid.
    """
    by_patient, failures = {}, {}
    for patient in case.patients:
        days = sorted({measurement.time for measurement in patient.measurements if measurement.time <= until})
        if not days:
            continue
        chosen = list(enumerate(days, 1)) if each_visit else [(len(days), days[-1])]
        is_first = each_visit and case.coordinates.have_priors
        updates = [_before(case, known_until(patient, days[0]), goals, manner)] if is_first else []
        try:
            for number, day in chosen:
                if report is not None:
                    report(patient.name, number, len(days))
                known = known_until(patient, day if each_visit else until)
                updates.append(_after(case, known, goals, day, number, manner))
        except MisfitError as error:
            failures[patient.name] = str(error)
            if not updates:
                continue
        except SolverError as error:
            failures[patient.name] = str(error)
            continue
        by_patient[patient.name] = updates
    if not by_patient and not failures:
        reason = f"no patient was measured until day {until:g}"
        raise DataError(reason, key="as_of", cure="give a later time")
    return by_patient, failures


def known_until(patient: PatientRecord, day: float) -> PatientRecord:
    """Return what was known of a patient on a day."""
    measured = tuple(seen for seen in patient.measurements if seen.time <= day)
    return replace(patient, measurements=measured, doses=tuple(dose for dose in patient.doses if dose.time <= day))


def _after(
    case: FitProblem, known: PatientRecord, goals: Sequence[Goal], day: float, number: int, manner: ForecastOptions
) -> Update:
    """Return the forecast from the visits up to a day.

    Raises
    ------
    MisfitError
        If the fit is rejected, with its most likely cause, unless a forecast is wanted anyway.
    """
    seen = case_of(case.problem, [known], case.wishes)
    best = estimate(seen.alone(), manner.n_starts, manner.seed)
    verdict = judge_fit(best)
    if verdict.is_rejected and not manner.anyway:
        why = refusal(verdict, explanations(best))
        raise MisfitError(why.removesuffix("."), key=f"until day {day:g}", cure="or see it with `anyway`")
    draws = _draws(best, manner, verdict.widening)
    returns = _returns(seen, seen.subjects[0], goals, draws, manner)
    about = verdict.reason, verdict.widening, seen.subjects[0].problem.scenario.horizon
    return Update(day, number, len(known.measurements), returns, *about)


def _before(case: FitProblem, known: PatientRecord, goals: Sequence[Goal], manner: ForecastOptions) -> Update:
    """Return the forecast from the priors alone, with the doses before the first visit."""
    seen = case_of(case.problem, [known], case.wishes)
    draws = _prior_draws(seen.coordinates, N_DRAWS, manner.seed)
    returns = _returns(seen, seen.subjects[0], goals, draws, manner)
    return Update(0.0, 0, 0, returns, horizon=seen.subjects[0].problem.scenario.horizon)


def _draws(best: Estimate, manner: ForecastOptions, widening: float) -> Array:
    n = len(best.posterior.coordinates)
    if manner.n_draws:
        drawn = sample(best, manner.n_draws, manner.n_draws // 2, seed=manner.seed).flat[:, :n]
        return widened(drawn, widening)
    return posterior_draws(best, N_DRAWS, manner.seed, widening)[:, :n]


def _prior_draws(coordinates: Coordinates, n: int, seed: int) -> Array:
    """Return draws from the priors, truncated at the limits of the search, shape (n, n_parameters)."""
    normal = np.random.default_rng(seed).normal(size=(n, len(coordinates)))
    columns = [
        np.clip(parameter.prior_median * np.exp(parameter.prior_sd * normal[:, j]), parameter.lower, parameter.upper)
        for j, parameter in enumerate(coordinates.parameters)
    ]
    return np.stack(columns, axis=1)


def _returns(
    case: FitProblem, subject: Subject, goals: Sequence[Goal], draws: Array, manner: ForecastOptions
) -> tuple[Return, ...]:
    since = max([0.0, *(course.dosing.start for course in courses_of(subject.problem.scenario))])
    how = (manner.confidence, case.wishes.n_threads, case.coordinates.nuisance)
    forecasts = forecast(subject, draws, since, goals or None, *how)
    return tuple(forecasts)
