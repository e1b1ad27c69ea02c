"""Targets of a cohort as a table: published against simulated numbers, with intervals and residuals."""

import math
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.errors import listed
from immunosim.formatting import number, unit_text

if TYPE_CHECKING:
    from immunosim.cohorts.intervals import Interval
    from immunosim.cohorts.target_report import TargetReport, TargetResult


def show_targets(report: "TargetReport") -> None:
    """Print every target, then how many are within tolerance, fitted ones and those held out apart."""
    level = f"{100.0 * report.confidence:g} %"
    intervals = [f"{level}, patients", *([f"{level}, sets"] if report.sets else [])]
    headers = ("target", "unit", "published", "simulated", *intervals, "z", "tolerance", "within", "grade")
    align = f"<<>>{'>' * len(intervals)}><<<"
    show_table("Published and simulated", headers, [_row(result) for result in report.results], align)
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
    words += report.sets.sentences() if report.sets else []
    if report.not_simulated:
        cohorts = listed(sorted({target.cohort for target in report.not_simulated}))
        words.append(f"Not simulated: {len(report.not_simulated)} targets of {cohorts}.")
    return words


def _row(result: "TargetResult") -> tuple[str, ...]:
    record, simulated = result.record, result.simulated
    return (
        record.name,
        unit_text(record.unit),
        number(record.value),
        _number(simulated.value),
        *(_ends(entry) for entry in (simulated, result.over_sets) if entry is not None),
        "-" if math.isnan(result.z) else f"{result.z:+.1f}",
        record.tolerance,
        "yes" if result.is_within else "no",
        record.grade if record.use == "fitted" else f"{record.grade}, held out",
    )


def _ends(interval: "Interval") -> str:
    return "-" if math.isnan(interval.low) else f"{_number(interval.low)} to {_number(interval.high)}"


def _number(value: float) -> str:
    return "never" if value == math.inf else number(value)
