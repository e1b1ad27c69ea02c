"""The clinical page of a time course: treatments, counts, drug, hair, autoimmunity on one time axis.

The figure is built without pyplot, so that drawing it changes nothing for anyone else.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, MarkerStyle

from immunosim.plots.drawing import label_ends, mark_treatments, months_of, treatment_lines
from immunosim.plots.panels import draw_group
from immunosim.plots.style import BLACK, GREY, MONTHS, STYLE, TimeUnit, time_unit
from immunosim.plots.text import as_written, headline, wrapped
from immunosim.plots.timeline import draw_timeline, rows_of
from immunosim.scenario.regimen import courses_of, orders_of
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
"""Heights in inches: a panel, a row of the strip, the title, between panels, the lower axis, a caption line."""

LEFT, RIGHT = 1.35, 1.15
"""Margins in inches: names of treatments at the left, names of curves at the right."""

PNG_COMPRESSION = 2
"""Of 9: 5 % larger files than at the usual 6, in half the time."""

LETTERS = ascii_uppercase[1:]
"""Of the panels below the strip of treatments, which is A."""

_PERSON = {"female": "Woman", "male": "Man"}


def clinical_page(trajectory: Trajectory, limits: Mapping[str, float] | None = None, footer: str = "") -> Figure:
    """Return the page of a trajectory.

    It draws the times that the trajectory has: sample it finely where peaks matter.

    Parameters
    ----------
    trajectory : Trajectory
        Complete or failed; the page of a failed one says how it failed and shows the observed values.
    limits : mapping of str to float, optional
        Lines to draw by read-out, in its unit: lower limits of normal, and the limits of detection of drugs.
    footer : str
        End of the caption, such as the intended use.
    """
    groups, caption = trajectory.problem.model.groups, _caption(trajectory, footer)
    strip = ROW * max(1, len(rows_of(trajectory.scenario))) + 0.1
    height = HEAD + strip + len(groups) * (GAP + PANEL) + FOOT + LINE * len(caption)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        _timeline(figure, trajectory, height - HEAD, strip)
        for number, (name, group) in enumerate(groups.items()):
            top = height - HEAD - strip - GAP - number * (GAP + PANEL)
            ax = draw_group(_axes(figure, trajectory, top, PANEL), trajectory, name, limits or {})
            _finish_panel(ax, trajectory, f"{LETTERS[number]}   {group.title}")
            if number < len(groups) - 1:
                _mark_unlabelled(ax, _months(*_marks(trajectory)))
            else:
                mark_time(ax, trajectory)
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
    settings: dict[str, Any] = {"pil_kwargs": {"compress_level": PNG_COMPRESSION}} if kind == "png" else {}
    stream = io.BytesIO()
    with mpl.rc_context(STYLE | {"svg.hashsalt": "immunosim"}), as_written(figure):
        figure.savefig(stream, format=kind, dpi=dpi, metadata={dated: None}, **settings)
    return stream.getvalue()


def time_label(scenario: Scenario, unit: TimeUnit = MONTHS) -> str:
    """Return the unit and the origin of the time axis: the first infusion where that is day 0."""
    courses = courses_of(scenario)
    starts_at_zero = bool(courses) and courses[0].dosing.start == 0.0
    return f"{unit.name} since {f'the first infusion of {courses[0].drug.label}' if starts_at_zero else 'day 0'}"


def _axes(figure: Figure, trajectory: Trajectory, top: float, height: float) -> Axes:
    """Add axes over the time of the trajectory whose top edge lies at a height in inches."""
    width, whole = figure.get_size_inches()
    rectangle = (LEFT / width, (top - height) / whole, (width - LEFT - RIGHT) / width, height / whole)
    ax = figure.add_axes(rectangle)
    months = months_of(trajectory)
    ax.set_xlim(months[0], months[-1])
    ax.set_xticks([])
    return ax


def _timeline(figure: Figure, trajectory: Trajectory, top: float, height: float) -> Axes:
    ax = draw_timeline(_axes(figure, trajectory, top, height), trajectory.scenario)
    _write_title(ax, "A   Treatments")
    return ax


def _finish_panel(ax: Axes, trajectory: Trajectory, title: str) -> Axes:
    _write_title(ax, title)
    ax.yaxis.set_label_coords(-0.5 / (WIDTH - LEFT - RIGHT), 0.5)
    if ax.get_yscale() == "linear":
        ax.locator_params(axis="y", nbins=4, min_n_ticks=3)
    mark_treatments(ax, trajectory.scenario)
    return label_ends(ax)


def _write_title(ax: Axes, text: str) -> None:
    """Write the title of a panel, whose limits must be set.

    Where a power of ten may stand above the axis, matplotlib lays out every label to keep the title clear of it.
    """
    may_have_power = not 1e-3 < ax.get_ylim()[1] < 1e5
    ax.set_title(text, fontweight="bold", y=None if may_have_power else 1.0)


def _mark_unlabelled(ax: Axes, marks: Sequence[float]) -> None:
    """Draw the marks of the axis of time below a panel without labels: one line, where ticks are five artists each."""
    size, width = mpl.rcParams["xtick.major.size"], mpl.rcParams["xtick.major.width"]
    look = {"ls": "", "color": BLACK, "ms": size, "mew": width, "clip_on": False}
    line = Line2D(marks, [0.0] * len(marks), marker=MarkerStyle(TICKDOWN), **look)
    line.set_transform(ax.get_xaxis_transform())
    ax.add_artist(line)


def mark_time(ax: Axes, trajectory: Trajectory) -> Axes:
    """Mark and label the axis, whose coordinate is the month, in the unit that suits the length of the course."""
    months = months_of(trajectory)
    unit, marks = _marks(trajectory)
    ax.set_xlim(months[0], months[-1])
    ax.set_xticks(_months(unit, marks), [str(mark) for mark in marks])
    ax.set_xlabel(time_label(trajectory.scenario, unit))
    return ax


def _marks(trajectory: Trajectory) -> tuple[TimeUnit, range]:
    """Return the unit of the axis of time, and where it is marked in this unit."""
    first, last = months_of(trajectory)[[0, -1]] * DAYS_PER_MONTH
    unit = time_unit(trajectory.time[-1] - trajectory.time[0])
    step = unit.step(last - first)
    begin, end = math.ceil(first / unit.days / step) * step, math.floor(last / unit.days + 1e-9)
    return unit, range(begin, end + 1, step)


def _months(unit: TimeUnit, marks: range) -> list[float]:
    return [mark * unit.days / DAYS_PER_MONTH for mark in marks]


def _caption(trajectory: Trajectory, footer: str) -> list[str]:
    """Return the caption: numbered remarks, explanation of the marks, footer."""
    scenario = trajectory.scenario
    notes = [
        f"({number}) month {note.time / DAYS_PER_MONTH:.3g}: {note.text}."
        for number, note in enumerate(scenario.note, 1)
    ]
    hollow = any(order.dosing.premedication is not None for order in orders_of(scenario))
    marks = " ".join(
        [
            treatment_lines(scenario),
            "Hollow triangles: premedication." if hollow else "",
            "Dashed: lower limits of normal (LLN), limit of detection. ",
        ]
    ).lstrip()
    groups = zip(LETTERS, trajectory.problem.model.groups.values(), strict=False)
    marks += " ".join(group.caption.format(letter=letter) for letter, group in groups if group.caption)
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
