"""The report of a run: one HTML page that stands alone, and its figure as PDF."""

from immunosim.report.page.assembly import report_files

__all__ = ["report_files"]
