"""The drugs that a table may give, what people call them, and how long one dose is infused where nothing is said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from immunosim.errors import DataError, QuantityError, did_you_mean
from immunosim.model.drug import Drug
from immunosim.observations.records import PatientRecord, RecordedDose
from immunosim.scenario.dosing import usual_infusion
from immunosim.scenario.drug_names import known_drug, known_drugs

STEADY_STATE_DAYS = 90.0
"""How long equal doses are given before one at steady state, day: drugs that are dosed so are gone within hours."""

MIN_STEADY_STATE_DOSES = 20


def dose_drugs() -> list[str]:
    """Return the drugs of which a single dose may be given; a table that names none means the first."""
    return [drug.name for drug in known_drugs() if not drug.is_continuous]


def drugs_by_number() -> dict[str, str]:
    """Return the drug that a number in CMT means on the row of a dose."""
    return {str(number): drug for number, drug in enumerate(dose_drugs(), 1)}


def drug_of(name: str) -> str:
    """Return the drug that a name means.

    Raises
    ------
    QuantityError
        Where it means none.
    """
    drug = named_drug(name)
    if not drug:
        raise QuantityError(f'"{name}" is not a drug that can be given', cure=did_you_mean(name, dose_drugs()))
    return drug


def named_drug(name: str) -> str:
    """Return the drug that a name or a synonym means; nothing where it means none."""
    meant = name.strip().casefold()
    drugs: list[Drug] = [known_drug(known) for known in dose_drugs()]
    return next((drug.name for drug in drugs if meant == drug.name or meant in drug.synonyms), "")


def usual_duration(drug: str) -> float:
    """Return how long a dose is infused where nothing is said, day; 0 for what is given at once."""
    return usual_infusion(known_drug(drug))


def is_infused(drug: str) -> bool:
    """Return whether a drug can only be infused."""
    return known_drug(drug).is_infused


def doses_to_simulate(patient: PatientRecord) -> list[RecordedDose]:
    """Return the doses of a patient in the order of time, those that led to a steady state written out.

    Raises
    ------
    DataError
        Where a reset or a steady state would undo what happened before it.
    """
    begins = [*(dose.time for dose in patient.doses), *(measurement.time for measurement in patient.measurements)]
    for day in patient.resets:
        if begins and min(begins) < day:
            reason = f"a reset on day {day:g} (EVID 3 or 4) would undo what was given before"
            raise DataError(reason, key=f"patient {patient.name}", cure="give the rows from there on another ID")
    return sorted(_written_out(patient), key=lambda dose: dose.time)


def _written_out(patient: PatientRecord) -> Iterator[RecordedDose]:
    for dose in patient.doses:
        if dose.steady_state_interval:
            yield from _before_steady_state(patient, dose)
        yield dose


def _before_steady_state(patient: PatientRecord, dose: RecordedDose) -> Sequence[RecordedDose]:
    if any(other.drug == dose.drug and other.time < dose.time for other in patient.doses):
        reason = f"a steady state of {dose.drug} on day {dose.time:g} would undo its earlier doses"
        where = f"line {dose.line}" if dose.line else None
        raise DataError(reason, file=where, key="SS", cure="give every dose a row, or use ADDL and II")
    interval = dose.steady_state_interval
    n_doses = max(MIN_STEADY_STATE_DOSES, math.ceil(STEADY_STATE_DAYS / interval))
    return [
        replace(dose, time=dose.time - number * interval, steady_state_interval=0.0) for number in range(n_doses, 0, -1)
    ]
