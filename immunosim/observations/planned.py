"""Doses that a patient was given against those that a scenario plans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from immunosim.observations.records import PatientRecord, RecordedDose, TableFinding
from immunosim.scenario import dose_totals, events_of
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.plausible import implausible_dose
from immunosim.scenario.regimen import begin_of, insisted_drugs, is_continuous

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

SAME_DAY = 1.0
"""Difference of times that says nothing, day: a date has no hour, and premedication comes first."""

_SAME_MASS = 0.01
_REACH = 7.0
"""A dose farther from every planned one (day) is none of them."""

_CURE = "a fit simulates what was given; change the scenario to plan it"


def planned_doses(scenario: Scenario) -> list[tuple[str, float, float]]:
    """Return drug, time (day) and mass (mg) of every dose that a scenario plans, in the order of time."""
    doses = []
    for event in events_of(scenario):
        if not is_continuous(event):
            ((drug, amount),) = dose_totals([event]).items()
            doses.append((drug, begin_of(event), amount))
    return doses


def check_doses(patient: PatientRecord, scenario: Scenario) -> Iterator[TableFinding]:
    """Yield given doses that differ from the planned ones, drug by drug; drugs without a given dose are passed over."""
    for drug in dict.fromkeys(dose.drug for dose in patient.doses):
        left = [(time, amount) for name, time, amount in planned_doses(scenario) if name == drug]
        given = [dose for dose in patient.doses if dose.drug == drug]
        for dose in given:
            nearest = min(left, key=lambda planned: abs(planned[0] - dose.time), default=None)
            if nearest is None or abs(nearest[0] - dose.time) > _REACH:
                reason = f"{dose.amount:g} mg of {drug} on day {dose.time:g} is not in the scenario"
                yield TableFinding(dose.line, "", "warning", reason, _CURE)
                continue
            left.remove(nearest)
            yield from _difference(dose, *nearest)
        if left:
            times = ", ".join(f"{time:g}" for time, _ in left[:5]) + (" ..." if len(left) > 5 else "")
            reason = f"{patient.name} was not given {drug} that the scenario plans on day {times}"
            yield TableFinding(given[-1].line, "", "warning", reason, _CURE)


def check_plausible(patient: PatientRecord, scenario: Scenario | None) -> Iterator[TableFinding]:
    """Yield given doses that no dose of the drug can be, unless the scenario insists on such doses of this drug."""
    insisted = insisted_drugs(scenario) if scenario else set()
    for dose in patient.doses:
        reason = "" if dose.drug in insisted else implausible_dose(known_drug(dose.drug, scenario), dose.amount)
        if reason:
            cure = "correct the value, or the unit of its column"
            yield TableFinding(dose.line, "", "error", reason, f"{cure}; a scenario insists with implausible = true")


def _difference(dose: RecordedDose, time: float, amount: float) -> Iterator[TableFinding]:
    if abs(dose.time - time) > SAME_DAY:
        reason = f"{dose.drug} was given on day {dose.time:g}, the scenario plans it on day {time:g}"
        yield TableFinding(dose.line, "", "warning", reason, _CURE)
    if abs(dose.amount - amount) > _SAME_MASS * amount:
        reason = f"{dose.amount:g} mg of {dose.drug} was given on day {dose.time:g}, the scenario plans {amount:g} mg"
        yield TableFinding(dose.line, "", "warning", reason, _CURE)
