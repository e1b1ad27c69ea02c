"""Orders of a scenario without some of their doses, as the scenario would say it: planned, and not given."""

from __future__ import annotations

from collections.abc import Set
from typing import TypeVar

from immunosim.scenario import Scenario
from immunosim.scenario.dosing import Change, Treatment, given_doses, planned_doses
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.regimen import treatment_tables
from immunosim.scenario.treatments import RegimenInput

AnyOrder = TypeVar("AnyOrder", bound=Treatment)


def without_doses(record: AnyOrder, numbers: Set[int]) -> AnyOrder | None:
    """Return an order with some doses skipped; None where no dose is left.

    Parameters
    ----------
    record : Treatment
    numbers : set of int
        Which of its doses are left out, counted from 1.
    """
    if not numbers:
        return record
    dosing = record.dosing()
    others = tuple(change for change in dosing.changes if change.dose_number not in numbers)
    skipped = numbers | {change.dose_number for change in others if change.skipped}
    if len(skipped) == len(planned_doses(dosing)):
        return None
    changes = (*others, *(Change(dose_number=number, skipped=True) for number in sorted(numbers)))
    return record.model_copy(update={"changes": changes})


def without_doses_from(scenario: Scenario, drugs: Set[str], day: float) -> Scenario:
    """Return a scenario without the doses of some drugs that begin on a day or later."""
    if not drugs:
        return scenario
    tables = {
        table: tuple(left for entry in scenario.entries(table) if (left := _before(entry, scenario, drugs, day)))
        for table in treatment_tables(scenario)
    }
    inputs = (_rates_before(record, day) if record.drug in drugs else record for record in scenario.input)
    known = {table: entries for table, entries in tables.items() if entries != scenario.entries(table)}
    return scenario.model_copy(update=known | {"input": tuple(record for record in inputs if record is not None)})


def _before(record: AnyOrder, scenario: Scenario, drugs: Set[str], day: float) -> AnyOrder | None:
    dosing = record.dosing()
    drug = known_drug(dosing.drug, scenario)
    if drug.name not in drugs:
        return record
    if drug.is_continuous:
        return record if dosing.start < day else None
    return without_doses(record, {dose.number for dose in given_doses(dosing) if dose.start >= day})


def _rates_before(record: RegimenInput, day: float) -> RegimenInput | None:
    steps = tuple(step for step in record.steps if step.start < day)
    return record.model_copy(update={"steps": steps}) if any(step.rate > 0 for step in steps) else None
