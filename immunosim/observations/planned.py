"""Doses that a patient was given against those that a scenario plans."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from immunosim.errors import QuantityError
from immunosim.model.drug import Drug
from immunosim.observations.records import PatientRecord, RecordedDose, TableFinding
from immunosim.scenario import events_of
from immunosim.scenario.clock import ROUNDING, in_words
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.plausible import implausible_dose
from immunosim.scenario.regimen import begin_of, end_of, insisted_drugs, is_continuous
from immunosim.units import parse_quantity

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

MIN_DELAY = 1.5 / 1440
"""Difference of times of day that is one, day: more than a minute that is rounded."""

_SAME_AMOUNT = 0.01
"""Largest relative difference of equal masses and durations."""

_REACH = 7.0
"""A dose farther from every planned one (day) is none of them."""

_MOST_OF_COURSE = 2.5
"""How many times the usual dose a dose may be before it looks like a whole course."""

_CURE = "a fit simulates what was given; change the scenario to plan it"


class PlannedDose(NamedTuple):
    """A dose that a scenario plans: when (day), of what mass (mg), and over how long (day; 0 is all at once)."""

    drug: str
    time: float
    amount: float
    duration: float


def planned_doses(scenario: Scenario) -> list[PlannedDose]:
    """Return every dose that a scenario plans, in the order of time."""
    return [
        PlannedDose(event.drug.name, begin_of(event), event.amount, end_of(event) - begin_of(event))
        for event in events_of(scenario)
        if event.drug is not None and not is_continuous(event)
    ]


def check_doses(patient: PatientRecord, scenario: Scenario) -> Iterator[TableFinding]:
    """Yield given doses that differ from the planned ones, drug by drug; drugs without a given dose are passed over."""
    for drug in dict.fromkeys(dose.drug for dose in patient.doses):
        planned = [dose for dose in planned_doses(scenario) if dose.drug == drug]
        given = [dose for dose in patient.doses if dose.drug == drug]
        pairs = _pairs([dose.time for dose in given], [dose.time for dose in planned])
        for i, dose in enumerate(given):
            if i not in pairs:
                reason = f"{dose.amount:g} mg of {drug} on day {dose.time:g} is not in the scenario"
                yield TableFinding(dose.line, "", "warning", reason, _CURE)
        is_timed = has_clock_times(given)
        for i, j in pairs.items():
            for reason in _difference(given[i], planned[j], is_timed):
                yield TableFinding(given[i].line, "", "warning", reason, _CURE)
        left = [dose for j, dose in enumerate(planned) if j not in pairs.values()]
        if left:
            times = ", ".join(f"{dose.time:g}" for dose in left[:5]) + (" ..." if len(left) > 5 else "")
            reason = f"{patient.name} was not given {drug} that the scenario plans on day {times}"
            yield TableFinding(given[-1].line, "", "warning", reason, _CURE)


def check_plausible(patient: PatientRecord, scenario: Scenario | None) -> Iterator[TableFinding]:
    """Yield given doses that no dose of the drug can be, unless the scenario insists on such doses of this drug."""
    insisted = insisted_drugs(scenario) if scenario else set()
    for dose in patient.doses:
        drug = known_drug(dose.drug, scenario)
        if dose.duration and not drug.is_infused:
            reason = f"{dose.drug} is given at once, not over {in_words(dose.duration)}"
            yield TableFinding(dose.line, "", "error", reason, "leave the duration out")
        if dose.drug in insisted:
            continue
        if reason := implausible_dose(drug, dose.amount):
            unit = _likely_unit(drug, dose.amount)
            cure = f"the column may be in {unit}" if unit else "correct the value, or the unit of its column"
            yield TableFinding(dose.line, "", "error", reason, f"{cure}; a scenario insists with implausible = true")
        elif drug.depletes and (usual := _usual_mass(drug)) and dose.amount >= _MOST_OF_COURSE * usual:
            reason = (
                f"{dose.amount:g} mg of {dose.drug} at once is {dose.amount / usual:g} times the usual {drug.usual}"
            )
            yield TableFinding(dose.line, "", "warning", reason, "give every infusion a row, if it is a whole course")


def check_course(patient: PatientRecord, scenario: Scenario | None) -> Iterator[TableFinding]:
    """Yield doses that no simulation reaches, or that overlap."""
    for drug in dict.fromkeys(dose.drug for dose in patient.doses):
        given = sorted((dose for dose in patient.doses if dose.drug == drug), key=lambda dose: dose.time)
        for sooner, later in pairwise(given):
            if later.time < sooner.time + sooner.duration and known_drug(drug, scenario).is_infused:
                reason = f"the infusion begins while that of line {sooner.line} runs: their rates add"
                yield TableFinding(later.line, "", "warning", reason, "check times and durations")
        yield from _beyond(given, scenario.horizon if scenario else math.inf)


def _beyond(given: Sequence[RecordedDose], horizon: float) -> Iterator[TableFinding]:
    for dose in given:
        if dose.time + dose.duration > horizon:
            reason = f"{dose.drug} on day {dose.time:g} is after the horizon of the scenario, day {horizon:g}"
            yield TableFinding(dose.line, "", "error", reason, "make the horizon longer, or leave it out")


def has_clock_times(doses: Sequence[RecordedDose]) -> bool:
    """Return whether any of the doses has a time of day; dates and numbers of days alone do not."""
    return any(abs(dose.time - round(dose.time)) > MIN_DELAY for dose in doses)


def _usual_mass(drug: Drug) -> float:
    """Return the usual dose of a drug, mg; 0 where its words are not of one mass."""
    try:
        return parse_quantity(" ".join(drug.usual.split()[:2]), "mg")
    except QuantityError:
        return 0.0


def _likely_unit(drug: Drug, amount: float) -> str:
    """Return the unit in which an implausible dose would be plausible, if it is a thousandfold off."""
    if not implausible_dose(drug, amount / 1000.0):
        return "ug, and not in mg"
    return "" if implausible_dose(drug, amount * 1000.0) else "g, and not in mg"


def _pairs(given: Sequence[float], planned: Sequence[float]) -> dict[int, int]:
    """Return which planned dose each given one is, by their places; one that is far from all is none.

    Squares of distances are least in all: doses that are all some hours late are those planned, one by one, while the
    nearest of each would leave the last to the first.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    distances = np.abs(np.subtract.outer(given, planned))
    places = linear_sum_assignment(np.where(distances > _REACH, 1e3 * _REACH**2, distances**2))
    return {int(i): int(j) for i, j in zip(*places, strict=True) if distances[i, j] <= _REACH}


def _difference(dose: RecordedDose, plan: PlannedDose, is_timed: bool) -> Iterator[str]:
    # A date has no hour: it differs where the day does.
    is_other_time = (
        abs(dose.time - plan.time) > MIN_DELAY if is_timed else round(dose.time) != (plan.time + ROUNDING) // 1.0
    )
    if is_other_time:
        yield f"{dose.drug} was given on day {dose.time:g}, the scenario plans it on day {plan.time:g}"
    if abs(dose.amount - plan.amount) > _SAME_AMOUNT * plan.amount:
        yield f"{dose.amount:g} mg of {dose.drug} was given on day {dose.time:g}, the scenario plans {plan.amount:g} mg"
    if dose.has_duration and abs(dose.duration - plan.duration) > _SAME_AMOUNT * plan.duration:
        yield f"{dose.drug} was infused over {in_words(dose.duration)}, the scenario plans {in_words(plan.duration)}"
