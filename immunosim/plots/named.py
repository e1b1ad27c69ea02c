"""One panel of named read-outs or pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from immunosim.errors import DataError
from immunosim.plots.clinical_page import mark_time
from immunosim.plots.drawing import Curve, draw_curves, draw_limit, mark_treatments
from immunosim.plots.panels import unit_label
from immunosim.plots.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.trajectory import Trajectory

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK)


def draw_named(ax: Axes, trajectory: Trajectory, names: Sequence[str], limits: Mapping[str, float]) -> Axes:
    """Draw read-outs or pools of one unit over time, with their observed values and limits.

    Parameters
    ----------
    ax : Axes
    trajectory : Trajectory
    names : sequence of str
        At most six.
    limits : mapping of str to float
        Lines to draw by read-out, in its unit.

    Raises
    ------
    DataError
        If a name is unknown, if units differ, or if there are more names than distinguishable colours.
    """
    if len(names) > len(COLOURS):
        raise DataError(f"{len(names)} curves in one panel cannot be told apart", cure=f"draw {len(COLOURS)} at most")
    units = {name: unit_label(trajectory, name) for name in names}
    if len(set(units.values())) > 1:
        listed = ", ".join(f"{name} [{unit}]" for name, unit in units.items())
        raise DataError(f"curves of one panel need one unit: {listed}", cure="draw them in panels of their own")
    labels = {name: trajectory.label(name) for name in names}
    draw_curves(ax, trajectory, [Curve(name, labels[name], COLOURS[i]) for i, name in enumerate(names)])
    for i, name in enumerate(names):
        if name in limits:
            draw_limit(ax, limits[name], f"limit {limits[name]:g}", COLOURS[i])
    mark_treatments(ax, trajectory.scenario)
    mark_time(ax, trajectory)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(f"{labels[names[0]]} [{units[names[0]]}]" if len(names) == 1 else units[names[0]])
    if len(names) > 1 or any(name in limits for name in names):
        ax.legend(frameon=False)
    return ax
