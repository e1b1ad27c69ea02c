"""The parameters that a scenario sets by the volumes of its doses: how large an area a drug covers."""

from __future__ import annotations

from dataclasses import dataclass

from immunosim.model.drug import Drug
from immunosim.scenario.dosing import Dosing, given_doses
from immunosim.scenario.history import History
from immunosim.scenario.regimen import orders_of


@dataclass(frozen=True)
class SpreadVolume:
    """The largest volume of the doses of a drug, and the key path of the order that gives it."""

    millilitres: float
    key: str


def set_by_volumes(scenario: History) -> dict[str, SpreadVolume]:
    """Return the parameters that volumes of doses set, by name; a value in ``[parameters]`` goes before them."""
    largest: dict[str, SpreadVolume] = {}
    for order in orders_of(scenario):
        volume = largest_volume(order.dosing, order.drug)
        before = largest.get(order.drug.volume_sets)
        if volume is not None and (before is None or volume > before.millilitres):
            largest[order.drug.volume_sets] = SpreadVolume(volume, order.key)
    return largest


def largest_volume(record: Dosing, drug: Drug) -> float | None:
    """Return the largest volume of the doses of a record that were given, mL; None where it says none."""
    volume, strength = record.volume, record.concentration
    if not drug.volume_sets or (volume is None and strength is None):
        return None
    doses = given_doses(record)
    if volume is not None:
        return max(volume * (dose.given / dose.planned) for dose in doses)
    return max(dose.given / (strength or 1.0) for dose in doses)
