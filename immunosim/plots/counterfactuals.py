"""A read-out with everything, and what it would be without each treatment and each mechanism.

Black is the course with everything, a colour is a drug, as on the time line, and grey is a mechanism, in all panels.
Knows nothing of how the courses were computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.attribution.wording import when
from immunosim.formatting import unit_text
from immunosim.plots.clinical_page import time_label
from immunosim.plots.drawing import LEAD, draw_limit, label_ends, mark_treatments, treatment_lines
from immunosim.plots.style import BLACK, GREY, STYLE, month_step
from immunosim.plots.text import headline, wrapped
from immunosim.plots.timeline import draw_timeline, rows_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.attribution.effects import Counterfactual, Counterfactuals
    from immunosim.codegen.loader import Array

MOST_LINES = 4
"""Courses of a panel beside that with everything."""

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.2, 1, 1.2)))
"""Of the orders of one drug, and of mechanisms."""

GREYS = ("#4D4D4D", "#8C8C8C")
SAME = 0.01
"""Courses that differ by less than this share of the highest are drawn as one."""

LABEL_WIDTH = 36
"""Characters of a line of a label at the end of a course."""

WIDTH, LEFT, RIGHT = 8.27, 1.35, 2.35
HEAD, LINE, ROW, PANEL, GAP, FOOT = 0.42, 0.15, 0.19, 1.75, 0.32, 0.75
"""Inches: the title, a line of text, a row of the strip, a panel, between panels, axis and caption."""


@dataclass(frozen=True, eq=False)
class DrawnCourse:
    """A course without something, its label and how it is drawn."""

    course: Array
    label: str
    colour: str
    dashes: str | tuple[int, tuple[float, ...]]
    width: float = 1.4


def counterfactual_figure(result: Counterfactuals, limit: float | None = None, footer: str = "") -> Figure:
    """Return the figure of counterfactuals.

    Parameters
    ----------
    result : Counterfactuals
    limit : float, optional
        Lower limit of normal of the read-out, or its limit of detection, in its unit.
    footer : str
        End of the caption, such as the intended use.
    """
    panels = [("treatment", treatment_courses(result)), ("mechanism", mechanism_courses(result))]
    panels = [panel for panel in panels if panel[1]] or panels[:1]
    sentence, caption = wrapped(result.sentence(), 105), wrapped(_caption(result, footer), 150)
    rows = len(rows_of(result.scenario))
    strip = ROW * rows + GAP if rows else 0.0
    head, foot = HEAD + LINE * len(sentence), FOOT + LINE * (len(caption) - 1)
    height = head + strip + len(panels) * (GAP + PANEL) + foot
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        top = height - head
        letters = iter("ABC")
        if rows:
            ax = _axes(figure, result, top - GAP, strip - GAP)
            ax.set_title(f"{next(letters)}   Treatments", fontweight="bold")
            draw_timeline(ax, result.scenario).set_xticks([])
            top -= strip
        for kind, lines in panels:
            ax = _axes(figure, result, top - GAP, PANEL)
            ax.set_title(f"{next(letters)}   {_heading(result)} without each {kind}", fontweight="bold")
            _finish(draw_courses(ax, result, lines, limit), result, lines)
            top -= GAP + PANEL
        ax.tick_params(labelbottom=True)
        ax.set_xlabel(time_label(result.scenario))
        _write(figure, result, sentence, caption)
    return figure


def _finish(ax: Axes, result: Counterfactuals, lines: Sequence[DrawnCourse]) -> None:
    is_tall = any("\n" in line.label for line in lines)
    mark_treatments(ax, result.scenario)
    label_ends(ax, *((19.0, 6.0) if is_tall else (9.5, 2.0)))
    ax.tick_params(labelbottom=False)


def _write(figure: Figure, result: Counterfactuals, sentence: Sequence[str], caption: Sequence[str]) -> None:
    height = figure.get_size_inches()[1]
    title = f"{headline(result.scenario.title or 'Untitled scenario', 70)}: with and without"
    figure.text(0.03, 1.0 - 0.22 / height, title, fontsize=11, fontweight="bold", va="center")
    figure.text(0.03, 1.0 - 0.42 / height, "\n".join(sentence), fontsize=8.5, va="top", linespacing=1.3)
    below: dict[str, Any] = {"fontsize": 6.8, "color": "#333333", "va": "bottom", "linespacing": 1.35}
    figure.text(0.03, 0.08 / height, "\n".join(caption), **below)


def draw_courses(ax: Axes, result: Counterfactuals, lines: Sequence[DrawnCourse], limit: float | None = None) -> Axes:
    """Draw the course with everything and those without something; circles mark the time of the question."""
    months = result.times / DAYS_PER_MONTH
    at = int(np.searchsorted(result.times, result.at))
    drawn = [*lines, DrawnCourse(result.values, "with everything", BLACK, "-", 2.0)]
    for order, line in enumerate(drawn, 3):
        style: dict[str, Any] = {"color": line.colour, "linestyle": line.dashes, "linewidth": line.width}
        ax.plot(months, line.course, label=line.label, zorder=order, **style)
        ax.plot(months[at], line.course[at], "o", ms=4.0, mfc="white", mec=line.colour, mew=1.1, label="_at", zorder=10)
    if limit is not None:
        draw_limit(ax, limit, "_limit", GREY)
    courses = np.array([line.course for line in drawn])
    if courses.min() >= -result.floor:
        least = result.info.top[0] if result.info.top else 10.0 * result.floor  # what is nothing is drawn as nothing
        ax.set_ylim(0.0, max(1.08 * float(courses.max()), 1.08 * (limit or 0.0), least) or 1.0)
    ax.set_ylabel(result.info.axis or unit_text(result.unit) or "relative")
    ax.yaxis.set_label_coords(-0.6 / (WIDTH - LEFT - RIGHT), 0.5)
    ax.locator_params(axis="y", nbins=5, min_n_ticks=3)
    return ax


def treatment_courses(result: Counterfactuals) -> list[DrawnCourse]:
    """Return the courses without the orders that matter most, in the colour of their drug; those that agree as one."""
    effects = [effect for effect in _ranked(result) if effect.left_out.kind == "treatment"]
    main = result.main
    if main is not None and main.left_out.kind == "drug":
        effects.insert(0, main)
    lines: list[DrawnCourse] = []
    used: dict[str, int] = {}
    for group in _alike(result, effects)[:MOST_LINES]:
        drug = group[0].left_out.drug
        colour = drug.colour if drug else GREY
        dashes = DASHES[used.get(colour, 0) % len(DASHES)]
        used[colour] = used.get(colour, 0) + 1
        lines.append(DrawnCourse(group[0].course, _label(group), colour, dashes))
    return lines


def mechanism_courses(result: Counterfactuals) -> list[DrawnCourse]:
    """Return the courses without the mechanisms that matter most, in grey; those that agree as one."""
    effects = [effect for effect in _ranked(result) if effect.left_out.kind == "mechanism"]
    groups = _alike(result, effects)[:MOST_LINES]
    return [
        DrawnCourse(group[0].course, _label(group), GREYS[i % 2], DASHES[(i + 1) // 2 % len(DASHES)])
        for i, group in enumerate(groups)
    ]


def _ranked(result: Counterfactuals) -> list[Counterfactual]:
    """Return what is more than nothing: by its size at the time of the question, then by its largest."""
    effects = [effect for effect in result.effects if effect.is_ever_notable]
    return sorted(effects, key=lambda e: (-abs(e.difference) if e.is_notable else 0.0, -abs(e.largest)))


def _alike(result: Counterfactuals, effects: Sequence[Counterfactual]) -> list[list[Counterfactual]]:
    """Return effects in groups whose courses nobody could tell apart."""
    groups: list[list[Counterfactual]] = []
    highest = max((float(np.abs(effect.course).max()) for effect in effects), default=0.0)
    width = SAME * max(highest, float(np.abs(result.values).max()))
    for effect in effects:
        same = next((group for group in groups if np.abs(group[0].course - effect.course).max() <= width), None)
        if same is None:
            groups.append([effect])
        else:
            same.append(effect)
    return groups


def _label(group: Sequence[Counterfactual]) -> str:
    names = [effect.left_out.label for effect in group]
    shown = " or ".join(names) if len(names) < 3 else f"{names[0]}, or {len(names) - 1} others"
    lines = wrapped(f"without {shown}", LABEL_WIDTH)
    return "\n".join(lines if len(lines) < 3 else [lines[0], f"{lines[1][: LABEL_WIDTH - 4]} ..."])


def _axes(figure: Figure, result: Counterfactuals, top: float, height: float) -> Axes:
    """Add axes over the simulated months whose top edge lies at a height in inches."""
    width, whole = figure.get_size_inches()
    ax = figure.add_axes((LEFT / width, (top - height) / whole, (width - LEFT - RIGHT) / width, height / whole))
    first, last = result.times[[0, -1]] / DAYS_PER_MONTH
    ax.set_xlim(first - LEAD * (last - first), last)
    step = month_step(float(last - first))
    if last - first > step:
        ax.set_xticks(range(math.ceil(first / step) * step, math.floor(last) + 1, step))
    return ax


def _heading(result: Counterfactuals) -> str:
    return headline(f"{result.label[:1].upper()}{result.label[1:]}", 60)


def _caption(result: Counterfactuals, footer: str) -> str:
    circles = f"Circles: {when(result.scenario, result.at)}"
    text = f"{circles}. Each course is a simulation of its own, without what its label names. "
    return f"{text}{treatment_lines(result.scenario)} {footer}".strip()
