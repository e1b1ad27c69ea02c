"""Figures of simulated courses: functions that take axes and return them, and one page that puts them together."""

from immunosim.plots.clinical_page import clinical_page, encoded
from immunosim.plots.named import draw_named
from immunosim.plots.style import STYLE
from immunosim.plots.text import as_written

__all__ = ["STYLE", "as_written", "clinical_page", "draw_named", "encoded"]
