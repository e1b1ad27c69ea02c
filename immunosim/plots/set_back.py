"""A read-out of two scenarios, and of the second with keys of the first: which key closes the gap.

A and B have their colours of the overlay; a course of B with a key of A is drawn in the colour of B, broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from immunosim.formatting import unit_text
from immunosim.plots.comparison import BROAD, COLOURS, draw_strip
from immunosim.plots.drawing import label_ends
from immunosim.plots.style import STYLE
from immunosim.plots.text import plain, wrapped
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.attribution import DifferenceCauses

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = ((0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.2, 1, 1.2)))
WIDTH, LABEL_WIDTH = 8.27, 36
"""Inches; characters of a line of a label."""


def set_back_figure(result: DifferenceCauses, footer: str = "") -> Figure:
    """Return the figure of a difference: both courses, and the other scenario with the keys that matter most set back.

    Parameters
    ----------
    result : DifferenceCauses
    footer : str
        What the caption ends with.
    """
    sentence = wrapped(result.sentence(), 105)
    height = 4.1 + 0.15 * len(sentence)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        strip, ax = figure.subplots(2, 1, height_ratios=(0.18, 1.0))
        top = 1.0 - (0.75 + 0.15 * len(sentence)) / height
        figure.subplots_adjust(0.1, 0.85 / height, 0.7, top, hspace=0.28)
        pair = result.comparison.of(result.name)
        draw_strip(strip, pair)
        strip.set_title("Treatments", fontweight="bold")
        draw_set_back(ax, result).sharex(strip)
        ax.set_title(plain(f"{result.label[:1].upper()}{result.label[1:]}"), fontweight="bold")
        strip.tick_params(labelbottom=False)
        label_ends(ax, 19.0, 6.0)
        title = plain(f"A {result.reference}, B {result.name}")
        figure.text(0.03, 1.0 - 0.22 / height, title, fontsize=11, fontweight="bold", va="center")
        figure.text(0.03, 1.0 - 0.42 / height, "\n".join(sentence), fontsize=8.5, va="top", linespacing=1.3)
        caption = f"Broken: B with what its label names as in A. Circles: the time of the sentence. {footer}".strip()
        figure.text(0.03, 0.08 / height, "\n".join(wrapped(caption, 150)), fontsize=6.8, color="#333333", va="bottom")
    return figure


def draw_set_back(ax: Axes, result: DifferenceCauses) -> Axes:
    """Draw a read-out of both scenarios over months, and of the other with keys of the reference."""
    months, i = result.times / DAYS_PER_MONTH, result.place
    ax.plot(months, result.reference_values, color=COLOURS[0], linewidth=BROAD, label="A", zorder=2)
    ax.plot(months, result.values, color=COLOURS[1], label="B", zorder=3)
    for dashes, key in zip(DASHES, result.moving, strict=False):
        label = "\n".join(wrapped(f"B {key.text('A')}", LABEL_WIDTH)[:2])
        ax.plot(months, key.back, color=COLOURS[1], linestyle=dashes, label=label, zorder=4)
        ax.plot(months[i], key.back[i], "o", ms=4.0, mfc="white", mec=COLOURS[1], label="_at", zorder=6)
    for values, colour in ((result.reference_values, COLOURS[0]), (result.values, COLOURS[1])):
        ax.plot(months[i], values[i], "o", ms=4.0, mfc="white", mec=colour, label="_at", zorder=6)
    ax.set_ylabel(result.info.axis or unit_text(result.unit) or "relative")
    ax.set_xlabel("months since day 0 of each scenario")
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]) if result.values.min() < 0.0 else 0.0)
    return ax
