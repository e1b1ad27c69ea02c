"""Forest of targets: the standardised residual of each, with interval and tolerance, and both numbers beside it.

Takes a report of targets; knows neither files nor datasets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.formatting import number, unit_text
from immunosim.plots.style import BLACK, BLUE, GREY, STYLE, VERMILION
from immunosim.plots.text import headline, plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.cohorts.target_report import TargetReport, TargetResult

WIDTH, ROW, FRAME = 6.3, 0.165, 1.3
"""Inches: width of the figure, height of a target, height of title, axis and caption."""

LARGEST_Z = 5.0
"""Residuals beyond it are drawn at it as arrows."""

LONGEST_NAME = 34
"""Letters of the name of a target."""

SMALL = 6.3
"""Points: letters of the rows."""

BAND = 0.36
"""Half the height of a tolerance, in rows."""


def forest_figure(report: TargetReport, footer: str = "") -> Figure:
    """Return the forest of all targets of a report.

    Parameters
    ----------
    report : TargetReport
    footer : str
        End of the caption, such as the intended use.
    """
    n = max(len(report.results), 4)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, FRAME + ROW * n), layout="constrained")
        ax = draw_forest(figure.add_subplot(), report.results)
        title = f"{report.n_within} of {len(report.results)} targets within tolerance"
        ax.set_title(title, fontweight="bold", pad=14.0)
        caption = (
            f"Point and bar: simulated value and {100.0 * report.confidence:g} % interval, as standardised residual. "
            "Grey: tolerance. Open: held out of the calibration. Red: outside its tolerance. "
            f"Arrows: beyond {LARGEST_Z:g}."
        )
        text = "\n".join(wrapped(f"{caption} {footer}".strip(), 118))
        figure.supxlabel(text, x=0.01, ha="left", fontsize=6.0, color=GREY)
    return figure


def draw_forest(ax: Axes, results: Sequence[TargetResult]) -> Axes:
    """Draw a row for each target, the first on top.

    Parameters
    ----------
    ax : Axes
    results : sequence of TargetResult
    """
    for row, result in enumerate(results):
        _draw_tolerance(ax, row, result)
        _draw_residual(ax, row, result)
        _write_numbers(ax, row, result)
    ax.axvline(0.0, color=BLACK, lw=0.7, zorder=1)
    names = [headline(result.record.name, LONGEST_NAME) for result in results]
    ax.set_yticks(range(len(results)), names, fontsize=SMALL)
    ax.tick_params("y", length=0)
    ax.set_ylim(len(results) - 0.4, -0.6)
    ax.set_xlim(-LARGEST_Z - 0.3, LARGEST_Z + 0.3)
    ax.set_xlabel("standardised residual, (simulated - published) / sigma")
    for x, text in ((1.02, "published"), (1.14, "simulated")):
        _write(ax, x, -0.9, text, GREY)
    return ax


def _draw_tolerance(ax: Axes, row: int, result: TargetResult) -> None:
    low, high = (float(np.clip(end, -LARGEST_Z, LARGEST_Z)) for end in result.tolerated_z())
    ax.fill_between([low, high], row - BAND, row + BAND, color=GREY, alpha=0.22, lw=0)


def _draw_residual(ax: Axes, row: int, result: TargetResult) -> None:
    z, colour = result.z, BLUE if result.is_within else VERMILION
    if math.isnan(z):
        return
    ends = [float(np.clip(end, -LARGEST_Z, LARGEST_Z)) for end in result.z_interval]
    if not any(map(math.isnan, ends)):
        ax.plot(ends, [row, row], color=colour, lw=1.1, zorder=2)
    marker = "o" if abs(z) <= LARGEST_Z else ">" if z > 0.0 else "<"
    fill = colour if result.record.use == "fitted" else "white"
    ax.plot([float(np.clip(z, -LARGEST_Z, LARGEST_Z))], [row], marker, color=colour, mfc=fill, ms=3.6, zorder=3)


def _write_numbers(ax: Axes, row: int, result: TargetResult) -> None:
    unit = unit_text(result.record.unit)
    simulated = "never" if result.simulated.value == math.inf else number(result.simulated.value)
    _write(ax, 1.02, row, number(result.record.value), BLACK)
    _write(ax, 1.14, row, f"{simulated} {unit}".strip(), BLACK)


def _write(ax: Axes, x: float, row: float, text: str, colour: str) -> None:
    where = ax.get_yaxis_transform()
    ax.annotate(plain(text), (x, row), xycoords=where, va="center", fontsize=SMALL, color=colour, annotation_clip=False)
