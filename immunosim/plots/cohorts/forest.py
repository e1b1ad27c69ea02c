"""Forest of targets: the standardised residual of each, with interval and tolerance, and both numbers beside it.

Takes a report of targets; knows neither files nor datasets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.formatting import number, unit_text
from immunosim.plots.style import BLACK, BLUE, GREY, STYLE, VERMILION
from immunosim.plots.text import headline, plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

    from immunosim.cohorts.target_report import TargetReport, TargetResult

WIDTH, ROW, FRAME = 6.3, 0.165, 1.3
"""Inches: width of the figure, height of a target, height of title, axis and caption."""

LARGEST_Z = 5.0
"""Residuals beyond it are drawn at it as arrows."""

LONGEST_NAME = 34
"""Letters of the name of a target."""

LONGEST_SOURCE = 90
"""Letters of a source."""

BEHIND_SOURCE: Any = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
"""Box that keeps the line of zero out of the name of a source."""

PUBLISHED, SIMULATED = 1.02, 1.15
"""Where both numbers of a row begin, as a fraction of the width of the axes."""

MOST_ROWS = 40
"""Targets of a figure on a page."""

SMALL = 6.3
"""Points: letters of the rows."""

WIDE = 4.2
"""Points: width of the bar of an interval over plausible sets."""

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
    n = max(n_rows(report.results), 4)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, FRAME + ROW * n), layout="constrained")
        ax = draw_forest(figure.add_subplot(), report.results)
        title = f"{report.n_within} of {len(report.results)} targets within tolerance"
        ax.set_title(title, fontweight="bold", pad=14.0)
        level = f"{100.0 * report.confidence:g} % interval"
        over_sets = f"Wide light bar: {level} over {report.sets.n} plausible sets. " if report.sets else ""
        caption = (
            f"Point and bar: simulated value and {level} of finite patients, as standardised residual. {over_sets}"
            "Grey: tolerance. Open: held out of the calibration. Red: outside its tolerance. "
            f"Arrows: beyond {LARGEST_Z:g}."
        )
        text = "\n".join(wrapped(f"{caption} {footer}".strip(), 118))
        figure.supxlabel(text, x=0.01, ha="left", fontsize=6.0, color=GREY)
    return figure


def forest_figures(report: TargetReport) -> list[Figure]:
    """Return forests of at most ``MOST_ROWS`` targets, each of which fits on a printed page."""
    n_parts = -(-len(report.results) // MOST_ROWS)
    size = -(-len(report.results) // max(n_parts, 1))
    parts = [report.results[start : start + size] for start in range(0, len(report.results), size)] if size else []
    return [forest_figure(replace(report, results=part)) for part in parts]


def draw_forest(ax: Axes, results: Sequence[TargetResult]) -> Axes:
    """Draw a row for each target, the first on top; below a heading for each source where there are several.

    Parameters
    ----------
    ax : Axes
    results : sequence of TargetResult
    """
    rows, headings = _rows(results)
    for row, result in zip(rows, results, strict=True):
        _draw_tolerance(ax, row, result)
        _draw_residual(ax, row, result)
        _write_numbers(ax, row, result)
    for row, source in headings:
        _write(ax, 0.005, row, headline(source, LONGEST_SOURCE), BLACK).set_bbox(BEHIND_SOURCE)
    ax.axvline(0.0, color=BLACK, lw=0.7, zorder=1)
    names = [headline(result.record.name, LONGEST_NAME) for result in results]
    ax.set_yticks(rows, names, fontsize=SMALL)
    ax.tick_params("y", length=0)
    ax.set_ylim(len(results) + len(headings) - 0.4, -0.6)
    ax.set_xlim(-LARGEST_Z - 0.3, LARGEST_Z + 0.3)
    ax.set_xlabel("standardised residual, (simulated - published) / sigma")
    for x, text in ((PUBLISHED, "published"), (SIMULATED, "simulated")):
        _write(ax, x, -0.9, text, GREY)
    return ax


def _rows(results: Sequence[TargetResult]) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the row of each target, and rows and texts of the headings; none where all have one source."""
    sources = [result.target.citation for result in results]
    if len(set(sources)) < 2:
        return list(range(len(results))), []
    rows: list[int] = []
    headings: list[tuple[int, str]] = []
    for index, source in enumerate(sources):
        if not index or source != sources[index - 1]:
            headings.append((index + len(headings), source))
        rows.append(index + len(headings))
    return rows, headings


def n_rows(results: Sequence[TargetResult]) -> int:
    """Return the rows of a forest, headings included."""
    return len(results) + len(_rows(results)[1])


def _draw_tolerance(ax: Axes, row: int, result: TargetResult) -> None:
    low, high = (float(np.clip(end, -LARGEST_Z, LARGEST_Z)) for end in result.tolerated_z())
    ax.fill_between([low, high], row - BAND, row + BAND, color=GREY, alpha=0.22, lw=0)


def _draw_residual(ax: Axes, row: int, result: TargetResult) -> None:
    z, colour = result.z, BLUE if result.is_within else VERMILION
    if math.isnan(z):
        return
    ends = [float(np.clip(end, -LARGEST_Z, LARGEST_Z)) for end in result.z_interval]
    if not any(map(math.isnan, ends)):
        ax.plot(ends, [row, row], color=colour, lw=1.1, zorder=2.5)
    over_sets = [float(np.clip(end, -LARGEST_Z, LARGEST_Z)) for end in result.z_over_sets or ()]
    if over_sets and not any(map(math.isnan, over_sets)):
        ax.plot(over_sets, [row, row], color=colour, lw=WIDE, alpha=0.35, solid_capstyle="butt", zorder=2)
    marker = "o" if abs(z) <= LARGEST_Z else ">" if z > 0.0 else "<"
    fill = colour if result.record.use == "fitted" else "white"
    ax.plot([float(np.clip(z, -LARGEST_Z, LARGEST_Z))], [row], marker, color=colour, mfc=fill, ms=3.6, zorder=3)


def _write_numbers(ax: Axes, row: int, result: TargetResult) -> None:
    unit = unit_text(result.record.unit)
    simulated = "never" if result.simulated.value == math.inf else number(result.simulated.value)
    _write(ax, PUBLISHED, row, number(result.record.value), BLACK)
    _write(ax, SIMULATED, row, f"{simulated} {unit}".strip(), BLACK)


def _write(ax: Axes, x: float, row: float, text: str, colour: str) -> Annotation:
    return ax.annotate(
        plain(text),
        (x, row),
        xycoords=ax.get_yaxis_transform(),
        va="center",
        fontsize=SMALL,
        color=colour,
        annotation_clip=False,
    )
