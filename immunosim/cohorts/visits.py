"""When patients are seen and what is measured: visits that are early, late or missed, dropout, assays.

Every draw is keyed by seed, visit and patient, so that a patient's visits are the same in any cohort.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictBool
from scipy.special import ndtri

from immunosim.codegen.loader import Array
from immunosim.cohorts.keyed import exponential, uniform
from immunosim.errors import InputProblem
from immunosim.scenario.base import Record, Text, each_value_stands_alone, ends_before_start
from immunosim.scenario.quantities import Duration, Number, Quantity, Share, TimePoint

MOST_VISITS = 10_000

YearlyRate = Annotated[float, Quantity("1/day", "0.05/year", may_be_zero=True)]

PatientNumbers = NDArray[np.int64]


class Visits(Record):
    """When patients are seen: at listed times or at regular intervals, up to `jitter` early or late.

    Results keep what was measured at each visit where it is `stored`.
    """

    at: tuple[TimePoint, ...] = ()
    every: Duration | None = None
    start: TimePoint | None = None
    stop: TimePoint | None = None
    jitter: Duration | None = None
    missed: Share = 0.0
    stored: StrictBool = False

    def problems(self) -> Iterator[InputProblem]:
        """Yield visits that are not defined, not in order or that jitter would put out of order."""
        if bool(self.at) == (self.every is not None):
            reason = "is given together with every" if self.at else "is missing"
            yield InputProblem(reason, key="at", cure='write at = ["3 months", "6 months"], or every = "3 months"')
        if self.at and (self.start is not None or self.stop is not None):
            key = "start" if self.start is not None else "stop"
            yield InputProblem("means nothing for listed visits", key=key, cure="leave it out")
        for number, (before, time) in enumerate(zip(self.at, self.at[1:], strict=False), 2):
            if isinstance(before, float) and isinstance(time, float) and time <= before:
                cure = "list the visits in the order of time"
                yield InputProblem(f"day {time:g} is not after day {before:g}", key=f"at[{number}]", cure=cure)
        yield from ends_before_start(self.start, self.stop)
        gaps = [b - a for a, b in zip(self.at, self.at[1:], strict=False)] if all_days(self.at) else []
        least = self.every if self.every is not None else min(gaps, default=np.inf)
        if self.jitter is not None and 2 * self.jitter >= least > 0:
            reason = f"{self.jitter:g} days would put visits that are {least:g} days apart out of order"
            yield InputProblem(reason, key="jitter", cure="give less than half of the interval")

    def planned(self, horizon: float) -> Array:
        """Return the planned days of the visits up to a horizon, shape (n_visits,)."""
        if self.every is None:
            return np.array([day for day in self.at if day <= horizon], float)
        start = self.every if self.start is None else self.start
        stop = horizon if self.stop is None else min(self.stop, horizon)
        n = max(0, int(np.floor((stop - start) / self.every + 1e-9)) + 1)
        return np.asarray(start + self.every * np.arange(n), np.float64)


class Assay(Record):
    """The error of a laboratory: relative (`cv`) or absolute (`sd`), and the limit of quantification."""

    readout: Text
    cv: Annotated[Number, Field(gt=0, le=2)] | None = None
    sd: Text | None = None
    lloq: Text | None = None

    def problems(self) -> Iterator[InputProblem]:
        """Yield an assay without error or limit, or with two errors."""
        if self.cv is not None and self.sd is not None:
            yield InputProblem("is given together with cv", key="sd", cure="give one of them")
        if self.cv is None and self.sd is None and self.lloq is None:
            yield InputProblem("says nothing", key="cv", cure='write cv = 0.1, sd = "10 cells/uL" or lloq')


class Dropout(Record):
    """Patients who leave the trial at a constant rate."""

    rate: YearlyRate
    problems = each_value_stands_alone


@dataclass(frozen=True)
class AssayErrors:
    """An assay as numbers in the unit of the read-out; zero and minus infinity where there is no error and no limit."""

    readout: str
    cv: float = 0.0
    sd: float = 0.0
    lloq: float = -np.inf


def all_days(times: Sequence[object]) -> bool:
    """Return whether times are numbers of days, none of them still text."""
    return all(isinstance(time, float) for time in times)


def visit_days(visits: Visits | None, horizon: float, seed: int, patients: PatientNumbers) -> Array:
    """Return when each patient is seen, shape (n, n_visits), day; NaN for a visit that was missed.

    Nobody is seen after the horizon: a visit that would be later takes place there.

    Parameters
    ----------
    visits : Visits or None
        None for no visits.
    horizon : float, day
    seed : int
    patients : ndarray of int, shape (n,)
        Numbers of the patients.
    """
    planned = np.empty(0) if visits is None else visits.planned(horizon)
    days = np.tile(planned, (len(patients), 1))
    for k in range(planned.size if visits is not None else 0):
        if visits is not None and visits.jitter is not None:
            days[:, k] += visits.jitter * (2.0 * uniform(seed, f"day of visit {k}", patients) - 1.0)
        if visits is not None and visits.missed > 0.0:
            days[uniform(seed, f"absence at visit {k}", patients) < visits.missed, k] = np.nan
    return np.minimum(days, horizon)


def dropout_days(dropout: Dropout | None, seed: int, patients: PatientNumbers) -> Array:
    """Return when each patient leaves, shape (n,), day; infinite where nobody does."""
    if dropout is None or dropout.rate == 0.0:
        return np.full(len(patients), np.inf)
    return exponential(seed, "dropout", patients) / dropout.rate


def assay_draws(assay: AssayErrors, n_visits: int, seed: int, patients: PatientNumbers) -> Array:
    """Return the standard normal draw behind each measurement, shape (n, n_visits)."""
    if not (assay.cv or assay.sd):
        return np.zeros((len(patients), n_visits))
    names = [f"assay of {assay.readout} at visit {k}" for k in range(n_visits)]
    columns = [ndtri(uniform(seed, name, patients)) for name in names]
    return np.stack(columns, axis=1) if columns else np.zeros((len(patients), 0))


def measured(values: Array, assay: AssayErrors, draws: Array) -> Array:
    """Return what a laboratory reports: values with error, and half the limit below the limit of quantification.

    Parameters
    ----------
    values : ndarray
        The values of the model.
    assay : AssayErrors
    draws : ndarray, of the shape of ``values``
        As ``assay_draws`` returns them.
    """
    # A log-normal factor whose mean is 1 and whose coefficient of variation is cv.
    spread = np.sqrt(np.log1p(assay.cv**2))
    reported = values * np.exp(spread * draws - 0.5 * spread**2) + assay.sd * draws
    return np.where(reported < assay.lloq, 0.5 * assay.lloq, reported)
