"""What is asked about the risk of one patient: event, times, the calibrated population, and what is known of whom.

Simulates nothing. Refuses what was not calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from immunosim.codegen.loader import Array, Model
from immunosim.cohorts.covariates import COUNTS
from immunosim.cohorts.known import Known, known_covariates
from immunosim.cohorts.planning import section_of
from immunosim.cohorts.reading import bound_population, merged_population
from immunosim.door.cohorts import AnyPopulation
from immunosim.door.fit_input import SHARED
from immunosim.door.scenarios import Given, document_of
from immunosim.door.times import Time, simulated_day_of
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.subject import Subject, subject_of
from immunosim.fitting.patients import scenario_of
from immunosim.fitting.setup import declared_noise
from immunosim.observations import Measurement, PatientRecord
from immunosim.patient_parameters import COUNT_UNIT
from immunosim.scenario import Scenario
from immunosim.scenario.population import Population
from immunosim.scenario.regimen import start_of
from immunosim.sweeps.base import Base, base_of
from immunosim.units import convert, parse_quantity

if TYPE_CHECKING:
    import xarray as xr

SAME = 1e-9
"""Relative difference within which a typical value is that of the calibration."""


@dataclass(frozen=True, eq=False)
class RiskQuestion:
    """A question about a risk.

    Attributes
    ----------
    base : Base
        The scenario of the patient.
    population : Population
        With its file merged, calibrated to the event.
    event, name, readout : str
        The event, its name for a reader, and its cumulative hazard.
    by, since : float, day
        ``since`` is None where nobody knows until when there was no event.
    """

    base: Base
    population: Population
    event: str
    name: str
    readout: str
    by: float
    since: float | None


@dataclass(frozen=True, eq=False)
class Person:
    """What is known of the patient.

    Attributes
    ----------
    scenario : Scenario
        That the population is simulated with: the patient's treatment, without untreated counts of the patient.
    known : Known
    counts : tuple of Measurement
    subject : Subject, optional
        The counts with their error model; None without any.
    readouts : tuple of str
    days : tuple of float, day
        What is simulated of the population.
    """

    scenario: Scenario
    known: Known
    counts: tuple[Measurement, ...]
    subject: Subject | None
    readouts: tuple[str, ...]
    days: tuple[float, ...]

    def predicted(self, patients: xr.Dataset) -> Array:
        """Return the counts of the patient as simulated in each patient of a population, shape (n, n_counts)."""
        assert self.subject is not None
        places = np.searchsorted(patients["time"].values, [count.time - 1e-9 for count in self.counts])
        predicted = np.zeros((patients.sizes["patient"], len(self.counts)))
        for j, (count, place) in enumerate(zip(self.counts, places, strict=True)):
            for part in self.subject.problem.model.sums.get(count.analyte, (count.analyte,)):
                predicted[:, j] += patients[part].transpose("patient", "time").values[:, place]
        return predicted

    def told(self) -> tuple[str, ...]:
        """Return what is known, in words."""
        days = {count.time for count in self.counts}
        counts = (f"{len(self.counts)} counts on {len(days)} days",) if self.counts else ()
        return (*self.known.values, *counts)


def risk_question(
    read: Given,
    event: str,
    by: Time,
    free_until: Time | None,
    population: AnyPopulation | None,
    announce: Callable[[str], None],
) -> RiskQuestion:
    """Return a question about a risk.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If the event is unknown, the population is not calibrated to it, the scenario changes what was calibrated, or a
        time is not simulated.
    """
    base = replace(base_of(read.document, read.name, announce), folder=read.folder)
    readout = event_readout(base.problem.model, event)
    section = section_of(_absolute(population), base, read.scenario.population)
    merged, file, folder = merged_population(section, read.scenario.model, read.folder)
    info = base.problem.model.readout_info[readout]
    if not {info.organ, readout} & set(merged.calibrated_to):
        reason = f"no risk of {info.organ_name} disease can be told of one patient: its rate is not calibrated"
        cure = "fit the population to observed events, which calibrated_to then names"
        raise DataError(reason, file=file, key="calibrated_to", cure=cure)
    _refuse_changed(read, base, merged)
    until, since = simulated_day_of(read.scenario, by, "by"), None
    if free_until is not None:
        since = simulated_day_of(read.scenario, free_until, "free_until")
        if since >= until:
            reason = f"day {since:g} is not before day {until:g}, by which the event happens"
            raise DataError(reason, key="free_until", cure="give an earlier time")
    return RiskQuestion(base, _without_regimens(merged, folder), info.organ, info.organ_name, readout, until, since)


def event_readout(model: Model, event: str) -> str:
    """Return the cumulative hazard of an event, which is named by its organ or by the read-out itself.

    Raises
    ------
    DataError
        If the model has no such event.
    """
    by_name = {info.organ: name for name, info in model.readout_info.items() if info.organ}
    known = [*by_name, *by_name.values()]
    if event not in known:
        cure = did_you_mean(event, known) if known else "choose a model with events"
        raise DataError(f'"{event}" is not an event of the model', key="event", cure=cure)
    return by_name.get(event, event)


def person_of(asked: RiskQuestion, record: PatientRecord | None, noise: Iterable[tuple[str, ErrorModel]]) -> Person:
    """Return what is known of the patient, from the scenario and from a table.

    Raises
    ------
    DataError
        If a value is unknown to the population, or a count to the model.
    """
    scenario, keys = asked.base.scenario, set(_keys_given(asked.base))
    if record is not None:
        scenario = scenario_of(scenario, record)
        keys |= {f"patient.{name}" for name in record.covariates}
    person = _without_counts(scenario, asked.population)
    base = replace(base_of(document_of(person), asked.base.file), folder=asked.base.folder)
    known = known_covariates(bound_population(asked.population, base), keys)
    measured = record.measurements if record is not None else ()
    counts = (*_untreated(asked.base, asked.population), *measured)
    subject = _subject(base, counts, dict(noise))
    sums = base.problem.model.sums
    parts = [part for count in counts for part in sums.get(count.analyte, (count.analyte,))]
    times = {asked.by, *([] if asked.since is None else [asked.since]), *(count.time for count in counts)}
    readouts = tuple(dict.fromkeys([asked.readout, *parts]))
    return Person(person, known, counts, subject, readouts, tuple(sorted(times)))


def _subject(base: Base, counts: tuple[Measurement, ...], noise: dict[str, ErrorModel]) -> Subject | None:
    if not counts:
        return None
    analytes = {count.analyte for count in counts}
    errors = {analyte: noise.get(analyte) or declared_noise(base.problem.model, analyte) for analyte in analytes}
    return subject_of("patient", base.problem, (), counts, errors, (), SHARED)


def _absolute(population: AnyPopulation | None) -> Population | str | None:
    """Return a population; a file that a user names is relative to where they are."""
    if isinstance(population, Path | str):
        return str(Path(population).absolute() if Path(population).is_file() else population)
    return population


def _keys_given(base: Base) -> Iterator[str]:
    """Yield the keys of the patient that a scenario gives."""
    for name, value in base.document.get("patient", {}).items():
        yield from (f"patient.{name}.{inner}" for inner in value) if isinstance(value, dict) else (f"patient.{name}",)


def _refuse_changed(read: Given, base: Base, population: Population) -> None:
    """Refuse a scenario that is not of the model that was calibrated."""
    for name, value in population.calibrated_with.items():
        about = base.problem.parameters[name]
        typical = parse_quantity(read.scenario.parameters.get(name, about.value), about.unit, bare=True)
        if not math.isclose(typical, value, rel_tol=SAME):
            reason = f"the population was calibrated with {name} = {value:g}, the scenario has {typical:g}"
            cure = "name the parameter set of the calibration"
            raise DataError(reason, file=read.name, key=f"parameters.{name}", cure=cure)
    own = [name for name in read.scenario.parameters if name not in population.calibrated_with]
    off = read.scenario.mechanisms.off
    if own:
        names = ", ".join(own) if len(own) < 4 else f"{', '.join(own[:3])} and {len(own) - 3} more"
        reason = f"the population was not calibrated with the scenario's own values of {names}"
        raise DataError(reason, file=read.name, key="parameters", cure="leave them out")
    if off:
        reason = f"{', '.join(off)} was on when the population was calibrated"
        raise DataError(reason, file=read.name, key="mechanisms.off", cure="leave it out")


def _without_regimens(population: Population, folder: Path) -> Population:
    """Return a population in which everybody is treated as the patient is."""
    strata = tuple(stratum.model_copy(update={"regimen": ""}) for stratum in population.stratum)
    table = str((folder / population.table).absolute()) if population.table else ""
    # A risk is told at the calibrated values alone: plausible sets, named relative to the file, do not count.
    return population.model_copy(update={"stratum": strata, "table": table, "protocol": "", "plausible_sets": ()})


def _measured_counts(scenario: Scenario, population: Population) -> dict[str, float]:
    """Return the untreated counts of the patient that are no covariates of the population, cells/uL."""
    covariates = {entry.sets for entry in population.covariate}
    counts = scenario.patient.baseline.model_dump(exclude_none=True)
    return {name: value for name, value in counts.items() if f"{COUNTS}{name}" not in covariates}


def _untreated(base: Base, population: Population) -> Iterator[Measurement]:
    """Yield the untreated counts of the patient as measurements before the first treatment."""
    start, units = start_of(base.scenario), base.problem.model.units
    for name, value in _measured_counts(base.scenario, population).items():
        yield Measurement("patient", start, name, convert(value, COUNT_UNIT, units.get(name, COUNT_UNIT)))


def _without_counts(scenario: Scenario, population: Population) -> Scenario:
    counts = dict.fromkeys(_measured_counts(scenario, population))
    baseline = scenario.patient.baseline.model_copy(update=counts)
    return scenario.model_copy(update={"patient": scenario.patient.model_copy(update={"baseline": baseline})})
