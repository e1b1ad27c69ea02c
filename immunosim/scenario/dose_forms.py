"""Doses that are more, or less, than a mass: spread over a volume, or known by an effect that the scenario assumes.

A volume matters where a drug covers an area. This module knows no drug in particular and makes no events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.errors import InputProblem, QuantityError
from immunosim.model.drug import Drug
from immunosim.scenario.messages import RecordFault
from immunosim.units import parse_quantity

SAME_VOLUME = 0.01
"""How far dose, concentration and volume may disagree, as a share of the dose: they are written rounded."""

STANDS_FOR_NONE = 1.0
"""The mass in the record of what takes an effect, mg: nothing reads it and no file holds it."""


def dose_beside_effect(said: Mapping[str, Any], drug: Drug) -> float | str:
    """Return the mass that the record of what takes an effect has.

    Raises
    ------
    RecordFault
        If the entry gives a dose.
    """
    if said.get("dose", STANDS_FOR_NONE) != STANDS_FOR_NONE:
        reason = f"{drug.label} has no dose in this model"
        raise RecordFault([InputProblem(reason, key="dose", cure="leave it out and give effect = ... (assumed)")])
    return f"{STANDS_FOR_NONE} mg"


def without_concentration(said: Mapping[str, Any], drug: Drug, is_file: bool) -> dict[str, Any]:
    """Return the raw data of a dose with two of dose, concentration and volume.

    Where all three follow from the entry the concentration is left out, so that a record and a resolved file can be
    changed in one of the others without a contradiction. What is invalid or disagrees stays, for the record to report.

    Parameters
    ----------
    said : mapping
    drug : Drug
    is_file : bool
        Whether numbers need a unit.
    """
    strength, volume = (_read(said.get(key), unit, is_file) for key, unit in _UNITS.items())
    if strength is None or volume is None:
        is_missing = "dose" not in said and {"concentration", "volume"} <= said.keys()
        return {**said, **({"dose": f"{STANDS_FOR_NONE} mg"} if is_missing else {})}
    dose = strength * volume if "dose" not in said else _read(said["dose"], "mg", is_file)
    follows = drug.volume_sets and dose is not None and agrees(strength, volume, dose)
    kept = {key: value for key, value in said.items() if not (follows and key == "concentration")}
    return {"dose": f"{dose!r} mg", **kept}


_UNITS = {"concentration": "mg/mL", "volume": "mL"}


def _read(value: object, unit: str, is_file: bool) -> float | None:
    """Return a quantity; None where it is missing, invalid, not positive or per body weight."""
    try:
        number = parse_quantity(value, unit, bare=not is_file and not isinstance(value, str))
    except QuantityError:
        return None
    return number if number > 0.0 else None


def agrees(strength: float, volume: float, dose: float) -> bool:
    """Return whether a concentration (mg/mL) in a volume (mL) is the dose (mg), but for rounding."""
    return abs(strength * volume - dose) <= SAME_VOLUME * dose


def effect_problems(drug: Drug, effect: float | None, times_per_day: int | None) -> Iterator[InputProblem]:
    """Yield an effect that is missing, too large, or of a drug that is given in doses."""
    if not drug.takes_effect:
        if effect is not None:
            yield InputProblem(f"{drug.label} is given by its dose", key="effect", cure="give dose instead")
        return
    if effect is None:
        cure = "give effect = ... (assumed), a number from 0 to 1"
        yield InputProblem("no effect is built in", key="effect", cure=cure)
    elif effect > 1.0:
        reason = f"{effect:g} is more than 1, the whole effect"
        yield InputProblem(reason, key="effect", cure="give a number from 0 to 1")
    if times_per_day is not None:
        cure = "leave it out: the effect is that of the whole treatment"
        yield InputProblem(f"{drug.label} has no daily dose", key="times_per_day", cure=cure)


def volume_problems(
    drug: Drug, dose: object, concentration: float | None, volume: float | None
) -> Iterator[InputProblem]:
    """Yield a volume or a concentration that the model cannot use, or that contradicts the dose."""
    if not drug.volume_sets:
        given = {"concentration": concentration, "volume": volume}
        for key in (key for key, value in given.items() if value is not None):
            yield InputProblem(f"{drug.name} covers no area in this model", key=key, cure="leave it out")
    elif concentration and volume and isinstance(dose, float) and not agrees(concentration, volume, dose):
        product = f"{concentration:g} mg/mL in {volume:g} mL are {concentration * volume:g} mg"
        cure = "correct one of dose, concentration and volume, or leave one out: it follows from the others"
        yield InputProblem(f"{product}, not the dose of {dose:g} mg", key="volume", cure=cure)
