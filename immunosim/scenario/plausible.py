"""Plausibility: whether a dose lies in the plausible range of its drug, and the highest plausible counts.

A dose beyond its range is refused unless its record says ``implausible = true``. This module knows neither files nor a
drug in particular.
"""

from __future__ import annotations

from collections.abc import Iterator

from immunosim.errors import InputProblem
from immunosim.model.drug import Drug

MOST_TOTAL = 20.0
"""Highest plausible count of all cells, 1e9/L: twice that of an infection, less than in most leukaemias."""

MOST_SUBSET = 10_000.0
"""Highest plausible count of a subset, cells/uL."""

CURE = "correct the number or its unit, or insist with implausible = true in the entry of the drug"


def implausible_dose(drug: Drug, dose: float, of: str = "") -> str:
    """Return why a dose (mg) of a drug is not plausible, as a sentence; empty where it is plausible."""
    low, high = drug.plausible
    if low <= dose <= high:
        return ""
    return f"{dose:g} mg of {drug.label}{of} is not plausible ({low:g} to {high:g} mg; usually {drug.usual})"


def check_dose(drug: Drug, dose: object, key: str, of: str = "") -> Iterator[InputProblem]:
    """Yield a problem where a dose is not plausible; text per body weight is skipped."""
    reason = implausible_dose(drug, dose, of) if isinstance(dose, float) else ""
    if reason:
        yield InputProblem(reason, key=key, cure=CURE)
