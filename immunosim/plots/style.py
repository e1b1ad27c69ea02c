"""How figures look: colours that colour-blind readers tell apart, fonts, the axis of time.

Knows neither scenarios nor results.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunosim.model.readout_info import CURVE_COLOURS
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axis import Axis

# Okabe and Ito, Color universal design (2008); yellow is left out: it is too light on white for a line.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
BLACK = "#000000"
GREY = "#6E6E6E"

COLOURS = dict(zip(CURVE_COLOURS, (BLUE, VERMILION, GREEN, PURPLE, ORANGE), strict=True))
"""Colours of curves by the names that a model may give."""

STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a figure is the same everywhere
    "font.size": 8.0,
    "text.hinting": "no_hinting",  # at these resolutions as legible as hinted letters, and drawn in half the time
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,  # text stays text
    "text.usetex": False,  # whatever the user's own settings are: text is text
    "text.parse_math": True,  # the powers of ten at logarithmic axes
}
"""Settings of matplotlib for all figures; used within ``matplotlib.rc_context``."""


MOST_MARKS = 16
"""Tick marks that fit below a page."""


@dataclass(frozen=True)
class TimeUnit:
    """What the axis of time is marked in.

    Attributes
    ----------
    name : str
        In the plural, as the label of the axis says it.
    days : float
        Its length.
    steps : tuple of int
        Distances of tick marks, in this unit, from small to large.
    """

    name: str
    days: float
    steps: tuple[int, ...]

    def step(self, days: float) -> int:
        """Return the distance of tick marks for an axis of so many days."""
        return next((step for step in self.steps if days / self.days / step <= MOST_MARKS), self.steps[-1])


MINUTES = TimeUnit("minutes", 1 / 1440, (1, 2, 5, 10, 15, 30))
HOURS = TimeUnit("hours", 1 / 24, (1, 2, 3, 6, 12))
DAYS = TimeUnit("days", 1.0, (1, 2, 7, 14))
MONTHS = TimeUnit("months", DAYS_PER_MONTH, (1, 3, 6, 12, 24, 60, 120))

LONGEST = ((0.2, MINUTES), (4.0, HOURS), (4 * DAYS_PER_MONTH, DAYS), (math.inf, MONTHS))
"""The longest axis, days, that is marked in each unit."""


def time_unit(days: float) -> TimeUnit:
    """Return what an axis of so many days is marked in: whole months where there are more than four."""
    return next(unit for longest, unit in LONGEST if days <= longest)


def mark_plainly(axis: Axis, low: float, high: float) -> None:
    """Mark a logarithmic axis from ``low`` to ``high`` with a few plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    decades = math.log10(high / low)
    subs = (1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1.5 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def month_step(months: float) -> int:
    """Return the distance of tick marks for an axis of so many months."""
    return MONTHS.step(months * DAYS_PER_MONTH)
