"""Overlaid time courses of scenarios, and the attribution of their differences.

Scenarios are lettered as in the tables: A is the reference, drawn as a broad line below the others, so that an equal
course shows as a thin line inside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.attribution.choice import compared_readouts
from immunosim.plots.drawing import draw_limit
from immunosim.plots.panels import set_level_axis, unit_label
from immunosim.plots.style import BLUE, GREEN, ORANGE, PURPLE, STYLE, VERMILION, month_step
from immunosim.plots.text import headline, wrapped
from immunosim.plots.timeline import TimelineRow, rows_of, strip_label
from immunosim.plots.why import draw_contributions, named
from immunosim.scenario.drug_names import known_drugs
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.attribution.comparison import Attribution, Comparison
    from immunosim.model.drug import Drug
    from immunosim.model.readout_info import ReadoutInfo

COLOURS = ("#8C8C8C", VERMILION, BLUE, GREEN, PURPLE, ORANGE)
LETTERS = "ABCDEF"

DRAWN = ("count", "level", "score")
"""Kinds of display groups with a panel per read-out."""

BROAD, THIN = 3.0, 1.3
LETTER_GAP = 8.0
"""Points between letters at the ends of curves."""

WIDTH, LEFT, RIGHT = 8.27, 0.85, 0.75
HEAD, LINE, STRIP_ROW, PANEL, GAP, FOOT = 0.45, 0.17, 0.2, 0.84, 0.27, 0.85
"""Inches: the title, a line naming a scenario, a line of the strip, a panel, between panels, axis and caption."""

_MARKERS = {"triangle": "v", "diamond": "D", "circle": "o", "square or bar": "s", "bar": "s"}
"""Marker of each shape that a drug may have."""


def overlay_figure(comparison: Comparison, limits: Mapping[str, float], footer: str = "") -> Figure:
    """Return the page that shows all courses on one time axis.

    Parameters
    ----------
    comparison : Comparison
    limits : mapping of str to float
        Lines to draw by read-out, in its unit.
    footer : str
        What the caption ends with, such as the intended use.
    """
    model = comparison.trajectories[0].problem.model
    drawn = {
        name: info for name in compared_readouts(model) if model.kind_of(name) in DRAWN and (info := model.about(name))
    }
    caption = wrapped(_overlay_caption(comparison, footer), 150)
    head = HEAD + LINE * len(comparison.names)
    strip = STRIP_ROW * len(comparison.names)
    height = head + GAP + strip + len(drawn) * (GAP + PANEL) + FOOT + 0.13 * (len(caption) - 2)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        shared = _axes(figure, height - head - GAP, strip)
        draw_strip(shared, comparison)
        shared.set_title("Treatments", fontweight="bold")
        for number, (readout, info) in enumerate(drawn.items(), 1):
            shared.tick_params(labelbottom=False)
            top = height - head - GAP - strip - number * GAP - (number - 1) * PANEL
            ax = draw_overlay(_axes(figure, top, PANEL, figure.axes[0]), comparison, readout, limits)
            ax.set_title(info.heading + _limit_text(info, limits.get(readout)), fontweight="bold")
            ax.yaxis.set_label_coords(-0.5 / (WIDTH - LEFT - RIGHT), 0.5)
            ax.tick_params(labelbottom=number == len(drawn))
            label_letters(ax)
        ax.set_xlabel("months since day 0 of each scenario")
        _name_scenarios(figure, comparison, "Comparison of scenarios")
        _write_caption(figure, caption)
    return figure


def draw_overlay(ax: Axes, comparison: Comparison, readout: str, limits: Mapping[str, float]) -> Axes:
    """Draw one read-out of every scenario over months, with its limit; a serum level on a logarithmic scale."""
    months = comparison.times / DAYS_PER_MONTH
    model = comparison.trajectories[0].problem.model
    info = model.about(readout)
    highest = limits.get(readout, 0.0)
    if readout in limits:
        draw_limit(ax, limits[readout], "_limit")
    for i, letter in enumerate(LETTERS[: len(comparison.names)]):
        values = comparison.values(i, readout)
        ax.plot(months, values, color=COLOURS[i], linewidth=THIN if i else BROAD, label=letter, zorder=3 + i)
        highest = max(highest, float(values.max()))
    if model.kind_of(readout) == "level":
        set_level_axis(ax, info, highest)
    else:
        least = info.top[0] if info.top else 0.0
        ax.set_ylim(0.0, max(least, 1.12 * highest) or 1.0)
        ax.locator_params(axis="y", nbins=4, min_n_ticks=3)
    unit = unit_label(comparison.trajectories[0], readout)
    ax.set_ylabel(info.axis or ("relative" if unit == "1" else unit))
    return _set_months(ax, comparison.times)


def label_letters(ax: Axes) -> Axes:
    """Write the letter of each scenario at the right end of its curve; those of curves that end together side by side.

    The limits and the place of the axes must be final.
    """
    low, high = ax.get_ylim()
    groups: list[list[tuple[float, str, str]]] = []
    for end, letter, colour in sorted(_ends(ax)):
        height = float(ax.transData.transform((0.0, min(max(end, low), high)))[1]) * 72.0 / ax.figure.dpi
        if groups and height - groups[-1][0][0] < LETTER_GAP:
            groups[-1].append((height, letter, colour))
        else:
            groups.append([(height, letter, colour)])
    for group in groups:
        bottom = float(ax.transAxes.transform((0.0, 0.0))[1]) * 72.0 / ax.figure.dpi
        for i, (_, letter, colour) in enumerate(sorted(group, key=lambda item: item[1])):
            ax.annotate(
                letter,
                (1.0, 0.0),
                (5.0 + LETTER_GAP * i, group[0][0] - bottom),
                xycoords="axes fraction",
                textcoords="offset points",
                color=colour,
                fontsize=7.5,
                va="center",
                annotation_clip=False,
            )
    return ax


def draw_strip(ax: Axes, comparison: Comparison) -> Axes:
    """Draw the treatments of every scenario in a row: one shape per drug, bars for continuous treatment."""
    count, drugs = len(comparison.names), _drugs_of_lines(comparison)
    for i, trajectory in enumerate(comparison.trajectories):
        for row in rows_of(trajectory.scenario):
            if row.label in drugs:
                _draw_row(ax, row, _MARKERS[drugs[row.label].shape], float(count - 1 - i), COLOURS[i])
    ax.set_ylim(-0.7, count - 0.3)
    ax.set_yticks(range(count), list(reversed(LETTERS[:count])))
    for label, colour in zip(ax.get_yticklabels(), reversed(COLOURS[:count]), strict=True):
        label.set(color=colour, fontweight="bold")
    ax.tick_params(axis="both", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    return _set_months(ax, comparison.times)


def difference_figure(comparison: Comparison, attribution: Attribution, footer: str = "") -> Figure:
    """Return the figure of a difference: both courses, and below the contribution of each process.

    Parameters
    ----------
    comparison : Comparison
        With the two scenarios of the attribution.
    attribution : Attribution
    footer : str
        What the caption ends with.
    """
    explanation = attribution.explanation
    moving = [item for item in explanation.contributions if item.series.any()]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 5.4))
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.9))
        figure.subplots_adjust(0.09, 0.16, 0.70, 0.80, hspace=0.22)
        draw_overlay(upper, comparison, explanation.readout, {})
        upper.set_title(explanation.label[:1].upper() + explanation.label[1:], fontweight="bold")
        label_letters(upper)
        draw_contributions(lower, explanation, named(moving), "difference")
        lower.set_title(f"Difference {_pair(comparison, attribution)}: contribution of each process", fontweight="bold")
        lower.set_ylabel(f"{upper.get_ylabel()}, cumulative difference")
        lower.set_xlabel("months since day 0 of each scenario")
        _set_months(lower, comparison.times)
        _name_scenarios(figure, comparison, "Attribution of the difference")
        text = (
            "Areas: contributions in the scenario minus those in A since the untreated state, positive above "
            "zero, negative below. Black: their sum, the difference. A process that is weaker than in A has the "
            f"opposite sign. {footer}"
        )
        _write_caption(figure, wrapped(text.strip(), 150))
    return figure


def _ends(ax: Axes) -> Iterator[tuple[float, str, str]]:
    """Yield the last value, letter and colour of the scenarios' curves."""
    for line in ax.get_lines():
        label = str(line.get_label())
        if label in LETTERS:
            yield float(np.asarray(line.get_ydata(), dtype=float)[-1]), label, str(line.get_color())


