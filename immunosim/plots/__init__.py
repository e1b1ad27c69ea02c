"""Figures of simulated courses: functions that take axes and return them, and one page that puts them together."""

from immunosim.plots.clinical_page import clinical_page, encoded

__all__ = ["clinical_page", "encoded"]
