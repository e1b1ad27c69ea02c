"""Defaults of a comparison: its read-outs, its visits, and the differences that it attributes."""

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
"""Months after the last course of any scenario at which they are also compared."""


def compared_readouts(model: Model) -> tuple[str, ...]:
    """Return the default read-outs: counts, then levels, scores, hazards and risks."""
    kinds = (model.readouts_of_kind(kind) for kind in get_args(GroupKind))
    return tuple(name for kind in kinds for name, info in kind.items() if info.is_compared)


def visits(comparison: Comparison) -> list[float]:
    """Return the default times of a comparison, day: some months after day 0 and after the last course of any."""
    starts = [
        course.dosing.start for trajectory in comparison.trajectories for course in courses_of(trajectory.scenario)
    ]
    months = [*VISITS, *(max(starts) / DAYS_PER_MONTH + after for after in VISITS_AFTER_LAST_COURSE if starts)]
    days = sorted(month * DAYS_PER_MONTH for month in months)
    inside = [day for day in days if comparison.times[0] < day < comparison.times[-1] - 1.0]
    apart = [day for i, day in enumerate(inside) if i == 0 or day - inside[i - 1] > 1.0]
    return [float(comparison.times[comparison.place(day)]) for day in (*apart, comparison.times[-1])]


def worth_explaining(comparison: Comparison, i: int) -> tuple[str, ...]:
    """Return the differences of a scenario to attribute.

    These are the read-outs that the model declares notable, with their drivers, where they differ noticeably; otherwise
    the read-out with the largest relative difference; none without a difference.
    """
    model = comparison.trajectories[0].problem.model
    notable = {name: info.notable_from for name, info in model.readout_info.items() if info.notable_from is not None}
    noticed = tuple(name for name, least in notable.items() if abs(comparison.largest(i, name).difference) >= least)
    differing = [name for name in compared_readouts(model) if comparison.differs(name, [i])]
    if noticed or not differing:
        behind = (model.about(name).explained_with for name in noticed)
        return (*noticed, *filter(None, behind))
    return (max(differing, key=lambda name: abs(comparison.largest(i, name).difference) / comparison.size(i, name)),)