def _limit_text(info: ReadoutInfo, limit: float | None) -> str:
    kind = "limit of detection" if info.lower_limit is None else "LLN"
    return "" if limit is None else f" (dashed: {kind} {limit:g})"


def _drugs_of_lines(comparison: Comparison) -> dict[str, Drug]:
    """Return the drugs by the labels of their rows of the strip, continuous treatments first."""
    drugs = [drug for trajectory in comparison.trajectories for drug in known_drugs(trajectory.scenario)]
    return {strip_label(drug): drug for drug in sorted(drugs, key=lambda drug: not drug.is_continuous)}


def _draw_row(ax: Axes, row: TimelineRow, shape: str, height: float, colour: str) -> None:
    for mark in row.marks:
        start = mark.start / DAYS_PER_MONTH
        if mark.stop is not None:
            ends = [start, mark.stop / DAYS_PER_MONTH]
            ax.plot(ends, [height, height], color=colour, linewidth=4.0, alpha=0.6, solid_capstyle="butt", zorder=2)
        elif not mark.is_hollow:  # premedication would hide the course that it opens
            ax.plot(start, height, shape, color=colour, ms=4.5, zorder=3)


def _pair(comparison: Comparison, attribution: Attribution) -> str:
    first, second = (LETTERS[comparison.names.index(name)] for name in (attribution.name, attribution.reference))
    return f"{first} - {second}"


