"""The panels of the clinical page: one function for each kind of display group, each takes axes and returns them.

Read-outs are drawn in their own units. What stands in a panel is declared by the model; this module knows how each kind
is drawn, neither read-outs nor how the page is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from immunosim.plots.drawing import (
    Curve,
    draw_curves,
    draw_limit,
    draw_number,
    months_of,
    observed_ranges,
    set_log_axis,
    values_of,
)
from immunosim.plots.style import COLOURS, GREY
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.model.readout_info import ReadoutInfo
    from immunosim.trajectory import Trajectory

DASHES = (0, (4, 2))

DETECTION_DECADE = 12.0
"""How far below its limit of detection the axis of a concentration begins."""


def curves_of(group: Mapping[str, ReadoutInfo]) -> tuple[Curve, ...]:
    """Return the curves of the read-outs of a group: their own colours, or those that are left."""
    taken = {info.colour for info in group.values()}
    left = cycle([name for name in COLOURS if name not in taken] or list(COLOURS))
    return tuple(
        Curve(name, info.name_of_curve, COLOURS[info.colour or next(left)], DASHES if info.is_dashed else "-")
        for name, info in group.items()
    )


def draw_group(ax: Axes, trajectory: Trajectory, group: str, limits: Mapping[str, float]) -> Axes:
    """Draw the read-outs of a display group as its kind asks for.

    Parameters
    ----------
    ax : Axes
    trajectory : Trajectory
    group : str
        Name of a group of the trajectory's model.
    limits : mapping of str to float
        Lines to draw by read-out, in its unit.
    """
    model = trajectory.problem.model
    shown = model.readouts_in(group)
    curves, info = curves_of(shown), next(iter(shown.values()))
    match model.groups[group].kind:
        case "count":
            return draw_counts(ax, trajectory, curves, limits)
        case "level":
            return draw_level(ax, trajectory, curves, info, limits)
        case "score":
            return draw_score(ax, trajectory, curves, info)
        case "relative":
            return draw_relative(ax, trajectory, curves)
        case "cumulative_hazard":
            return draw_cumulative_hazard(ax, trajectory, curves)
        case "hazard":
            return draw_hazard(ax, trajectory, curves)


def draw_counts(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve], limits: Mapping[str, float]) -> Axes:
    """Draw counts from zero up, with their lower limits of normal."""
    draw_curves(ax, trajectory, curves)
    for curve in curves:
        if curve.name in limits:
            draw_limit(ax, limits[curve.name], f"LLN {limits[curve.name]:g}", curve.colour if len(curves) > 1 else GREY)
    highest = max([_top(trajectory, curves), *(limits[curve.name] for curve in curves if curve.name in limits)])
    ax.set_ylim(0.0, 1.12 * highest)
    ax.set_ylabel(unit_label(trajectory, curves[0].name))
    return ax


def draw_level(
    ax: Axes, trajectory: Trajectory, curves: Sequence[Curve], info: ReadoutInfo, limits: Mapping[str, float]
) -> Axes:
    """Draw concentrations on a logarithmic scale, down to about a tenth of the limit of detection."""
    draw_curves(ax, trajectory, curves)
    set_level_axis(ax, info, _top(trajectory, curves))
    for curve in curves:
        if curve.name in limits:
            draw_limit(ax, limits[curve.name], f"limit {limits[curve.name]:g}")
    ax.set_ylabel(unit_label(trajectory, curves[0].name))
    return ax


def set_level_axis(ax: Axes, info: ReadoutInfo, highest: float) -> Axes:
    """Make the axis of a concentration logarithmic, from its limit of detection to its highest value."""
    if info.detection_limit is None:
        return set_log_axis(ax, 1e-4 * highest, 3.0 * highest)
    return set_log_axis(ax, info.detection_limit / DETECTION_DECADE, 3.0 * max(1.0, highest))


def draw_score(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve], info: ReadoutInfo) -> Axes:
    """Draw a score as a filled curve, under the numbers of the scenario's notes."""
    draw_curves(ax, trajectory, curves)
    months = months_of(trajectory)
    for curve in curves:
        values = values_of(trajectory, curve.name)
        ax.fill_between(months, 0.0, values, color=curve.colour, alpha=0.12, linewidth=0)
    lowest, highest = info.top or (0.0, np.inf)
    ax.set_ylim(0.0, min(highest, max(lowest, 1.3 * _top(trajectory, curves))))
    for number, note in enumerate(trajectory.scenario.note, 1):
        draw_number(ax, note.time / DAYS_PER_MONTH, 0.88, number, ax.get_xaxis_transform())
    ax.set_ylabel(info.axis or unit_label(trajectory, curves[0].name))
    return ax


def draw_relative(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve]) -> Axes:
    """Draw quantities that are relative to something of their own, on a logarithmic scale around 1."""
    draw_curves(ax, trajectory, curves)
    smallest = min(float(np.nanmin(values_of(trajectory, curve.name), initial=0.1)) for curve in curves)
    set_log_axis(ax, max(1e-6, 0.4 * smallest), 3.0 * max(1.0, _top(trajectory, curves)))
    ax.set_ylabel("relative")
    return ax


def draw_cumulative_hazard(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve]) -> Axes:
    """Draw cumulative hazards of events from zero up, not the risks of one patient."""
    draw_curves(ax, trajectory, curves)
    ax.set_ylim(0.0, 1.12 * max(0.01, *(float(np.nan_to_num(trajectory[curve.name]).max()) for curve in curves)))
    ax.set_ylabel("cumulative hazard")
    return ax


def draw_hazard(ax: Axes, trajectory: Trajectory, curves: Sequence[Curve]) -> Axes:
    """Draw hazards, events per time, from zero up."""
    draw_curves(ax, trajectory, curves)
    ax.set_ylim(0.0, 1.2 * _top(trajectory, curves))
    ax.set_ylabel(unit_label(trajectory, curves[0].name).replace("1/", "per "))
    return ax


def _top(trajectory: Trajectory, curves: Sequence[Curve]) -> float:
    """Return the highest value that is drawn, 1 where nothing is."""
    simulated = [float(np.nan_to_num(trajectory[curve.name]).max()) for curve in curves]
    observed = [high for curve in curves for _, _, high in observed_ranges(trajectory, curve.name)]
    return max(*simulated, *observed, 0.0) or 1.0


def unit_label(trajectory: Trajectory, name: str) -> str:
    """Return the unit of a read-out or pool as an axis shows it."""
    unit = trajectory.unit(name)
    return {"1e9/L": "10⁹/L", "cells/uL": "cells/µL", "ug/mL": "µg/mL"}.get(unit, unit)
