"""One page that shows a course as a clinician reads it: treatments, counts, drug, hair, autoimmunity on one time axis.

The figure is built without pyplot, so that drawing it changes nothing for anyone else.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from immunosim.plots import panels
from immunosim.plots.drawing import label_ends, mark_treatments, months_of
from immunosim.plots.panels import B_AND_NK, LYMPHOCYTES, T_CELLS
from immunosim.plots.style import GREY, MONTHS, STYLE, TimeUnit, time_unit
from immunosim.plots.text import as_written, headline, wrapped
from immunosim.plots.timeline import draw_timeline, rows_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.scenario import Scenario
    from immunosim.trajectory import Trajectory

WIDTH = 8.27
"""Width of the page, inches: A4."""

PANEL = 0.84
ROW = 0.19
HEAD, GAP, FOOT, LINE = 0.85, 0.27, 0.65, 0.135
"""Heights in inches: a panel, a line of the strip, the title, between panels, the lower axis, a line of the caption."""

LEFT, RIGHT = 1.35, 1.15
"""Margins in inches: names of treatments at the left, names of curves at the right."""

_PERSON = {"female": "Woman", "male": "Man"}

Panel = tuple[str, Callable[["Axes", "Trajectory"], "Axes"]]


def clinical_page(trajectory: Trajectory, limits: Mapping[str, float] | None = None, footer: str = "") -> Figure:
    """Return the page of a trajectory.

    It draws the times that the trajectory has: sample it finely where peaks matter.

    Parameters
    ----------
    trajectory : Trajectory
        Complete or failed; the page of a failed one says how it failed and shows the observed values.
    limits : mapping of str to float, optional
        Lines to draw by read-out, in its unit: lower limits of normal, and the limit of detection of alemtuzumab.
    footer : str
        What the caption ends with, such as the intended use.
    """
    content, caption = _panels(limits or {}), _caption(trajectory, footer)
    strip = ROW * max(1, len(rows_of(trajectory.scenario))) + 0.1
    height = HEAD + strip + len(content) * (GAP + PANEL) + FOOT + LINE * len(caption)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        timeline = _timeline(figure, trajectory, height - HEAD, strip)
        for number, panel in enumerate(content):
            top = height - HEAD - strip - GAP - number * (GAP + PANEL)
            last = _panel(figure, trajectory, panel, "BCDEFGHI"[number], top, timeline)
        last.tick_params(labelbottom=True)
        last.set_xlabel(timeline.get_xlabel())
        timeline.set_xlabel("")
        _write(figure, trajectory, caption)
    return figure


def encoded(figure: Figure, kind: str, dpi: int = 150) -> bytes:
    """Return a figure as the content of a file, the same bytes every time.

    Parameters
    ----------
    figure : Figure
    kind : str
        "png", "pdf" or "svg".
    dpi : int
        Resolution of a PNG, dots per inch.
    """
    dated = {"png": "Software", "pdf": "CreationDate", "svg": "Date"}[kind]
    stream = io.BytesIO()
    with mpl.rc_context(STYLE | {"svg.hashsalt": "immunosim"}), as_written(figure):
        figure.savefig(stream, format=kind, dpi=dpi, metadata={dated: None})
    return stream.getvalue()


def time_label(scenario: Scenario, unit: TimeUnit = MONTHS) -> str:
    """Return what an axis of time counts, and from when: the first infusion where that is day 0."""
    starts_at_zero = bool(scenario.course) and scenario.course[0].start == 0.0
    return f"{unit.name} since {'the first infusion of alemtuzumab' if starts_at_zero else 'day 0'}"


def _panels(limits: Mapping[str, float]) -> tuple[Panel, ...]:
    return (
        ("Lymphocytes", partial(panels.draw_counts, curves=LYMPHOCYTES, limits=limits)),
        ("CD4 and CD8 T cells", partial(panels.draw_counts, curves=T_CELLS, limits=limits)),
        ("B cells and NK cells", partial(panels.draw_counts, curves=B_AND_NK, limits=limits)),
        ("Alemtuzumab in serum", partial(panels.draw_antibody, limits=limits)),
        ("Hair loss (SALT score)", panels.draw_hair),
        ("Autoreactive cells and immune privilege of the hair follicle", panels.draw_autoreactivity),
        ("Secondary autoimmunity, probability so far", panels.draw_autoimmunity),
        ("Relapse hazard of multiple sclerosis", panels.draw_relapse_hazard),
    )


def _axes(figure: Figure, top: float, height: float, shared: Axes | None = None) -> Axes:
    """Add axes whose top edge lies at a height in inches."""
    width, whole = figure.get_size_inches()
    place = (LEFT / width, (top - height) / whole, (width - LEFT - RIGHT) / width, height / whole)
    return figure.add_axes(place, sharex=shared)


def _timeline(figure: Figure, trajectory: Trajectory, top: float, height: float) -> Axes:
    ax = _axes(figure, top, height)
    mark_time(ax, trajectory)
    draw_timeline(ax, trajectory.scenario)
    ax.set_title("A   Treatments", fontweight="bold")
    ax.tick_params(labelbottom=False)
    return ax


def _panel(figure: Figure, trajectory: Trajectory, panel: Panel, letter: str, top: float, shared: Axes) -> Axes:
    title, draw = panel
    ax = draw(_axes(figure, top, PANEL, shared), trajectory)
    ax.set_title(f"{letter}   {title}", fontweight="bold")
    ax.tick_params(labelbottom=False)
    ax.yaxis.set_label_coords(-0.5 / (WIDTH - LEFT - RIGHT), 0.5)
    if ax.get_yscale() == "linear":
        ax.locator_params(axis="y", nbins=4, min_n_ticks=3)
    mark_treatments(ax, trajectory.scenario)
    return label_ends(ax)


def mark_time(ax: Axes, trajectory: Trajectory) -> Axes:
    """Mark and label the axis, whose coordinate is the month, in the unit that suits the length of the course."""
    months = months_of(trajectory)
    first, last = months[[0, -1]] * DAYS_PER_MONTH
    unit = time_unit(trajectory.time[-1] - trajectory.time[0])
    step = unit.step(last - first)
    begin, end = math.ceil(first / unit.days / step) * step, math.floor(last / unit.days + 1e-9)
    marks = range(begin, end + 1, step)
    ax.set_xlim(months[0], months[-1])
    ax.set_xticks([mark * unit.days / DAYS_PER_MONTH for mark in marks], [str(mark) for mark in marks])
    ax.set_xlabel(time_label(trajectory.scenario, unit))
    return ax


def _caption(trajectory: Trajectory, footer: str) -> list[str]:
    """Return the lines below the panels: the numbered remarks, what the marks mean, the footer."""
    scenario = trajectory.scenario
    notes = [
        f"({number}) month {note.time / DAYS_PER_MONTH:.3g}: {note.text}."
        for number, note in enumerate(scenario.note, 1)
    ]
    marks = (
        "Vertical lines: courses of alemtuzumab (solid), pulses of methylprednisolone (dotted). "
        "Hollow triangles: premedication. Dashed: lower limits of normal (LLN), limit of detection. In G the clone is "
        "relative to untreated, effectors to half-maximal attack, privilege to intact."
    )
    observed = " Circles and bars: observed values and ranges." if scenario.observed else ""
    if any(point.below is not None for series in scenario.observed for point in series.points):
        observed += " Triangles among them: below this limit of quantification."
    paragraphs = [" ".join(notes), marks + observed, trajectory.failure(), footer]
    return [line for paragraph in paragraphs for line in wrapped(paragraph, 150)]


def _write(figure: Figure, trajectory: Trajectory, caption: list[str]) -> None:
    scenario, (width, height) = trajectory.scenario, figure.get_size_inches()
    patient = scenario.patient
    who = f"{_PERSON[patient.sex]}, {patient.age:g} years, {patient.weight:g} kg. Simulated with immunosim."
    left = 0.3 / width
    figure.text(
        left,
        1 - 0.3 / height,
        headline(scenario.title or "Untitled scenario", 75),
        fontsize=12,
        fontweight="bold",
        va="center",
    )
    figure.text(left, 1 - 0.5 / height, who, fontsize=8, color=GREY, va="center")
    figure.text(left, 0.15 / height, "\n".join(caption), fontsize=6.8, color="#333333", va="bottom", linespacing=1.35)
