"""The records of a scenario: what is known of the patient, what was given, what was observed and how to compute.

Records are frozen. Their attributes are floats in internal units (day, mg, cells/uL; kg and year for weight and age);
in a file, and in code where that reads better, they are written as text with a unit. This module knows neither the
model nor the numerics.
"""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from immunosim.errors import QuantityError
from immunosim.scenario.checks import problems_of_record
from immunosim.scenario.clock import Clock
from immunosim.scenario.problems import RecordFault, translated
from immunosim.scenario.quantities import (
    Age,
    CalendarDate,
    Count,
    Draw,
    Duration,
    Mass,
    Number,
    Share,
    TimePoint,
    Weight,
    reading_times_with,
)
from immunosim.units import DAYS_PER_MONTH, finite, shown

_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


class Record(BaseModel):
    """Base of all records: frozen, without unknown keys, and with our own messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")

    @model_validator(mode="wrap")
    @classmethod
    def _report_in_our_words(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        # Only the outermost record reports, so that all problems of a file come together with their full key paths.
        if _INSIDE.get():
            return cls._checked(handler(data))
        token = _INSIDE.set(True)
        try:
            return cls._checked(handler(data))
        except (ValidationError, RecordFault) as error:
            raise translated(error, cls, (info.context or {}).get("file", cls.__name__.lower())) from None
        finally:
            _INSIDE.reset(token)

    @classmethod
    def _checked(cls, record: Self) -> Self:
        problems = problems_of_record(record)
        if problems:
            raise RecordFault(problems)
        return record


Text = StrictStr
Repeats = Annotated[StrictInt, Field(ge=1, le=100_000)]


class Baseline(Record):
    """Untreated counts in blood, cells/uL: either the total, which scales every subset, or single subsets."""

    lymphocytes: Count | None = None
    cd4: Count | None = None
    cd8: Count | None = None
    cd19: Count | None = None
    nk: Count | None = None


class Draws(Record):
    """Draws of a unit-exponential variable; an organ falls ill when its cumulative hazard reaches its draw."""

    thyroid: Draw = math.log(2)
    platelets: Draw = math.log(2)
    glomerulus: Draw = math.log(2)


class Patient(Record):
    """The patient before treatment; the default is the standard patient, aged 34 and weighing 70 kg."""

    age: Age = 34.0
    sex: Literal["female", "male"] = "female"
    weight: Weight = 70.0
    anti_drug_antibody: Share = 0.0
    family_history: StrictBool = False
    smoker: StrictBool = False
    depletion_efficiency: Annotated[Number, Field(ge=0, le=10)] = 1.0
    baseline: Baseline = Baseline()
    draws: Draws = Draws()


class Premedication(Record):
    """Methylprednisolone that opens the first `days` days of a course; the infusion follows it."""

    dose: Mass = 1000.0
    days: Repeats = 3
    duration: Duration = 1 / 24


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
    premedication: Annotated[Premedication | None, BeforeValidator(_premedication)] = None


class Methylprednisolone(Record):
    """Intravenous methylprednisolone: `doses` infusions, one every `every` days."""

    label: Text | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    infusion: Duration = 1 / 24


class TaperStep(Record):
    """A step of a taper: `doses` doses at the interval of the prescription that it follows."""

    dose: Mass
    doses: Repeats


class Prednisolone(Record):
    """Oral prednisolone: `doses` doses, one every `every` days, then the steps of the taper at the same interval."""

    label: Text | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    taper: tuple[TaperStep, ...] = ()


class Triamcinolone(Record):
    """Intralesional triamcinolone: one session, injected at once."""

    label: Text | None = None
    time: TimePoint
    dose: Mass


class DimethylFumarate(Record):
    """Oral dimethyl fumarate from `start` to `stop`, or to the horizon where `stop` is not given."""

    label: Text | None = None
    start: TimePoint
    stop: TimePoint | None = None
    dose: Mass = 240.0
    times_per_day: Annotated[StrictInt, Field(ge=1, le=24)] = 2


class Relapse(Record):
    """A relapse that was seen; it is drawn and does not change the simulation."""

    time: TimePoint
    note: Text = ""


class Note(Record):
    """A remark on the time line; it is drawn and does not change the simulation."""

    time: TimePoint
    text: Text


class Point(Record):
    """An observed value, or a range from `low` to `high`, in the unit of its series."""

    time: TimePoint
    value: Annotated[Number, Field(ge=0)] | None = None
    low: Annotated[Number, Field(ge=0)] | None = None
    high: Annotated[Number, Field(ge=0)] | None = None
    note: Text = ""


class Observed(Record):
    """An observed series of one read-out."""

    readout: Text
    unit: Text
    label: Text = ""
    source: Text = ""
    points: tuple[Point, ...]


class Output(Record):
    """When to report: every `every` days, counted from day 0, more often around doses, and at extra times."""

    every: Duration = 1.0
    during_treatment: Duration = 1 / 24
    extra: tuple[TimePoint, ...] = ()


class Solver(Record):
    """How to integrate."""

    method: Text = "rodas5p"
    rtol: Annotated[Number, Field(gt=0, lt=1)] = 1e-5
    max_steps: Annotated[StrictInt, Field(ge=1, le=1_000_000_000)] = 100_000


class Mechanisms(Record):
    """Which mechanisms of the model are switched off."""

    off: tuple[Text, ...] = ()


def _parameter(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QuantityError(
            f"{shown(value)} is not a parameter value", cure='write a number or a quantity such as "11 L"'
        )
    return finite(value)


Parameter = Annotated[float | str, BeforeValidator(_parameter)]


class Scenario(Record):
    """One patient's history and how to simulate it.

    Day 0 is the day from which times are counted; what lies before it is earlier treatment. A scenario built in code
    takes quantities as text, as a file does, or floats in internal units.

    Raises
    ------
    ScenarioError
        With every problem that was found, one per line.
    """

    title: Text = ""
    description: Text = ""
    start_date: CalendarDate | None = None
    horizon: TimePoint = 36 * DAYS_PER_MONTH
    patient: Patient = Patient()
    course: tuple[Course, ...] = ()
    methylprednisolone: tuple[Methylprednisolone, ...] = ()
    prednisolone: tuple[Prednisolone, ...] = ()
    triamcinolone: tuple[Triamcinolone, ...] = ()
    dimethyl_fumarate: tuple[DimethylFumarate, ...] = ()
    relapse: tuple[Relapse, ...] = ()
    note: tuple[Note, ...] = ()
    observed: tuple[Observed, ...] = ()
    output: Output = Output()
    solver: Solver = Solver()
    mechanisms: Mechanisms = Mechanisms()
    parameters: dict[Text, Parameter] = {}

    @model_validator(mode="wrap")
    @classmethod
    def _resolve_times(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        with reading_times_with(Clock.of(data)):
            return handler(data)
