"""The treatments of a scenario: courses, pulses, prescriptions, single doses and rates that change with time.

Doses are masses, or masses per body weight that the scenario turns into masses. This module knows no dose event.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from immunosim.errors import QuantityError
from immunosim.scenario.base import Record, Repeats, Text
from immunosim.scenario.quantities import Duration, Mass, Rate, TimePoint
from immunosim.units import shown

USUAL_INFUSIONS = {"alemtuzumab": "4 h", "methylprednisolone": "1 h"}
"""How long an additional dose of a drug is infused where it does not say so."""


class Change(Record):
    """What was different from the plan with one dose: late, cut short or skipped."""

    dose_number: Repeats
    late: Duration | None = None
    given: Mass | None = None
    skipped: StrictBool = False


class TaperStep(Record):
    """A step of a taper: `doses` doses at the interval of the prescription that it follows."""

    dose: Mass
    doses: Repeats


class Premedication(Record):
    """Methylprednisolone that opens the first `days` days of a course; the infusion follows it."""

    dose: Mass = 1000.0
    days: Repeats = 3
    duration: Duration = 1 / 24
    implausible: StrictBool = False


def _premedication(value: object) -> object:
    if isinstance(value, (dict, Premedication)) or value is None:
        return value
    if not isinstance(value, bool):
        raise QuantityError(f"{shown(value)} is neither true or false nor a table", cure="write premedication = true")
    return {} if value else None


class Course(Record):
    """A course of alemtuzumab: `doses` infusions, one every `every` days."""

    label: Text | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    infusion: Duration = 4 / 24
    changes: tuple[Change, ...] = ()
    premedication: Annotated[Premedication | None, BeforeValidator(_premedication)] = None
    implausible: StrictBool = False


class Methylprednisolone(Record):
    """Intravenous methylprednisolone: `doses` infusions, one every `every` days, then the steps of the taper."""

    label: Text | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    infusion: Duration = 1 / 24
    taper: tuple[TaperStep, ...] = ()
    changes: tuple[Change, ...] = ()
    implausible: StrictBool = False


class Prednisolone(Record):
    """Oral prednisolone: `doses` doses, one every `every` days, then the steps of the taper at the same interval."""

    label: Text | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    taper: tuple[TaperStep, ...] = ()
    changes: tuple[Change, ...] = ()
    implausible: StrictBool = False


class Triamcinolone(Record):
    """Intralesional triamcinolone: one session, injected at once."""

    label: Text | None = None
    time: TimePoint
    dose: Mass
    implausible: StrictBool = False


class DimethylFumarate(Record):
    """Oral dimethyl fumarate from `start` to `stop`, or to the horizon where `stop` is not given."""

    label: Text | None = None
    start: TimePoint
    stop: TimePoint | None = None
    dose: Mass = 240.0
    times_per_day: Annotated[StrictInt, Field(ge=1, le=24)] = 2
    implausible: StrictBool = False


class AdditionalDose(Record):
    """A single dose of a drug that belongs to no course; what is infused takes `infusion` days."""

    drug: Literal["alemtuzumab", "methylprednisolone", "prednisolone", "triamcinolone"]
    label: Text | None = None
    time: TimePoint
    dose: Mass
    infusion: Duration | None = None
    implausible: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def _take_the_usual_infusion(cls, data: Any) -> Any:
        drug = data.get("drug") if isinstance(data, dict) else None
        return {"infusion": USUAL_INFUSIONS[drug], **data} if drug in tuple(USUAL_INFUSIONS) else data


class RateStep(Record):
    """A constant rate from `start` to `stop`."""

    start: TimePoint
    stop: TimePoint
    rate: Rate


class RegimenInput(Record):
    """A drug that was given at rates that changed with time; between the steps nothing is given."""

    drug: Literal["alemtuzumab", "methylprednisolone", "dimethyl_fumarate"]
    label: Text | None = None
    steps: tuple[RateStep, ...]
    implausible: StrictBool = False
