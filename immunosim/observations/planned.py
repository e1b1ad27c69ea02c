"""Doses that a patient was given against those that a scenario plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from immunosim.errors import QuantityError
from immunosim.model.drug import Drug
from immunosim.observations.records import PatientRecord, RecordedDose, TableFinding
from immunosim.scenario import dose_totals, events_of
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.plausible import implausible_dose
from immunosim.scenario.regimen import begin_of, insisted_drugs, is_continuous
from immunosim.units import parse_quantity

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

SAME_DAY = 1.0
"""Difference of times that says nothing, day: a date has no hour, and premedication comes first."""

_SAME_MASS = 0.01
_REACH = 7.0
"""A dose farther from every planned one (day) is none of them."""

_MOST_OF_COURSE = 2.5
"""How many times the usual dose a dose may be before it looks like a whole course."""

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
        planned = [(time, amount) for name, time, amount in planned_doses(scenario) if name == drug]
        given = [dose for dose in patient.doses if dose.drug == drug]
        pairs = _pairs([dose.time for dose in given], [time for time, _ in planned])
        for i, dose in enumerate(given):
            if i not in pairs:
                reason = f"{dose.amount:g} mg of {drug} on day {dose.time:g} is not in the scenario"
                yield TableFinding(dose.line, "", "warning", reason, _CURE)
            else:
                yield from _difference(dose, *planned[pairs[i]])
        left = [dose for j, dose in enumerate(planned) if j not in pairs.values()]
        if left:
            times = ", ".join(f"{time:g}" for time, _ in left[:5]) + (" ..." if len(left) > 5 else "")
            reason = f"{patient.name} was not given {drug} that the scenario plans on day {times}"
            yield TableFinding(given[-1].line, "", "warning", reason, _CURE)


def check_plausible(patient: PatientRecord, scenario: Scenario | None) -> Iterator[TableFinding]:
    """Yield given doses that no dose of the drug can be, unless the scenario insists on such doses of this drug."""
    insisted = insisted_drugs(scenario) if scenario else set()
    for dose in patient.doses:
        drug = known_drug(dose.drug, scenario)
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


def _difference(dose: RecordedDose, time: float, amount: float) -> Iterator[TableFinding]:
    if abs(dose.time - time) > SAME_DAY:
        reason = f"{dose.drug} was given on day {dose.time:g}, the scenario plans it on day {time:g}"
        yield TableFinding(dose.line, "", "warning", reason, _CURE)
    if abs(dose.amount - amount) > _SAME_MASS * amount:
        reason = f"{dose.amount:g} mg of {dose.drug} was given on day {dose.time:g}, the scenario plans {amount:g} mg"
        yield TableFinding(dose.line, "", "warning", reason, _CURE)
