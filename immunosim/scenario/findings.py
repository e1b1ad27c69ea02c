"""What was seen of the patient of a scenario: relapses, remarks and observed values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from immunosim.scenario.base import Record, Text
from immunosim.scenario.quantities import Number, TimePoint


class Relapse(Record):
    """A relapse that was seen; it is drawn and does not change the simulation."""

    time: TimePoint
    note: Text = ""


class Note(Record):
    """A remark on the time line; it is drawn and does not change the simulation."""

    time: TimePoint
    text: Text


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


class Observed(Record):
    """An observed series of one read-out."""

    readout: Text
    unit: Text
    label: Text = ""
    source: Text = ""
    points: tuple[Point, ...]
