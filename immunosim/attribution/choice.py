"""What a comparison shows when nobody says: which read-outs, at which visits, and which differences it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from immunosim.codegen.loader import Model
from immunosim.model.readout_info import GroupKind
from immunosim.scenario.regimen import courses_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution.comparison import Comparison

VISITS = (1, 3, 6, 12, 24)
"""Months after day 0 at which read-outs are compared."""

VISITS_AFTER_LAST_COURSE = (1, 3, 6, 12)
"""Months after the last course of any scenario at which they are compared as well."""


def compared_readouts(model: Model) -> tuple[str, ...]:
    """Return what a clinician asks of two courses: counts, then levels, scores, hazards and risks."""
    kinds = (model.readouts_of_kind(kind) for kind in get_args(GroupKind))
    return tuple(name for found in kinds for name, info in found.items() if info.is_compared)


def visits(comparison: Comparison) -> list[float]:
    """Return when read-outs are compared by default, day: some months after day 0 and after the last course of any."""
    starts = [
        course.dosing.start for trajectory in comparison.trajectories for course in courses_of(trajectory.scenario)
    ]
    months = [*VISITS, *(max(starts) / DAYS_PER_MONTH + after for after in VISITS_AFTER_LAST_COURSE if starts)]
    days = sorted(month * DAYS_PER_MONTH for month in months)
    inside = [day for day in days if comparison.times[0] < day < comparison.times[-1] - 1.0]
    apart = [day for i, day in enumerate(inside) if i == 0 or day - inside[i - 1] > 1.0]
    return [float(comparison.times[comparison.place(day)]) for day in (*apart, comparison.times[-1])]


def worth_explaining(comparison: Comparison, i: int) -> tuple[str, ...]:
    """Return which differences of a scenario to explain.

    Those that the model declares notable, with what drives them, where they differ enough to be noticed; otherwise the
    read-out with the largest difference in relation to its size; none where there is no difference.
    """
    model = comparison.trajectories[0].problem.model
    notable = {name: info.notable_from for name, info in model.readout_info.items() if info.notable_from is not None}
    noticed = tuple(name for name, least in notable.items() if abs(comparison.largest(i, name).difference) >= least)
    differing = [name for name in compared_readouts(model) if comparison.differs(name, [i])]
    if noticed or not differing:
        behind = (model.about(name).explained_with for name in noticed)
        return (*noticed, *filter(None, behind))
    return (max(differing, key=lambda name: abs(comparison.largest(i, name).difference) / comparison.size(i, name)),)
