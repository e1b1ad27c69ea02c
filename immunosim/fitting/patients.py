"""The scenario of a patient of a table: the common scenario with the patient's own doses and traits."""

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
"""Covariates that are inputs of the model, with their unit in tables."""

SEXES = ("female", "male")
"""Sexes that a scenario accepts; no equation uses them."""

MIN_DAYS_BETWEEN_COURSES = 30.0
"""Days without a dose after which the next dose begins another course."""

SAME_MASS, SAME_INTERVAL = 0.01, 0.05
"""Largest relative difference of equal doses, and largest difference of equal intervals [day]."""


def scenario_of(scenario: Scenario, patient: PatientRecord) -> Scenario:
    """Return the scenario with the age, the weight, the sex and the doses of a patient.

    Drugs with doses in the table are given as recorded there, instead of as planned, where the two differ;
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
    of_drug = PatientRecord(patient.name, doses=tuple(dose for dose in patient.doses if dose.drug == drug))
    return any(True for _ in check_doses(of_drug, scenario))


def _give_courses(document: dict[str, Any], drug: str, given: Sequence[RecordedDose]) -> None:
    """Replace the courses by the recorded doses; the k-th takes the premedication of the k-th planned course."""
    courses = document.get("course", [])
    planned = [course.get("premedication") for course in courses if _drug_of(course) == drug] or [None]
    groups: list[list[RecordedDose]] = []
    for dose in given:
        if groups and dose.time - groups[-1][-1].time < MIN_DAYS_BETWEEN_COURSES:
            groups[-1].append(dose)
        else:
            groups.append([dose])
    kept_courses = [
        course for k, group in enumerate(groups) for course in _courses(group, planned[min(k, len(planned) - 1)])
    ]
    others = [course for course in courses if _drug_of(course) != drug]
    document["course"] = sorted(kept_courses + others, key=lambda course: parse_quantity(course["start"], "day"))
    document["dose"] = [dose for dose in document.get("dose", []) if dose["drug"] != drug]


def _courses(doses: Sequence[RecordedDose], premedication: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return one course for regularly spaced doses, otherwise one per dose."""
    first = doses[0]
    intervals = [later.time - sooner.time for sooner, later in pairwise(doses)]
    is_regular = all(abs(dose.amount - first.amount) <= SAME_MASS * first.amount for dose in doses) and all(
        abs(interval - intervals[0]) <= SAME_INTERVAL for interval in intervals
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
    """Replace the planned doses of a drug by single doses."""
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
