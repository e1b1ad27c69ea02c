"""The risk of an event of one patient, from a population that is calibrated to the event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.cohorts import CohortResult
from immunosim.cohorts.conditional import Likeness, conditional_risk, likeness
from immunosim.cohorts.intervals import CONFIDENCE, Bootstrap, Interval
from immunosim.door.cohorts import AnyPopulation, cohort
from immunosim.door.fit_input import Noise, Table, measured_patients, noise_of
from immunosim.door.risk_questions import Person, RiskQuestion, person_of, risk_question
from immunosim.door.scenarios import AnyScenario, Given, given
from immunosim.door.table_alone import FitSource
from immunosim.door.times import Time
from immunosim.door.watching import Quiet
from immunosim.errors import DataError
from immunosim.fitting.likelihood.of_courses import log_likelihoods
from immunosim.observations import PatientRecord
from immunosim.problem import prepare
from immunosim.result import Result
from immunosim.scenario.overrides import Overrides

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

PATIENTS = 4096
"""Patients of the population that are simulated unless the user says otherwise."""


@dataclass(frozen=True, eq=False, repr=False)
class Risk(Result):
    """The risk of one patient: the share of those of a population like this one who have the event.

    Attributes
    ----------
    event : str
    name : str
        Of the event, for a reader.
    by, since : float, day
        The event happens by the one, and had not happened by the other; ``since`` is None where that is not known.
    risk : Interval
        With an interval for the finite number of simulated patients; doubt about the population is not in it.
    like : Likeness
        The weights of the simulated patients.
    known : tuple of str
        What the risk is conditional on.
    """

    event: str
    name: str
    by: float
    since: float | None
    risk: Interval
    like: Likeness
    known: tuple[str, ...]

    def headline(self) -> str:
        """Return the risk with its interval in a line."""
        share, low, high = (f"{100.0 * value:.2g}" for value in (self.risk.value, self.risk.low, self.risk.high))
        interval = f"{100.0 * CONFIDENCE:g} % interval {low} to {high} %"
        return f"risk of {self.name} disease by day {self.by:g}: {share} % ({interval})"

    def sentence(self) -> str:
        """Return the risk with all that it is conditional on."""
        known = f"given {', '.join(self.known)}" if self.known else "nothing else being known"
        rests = f"{self.like.effective:,.0f} effective patients of a calibrated population"
        return f"R{self.headline()[1:]}, {known}; from {rests}."

    def facts(self) -> dict[str, object]:
        """Return what the risk is conditional on, and how many patients it rests on."""
        return {
            "known": ", ".join(self.known) or "nothing",
            "effective patients": f"{self.like.effective:,.0f} of {len(self.like.weight):,}",
        }

    def summary(self) -> dict[str, Any]:
        """Return everything but the weights as plain values."""
        return {
            "event": self.event,
            "name": self.name,
            "by_day": self.by,
            "free_until_day": self.since,
            "risk": self.risk.value,
            "low": self.risk.low,
            "high": self.risk.high,
            "confidence": CONFIDENCE,
            "known": list(self.known),
            "patients": len(self.like.weight),
            "effective_patients": self.like.effective,
            "pareto_k": self.like.k,
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row."""
        import pandas as pd

        return pd.DataFrame([self.summary() | {"known": ", ".join(self.known)}])


def risk(
    scenario: AnyScenario,
    event: str,
    by: Time,
    *,
    population: AnyPopulation | None = None,
    data: Table | None = None,
    patient: str = "",
    free_until: Time | None = None,
    noise: Noise = (),
    n: int = PATIENTS,
    seed: int | None = None,
    overrides: Overrides = (),
    announce: Callable[[str], None] = say_nothing,
) -> Risk:
    """Tell the risk of an event of one patient, given what the scenario and the data say of the patient.

    The patients of a calibrated population get the treatment of this one. They are weighted by covariates that the
    scenario gives, by counts (the scenario's [[observed]] series, or a table) and untreated counts through the error
    model of fits, and by time without the event.

    Parameters
    ----------
    scenario : Scenario, Path or str
        What its ``patient`` table does not say is not known.
    event : str
        An organ whose cumulative hazard the model has, or that read-out.
    by : float, day, or str
        The time by which the event happens, such as ``"7 years"``.
    population : Population, Path or str, optional
        By default the scenario's own.
    data : Path, str or PatientData, optional
        A table of counts and doses.
    patient : str
        The patient of the table, where it has several.
    free_until : float, day, or str, optional
        The time until which the patient is known not to have had the event.
    noise : mapping of str to ErrorModel or str, or iterable of str
        Error model of each analyte.
    n : int
        Patients of the population to simulate.
    seed : int, optional
    overrides : mapping of str to object, or iterable of str
    announce : callable

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If no risk can be told: the population is not calibrated to the event, too few of its patients are like this
        one, or the scenario changes what was calibrated.
    """
    read = given(scenario, overrides)
    asked = risk_question(read, event, by, free_until, population, announce)
    return answered(asked, _record(read, data, patient, announce), noise, n, seed, announce)


def answered(
    asked: RiskQuestion,
    record: PatientRecord | None,
    noise: Noise = (),
    n: int = PATIENTS,
    seed: int | None = None,
    announce: Callable[[str], None] = say_nothing,
) -> Risk:
    """Return the answer to a question about a patient of whom a record is known; errors as of ``risk``."""
    person = person_of(asked, record, noise_of(asked.base.problem, noise))
    simulated = cohort(
        person.scenario,
        n,
        population=person.known.population,
        seed=seed,
        readouts=person.readouts,
        at=person.days,
        announce=announce,
    )
    return _told(asked, person, simulated)


def _record(read: Given, data: Table | None, patient: str, announce: Callable[[str], None]) -> PatientRecord | None:
    """Return what was measured of the patient; None where nothing was."""
    if data is None and not patient and not read.scenario.observed:
        return None
    problem = prepare(read.scenario, read.name, announce)
    source = FitSource(read.scenario, read.name, data)
    records, _ = measured_patients(problem, source, {"patient": patient}, Quiet(announce))
    if len(records) > 1:
        names = ", ".join(record.name for record in records[:5])
        raise DataError(f"{len(records)} patients are in the table", key="patient", cure=f"choose one: {names}")
    return records[0]


def _told(asked: RiskQuestion, person: Person, simulated: CohortResult) -> Risk:
    """Weigh the simulated patients, and tell their risk unless too few are like the patient."""
    patients, weight = simulated.dataset, np.where(simulated.stored["status"] == 0, simulated.weight, 0.0)
    factors = [match.log_weight(patients[match.name].values, weight) for match in person.known.matches]
    hazard, before = _at(patients, asked.readout, asked.by), np.zeros(len(weight))
    if asked.since is not None:
        before = _at(patients, asked.readout, asked.since)
        factors.append(-before)
    if person.subject is not None:
        factors.append(log_likelihoods(person.subject, person.predicted(patients)))
    like = likeness(weight, *factors)
    like.refuse_thin()
    interval = conditional_risk(like, hazard, before, Bootstrap(simulated.population.population.seed or 0))
    return Risk(asked.event, asked.name, asked.by, asked.since, interval, like, person.told())


def _at(patients: xr.Dataset, name: str, day: float) -> Array:
    return np.asarray(patients[name].sel(time=day, method="nearest").values, np.float64)
