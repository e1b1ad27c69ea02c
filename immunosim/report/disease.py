"""Outcomes of autoimmunity: visible disease, organs, and the relapse hazard.

Reads a finely sampled trajectory and returns plain data for a summary; None for outcomes that the model lacks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from immunosim.model.readout_info import ReadoutInfo
from immunosim.report.counts import visits
from immunosim.report.courses import CourseWindow, course_before
from immunosim.report.curves import highest, lowest, mean, rise_to
from immunosim.scenario.regimen import pulses_of
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

NO_RISK = "No risk of autoimmunity can be told of one patient: no population is calibrated to these events."
"""Of a run without a population whose events were fitted to observed ones."""

VISITS = (1, 2, 3, 6, 9, 12)
"""Months after a course at which the SALT score is read."""


def hair_summary(trajectory: Trajectory, windows: Sequence[CourseWindow]) -> dict[str, Any] | None:
    """Return the SALT score (0-100): its peak with time, its values after each course, and around each pulse."""
    name = next(iter(trajectory.problem.model.readouts_of_kind("score")), None)
    if name is None:
        return None
    time, score = trajectory.time, trajectory[name]
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
            {"course": window.label, "at_months": visits(trajectory, window, name, VISITS)} for window in windows
        ],
        "after_pulse": [_after_pulse(trajectory, name, label, start) for label, start in pulses],
    }


def autoimmunity_summary(trajectory: Trajectory, risks: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any] | None:
    """Return the hazard of each organ, the extremes of the read-outs of organs, and the risks that can be told."""
    model = trajectory.problem.model
    organs = {info.organ: _organ(trajectory, name, info) for name, info in model.readout_info.items() if info.organ}
    if not organs:
        return None
    extremes = {name: _extreme(trajectory, name, info) for name, info in model.readout_info.items() if info.extreme}
    told = " ".join(risk["sentence"] for risk in risks) or NO_RISK
    return {"organs": organs, "extremes": extremes, "risk": told, "risks": list(risks)}


def relapse_summary(trajectory: Trajectory) -> dict[str, Any] | None:
    """Return the relapse hazard: untreated, its mean from day 0 to the horizon, and the relapses that were reported."""
    name = next(iter(trajectory.problem.model.readouts_of_kind("hazard")), None)
    if name is None:
        return None
    rate = trajectory[name]
    return {
        "untreated_per_year": float(rate[0]),
        "mean_per_year": mean(trajectory.time, rate, 0.0, trajectory.time[-1]),
        "reported_relapses": len(trajectory.scenario.relapse),
    }


def _after_pulse(trajectory: Trajectory, score: str, label: str, start: float) -> dict[str, Any]:
    visits = {"at_start": 0.0, "after_4_weeks": 28.0, "after_4_months": 4 * DAYS_PER_MONTH}
    end = trajectory.time[-1]
    read = {name: trajectory.at(score, start + days) if start + days <= end else None for name, days in visits.items()}
    return {"pulse": label, "start_day": start, **read}


def _organ(trajectory: Trajectory, name: str, info: ReadoutInfo) -> dict[str, Any]:
    time, hazard = trajectory.time, trajectory[name]
    draw = float(getattr(trajectory.scenario.patient.draws, info.draw))
    return {
        "name": info.organ_name,
        "cumulative_hazard": float(hazard[-1]),
        "draw": draw,
        "onset_day": rise_to(time, hazard, draw, time[0], time[-1]),
    }


def _extreme(trajectory: Trajectory, name: str, info: ReadoutInfo) -> dict[str, Any]:
    search = highest if info.extreme == "highest" else lowest
    value, day = search(trajectory.time, trajectory[name], trajectory.time[0], trajectory.time[-1])
    return {"name": info.name_in_tables, "unit": info.unit, "extreme": info.extreme, "value": value, "day": day}
