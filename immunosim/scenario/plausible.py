"""What a dose can be: the plausible range of one dose of each drug, with the usual dose and where that is written.

The usual doses have a source; the ranges are assumed, wide enough for every dose of the evidence and narrow enough
that a slip of a thousand (g for mg, mcg for mg) lies outside. A dose beyond its range is refused unless its record
says ``implausible = true``. This module knows neither files nor the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunosim.errors import InputProblem

if TYPE_CHECKING:
    from immunosim.scenario.scenario import Scenario

MOST_TOTAL = 20.0
"""Most lymphocytes that are believed, 1e9/L: twice what an infection does, less than most leukaemias."""

MOST_SUBSET = 10_000.0
"""Most cells of one subset that are believed, cells/uL."""

MOST_COUNTS = {
    "lymphocytes": (MOST_TOTAL, "1e9/L"),
    **dict.fromkeys(("cd4", "cd8", "cd19", "nk"), (MOST_SUBSET, "cells/uL")),
}
"""Most that is believed of each read-out that is a count, and its unit."""


@dataclass(frozen=True)
class DoseRange:
    """What one dose of a drug can be.

    Attributes
    ----------
    usual : str
        The usual dose in words.
    low, high : float
        Ends of the plausible range of one dose, mg.
    source : tuple of str
        Where the usual dose is written: keys of the bibliography, or the case report.
    evidence : str
        Of the range.
    """

    usual: str
    low: float
    high: float
    source: tuple[str, ...]
    evidence: str = "assumed"


DOSE_RANGES = {
    "alemtuzumab": DoseRange("12 mg a day", 0.5, 60.0, ("lemtrada_smpc", "case report")),
    "methylprednisolone": DoseRange("1 g a day", 4.0, 2000.0, ("case report",)),
    "prednisolone": DoseRange("5 to 60 mg a day", 1.0, 250.0, ("assumed",)),
    "triamcinolone": DoseRange("15 mg in a session", 0.5, 80.0, ("case report",)),
    "dimethyl_fumarate": DoseRange("240 mg twice a day", 30.0, 960.0, ("case report",)),
}
"""By drug; of dimethyl fumarate the dose of a whole day as well, since the model takes it as continuous."""

DOSES_A_DAY = 2
"""Doses at the upper end of the range that a rate may give in a day."""

_DRUG_OF = {
    "Course": "alemtuzumab",
    "Premedication": "methylprednisolone",
    "Methylprednisolone": "methylprednisolone",
    "Prednisolone": "prednisolone",
    "Triamcinolone": "triamcinolone",
    "DimethylFumarate": "dimethyl_fumarate",
}
DOSED = frozenset({*_DRUG_OF, "AdditionalDose", "RegimenInput"})
"""Records that hold doses."""

CURE = "correct the number or its unit, or insist with implausible = true in the entry of the drug"


def implausible_dose(drug: str, dose: float, of: str = "") -> str:
    """Return in a sentence why a dose (mg) of a drug is not plausible; empty where it is."""
    known = DOSE_RANGES[drug]
    if known.low <= dose <= known.high:
        return ""
    name, limits = drug.replace("_", " "), f"{known.low:g} to {known.high:g} mg"
    return f"{dose:g} mg of {name}{of} is not plausible ({limits}; usually {known.usual})"


def problems_of_doses(record: Any) -> Iterator[InputProblem]:
    """Yield the doses of a record that are not plausible, with keys relative to it, unless the record insists.

    Doses per body weight are left to the scenario that the record enters.
    """
    if record.implausible:
        return
    for key, dose, of in _doses_of(record):
        reason = implausible_dose(_drug_of(record), dose, of) if isinstance(dose, float) else ""
        if reason:
            yield InputProblem(reason, key=key, cure=CURE)


def insisted_drugs(scenario: Scenario) -> set[str]:
    """Return the drugs of which a scenario insists on doses that are not plausible."""
    records: list[Any] = []
    for name in ("course", "methylprednisolone", "prednisolone", "triamcinolone", "dimethyl_fumarate"):
        records += getattr(scenario, name)
    records += [*scenario.additional_dose, *scenario.input]
    records += [course.premedication for course in scenario.course if course.premedication]
    return {_drug_of(record) for record in records if record.implausible}


def _drug_of(record: Any) -> str:
    return _DRUG_OF.get(type(record).__name__) or str(record.drug)


def _doses_of(record: Any) -> Iterator[tuple[str, object, str]]:
    """Yield key and mass of the doses of a record, and what they are if not single doses."""
    if type(record).__name__ == "RegimenInput":
        yield from _daily_of_rates(record)
        return
    yield "dose", record.dose, ""
    is_daily = hasattr(record, "times_per_day") and isinstance(record.dose, float)
    if is_daily and not implausible_dose(_drug_of(record), record.dose):
        yield "times_per_day", record.dose * record.times_per_day, " a day"
    for number, step in enumerate(getattr(record, "taper", ()), 1):
        yield f"taper[{number}].dose", step.dose, ""


def _daily_of_rates(record: Any) -> Iterator[tuple[str, object, str]]:
    """Yield what rates give in a day at most; a rate that is too low shows in the sum of all steps."""
    total = 0.0
    for number, step in enumerate(record.steps, 1):
        if not isinstance(step.start, float) or not isinstance(step.stop, float):
            return
        daily, low = step.rate * min(step.stop - step.start, 1.0), DOSE_RANGES[record.drug].low
        total += step.rate * (step.stop - step.start)
        yield f"steps[{number}].rate", max(daily / DOSES_A_DAY, low), f" {DOSES_A_DAY} times a day"
    if total > 0.0:
        yield "steps", min(total, DOSE_RANGES[record.drug].high), " in all"
