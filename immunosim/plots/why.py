"""Attribution of a change: the read-out over time, and the cumulative contribution of each mechanism and process.

Knows nothing of how the contributions were computed.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from immunosim.attribution.records import Contribution, Explanation, total
from immunosim.plots.clinical_page import time_label
from immunosim.plots.drawing import LEAD, draw_limit, label_ends, mark_treatments, treatment_lines
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, STYLE, VERMILION, month_step
from immunosim.plots.text import headline, wrapped
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.scenario import Scenario

NAMED = 7
"""Largest number of processes drawn separately; the others are summed."""

AREAS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, "#56B4E9", "#F0E442")
"""Colours of Okabe and Ito; sky blue and yellow are too light for lines, but not for areas."""

OTHERS = "#BBBBBB"

WIDTH, HEAD, FOOT, GAP = 8.27, 0.6, 1.0, 0.36
READOUT, AREA = 1.1, 2.1
LEFT, RIGHT = 0.75, 2.5
"""Inches: width of the figure; title, caption with axis, between panels; heights of panels; margins."""


def why_figure(explanation: Explanation, scenario: Scenario, limit: float | None = None, footer: str = "") -> Figure:
    """Return the figure of an explanation.

    Parameters
    ----------
    explanation : Explanation
    scenario : Scenario
        For its title and treatments.
    limit : float, optional
        Lower limit of normal of the read-out, or its limit of detection, in its unit.
    footer : str
        End of the caption, such as the intended use.
    """
    groups = [("process", named(explanation.contributions))]
    mechanisms = explanation.by_mechanism()
    if len(mechanisms) > 1:
        groups.insert(0, ("mechanism", named(mechanisms)))
    heights = [READOUT, *(AREA for _ in groups)]
    height = HEAD + sum(heights) + GAP * len(groups) + FOOT
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        upper, *lower = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        spacing = GAP * len(heights) / sum(heights)
        figure.subplots_adjust(LEFT / WIDTH, FOOT / height, 1.0 - RIGHT / WIDTH, 1.0 - HEAD / height, hspace=spacing)
        _title(draw_readout(upper, explanation, limit), scenario, f"A   {_sentence_case(explanation.label)}")
        for letter, ax, (kind, items) in zip("BC", lower, groups, strict=False):
            compared = "" if explanation.is_gross else ", compared with untreated"
            title = f"{letter}   Contribution of each {kind}{compared}"
            _title(draw_contributions(ax, explanation, items), scenario, title)
        _set_months(upper, explanation)
        lower[-1].set_xlabel(time_label(scenario))
        label_ends(upper)
        figure.align_ylabels()
        _write(figure, explanation, scenario, footer)
    return figure


def draw_readout(ax: Axes, explanation: Explanation, limit: float | None = None) -> Axes:
    """Draw the read-out over months, and a limit as a dashed line."""
    ax.plot(explanation.times / DAYS_PER_MONTH, explanation.values, color=BLACK, zorder=3)
    highest = max(float(np.abs(explanation.values).max()), limit or 0.0)
    if limit is not None:
        kind = "limit" if explanation.info.lower_limit is None else "LLN"
        draw_limit(ax, limit, f"{kind} {limit:g}", GREY)
    if explanation.values.min() >= 0.0:
        ax.set_ylim(0.0, 1.12 * highest or 1.0)
    ax.set_ylabel(_unit(explanation))
    ax.locator_params(axis="y", nbins=4, min_n_ticks=3)
    return ax


def draw_contributions(
    ax: Axes, explanation: Explanation, items: Sequence[Contribution], total: str = "net change"
) -> Axes:
    """Draw cumulative contributions as areas, positive upwards and negative downwards, and their sum as a line.

    The names stand to the right in the order of the areas at the end.
    """
    months = explanation.times / DAYS_PER_MONTH
    colours = dict(zip((item.name for item in items), (*AREAS, OTHERS), strict=False))
    for sign in (1.0, -1.0):
        parts = [np.zeros(months.size), *(sign * np.maximum(sign * item.series, 0.0) for item in items)]
        heights = np.cumsum(parts, axis=0)
        for item, (low, high) in zip(items, pairwise(heights), strict=True):
            ax.fill_between(months, low, high, color=colours[item.name], linewidth=0, alpha=0.9, zorder=2)
    ax.plot(months, explanation.values - explanation.before, color=BLACK, zorder=4)
    ax.axhline(0.0, color=BLACK, linewidth=0.6, zorder=3)
    keys: list[Patch | Line2D] = [
        Patch(color=colours[item.name], label=_named(item.label, item.value)) for item in _downwards(items)
    ]
    is_back = abs(explanation.change) <= 1e-6 * np.abs(explanation.values).max()
    net = _named(total, 0.0 if is_back else explanation.change)
    keys.append(Line2D([], [], color=BLACK, label=net))
    ax.legend(
        handles=keys,
        loc="center left",
        bbox_to_anchor=(1.02, 0.5),
        frameon=False,
        fontsize=7.0,
        handlelength=1.2,
        borderaxespad=0.0,
        labelspacing=0.7,
    )
    ax.set_ylabel(f"cumulative, {_unit(explanation)}")
    return ax


def named(contributions: Sequence[Contribution], n: int = NAMED) -> tuple[Contribution, ...]:
    """Return the contributions that are largest at any time, and the sum of the others as the last."""
    ranked = sorted(contributions, key=lambda item: -float(np.abs(item.series).max()))
    others = ranked[n:]
    if not others:
        return tuple(ranked)
    return (*ranked[:n], total(others, "others", f"{len(others)} others" if others[1:] else others[0].label, ""))


def _title(ax: Axes, scenario: Scenario, title: str) -> None:
    ax.set_title(title, fontweight="bold")
    mark_treatments(ax, scenario)


def _write(figure: Figure, explanation: Explanation, scenario: Scenario, footer: str) -> None:
    height = figure.get_size_inches()[1]
    title = headline(scenario.title or "Untitled scenario", 75)
    figure.text(0.03, 1.0 - 0.22 / height, f"{title}: attribution", fontsize=11, fontweight="bold", va="center")
    caption = "\n".join(wrapped(f"{_caption(explanation, scenario)} {footer}".strip(), 150))
    figure.text(0.03, 0.1 / height, caption, fontsize=6.8, color="#333333", va="bottom", linespacing=1.35)


def _downwards(items: Sequence[Contribution]) -> list[Contribution]:
    """Return contributions from top to bottom of the areas at the end."""
    gains = [item for item in items if item.value > 0.0]
    return [*reversed(gains), *(item for item in items if item.value <= 0.0)]


def _named(label: str, value: float) -> str:
    digits = f"{value:+.3g}" if abs(value) < 1000 else f"{value:+.0f}"
    return "\n".join(textwrap.wrap(f"{label}: {digits if value else 0}".replace(": -", ": −"), 36))


def _caption(explanation: Explanation, scenario: Scenario) -> str:
    text = "Areas: cumulative contributions, positive above zero, negative below; black: their sum, the change in A. "
    if not explanation.is_gross:
        text += "A loss smaller than in the untreated state counts as positive. "
    return text + treatment_lines(scenario)


def _set_months(ax: Axes, explanation: Explanation) -> None:
    first, last = explanation.since / DAYS_PER_MONTH, explanation.at / DAYS_PER_MONTH
    ax.set_xlim(first - LEAD * (last - first), last)  # a gap to the axis keeps the first days visible
    step = month_step(last - first)
    if last - first > step:
        ax.set_xticks(range(math.ceil(first / step) * step, math.floor(last) + 1, step))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unit(explanation: Explanation) -> str:
    unit = {"1e9/L": "10⁹/L", "cells/uL": "cells/µL", "ug/mL": "µg/mL", "1": ""}.get(explanation.unit, explanation.unit)
    return explanation.info.axis or unit or "relative"
