"""The drugs that may be given, what people call them, and how long one dose is infused where nothing is said."""

from __future__ import annotations

from immunosim.errors import QuantityError, did_you_mean
from immunosim.scenario.treatments import USUAL_INFUSIONS
from immunosim.units import parse_quantity

DRUGS = ("alemtuzumab", "methylprednisolone", "prednisolone", "triamcinolone")
"""Drugs of which a single dose may be given."""

_NAMES = {
    **{name: name for name in DRUGS},
    "lemtrada": "alemtuzumab",
    "campath": "alemtuzumab",
    "mabcampath": "alemtuzumab",
    "campath-1h": "alemtuzumab",
    "solu-medrol": "methylprednisolone",
}


def drug_of(name: str) -> str:
    """Return the drug that a name means.

    Raises
    ------
    QuantityError
        Where it means none.
    """
    drug = _NAMES.get(name.strip().casefold())
    if drug is None:
        raise QuantityError(f'"{name}" is no drug that can be given', cure=did_you_mean(name, DRUGS))
    return drug


def usual_duration(drug: str) -> float:
    """Return how long a dose is infused where nothing is said, day; 0 for what is given at once."""
    return parse_quantity(USUAL_INFUSIONS[drug], "day") if drug in USUAL_INFUSIONS else 0.0


def is_infused(drug: str) -> bool:
    """Return whether a drug can only be infused."""
    return drug in USUAL_INFUSIONS
