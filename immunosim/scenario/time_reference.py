"""What times of recovery are counted from: the last course, and the calendar date of day 0 where it is known.

Knows neither results nor how times are printed.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from immunosim.scenario.history import History
from immunosim.scenario.regimen import courses_of
from immunosim.units import DAYS_PER_MONTH

LAST_DATE = datetime.date.max.toordinal()


@dataclass(frozen=True)
class TimeReference:
    """Origin of months and dates.

    Attributes
    ----------
    last_course : float or None, day
        Start of the last course; None without a course: months then count from day 0.
    day_zero : date or None
        Date of day 0.
    """

    last_course: float | None = None
    day_zero: datetime.date | None = None

    @classmethod
    def of(cls, scenario: History) -> TimeReference:
        """Return the reference of a scenario."""
        starts = [course.dosing.start for course in courses_of(scenario)]
        return cls(max(starts, default=None), scenario.start_date)

    @property
    def months_in_words(self) -> str:
        """What months are counted from, as a sentence says it."""
        if self.last_course is None:
            return "day 0 (there is no course)"
        date = self.date(self.last_course)
        return f"the start of the last course (day {self.last_course:g}{f', {date}' if date else ''})"

    def month(self, day: float) -> float:
        """Return a day as months after the last course; what is infinite or NaN stays so."""
        return (day - (self.last_course or 0.0)) / DAYS_PER_MONTH

    def date(self, day: float) -> str:
        """Return the ISO date of a day; empty where there is none."""
        if self.day_zero is None or not math.isfinite(day):
            return ""
        ordinal = self.day_zero.toordinal() + math.floor(day)
        return str(datetime.date.fromordinal(ordinal)) if 1 <= ordinal <= LAST_DATE else ""


DAY_0 = TimeReference()
"""Months count from day 0, which has no date."""
