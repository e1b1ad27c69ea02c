"""Plausibility: whether a dose lies in the plausible range of its drug, and the highest plausible counts.

A dose beyond its range is refused unless its record says ``implausible = true``. This module knows neither files nor a
drug in particular.
"""

from __future__ import annotations

from collections.abc import Iterator

from immunosim.errors import InputProblem
from immunosim.model.drug import Drug
from immunosim.units import DAYS_PER_MONTH

DAYS_PER_YEAR = 12 * DAYS_PER_MONTH

MOST_TOTAL = 20.0
"""Highest plausible count of all cells, 1e9/L: twice that of an infection, less than in most leukaemias."""

MOST_SUBSET = 10_000.0
"""Highest plausible count of a subset, cells/uL."""

OLDEST = 120.0
"""Years beyond which no age is plausible: the oldest person whose age is documented died at 122; assumed."""

CURE = "correct the number or its unit, or insist with implausible = true in the entry of the drug"


def implausible_dose(drug: Drug, dose: float, of: str = "") -> str:
    """Return why a dose (mg) of a drug is not plausible, as a sentence; empty where it is plausible."""
    low, high = drug.plausible
    if low <= dose <= high:
        return ""
    return f"{dose:g} mg of {drug.label}{of} is not plausible ({low:g} to {high:g} mg; usually {drug.usual})"


def implausible_age(age: float, horizon: float) -> str:
    """Return that a patient would be too old at the end of a simulation, as a sentence; empty where it is plausible.

    Parameters
    ----------
    age : float, year
        On day 0.
    horizon : float, day
    """
    at_end = age + horizon / DAYS_PER_YEAR
    if at_end <= OLDEST:
        return ""
    return f"At the horizon the patient would be {at_end:.0f} years old: the simulation ends beyond any lifetime."


def check_dose(drug: Drug, dose: object, key: str, of: str = "") -> Iterator[InputProblem]:
    """Yield a problem where a dose is not plausible; text per body weight is skipped."""
    reason = implausible_dose(drug, dose, of) if isinstance(dose, float) else ""
    if reason:
        yield InputProblem(reason, key=key, cure=CURE)
