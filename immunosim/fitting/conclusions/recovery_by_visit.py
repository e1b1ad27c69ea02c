"""Forecasts as visits arrive: fitted to what was known at the time, counts and doses alike.

Each forecast is that of a table which ends at its visit: whatever is written into later rows moves no bit of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, SolverError
from immunosim.fitting.conclusions.recovery import Return, forecast, laplace_draws
from immunosim.fitting.fitted import N_DRAWS
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.fitting.search.estimation import Estimate, estimate
from immunosim.fitting.search.sampling import sample
from immunosim.fitting.setup import FitProblem, case_of
from immunosim.observations import PatientRecord
from immunosim.scenario.regimen import courses_of


class Goal(NamedTuple):
    """A read-out and the level that it is to stay above."""

    readout: str
    level: str

    @classmethod
    def parse(cls, text: str) -> Goal:
        """Read a goal as it is written on the command line, such as ``cd4@0.2e9/L``.

        Raises
        ------
        DataError
            If the text has another form.
        """
        readout, at, level = text.partition("@")
        if not (at and readout.strip() and level.strip()):
            raise DataError(f'"{text}" has no read-out and level', key="--goal", cure="write for example cd4@0.2e9/L")
        return cls(readout.strip(), level.strip())


@dataclass(frozen=True)
class Update:
    """A forecast from the visits until a day.

    Attributes
    ----------
    day : float
        Of the last visit; 0 where there is none yet.
    n_visits, n_measurements : int
    returns : tuple of Return
    """

    day: float
    n_visits: int
    n_measurements: int
    returns: tuple[Return, ...]


class ForecastOptions(NamedTuple):
    """How a forecast is made.

    Attributes
    ----------
    n_starts : int
    n_draws : int
        Steps of each walker of a sample; 0 for the normal approximation.
    seed : int
    confidence : float
    """

    n_starts: int
    n_draws: int
    seed: int
    confidence: float


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
        The usual ones where there is none.
    until : float, day
        Later visits are not known yet.
    each_visit : bool
        Whether to forecast after each visit, and before the first; else after the last alone.
    manner : ForecastOptions
    report : callable, optional
        Told the patient, the number of the visit, and of how many.

    Returns
    -------
    updates : dict of str to list of Update
        In the order of time, by patient.
    failures : dict of str to str
        Of patients who could not be simulated: why.

    Raises
    ------
    DataError
        If no patient was measured until then, or a goal is none.
    """
    found, failures = {}, {}
    for patient in case.patients:
        days = sorted({one.time for one in patient.measurements if one.time <= until})
        if not days:
            continue
        chosen = list(enumerate(days, 1)) if each_visit else [(len(days), days[-1])]
        is_first = each_visit and case.coordinates.have_priors
        updates = [_before(case, _until(patient, days[0]), goals, manner)] if is_first else []
        try:
            for number, day in chosen:
                if report is not None:
                    report(patient.name, number, len(days))
                known = _until(patient, day if each_visit else until)
                updates.append(_after(case, known, goals, day, number, manner))
        except SolverError as error:
            failures[patient.name] = str(error)
            continue
        found[patient.name] = updates
    if not found and not failures:
        reason = f"nobody was measured until day {until:g}"
        raise DataError(reason, key="--as-of", cure="give a later time")
    return found, failures


def _until(patient: PatientRecord, day: float) -> PatientRecord:
    """Return what was known of a patient on a day."""
    measured = tuple(one for one in patient.measurements if one.time <= day)
    return replace(patient, measurements=measured, doses=tuple(one for one in patient.doses if one.time <= day))


def _after(
    case: FitProblem, known: PatientRecord, goals: Sequence[Goal], day: float, number: int, manner: ForecastOptions
) -> Update:
    """Return the forecast from the visits until a day."""
    seen = case_of(case.problem, [known], case.wishes)
    best = estimate(seen.alone(), manner.n_starts, manner.seed)
    returns = _returns(seen, seen.subjects[0], goals, _draws(best, manner), manner)
    return Update(day, number, len(known.measurements), returns)


def _before(case: FitProblem, known: PatientRecord, goals: Sequence[Goal], manner: ForecastOptions) -> Update:
    """Return the forecast of the priors alone, with the doses before the first visit."""
    seen = case_of(case.problem, [known], case.wishes)
    draws = _prior_draws(seen.coordinates, N_DRAWS, manner.seed)
    return Update(0.0, 0, 0, _returns(seen, seen.subjects[0], goals, draws, manner))


def _draws(best: Estimate, manner: ForecastOptions) -> Array:
    n = len(best.posterior.coordinates)
    if manner.n_draws:
        return sample(best, manner.n_draws, manner.n_draws // 2, seed=manner.seed).flat[:, :n]
    return laplace_draws(best, N_DRAWS, manner.seed)[:, :n]


def _prior_draws(coordinates: Coordinates, n: int, seed: int) -> Array:
    """Return draws from the priors, cut at the limits of the search, shape (n, n_parameters)."""
    normal = np.random.default_rng(seed).normal(size=(n, len(coordinates)))
    columns = [
        np.clip(one.prior_median * np.exp(one.prior_sd * normal[:, j]), one.lower, one.upper)
        for j, one in enumerate(coordinates.parameters)
    ]
    return np.stack(columns, axis=1)


def _returns(
    case: FitProblem, subject: Subject, goals: Sequence[Goal], draws: Array, manner: ForecastOptions
) -> tuple[Return, ...]:
    since = max([0.0, *(course.dosing.start for course in courses_of(subject.problem.scenario))])
    how = (manner.confidence, case.wishes.n_threads, case.coordinates.nuisance)
    found = forecast(subject, draws, since, goals or None, *how)
    return tuple(found)
