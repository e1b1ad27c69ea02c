"""The scenario of a patient of a table: the common scenario with the patient's doses, traits and first visit."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from immunosim.fitting.given_doses import Treatments, beside_one_another, given_in_courses, given_once
from immunosim.observations import PatientRecord
from immunosim.observations.doses import doses_to_simulate
from immunosim.observations.planned import PlannedDose, planned_doses
from immunosim.observations.records import RecordedDose
from immunosim.scenario import Scenario, build_scenario, events_of, to_toml
from immunosim.scenario.clock import ROUNDING
from immunosim.scenario.drug_names import known_drug, known_drugs, with_drugs_of
from immunosim.scenario.regimen import Event, begin_of, end_of, insisted_drugs, start_of
from immunosim.scenario.treatments import course_drug
from immunosim.units import parse_quantity

TRAITS = {"age": "year", "weight": "kg"}
"""Covariates that are inputs of the model, with their unit in tables."""

SEXES = ("female", "male")
"""Sexes that a scenario accepts; no equation uses them."""


def scenario_of(scenario: Scenario, patient: PatientRecord, follow_up: float = 0.0) -> Scenario:
    """Return the scenario with the age, the weight, the sex and the doses of a patient.

    Every drug with doses in the table is given as recorded there, never as planned: time, mass and duration, where
    doses overlap their rates add. Courses keep the planned premedication unless the table has doses of its drug. Drugs
    without doses in the table are given as planned. The simulation starts before the first measurement. Day 0 has the
    date that the table gives it, unless the scenario gives one.

    Parameters
    ----------
    scenario : Scenario
    patient : PatientRecord
    follow_up : float, day
        How long the patient is simulated after the last dose, and in any case to the last measurement; 0 for the
        horizon of the scenario.

    Raises
    ------
    DataError
        Where a reset or a steady state in the table would undo what happened before it.
    """
    document = tomllib.loads(to_toml(scenario))
    traits = {name: value for name, value in patient.covariates.items() if name in TRAITS}
    document["patient"] |= {name: f"{value!r} {TRAITS[name]}" for name, value in traits.items()}
    if patient.covariates.get("sex") in SEXES:
        document["patient"]["sex"] = patient.covariates["sex"]
    if patient.day_0 and scenario.start_date is None:
        document["start_date"] = datetime.date.fromisoformat(patient.day_0)
    with with_drugs_of(scenario):
        if follow_up:
            document["horizon"] = f"{_last_time(patient, follow_up)!r} day"
        _give(document, scenario, with_durations(doses_to_simulate(patient), planned_doses(scenario)))
    first = min((measurement.time for measurement in patient.measurements), default=0.0)
    personal = build_scenario(document)
    if first < start_of(personal):
        document["output"]["extra"] = [f"{first!r} day", *document["output"].get("extra", [])]
        personal = build_scenario(document)
    return scenario if _is_same(personal, scenario) else personal


def _last_time(patient: PatientRecord, follow_up: float) -> float:
    """Return until when a patient is simulated: what is not known yet, such as a later dose, does not matter."""
    ends = [dose.time + dose.duration + follow_up for dose in patient.doses]
    return max([follow_up, *ends, *(measurement.time for measurement in patient.measurements)])


def with_durations(doses: Sequence[RecordedDose], planned: Sequence[PlannedDose]) -> list[RecordedDose]:
    """Return doses; where the table gives no duration, with that of the nearest planned dose of the drug."""
    return [_with_duration(dose, planned) for dose in doses]


def _with_duration(dose: RecordedDose, planned: Sequence[PlannedDose]) -> RecordedDose:
    of_drug = [plan for plan in planned if plan.drug == dose.drug]
    if dose.has_duration or not of_drug:
        return dose
    return replace(dose, duration=min(of_drug, key=lambda plan: abs(plan.time - dose.time)).duration)


def _give(document: dict[str, Any], scenario: Scenario, doses: Sequence[RecordedDose]) -> None:
    """Replace the planned doses of every drug that was given."""
    given = {dose.drug for dose in doses}
    others = [drug for drug in _premedicated_by(given) if drug not in given]
    doses = [*doses, *_planned_again(scenario, document, others)]
    insisted = insisted_drugs(scenario)
    courses, single = list[Treatments](), list[Treatments]()
    for drug in dict.fromkeys(dose.drug for dose in doses):
        of_drug = [dose for dose in doses if dose.drug == drug]
        if known_drug(drug).depletes:
            new = given_in_courses(of_drug, _premedications(document, drug, given))
        else:
            new = [], beside_one_another(of_drug, [given_once(dose) for dose in of_drug])
        _drop(document, drug)
        courses += new[0]
        single += new[1]
    for entry in [*courses, *single]:
        if entry.get("drug", course_drug()) in insisted:
            entry["implausible"] = True
    if courses or single:
        kept = [*document.get("course", []), *courses]
        document["course"] = sorted(kept, key=lambda course: parse_quantity(course["start"], "day"))
        document["dose"] = [*document.get("dose", []), *single]


def _premedicated_by(given: set[str]) -> list[str]:
    return [drug.name for drug in known_drugs() if drug.premedication in given]


def _planned_again(scenario: Scenario, document: dict[str, Any], drugs: Sequence[str]) -> list[RecordedDose]:
    """Return the planned doses of drugs whose courses lose their premedication: the infusions keep their times."""
    losing = {_drug_of(course) for course in document.get("course", []) if course.get("premedication")}
    return [
        RecordedDose("", plan.time, plan.drug, plan.amount, plan.duration)
        for plan in planned_doses(scenario)
        if plan.drug in drugs and plan.drug in losing
    ]


def _premedications(document: dict[str, Any], drug: str, given: set[str]) -> list[Treatments | None]:
    if known_drug(drug).premedication in given:
        return []
    courses = [course for course in document.get("course", []) if _drug_of(course) == drug]
    return [course.get("premedication") or None for course in courses]


def _drop(document: dict[str, Any], drug: str) -> None:
    """Remove all that a document orders of a drug."""
    document.pop(drug, None)
    document["course"] = [course for course in document.get("course", []) if _drug_of(course) != drug]
    for table in ("dose", "input"):
        document[table] = [entry for entry in document.get(table, []) if entry["drug"] != drug]


def _drug_of(course: dict[str, Any]) -> str:
    return str(course.get("drug", course_drug()))


def _is_same(personal: Scenario, common: Scenario) -> bool:
    """Return whether two scenarios differ neither in the patient nor in what is simulated from when."""
    if (
        personal.patient != common.patient
        or personal.horizon != common.horizon
        or start_of(personal) != start_of(common)
    ):
        return False
    given, planned = events_of(personal), events_of(common)
    return len(given) == len(planned) and all(map(_is_same_event, given, planned))


def _is_same_event(given: Event, planned: Event) -> bool:
    if type(given) is not type(planned) or given.drug != planned.drug:
        return False
    return (
        abs(begin_of(given) - begin_of(planned)) <= ROUNDING
        and abs(end_of(given) - end_of(planned)) <= ROUNDING
        and abs(given.amount - planned.amount) <= ROUNDING * planned.amount
    )
