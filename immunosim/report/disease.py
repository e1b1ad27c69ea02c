"""What autoimmunity did to hair, thyroid and platelets, and to the relapse hazard.

Reads a finely sampled trajectory and returns plain data for a summary.
"""

import math
from collections.abc import Sequence
from typing import Any

from immunosim.report.counts import visits
from immunosim.report.courses import CourseWindow, course_before
from immunosim.report.curves import highest, lowest, mean, rise_to
from immunosim.scenario.regimen import pulses_of
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

VISITS = (1, 2, 3, 6, 9, 12)
"""Months after a course at which the SALT score is read."""

ORGANS = {"thyroid": "thyroid", "platelet": "platelets", "gbm": "glomerulus"}
"""Organs by the prefix of their read-outs, with the name of their draw under [patient.draws]."""


def hair_summary(trajectory: Trajectory, windows: Sequence[CourseWindow]) -> dict[str, Any]:
    """Return the SALT score (0-100): its peak and when, its visits after each course, and what each pulse did."""
    time, score = trajectory.time, trajectory["salt_score"]
    peak, day = highest(time, score, time[0], time[-1])
    course = course_before(windows, day)
    pulses = [(pulse.label, pulse.dosing.start) for pulse in pulses_of(trajectory.scenario)]
    before = [start for _, start in pulses if start <= day]
    return {
        "peak": peak,
        "peak_day": day,
        "peak_course": course.label if course else None,
        "peak_months_after_course": (day - course.start) / DAYS_PER_MONTH if course else None,
        "peak_days_after_pulse": day - max(before) if before else None,
        "peak_days_from_nearest_pulse": min((day - start for _, start in pulses), key=abs, default=None),
        "at_end": float(score[-1]),
        "after_course": [
            {"course": window.label, "at_months": visits(trajectory, window, "salt_score", VISITS)}
            for window in windows
        ],
        "after_pulse": [_after_pulse(trajectory, label, start) for label, start in pulses],
    }


def autoimmunity_summary(trajectory: Trajectory) -> dict[str, Any]:
    """Return the hazard of autoimmunity of each organ, and what thyroid and platelets did in this patient."""
    time = trajectory.time
    hormone, hormone_day = highest(time, trajectory["thyroid_hormone"], time[0], time[-1])
    platelets, platelets_day = lowest(time, trajectory["platelet_count"], time[0], time[-1])
    return {
        "organs": {prefix: _organ(trajectory, prefix) for prefix in ORGANS},
        "thyroid_hormone_peak_relative": hormone,
        "thyroid_hormone_peak_day": hormone_day,
        "platelet_nadir": platelets,
        "platelet_nadir_day": platelets_day,
        "platelet_unit": trajectory.unit("platelet_count"),
    }


def relapse_summary(trajectory: Trajectory) -> dict[str, Any]:
    """Return the relapse hazard: untreated, its mean from day 0 to the horizon, and the relapses that were reported."""
    rate = trajectory["relapse_rate"]
    return {
        "untreated_per_year": float(rate[0]),
        "mean_per_year": mean(trajectory.time, rate, 0.0, trajectory.time[-1]),
        "reported_relapses": len(trajectory.scenario.relapse),
    }


def _after_pulse(trajectory: Trajectory, label: str, start: float) -> dict[str, Any]:
    visits = {"at_start": 0.0, "after_4_weeks": 28.0, "after_4_months": 4 * DAYS_PER_MONTH}
    end = trajectory.time[-1]
    read = {
        name: trajectory.at("salt_score", start + days) if start + days <= end else None
        for name, days in visits.items()
    }
    return {"pulse": label, "start_day": start, **read}


def _organ(trajectory: Trajectory, prefix: str) -> dict[str, Any]:
    time, hazard = trajectory.time, trajectory[f"{prefix}_cumulative_hazard"]
    draw = float(getattr(trajectory.scenario.patient.draws, ORGANS[prefix]))
    return {
        "cumulative_hazard": float(hazard[-1]),
        "probability": -math.expm1(-hazard[-1]),
        "draw": draw,
        "onset_day": rise_to(time, hazard, draw, time[0], time[-1]),
    }
