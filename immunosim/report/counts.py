"""Lymphocytes and antibody after each course: nadir, recovery to the lower limit of normal, visits, peak level.

Reads a finely sampled trajectory. Everything returned is plain data for a summary: numbers, text, and None for
"never" or "not simulated".
"""

from collections.abc import Iterable, Sequence
from typing import Any

from immunosim.report.courses import CourseWindow
from immunosim.report.curves import fall_below, highest, lowest, rise_to
from immunosim.report.limits import ALEMTUZUMAB_DETECTION_LIMIT, LOWER_LIMITS_OF_NORMAL
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

COUNTS = ("lymphocytes", "cd4", "cd8", "cd19", "nk")
"""Read-outs that a summary reports, in the order of a blood count."""

VISITS = (1, 3, 6, 12)
"""Months after a course at which counts are read."""


def count_summary(trajectory: Trajectory, windows: Sequence[CourseWindow], name: str) -> dict[str, Any]:
    """Return what became of one count: untreated, lowest, and after each course."""
    time, values = trajectory.time, trajectory[name]
    value, day = lowest(time, values, time[0], time[-1])
    return {
        "unit": trajectory.unit(name),
        "lower_limit_of_normal": LOWER_LIMITS_OF_NORMAL.get(name),
        "untreated": float(values[0]),
        "lowest": value,
        "lowest_day": day,
        "after_course": [_after_course(trajectory, window, name) for window in windows],
    }


def visits(trajectory: Trajectory, window: CourseWindow, name: str, months: Iterable[int]) -> dict[str, float | None]:
    """Return a read-out some months after a course, by month; None beyond the horizon or the next course."""
    times = {str(month): window.visit(month) for month in months}
    return {month: None if time is None else trajectory.at(name, time) for month, time in times.items()}


def antibody_summary(trajectory: Trajectory, windows: Sequence[CourseWindow]) -> list[dict[str, Any]]:
    """Return the peak serum level of alemtuzumab in each course and when it becomes undetectable."""
    return [_antibody(trajectory, window) for window in windows]


def _after_course(trajectory: Trajectory, window: CourseWindow, name: str) -> dict[str, Any]:
    time, values = trajectory.time, trajectory[name]
    nadir, nadir_day = lowest(time, values, window.start, window.end)
    limit = LOWER_LIMITS_OF_NORMAL.get(name)
    recovered = None if limit is None else rise_to(time, values, limit, nadir_day, window.end)
    days = None if recovered is None else recovered - window.start
    return {
        "course": window.label,
        "start_day": window.start,
        "nadir": nadir,
        "nadir_days_after_start": nadir_day - window.start,
        "fell_below_limit": None if limit is None else nadir < limit,
        "days_to_limit": days,
        "months_to_limit": None if days is None else days / DAYS_PER_MONTH,
        "at_months": visits(trajectory, window, name, VISITS),
    }


def _antibody(trajectory: Trajectory, window: CourseWindow) -> dict[str, Any]:
    time, level = trajectory.time, trajectory["alemtuzumab_serum"]
    peak, peak_day = highest(time, level, window.start, window.end)
    gone = fall_below(time, level, ALEMTUZUMAB_DETECTION_LIMIT, window.last_infusion_end, window.end)
    return {
        "course": window.label,
        "start_day": window.start,
        "peak": peak,
        "peak_days_after_start": peak_day - window.start,
        "undetectable_days_after_start": None if gone is None else gone - window.start,
    }
