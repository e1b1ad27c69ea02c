"""Why a fit is doubtful, on its page: explanations by their evidence, and the measurements that stand out.

Reads the record of a fit; computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.formatting import unit_text
from immunosim.report.page.tables import PageTable

RecordView = Mapping[str, Any]

MOST_CAUSES, MOST_OUTLIERS = 6, 8
"""Rows of tables; the record has all."""


def misfit_tables(record: RecordView) -> Iterator[PageTable]:
    """Yield what would fit better, and the outliers of the most probable explanation that names some."""
    causes = record.get("explanations", [])
    rows = [
        (cause["cause"], f"{cause['log_bayes_factor']:+.1f}", cause["sentence"], cause["cure"])
        for cause in causes[:MOST_CAUSES]
        if cause["log_bayes_factor"] > 0.0
    ]
    note = "Log Bayes factor: of the odds against the fit as it is, were both as probable before."
    yield PageTable("What would fit better", ("cause", "log Bayes factor", "alternative", "remedy"), rows, "<><<", note)
    outliers: list[RecordView] = next((cause["outliers"] for cause in causes if cause["outliers"]), [])
    cells = [
        (
            *(outlier["analyte"], f"{outlier['time']:g}", str(outlier["line"] or "-"), f"{outlier['value']:.3g}"),
            *(f"{outlier['low']:.3g} to {outlier['high']:.3g}", unit_text(outlier["unit"])),
            f"{outlier['studentised']:+.1f}",
        )
        for outlier in outliers[:MOST_OUTLIERS]
    ]
    headers = ("analyte", "day", "line", "value", "expected (90 %)", "unit", "residual / SD")
    yield PageTable("Outliers, the largest first", headers, cells, "<>>><<>")
