"""What a comparison shows when nobody says: which read-outs, at which visits, and which differences it explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution.comparison import Comparison

READOUTS = (
    "lymphocytes",
    "cd4",
    "cd8",
    "cd19",
    "nk",
    "alemtuzumab_serum",
    "salt_score",
    "relapse_rate",
    "thyroid_cumulative_hazard",
)
"""What a clinician asks of two courses."""

NOTICED: Mapping[str, float] = {"lymphocytes": 0.01, "salt_score": 0.5}
"""The read-outs that are explained first, and the difference, in their units, from which it is worth it: a hundredth of
the lower limit of normal, and a SALT score that is just visible. Assumed."""

VISITS = (1, 3, 6, 12, 24)
"""Months after day 0 at which read-outs are compared."""

VISITS_AFTER_LAST_COURSE = (1, 3, 6, 12)
"""Months after the last course of any scenario at which they are compared as well."""

BEHIND: Mapping[str, str] = {"salt_score": "autoreactive_cd8_effector"}
"""What is explained together with a read-out, since its own processes say little: hair only grows and falls out."""


def visits(comparison: Comparison) -> list[float]:
    """Return when read-outs are compared by default, day: some months after day 0 and after the last course of any."""
    starts = [course.start for trajectory in comparison.trajectories for course in trajectory.scenario.course]
    months = [*VISITS, *(max(starts) / DAYS_PER_MONTH + after for after in VISITS_AFTER_LAST_COURSE if starts)]
    days = sorted(month * DAYS_PER_MONTH for month in months)
    inside = [day for day in days if comparison.times[0] < day < comparison.times[-1] - 1.0]
    apart = [day for i, day in enumerate(inside) if i == 0 or day - inside[i - 1] > 1.0]
    return [float(comparison.times[comparison.place(day)]) for day in (*apart, comparison.times[-1])]


def worth_explaining(comparison: Comparison, i: int) -> tuple[str, ...]:
    """Return which differences of a scenario to explain.

    Lymphocytes, and the SALT score with what is behind it, where they differ enough to be noticed; otherwise the
    read-out with the largest difference in relation to its size; none where there is no difference.
    """
    noticed = tuple(name for name, least in NOTICED.items() if abs(comparison.largest(i, name).difference) >= least)
    differing = [name for name in READOUTS if comparison.differs(name, [i])]
    if noticed or not differing:
        return (*noticed, *(BEHIND[name] for name in noticed if name in BEHIND))
    return (max(differing, key=lambda name: abs(comparison.largest(i, name).difference) / comparison.size(i, name)),)