def _axes(figure: Figure, top: float, height: float, shared: Axes | None = None) -> Axes:
    """Add axes whose top edge lies at a height in inches."""
    width, whole = figure.get_size_inches()
    rectangle = (LEFT / width, (top - height) / whole, (width - LEFT - RIGHT) / width, height / whole)
    return figure.add_axes(rectangle, sharex=shared)


def _set_months(ax: Axes, times: np.typing.NDArray[np.float64]) -> Axes:
    first, last = times[0] / DAYS_PER_MONTH, times[-1] / DAYS_PER_MONTH
    ax.set_xlim(first, last)
    step = month_step(last - first)
    if last - first > step:
        ax.set_xticks(range(math.ceil(first / step) * step, math.floor(last) + 1, step))
    return ax


def _name_scenarios(figure: Figure, comparison: Comparison, title: str) -> None:
    """Write a title and below it the letter, name and title of every scenario in its colour."""
    width, height = figure.get_size_inches()
    figure.text(0.3 / width, 1 - 0.25 / height, title, fontsize=12, fontweight="bold", va="center")
    for i, (name, trajectory) in enumerate(zip(comparison.names, comparison.trajectories, strict=True)):
        top = 1 - (HEAD + LINE * (i + 0.3)) / height
        text = f"{name} (reference)" if i == 0 else name
        text = f"{text}: {trajectory.scenario.title}" if trajectory.scenario.title else text
        figure.text(0.3 / width, top, LETTERS[i], fontsize=8, fontweight="bold", color=COLOURS[i], va="center")
        figure.text(0.5 / width, top, headline(text, 120), fontsize=8, color=COLOURS[i], va="center")


def _overlay_caption(comparison: Comparison, footer: str) -> str:
    lines = {row.label for trajectory in comparison.trajectories for row in rows_of(trajectory.scenario)}
    shapes = [f"{drug.shape} {drug.label}" for line, drug in _drugs_of_lines(comparison).items() if line in lines]
    marks = f"Treatments: {', '.join(shapes)}; premedication is not drawn. " if shapes else ""
    cut = "Cut where the shortest scenario ends. " if comparison.is_cut else ""
    return f"{marks}A is the broad line. LLN: lower limit of normal. {cut}{footer}".strip()


def _write_caption(figure: Figure, lines: Sequence[str]) -> None:
    width, height = figure.get_size_inches()
    corner = (0.3 / width, 0.1 / height)
    figure.text(*corner, "\n".join(lines), fontsize=6.8, color="#333333", va="bottom", linespacing=1.35)
