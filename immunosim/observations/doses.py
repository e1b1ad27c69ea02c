"""The drugs that a table may give, what people call them, and how long one dose is infused where nothing is said."""

from __future__ import annotations

from immunosim.errors import QuantityError, did_you_mean
from immunosim.model.drug import Drug
from immunosim.scenario.dosing import usual_infusion
from immunosim.scenario.drug_names import known_drug, known_drugs


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
