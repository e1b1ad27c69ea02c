"""How figures look: colours that colour-blind readers tell apart, fonts, the axis of months.

Knows neither scenarios nor results.
"""

from typing import Any

# Okabe and Ito, Color universal design (2008); yellow is left out: it is too light on white for a line.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
BLACK = "#000000"
GREY = "#6E6E6E"

STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a figure is the same everywhere
    "font.size": 8.0,
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
}
"""Settings of matplotlib for all figures; used within ``matplotlib.rc_context``."""


def month_step(months: float) -> int:
    """Return the distance of tick marks for an axis of so many months: 1, 3, 6, 12 or more, at most about 16 marks."""
    steps = (1, 3, 6, 12, 24, 60)
    return next((step for step in steps if months / step <= 16), 120)
