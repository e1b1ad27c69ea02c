"""The panels of the clinical page: one function a panel, each takes axes and returns them.

Read-outs are drawn in their own units. Knows what a clinician looks at, not how the page is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from immunosim.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.trajectory import Trajectory

LYMPHOCYTES = (Curve("lymphocytes", "total", BLUE),)
T_CELLS = (Curve("cd4", "CD4", BLUE), Curve("cd8", "CD8", VERMILION))
B_AND_NK = (Curve("cd19", "CD19 (B)", GREEN), Curve("nk", "NK", PURPLE))
ANTIBODY = (Curve("alemtuzumab_serum", "alemtuzumab", BLUE),)
HAIR = (Curve("salt_score", "SALT", VERMILION),)
AUTOREACTIVE = (
    Curve("clone_size", "CD4 clone", BLUE),
    Curve("autoreactive_cd8_effector", "CD8 effectors", VERMILION),
    Curve("immune_privilege", "immune privilege", GREEN, (0, (4, 2))),
)
ORGANS = (
    Curve("thyroid_cumulative_hazard", "thyroid", BLUE),
    Curve("platelet_cumulative_hazard", "platelets", ORANGE),
    Curve("gbm_cumulative_hazard", "kidney (GBM)", GREEN),
)
RELAPSE = (Curve("relapse_rate", "relapses", BLUE),)


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


def draw_antibody(ax: Axes, trajectory: Trajectory, limits: Mapping[str, float]) -> Axes:
    """Draw the serum level of alemtuzumab on a logarithmic scale, down to a tenth of the limit of detection."""
    draw_curves(ax, trajectory, ANTIBODY)
    set_log_axis(ax, 0.005, 3.0 * max(1.0, _top(trajectory, ANTIBODY)))
    if "alemtuzumab_serum" in limits:
        draw_limit(ax, limits["alemtuzumab_serum"], f"limit {limits['alemtuzumab_serum']:g}")
    ax.set_ylabel(unit_label(trajectory, "alemtuzumab_serum"))
    return ax


def draw_hair(ax: Axes, trajectory: Trajectory) -> Axes:
    """Draw the SALT score, the percentage of the scalp without hair, under the numbers of the scenario's notes."""
    draw_curves(ax, trajectory, HAIR)
    months, score = months_of(trajectory), values_of(trajectory, "salt_score")
    ax.fill_between(months, 0.0, score, color=HAIR[0].colour, alpha=0.12, linewidth=0)
    ax.set_ylim(0.0, min(100.0, max(10.0, 1.3 * _top(trajectory, HAIR))))
    for number, note in enumerate(trajectory.scenario.note, 1):
        draw_number(ax, note.time / DAYS_PER_MONTH, 0.88, number, ax.get_xaxis_transform())
    ax.set_ylabel("SALT, 0-100")
    return ax


def draw_autoreactivity(ax: Axes, trajectory: Trajectory) -> Axes:
    """Draw clone, effectors and immune privilege of the follicle on a logarithmic scale.

    The clone is relative to untreated, effectors to the size at which they attack half-maximally, privilege to intact.
    """
    draw_curves(ax, trajectory, AUTOREACTIVE)
    smallest = min(float(np.nanmin(values_of(trajectory, curve.name), initial=0.1)) for curve in AUTOREACTIVE)
    set_log_axis(ax, max(1e-6, 0.4 * smallest), 3.0 * max(1.0, _top(trajectory, AUTOREACTIVE)))
    ax.set_ylabel("relative")
    return ax


def draw_autoimmunity(ax: Axes, trajectory: Trajectory) -> Axes:
    """Draw the probability of autoimmune disease of each organ, 1 - exp(-cumulative hazard), in percent."""
    months = months_of(trajectory)
    highest = 0.0
    for curve in ORGANS:
        percent = -100.0 * np.expm1(-values_of(trajectory, curve.name))
        ax.plot(months, percent, color=curve.colour, label=curve.label, zorder=3)
        highest = max(highest, float(np.nan_to_num(percent).max()))
    ax.set_ylim(0.0, max(1.0, 1.12 * highest))
    ax.set_ylabel("probability, %")
    return ax


def draw_relapse_hazard(ax: Axes, trajectory: Trajectory) -> Axes:
    """Draw the hazard of a relapse of multiple sclerosis."""
    draw_curves(ax, trajectory, RELAPSE)
    ax.set_ylim(0.0, 1.2 * _top(trajectory, RELAPSE))
    ax.set_ylabel("per year")
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
