"""Courses of depletion as time windows: each lasts until the next course begins.

This module knows the scenario and no results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from immunosim.scenario import Scenario
from immunosim.scenario.regimen import courses_of, end_of, keyed_events
from immunosim.units import DAYS_PER_MONTH


@dataclass(frozen=True)
class CourseWindow:
    """The time that belongs to one course, in days.

    Attributes
    ----------
    label : str
        Label of the course.
    start : float
        Its first dose, from which time after the course is counted.
    last_infusion_end : float
        End of its last infusion.
    end : float
        The first dose of the next course, or the horizon.
    is_last : bool
        Whether no course follows.
    """

    label: str
    start: float
    last_infusion_end: float
    end: float
    is_last: bool

    def visit(self, months: float) -> float | None:
        """Return the time of a visit some months after the start, day, or None if it lies beyond the window.

        A visit on the day of the next course is read before its first dose.
        """
        time = self.start + months * DAYS_PER_MONTH
        slack = 0.0 if self.is_last else 1.0
        return min(time, self.end) if time <= self.end + slack else None


def course_windows(scenario: Scenario) -> tuple[CourseWindow, ...]:
    """Return the windows of a scenario's courses, which it lists in the order of time."""
    infusions = {key: end_of(event) for key, event in keyed_events(scenario)}  # of each key the last one stays
    courses = courses_of(scenario)
    begins = [*(course.dosing.start for course in courses), scenario.horizon]
    return tuple(
        CourseWindow(
            label=course.label,
            start=course.dosing.start,
            last_infusion_end=infusions[course.key],
            end=begins[number],
            is_last=number == len(courses),
        )
        for number, course in enumerate(courses, 1)
    )


def course_before(windows: Sequence[CourseWindow], time: float) -> CourseWindow | None:
    """Return the last course that began at a time [day] or before it."""
    return next((window for window in reversed(windows) if window.start <= time), None)
