"""The report of a run: one self-contained HTML page, and its figure as PDF."""

from immunosim.report.page.assembly import report_files

__all__ = ["report_files"]
