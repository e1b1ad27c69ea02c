"""Targets of a cohort as a table: published against simulated numbers, with intervals and residuals."""

import math
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.errors import listed
from immunosim.formatting import number, unit_text

if TYPE_CHECKING:
    from immunosim.cohorts.target_report import TargetReport, TargetResult

ALIGN = "<<>>>><<<"


def show_targets(report: "TargetReport") -> None:
    """Print every target, then how many are within tolerance, fitted ones and those held out apart."""
    interval = f"{100.0 * report.confidence:g} % interval"
    headers = ("target", "unit", "published", "simulated", interval, "z", "tolerance", "within", "grade")
    show_table("Published and simulated", headers, [_row(result) for result in report.results], ALIGN)
    for sentence in sentences(report):
        show(sentence)


def sentences(report: "TargetReport") -> list[str]:
    """Return what the table comes to, and what was not simulated."""
    words = []
    for use in ("fitted", "held out"):
        part = report.chosen(use)
        if part.results:
            n, chi_square = len(part.results), number(part.chi_square)
            words.append(f"{use.capitalize()}: {part.n_within} of {n} within tolerance, chi-square {chi_square}.")
    if report.not_simulated:
        cohorts = listed(sorted({target.cohort for target in report.not_simulated}))
        words.append(f"Not simulated: {len(report.not_simulated)} targets of {cohorts}.")
    return words


def _row(result: "TargetResult") -> tuple[str, ...]:
    record, simulated = result.record, result.simulated
    low_to_high = "-" if math.isnan(simulated.low) else f"{_number(simulated.low)} to {_number(simulated.high)}"
    return (
        record.name,
        unit_text(record.unit),
        number(record.value),
        _number(simulated.value),
        low_to_high,
        "-" if math.isnan(result.z) else f"{result.z:+.1f}",
        record.tolerance,
        "yes" if result.is_within else "no",
        record.grade if record.use == "fitted" else f"{record.grade}, held out",
    )


def _number(value: float) -> str:
    return "never" if value == math.inf else number(value)
