"""Days as a page shows them: as dates where day 0 has one, otherwise as months."""

from __future__ import annotations

from dataclasses import dataclass

from immunosim.formatting import calendar
from immunosim.report.courses import course_windows
from immunosim.scenario import Scenario
from immunosim.units import DAYS_PER_MONTH


@dataclass(frozen=True)
class PageDates:
    """The calendar of a scenario."""

    scenario: Scenario

    @property
    def header(self) -> str:
        """Head of a column of ``of``."""
        return "month" if self.scenario.start_date is None else "date"

    def of(self, day: float) -> str:
        """Return a day as a date, or as the month after day 0."""
        return calendar(self.scenario, day)

    def later(self, day: float | None) -> str:
        """Return a day as ``of`` does; None lies after the end of the simulation."""
        return f"after {self.end}" if day is None else self.of(day)

    def interval(self, low: float | None, high: float | None) -> str:
        """Return an interval of days, as ``later`` writes them."""
        return self.later(None) if low is None else f"{self.later(low)} to {self.later(high)}"

    def named(self, day: float | None) -> str:
        """Return a day as a date, or as ``month 12.0``."""
        if self.scenario.start_date is not None:
            return self.later(day)
        return f"after month {self.end}" if day is None else f"month {self.of(day)}"

    def in_words(self, day: float | None) -> str:
        """Return a day as a sentence has it: ``2018-06-15 (month 12.0)`` or ``month 12.0``."""
        if day is None or self.scenario.start_date is None:
            return self.named(day)
        return f"{self.of(day)} (month {day / DAYS_PER_MONTH:.1f})"

    @property
    def end(self) -> str:
        """The end of the simulation."""
        return self.of(self.scenario.horizon)

    @property
    def last_course(self) -> float:
        """The day on which the last course begins; 0 where there is none."""
        return max([0.0, *(window.start for window in course_windows(self.scenario))])

    def months_after_course(self, day: float | None) -> str:
        """Return the months from the start of the last course to a day; None lies after the end of the simulation."""
        months = ((self.scenario.horizon if day is None else day) - self.last_course) / DAYS_PER_MONTH
        return f"{'after ' if day is None else ''}{months:.1f}"
