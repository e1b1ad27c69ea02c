"""Shared parts of figures of ensembles: labels with units, axes of factors, colours, notes below the axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import Flags, OutcomeColumns, Varied
from immunosim.formatting import unit_text
from immunosim.plots.drawing import spread
from immunosim.plots.style import BLACK, VERMILION
from immunosim.plots.text import plain, wrapped
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

COLOURS = "viridis"
"""The colour map: monotonic in lightness, hence readable for colour-blind readers and in grey print."""

FAILED = VERMILION
"""The colour of failed patients; it does not occur in the colour map."""

FEW_DECADES = 3.0
"""Decades of a logarithmic axis below which 2 and 5 are marked as well."""

HEIGHT, LINE_GAP = 230.0, 9.0
"""Points: about the height of the axes, and between labels beside them."""

NOTE_WIDTH = 104
"""Letters in a line of the notes."""


@dataclass(frozen=True)
class Threshold:
    """A level to draw: its value in the unit of the result, and its name.

    ``is_detection`` says that it belongs to a concentration, whose courses are drawn on a logarithmic axis.
    """

    value: float
    name: str
    is_detection: bool = False

    def text(self, unit: str) -> str:
        """Return the label with its unit, such as "LLN 400 cells/µL"."""
        return f"{self.name} {self.value:g} {unit_text(unit).replace('10⁹', '× 10⁹')}".strip()


def with_unit(label: str, unit: str) -> str:
    """Return a label with its unit, capitalised, as an axis shows it."""
    text, printed = sentence_case(label), unit_text(unit)
    return f"{text} [{printed}]" if printed else text


def sentence_case(text: str) -> str:
    """Return a text with a capital at its start; a key is not text and stays as it is."""
    return text if " " not in text and ("." in text or "_" in text) else text[:1].upper() + text[1:]


def title_of(column: OutcomeColumns) -> str:
    """Return the title of a figure: the result, and the day at which it was taken."""
    when = "" if column.day is None else f", {day_text(column.day)}"
    return sentence_case(unit_text(column.label).replace(" 10⁹", " × 10⁹")) + when


def day_text(day: float) -> str:
    """Return a day, with the month beside it where it is late."""
    return f"day {day:.4g}" + (f" (month {day / DAYS_PER_MONTH:.3g})" if abs(day) > 2.0 * DAYS_PER_MONTH else "")


def set_title(ax: Axes, text: str) -> Axes:
    """Write a title, in lines where it is long."""
    ax.set_title("\n".join(wrapped(text, 72)), loc="left", fontweight="bold")
    return ax


def count_text(n: int, noun: str = "patient") -> str:
    """Return a count with its noun: "1 patient", "2,048 patients"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def failure_note(failed: Flags) -> str:
    """Return a note on the number of failed patients; empty where none failed."""
    n = int(failed.sum())
    verb = "failed and is" if n == 1 else "failed and are"
    return f"{n:,} of {count_text(failed.size)} {verb} not shown." if n else ""


def missing_note(column: OutcomeColumns, failed: Flags) -> str:
    """Return a note on patients without a value who did not fail; empty where there are none."""
    n = int((~failed & np.isnan(column.values)).sum())
    has, verb = ("has", "is") if n == 1 else ("have", "are")
    return f"{count_text(n)} {has} no value and {verb} not shown." if n else ""


def censored_note(column: OutcomeColumns, are_drawn: bool = True) -> str:
    """Return a note on patients whose event did not happen, whom medians count; empty where there are none."""
    n = int(np.isinf(column.values).sum())
    verb = (
        ("counts as later" if n == 1 else "count as later") if are_drawn else f"{'is' if n == 1 else 'are'} not drawn"
    )
    return f"{count_text(n)} had no event by the end of its window and {verb}." if n else ""


def set_axis(ax: Axes, which: Literal["x", "y"], about: Varied) -> None:
    """Label the axis of a factor; it is logarithmic or has named choices as the factor does."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_label_text("\n".join(wrapped(with_unit(about.label, about.unit), 60)))
    if about.choices:
        axis.set_ticks(range(len(about.choices)), [plain(choice.replace("_", " ")) for choice in about.choices])
        axis.set_tick_params(length=0)
    elif about.is_log:
        ax.set(**{f"{which}scale": "log"})
        set_log_ticks(axis, about.values[np.isfinite(about.scaled)])


def set_log_ticks(axis: Axis, values: Array) -> None:
    """Mark a logarithmic axis with plain numbers, at 1, 2 and 5 where it spans few decades."""
    low, high = float(values.min()), float(values.max())
    decades = np.log10(high / low) if low > 0.0 else 1.0
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < FEW_DECADES else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def norm_of(values: Array, is_log: bool = False) -> Normalize:
    """Return the normalisation of numbers to colours."""
    finite = values[np.isfinite(values) & ((values > 0.0) | (not is_log))]
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - (0.0 if is_log else 0.5), high * 1.01 if is_log else high + 0.5
    return LogNorm(low, high) if is_log else Normalize(low, high)


def spans_decades(values: Array) -> bool:
    """Return whether positive numbers span so many decades that they need a logarithmic scale."""
    finite = values[np.isfinite(values)]
    return bool(finite.size) and finite.min() > 0.0 and finite.max() / finite.min() > 50.0


def add_colour_bar(ax: Axes, shown: Any, label: str, values: Array | None = None) -> Any:
    """Add a colour bar beside the axes, without a frame; `values` are those of a logarithmic one."""
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    bar.set_label("\n".join(wrapped(label, 52)))
    if values is not None:
        set_log_ticks(bar.ax.yaxis, values[np.isfinite(values)])
    return bar


def write_notes(ax: Axes, notes: Iterable[str], is_below_label: bool = True) -> Axes:
    """Write notes in small letters below the axes, or below the label of the horizontal axis."""
    text = " ".join(note for note in notes if note)
    lines = wrapped(text, NOTE_WIDTH)
    where: Any = ("axes fraction", ax.xaxis.label) if is_below_label else "axes fraction"
    ax.annotate(
        "\n".join(lines),
        (0.0, 0.0),
        (0.0, -7.0),
        xycoords=where,
        textcoords="offset points",
        fontsize=6.5,
        color="#333333",
        va="top",
        linespacing=1.35,
        annotation_clip=False,
    )
    return ax


def draw_thresholds(ax: Axes, thresholds: Sequence[Threshold]) -> Axes:
    """Draw thresholds as dashed horizontal lines, labelled at the right in the unit of the axis.

    The limits of the axis must be final. A logarithmic axis has no place for zero and below.
    """
    is_log = ax.get_yscale() == "log"
    ranked = sorted(
        (threshold for threshold in thresholds if threshold.value > 0.0 or not is_log),
        key=lambda threshold: threshold.value,
    )
    low, high = (np.log10(end) if is_log else end for end in ax.get_ylim())
    heights = [
        ((np.log10(threshold.value) if is_log else threshold.value) - low) / (high - low) * HEIGHT
        for threshold in ranked
    ]
    for threshold, height, moved in zip(ranked, heights, spread(heights, LINE_GAP), strict=True):
        ax.axhline(threshold.value, color=BLACK, linewidth=0.8, linestyle=(0, (5, 3)), zorder=2.5)
        ax.annotate(
            plain(f"{threshold.name} {threshold.value:g}".strip()),
            (1.0, threshold.value),
            (4.0, moved - height),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            fontsize=6.8,
            va="center",
            annotation_clip=False,
        )
    return ax
