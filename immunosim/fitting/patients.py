"""The scenario of a patient of a table: the common one with the patient's own doses and traits."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from immunosim.observations import PatientRecord
from immunosim.observations.planned import check_doses
from immunosim.observations.records import RecordedDose
from immunosim.scenario import Scenario, build_scenario, to_toml
from immunosim.scenario.drug_names import known_drug, with_drugs_of
from immunosim.scenario.treatments import course_drug
from immunosim.units import parse_quantity

TRAITS = {"age": "year", "weight": "kg"}
"""Covariates that are parameters of the model, with the unit that tables have them in."""

SEXES = ("female", "male")
"""What a scenario may say of a patient's sex, which no equation uses."""

APART = 30.0
"""Days without a dose after which the next one opens another course."""

SAME_MASS, SAME_INTERVAL = 0.01, 0.05
"""Relative difference of doses, and difference of intervals [day], that are none."""


def scenario_of(scenario: Scenario, patient: PatientRecord) -> Scenario:
    """Return the scenario with the age, the weight, the sex and the doses of a patient.

    Drugs of which the table has doses are given as the table says, and not as the scenario plans, where the two differ;
    courses keep the premedication that the scenario has. Drugs without doses in the table stay.

    Parameters
    ----------
    scenario : Scenario
    patient : PatientRecord
    """
    document = tomllib.loads(to_toml(scenario))
    traits = {name: value for name, value in patient.covariates.items() if name in TRAITS}
    document["patient"] |= {name: f"{value!r} {TRAITS[name]}" for name, value in traits.items()}
    if patient.covariates.get("sex") in SEXES:
        document["patient"]["sex"] = patient.covariates["sex"]
    differing = {name for name in {dose.drug for dose in patient.doses} if _differs(scenario, patient, name)}
    with with_drugs_of(scenario):
        for drug in sorted(differing):
            given = sorted((dose for dose in patient.doses if dose.drug == drug), key=lambda dose: dose.time)
            if known_drug(drug).depletes:
                _give_courses(document, drug, given)
            else:
                _give_singly(document, drug, given)
    return build_scenario(document) if traits or differing else scenario


def _differs(scenario: Scenario, patient: PatientRecord, drug: str) -> bool:
    own = PatientRecord(patient.name, doses=tuple(dose for dose in patient.doses if dose.drug == drug))
    return any(True for _ in check_doses(own, scenario))


def _give_courses(document: dict[str, Any], drug: str, given: Sequence[RecordedDose]) -> None:
    """Replace the courses by what was given; the k-th takes the premedication of the k-th that was planned."""
    courses = document.get("course", [])
    planned = [course.get("premedication") for course in courses if _drug_of(course) == drug] or [None]
    groups: list[list[RecordedDose]] = []
    for dose in given:
        if groups and dose.time - groups[-1][-1].time < APART:
            groups[-1].append(dose)
        else:
            groups.append([dose])
    own = [course for k, group in enumerate(groups) for course in _courses(group, planned[min(k, len(planned) - 1)])]
    others = [course for course in courses if _drug_of(course) != drug]
    document["course"] = sorted(own + others, key=lambda course: parse_quantity(course["start"], "day"))
    document["dose"] = [dose for dose in document.get("dose", []) if dose["drug"] != drug]


def _courses(doses: Sequence[RecordedDose], premedication: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return one course for doses at one interval, else one for each dose."""
    first = doses[0]
    intervals = [later.time - sooner.time for sooner, later in pairwise(doses)]
    is_regular = all(abs(one.amount - first.amount) <= SAME_MASS * first.amount for one in doses) and all(
        abs(one - intervals[0]) <= SAME_INTERVAL for one in intervals
    )
    if not is_regular:
        return [_course([dose], intervals[:0], premedication, k) for k, dose in enumerate(doses)]
    return [_course(doses, intervals, premedication, 0)]


def _course(
    doses: Sequence[RecordedDose], intervals: Sequence[float], premedication: dict[str, Any] | None, before: int
) -> dict[str, Any]:
    """Return a course as a scenario writes it, after ``before`` doses of the same group."""
    first = doses[0]
    named = {} if first.drug == course_drug() else {"drug": first.drug}
    course: dict[str, Any] = named | {
        "start": f"{first.time!r} day",
        "dose": f"{first.amount!r} mg",
        "doses": len(doses),
        "infusion": f"{first.duration!r} day",
    }
    if intervals:
        course["every"] = f"{intervals[0]!r} day"
    days = min(len(doses), premedication["days"] - before) if premedication else 0
    if premedication and days > 0:
        course["premedication"] = premedication | {"days": days}
    return course


def _give_singly(document: dict[str, Any], drug: str, given: Sequence[RecordedDose]) -> None:
    """Replace all that is planned of a drug by single doses."""
    document.pop(drug, None)
    document["course"] = [course for course in document.get("course", []) if _drug_of(course) != drug]
    for course in document["course"]:
        if known_drug(_drug_of(course)).premedication == drug:
            course.pop("premedication", None)
    others = [dose for dose in document.get("dose", []) if dose["drug"] != drug]
    document["dose"] = others + [_single(dose) for dose in given]


def _drug_of(course: dict[str, Any]) -> str:
    return str(course.get("drug", course_drug()))


def _single(dose: RecordedDose) -> dict[str, Any]:
    infusion = {"infusion": f"{dose.duration!r} day"} if dose.duration else {}
    when, amount = f"{dose.time!r} day", f"{dose.amount!r} mg"
    return {"drug": dose.drug, "start": when, "dose": amount, "followed": False, **infusion}
