"""Observations of the patient of a scenario: relapses, remarks and measured values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from immunosim.errors import InputProblem, QuantityError
from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.drug_names import model_read
from immunosim.scenario.quantities import Number, TimePoint
from immunosim.units import check_unit


class Relapse(Record):
    """An observed relapse: drawn, and with a `severity` added at once to the pool that the model declares for it."""

    time: TimePoint
    severity: Annotated[Number, Field(gt=0)] | None = None
    note: Text = ""

    def problems(self) -> Iterator[InputProblem]:
        """Yield a severity that no pool of the model takes."""
        if self.severity is not None and not model_read().entered_by_relapses:
            reason = f"means nothing to {model_read().name}, which declares no pool that a relapse enters"
            yield InputProblem(reason, key="severity", cure="leave it out: the relapse is drawn")


class Note(Record):
    """A remark on the time line; it is drawn and does not change the simulation."""

    time: TimePoint
    text: Text
    problems = each_value_stands_alone


class Point(Record):
    """An observed value, a range from `low` to `high`, or `below` a limit of quantification, in its series' unit."""

    time: TimePoint
    value: Annotated[Number, Field(ge=0)] | None = None
    low: Annotated[Number, Field(ge=0)] | None = None
    high: Annotated[Number, Field(ge=0)] | None = None
    below: Annotated[Number, Field(gt=0)] | None = None
    note: Text = ""

    @property
    def ends(self) -> tuple[float, float]:
        """Return the lowest and the highest value that the point may stand for; for a value, the value twice."""
        if self.below is not None:
            return 0.0, self.below
        low, high = (self.low, self.high) if self.value is None else (self.value, self.value)
        return low or 0.0, high or 0.0

    def problems(self) -> Iterator[InputProblem]:
        """Yield a point that is not exactly one of a value, a range and a limit."""
        ranged = self.low is not None, self.high is not None
        if self.value is not None and any(ranged):
            yield InputProblem("is given together with a range", key="value", cure="give either value or low and high")
        elif self.below is not None and (self.value is not None or any(ranged)):
            other = "a value" if self.value is not None else "a range"
            yield InputProblem(f"is given together with {other}", key="below", cure="give one of them")
        elif self.value is None and self.below is None and not all(ranged):
            yield InputProblem("has no value", cure="give value, or low and high, or below")
        elif self.low is not None and self.high is not None and self.low > self.high:
            reason = f"{self.low:g} is more than high, {self.high:g}"
            yield InputProblem(reason, key="low", cure="exchange low and high")


class Observed(Record):
    """An observed series of one read-out."""

    readout: Text
    unit: Text
    label: Text = ""
    source: Text = ""
    points: tuple[Point, ...]

    def problems(self) -> Iterator[InputProblem]:
        """Yield a series without points or with an unknown unit."""
        if not self.points:
            yield InputProblem("is empty", key="points", cure="give at least one point or leave the series out")
        try:
            check_unit(self.unit)
        except QuantityError as error:
            yield InputProblem(f'"{self.unit}" is not a unit', key="unit", cure=error.cure)
