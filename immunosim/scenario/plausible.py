"""What can be: whether a dose lies in the plausible range of its drug, and the most that is believed of a count.

A dose beyond its range is refused unless its record says ``implausible = true``. This module knows neither files nor a
drug in particular.
"""

from __future__ import annotations

from collections.abc import Iterator

from immunosim.errors import InputProblem
from immunosim.model.drug import Drug

MOST_TOTAL = 20.0
"""Most white cells of one kind that are believed, 1e9/L: twice what an infection does, less than most leukaemias."""

MOST_SUBSET = 10_000.0
"""Most cells of one subset that are believed, cells/uL."""

CURE = "correct the number or its unit, or insist with implausible = true in the entry of the drug"


def implausible_dose(drug: Drug, dose: float, of: str = "") -> str:
    """Return in a sentence why a dose (mg) of a drug is not plausible; empty where it is."""
    low, high = drug.plausible
    if low <= dose <= high:
        return ""
    return f"{dose:g} mg of {drug.label}{of} is not plausible ({low:g} to {high:g} mg; usually {drug.usual})"


def check_dose(drug: Drug, dose: object, key: str, of: str = "") -> Iterator[InputProblem]:
    """Yield a problem where a dose is not plausible; what is still text per body weight is passed over."""
    reason = implausible_dose(drug, dose, of) if isinstance(dose, float) else ""
    if reason:
        yield InputProblem(reason, key=key, cure=CURE)
