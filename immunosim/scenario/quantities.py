"""Field types of the scenario records: floats in internal units, written as quantities, times or shares.

Each type carries its unit, so that the writer can give the number back as text. This module knows no record.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from immunosim.errors import QuantityError
from immunosim.scenario.clock import FARTHEST_TIME, WANTED, Clock, as_date, is_deferred
from immunosim.units import finite, parse_quantity, shown

MEDIAN = math.log(2)
"""The median of a unit-exponential variable."""

_PER_WEIGHT = re.compile(r".*/\s*kg\s*", re.DOTALL)


@dataclass(frozen=True)
class _Surroundings:
    clock: Clock
    weight: float


_SCENARIO: ContextVar[_Surroundings | None] = ContextVar("scenario", default=None)


@contextmanager
def reading_within(clock: Clock, weight: float) -> Iterator[None]:
    """Resolve dates, offsets from courses and doses per body weight (kg) with these until the block ends.

    The weight is NaN where the scenario gives an invalid one.
    """
    token = _SCENARIO.set(_Surroundings(clock, weight))
    try:
        yield
    finally:
        _SCENARIO.reset(token)


def may_be_bare(value: object, info: ValidationInfo) -> bool:
    """Return whether a value is a number of Python code, which is in the internal unit; text always has a unit."""
    return not info.context and not isinstance(value, str)


@dataclass(frozen=True)
class Quantity:
    """Annotation of a float field that is read from a quantity and kept in an internal unit.

    Bare numbers are refused from files, and as text; in code a float is taken to be in the internal unit.
    """

    unit: str
    example: str
    may_be_zero: bool = False
    bare: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return pydantic's schema: our own validator in place of the one for floats."""
        return core_schema.with_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON schema of the text that a file holds."""
        kind: str | list[str] = ["string", "number"] if self.bare else "string"
        return {"type": kind, "examples": [self.example], "description": f"quantity, kept in {self.unit}"}

    def validate(self, value: object, info: ValidationInfo) -> float:
        """Return the value in the internal unit."""
        number = parse_quantity(value, self.unit, bare=self.bare or may_be_bare(value, info))
        if number < 0 or (number == 0 and not self.may_be_zero):
            raise QuantityError(f"{shown(value)} is not positive", cure=f'write for example "{self.example}"')
        return number


@dataclass(frozen=True)
class Dose(Quantity):
    """Annotation of a float field that is a mass, mg, written as such or per body weight.

    Outside a scenario, a dose per body weight stays as it was given; the scenario that the record enters resolves it.
    """

    unit: str = "mg"
    example: str = "12 mg"

    def validate(self, value: object, info: ValidationInfo) -> float:
        """Return the mass in mg, or the value as it is where no scenario can resolve it yet."""
        if not isinstance(value, str) or not _PER_WEIGHT.fullmatch(value):
            return super().validate(value, info)
        per_weight, scenario = Quantity("mg/kg", "0.3 mg/kg").validate(value, info), _SCENARIO.get()
        if scenario is None:
            return value  # type: ignore[return-value]
        if math.isnan(scenario.weight):
            raise QuantityError(f"{shown(value)}: the body weight is not known", cure="correct patient.weight first")
        return per_weight * scenario.weight


@dataclass(frozen=True)
class Time(Quantity):
    """Annotation of a float field that is a time in days after day 0.

    Outside a scenario, a date or an offset from a course stays as it was given; the scenario that the record enters
    resolves it.
    """

    unit: str = "day"
    example: str = "12 months"

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON schema of the text that a file holds."""
        return {"type": "string", "examples": [self.example, "course 2 + 30 days", "2017-06-15"], "description": WANTED}

    def validate(self, value: object, info: ValidationInfo) -> float:
        """Return the time in days, or the value as it is where no scenario can resolve it yet."""
        scenario = _SCENARIO.get()
        if scenario is None and is_deferred(value):
            return value  # type: ignore[return-value]
        days = (scenario.clock if scenario else Clock(None, ())).days(value, bare=may_be_bare(value, info))
        if abs(days) > FARTHEST_TIME:
            raise QuantityError(f"{shown(value)} lies more than a million days from day 0", cure=f"expected {WANTED}")
        return days


def _share(value: object) -> object:
    if value is not True and value is not False:
        return value
    return 1.0 if value else 0.0


def _median_draw(value: object) -> object:
    return MEDIAN if value == "median" else value


def _calendar_date(value: object) -> object:
    date = as_date(value)
    if date is None:
        raise QuantityError(f"{shown(value)} is not a date", cure="write for example start_date = 2016-06-15")
    return date


def _number(value: object) -> object:
    # Text and booleans are not numbers, although pydantic would take "3" and true for some.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QuantityError(f"{shown(value)} is not a number", cure="write a number without quotes")
    return finite(value)


Number = Annotated[float, BeforeValidator(_number)]
Mass = Annotated[float, Dose()]
Rate = Annotated[float, Quantity("mg/day", "3 mg/h", may_be_zero=True)]
Weight = Annotated[float, Quantity("kg", "70 kg")]
Age = Annotated[float, Quantity("year", "31 years", bare=True)]
Duration = Annotated[float, Quantity("day", "4 h")]
Count = Annotated[float, Quantity("cells/uL", "500 cells/uL")]
Volume = Annotated[float, Quantity("mL", "3 mL")]
Concentration = Annotated[float, Quantity("mg/mL", "5 mg/mL")]
AssumedEffect = Annotated[float, Quantity("1", "0.5", may_be_zero=True, bare=True)]
TimePoint = Annotated[float, Time()]
Share = Annotated[Number, BeforeValidator(_share), Field(ge=0, le=1)]
Titre = Annotated[Number, BeforeValidator(_share), Field(ge=0, le=10_000)]
Draw = Annotated[Number, BeforeValidator(_median_draw), Field(gt=0)]
CalendarDate = Annotated[datetime.date, BeforeValidator(_calendar_date)]
