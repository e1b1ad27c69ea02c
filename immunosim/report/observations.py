"""Observed values against simulated ones.

An observed value is a range of no width, and one below a limit of quantification a range from 0 to the limit, so that
all are compared in the same way. Returns plain data for a summary.
"""

from typing import Any

from immunosim.report.courses import course_before, course_windows
from immunosim.scenario import Observed, Point
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH, convert


def observation_summary(trajectory: Trajectory) -> list[dict[str, Any]]:
    """Return every observed point beside its simulated value, in the read-out's unit and the scenario's order.

    ``difference_percent`` is simulated minus observed in percent of the observed value, of a range's middle;
    ``outside_percent`` is the distance to the nearest end of the range in percent of that end, 0 inside. Both are None
    where the divisor is 0, and the difference also where the point is below a limit.
    """
    return [_compared(trajectory, series, point) for series in trajectory.scenario.observed for point in series.points]


def _compared(trajectory: Trajectory, series: Observed, point: Point) -> dict[str, Any]:
    unit = trajectory.unit(series.readout)
    low, high = (convert(end, series.unit, unit) for end in point.ends)
    is_below = point.below is not None
    simulated = trajectory.at(series.readout, point.time) if trajectory.is_complete else None
    course = course_before(course_windows(trajectory.scenario), point.time)
    return {
        "readout": series.readout,
        "label": series.label or trajectory.label(series.readout),
        "source": series.source,
        "unit": unit,
        "day": point.time,
        "course": course.label if course else None,
        "months_after_course": (point.time - course.start) / DAYS_PER_MONTH if course else None,
        "observed_low": low,
        "observed_high": high,
        "is_below_limit": is_below,
        "simulated": simulated,
        "difference_percent": None if simulated is None or is_below else _percent(simulated, (low + high) / 2),
        "outside_percent": None if simulated is None else _percent(simulated, min(max(simulated, low), high)),
        "note": point.note,
    }


def _percent(value: float, reference: float) -> float | None:
    if value == reference:
        return 0.0
    return 100.0 * (value - reference) / reference if reference else None
