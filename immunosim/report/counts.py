"""Counts and drug levels after each course: nadir, recovery to the lower limit of normal, visits, peak level.

Reads a finely sampled trajectory. Everything returned is plain data for a summary: numbers, text, and None for
"never" or "not simulated".
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from immunosim.report.courses import CourseWindow
from immunosim.report.curves import Array, fall_below, highest, lowest, rise_to, within
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

VISITS = (1, 3, 6, 12)
"""Months after a course at which counts are read."""


def count_summaries(trajectory: Trajectory, windows: Sequence[CourseWindow]) -> dict[str, Any]:
    """Return the course of each count of the model, in the order of a blood count."""
    return {
        name: count_summary(trajectory, windows, name) for name in trajectory.problem.model.readouts_of_kind("count")
    }


def count_summary(trajectory: Trajectory, windows: Sequence[CourseWindow], name: str) -> dict[str, Any]:
    """Return untreated value, nadir, and recovery of one count after each course."""
    time, values = trajectory.time, trajectory[name]
    info = trajectory.problem.model.readout_info[name]
    value, day = lowest(time, values, time[0], time[-1])
    return {
        "name": info.name_in_tables,
        "unit": info.unit,
        "lower_limit_of_normal": info.lower_limit,
        "untreated": float(values[0]),
        "lowest": value,
        "lowest_day": day,
        "after_course": [_after_course(trajectory, window, name, info.lower_limit) for window in windows],
    }


def visits(trajectory: Trajectory, window: CourseWindow, name: str, months: Iterable[int]) -> dict[str, float | None]:
    """Return a read-out some months after a course, by month; None beyond the horizon or the next course."""
    times = {str(month): window.visit(month) for month in months}
    return {month: None if time is None else trajectory.at(name, time) for month, time in times.items()}


def level_summaries(trajectory: Trajectory, windows: Sequence[CourseWindow]) -> dict[str, Any]:
    """Return by drug the peak of its concentration in each course in which it is detected, and the end of detection."""
    levels = trajectory.problem.model.readouts_of_kind("level")
    return {
        info.drug or name: {
            "label": info.label,
            "unit": info.unit,
            "detection_limit": info.detection_limit,
            "after_course": _detected(trajectory, windows, name, info.detection_limit),
        }
        for name, info in levels.items()
    }


def _after_course(trajectory: Trajectory, window: CourseWindow, name: str, limit: float | None) -> dict[str, Any]:
    time, values = trajectory.time, trajectory[name]
    nadir, nadir_day = lowest(time, values, window.start, window.end)
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


def _detected(
    trajectory: Trajectory, windows: Sequence[CourseWindow], name: str, limit: float | None
) -> list[dict[str, Any]]:
    # Of several drugs, one that a course does not give has neither a peak nor an end there.
    levels = [_level(trajectory, window, name, limit) for window in windows]
    return [level for level in levels if level["peak"] > (limit or 0.0)]


def _level(trajectory: Trajectory, window: CourseWindow, name: str, limit: float | None) -> dict[str, Any]:
    time, level = trajectory.time, trajectory[name]
    peak, peak_day = highest(time, level, window.start, window.end)
    gone = None if limit is None else _gone(time, level, limit, window)
    return {
        "course": window.label,
        "start_day": window.start,
        "peak": peak,
        "peak_days_after_start": peak_day - window.start,
        "undetectable_days_after_start": None if gone is None else gone - window.start,
    }


def _gone(time: Array, level: Array, limit: float, window: CourseWindow) -> float | None:
    """Return when a drug falls to its limit of detection after the last infusion, or None if it is there at the end."""
    fallen = fall_below(time, level, limit, window.last_infusion_end, window.end)
    inside = within(time, window.start, window.end)
    above = np.flatnonzero(level[inside] > limit)
    if fallen is not None or level[inside][-1] > limit or not above.size:
        return fallen
    # It fell before the first time after the last infusion: a short half-life, or a last dose that was not detected.
    return fall_below(time, level, limit, float(time[inside][above[-1]]), window.end)
