"""What a model lets a scenario say of its patient by names of its own: untreated counts, draws of hazards, onsets.

Plain data, so that a scenario can be read without the network. This module knows no count, organ or disease in
particular.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UntreatedCount:
    """An untreated count in blood, which scales the parameters that say so (``scales``) where a scenario gives it.

    Attributes
    ----------
    name : str
        Its key under ``[patient.baseline]``, which is the name of the read-out that it is compared with.
    meaning : str
        In a few words, as an editor shows it.
    most, unit : float, str
        The highest plausible value of the read-out, in a unit.
    is_total : bool
        Whether it is the sum of the others, and so not given together with any of them.
    """

    name: str
    meaning: str
    most: float
    unit: str
    is_total: bool = False


@dataclass(frozen=True, kw_only=True)
class HazardDraw:
    """A draw of a unit-exponential variable: an event happens when its cumulative hazard reaches the draw.

    Attributes
    ----------
    name : str
        Its key under ``[patient.draws]``.
    meaning : str
        In a few words, as an editor shows it.
    """

    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class DiseaseOnset:
    """What begins a disease before day 0 where a scenario says since when the patient has it.

    Attributes
    ----------
    name : str
        Its key under ``[patient]``, whose value is the time since the onset.
    label : str
        What messages call it.
    meaning : str
        In a few words, as an editor shows it.
    pool, amount : str, float
        What enters which pool at the onset, in the unit of the pool.
    """

    name: str
    label: str
    meaning: str
    pool: str
    amount: float
