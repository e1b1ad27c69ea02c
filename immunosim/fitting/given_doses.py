"""Doses of a table as the treatments of a scenario: courses where doses follow one another, single doses otherwise.

Every dose keeps its time, mass and duration to the last digit; courses only say from which dose counts are followed.
Whether the doses are those that were planned is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from immunosim.observations.planned import has_clock_times
from immunosim.observations.records import RecordedDose
from immunosim.scenario.clock import ROUNDING
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.treatments import course_drug
from immunosim.units import parse_quantity

MIN_DAYS_BETWEEN_COURSES = 30.0
"""Days without a dose after which the next dose begins another course."""

Treatments = dict[str, Any]
"""A record of a treatment as a scenario writes it."""


def course_groups(doses: Sequence[RecordedDose]) -> list[list[RecordedDose]]:
    """Return the doses of one drug in the order of time, course by course."""
    groups: list[list[RecordedDose]] = []
    for dose in sorted(doses, key=lambda dose: dose.time):
        if groups and dose.time - groups[-1][-1].time < MIN_DAYS_BETWEEN_COURSES:
            groups[-1].append(dose)
        else:
            groups.append([dose])
    return groups


def is_regular(doses: Sequence[RecordedDose]) -> bool:
    """Return whether doses in the order of time have one mass, duration and interval, and do not overlap."""
    first = doses[0]
    intervals = [later.time - sooner.time for sooner, later in pairwise(doses)]
    return all(
        math.isclose(dose.amount, first.amount) and math.isclose(dose.duration, first.duration) for dose in doses
    ) and all(
        abs(interval - intervals[0]) <= ROUNDING and interval >= max(first.duration, ROUNDING) for interval in intervals
    )


def given_in_courses(
    doses: Sequence[RecordedDose], premedications: Sequence[Treatments | None]
) -> tuple[list[Treatments], list[Treatments]]:
    """Return the courses and the further single doses that recorded doses of a drug that depletes are.

    Parameters
    ----------
    doses : sequence of RecordedDose
    premedications : sequence of dict or None
        Of the planned courses; the k-th course takes the k-th, or the last.
    """
    courses, single = list[Treatments](), list[Treatments]()
    is_timed = has_clock_times(doses)
    for k, group in enumerate(course_groups(doses)):
        before = premedications[min(k, len(premedications) - 1)] if premedications else None
        is_partial = before is not None and before["days"] < len(group)
        if is_regular(group) and not (is_timed and is_partial):
            courses.append(_course(group, before, is_timed))
            continue
        courses.append(_course(group[:1], before, is_timed))
        for number, dose in enumerate(group[1:], 2):
            label = f"{known_drug(dose.drug).label}, course {k + 1}, dose {number} of {len(group)}"
            has_premedication = before is not None and number <= before["days"]
            single += _premedicated(dose, before, is_timed, label) if has_premedication else [given_once(dose, label)]
    return courses, beside_one_another(doses, single)


def beside_one_another(doses: Sequence[RecordedDose], single: list[Treatments]) -> list[Treatments]:
    """Return the records of single doses; where the doses overlap, with the word that their rates add."""
    pairs = pairwise(sorted(doses, key=lambda dose: dose.time))
    has_overlap = any(later.time < sooner.time + sooner.duration for sooner, later in pairs)
    return [record | {"overlaps": True} for record in single] if has_overlap else single


def given_once(dose: RecordedDose, label: str = "") -> Treatments:
    """Return a dose from which nothing is counted."""
    infusion = {"infusion": f"{dose.duration!r} day"} if dose.duration else {}
    when, amount = f"{dose.time!r} day", f"{dose.amount!r} mg"
    named = {"label": label} if label else {}
    return {"drug": dose.drug, "start": when, "dose": amount, "followed": False, **infusion, **named}


def _course(doses: Sequence[RecordedDose], premedication: Treatments | None, is_timed: bool) -> Treatments:
    first = doses[0]
    start = first.time - _duration(premedication) if premedication and is_timed else first.time
    course: Treatments = {} if first.drug == course_drug() else {"drug": first.drug}
    course |= {"start": f"{start!r} day", "dose": f"{first.amount!r} mg", "doses": len(doses)}
    if first.duration:
        course["infusion"] = f"{first.duration!r} day"
    if len(doses) > 1:
        course["every"] = f"{doses[1].time - first.time!r} day"
    if premedication:
        course["premedication"] = premedication | {"days": min(len(doses), premedication["days"])}
    return course


def _premedicated(dose: RecordedDose, premedication: Treatments | None, is_timed: bool, label: str) -> list[Treatments]:
    """Return a dose after its premedication.

    A time of day is that of the dose itself; on a day without one the premedication opens the day, as in a scenario.
    """
    assert premedication is not None
    duration = _duration(premedication)
    start = dose.time - duration if is_timed else dose.time
    amount = parse_quantity(premedication["dose"], "mg")
    drug = known_drug(dose.drug).premedication
    before = RecordedDose(dose.patient, start, drug, amount, duration)
    insisted = {"implausible": True} if premedication.get("implausible") else {}
    return [
        given_once(before, f"{label}, premedication") | insisted,
        given_once(replace(dose, time=start + duration), label),
    ]


def _duration(premedication: Treatments) -> float:
    return parse_quantity(premedication["duration"], "day")
