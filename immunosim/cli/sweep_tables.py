"""What ``immunosim sweep`` prints: what it will take, and what came of it."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from immunosim.cli.event_tables import show_events
from immunosim.cli.options import FAILED
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import progress
from immunosim.cli.spelling import in_options
from immunosim.formatting import duration, size
from immunosim.safe_text import shell_command

if TYPE_CHECKING:
    from immunosim.cohorts import CohortResult
    from immunosim.door.estimating import SweepEstimate
    from immunosim.sweeps import Quote, RunOptions, SweepResult

MOST_DESCRIBED = 5_000_000
"""Patients beyond which the results are not read again to describe them."""


def show_estimate(estimate: "SweepEstimate", as_json: bool) -> None:
    """Print what a sweep would take, what exists already, and whether there is enough."""
    from immunosim.report import to_json

    quote = estimate.quote
    if as_json:
        words = [in_options(sentence) for sentence in estimate.existing]
        show_text(to_json(estimate.summary() | {"existing": words}).rstrip())
    else:
        rows = [
            _time(quote),
            ("memory", size(quote.memory), f"{size(quote.memory_available)} available"),
            ("disk", size(quote.disk), f"{size(quote.disk_free)} free"),
            ("chunks", f"{quote.n_blocks:,}", f"of {quote.rows_per_block:,} patients"),
        ]
        show(quote.in_words)
        show_table("Estimated cost", ("what", "how much", ""), rows, "<><")
        for sentence in estimate.existing:
            show("", in_options(sentence))
        show("", f"Dry run, nothing written; the result would be {estimate.path}")
    estimate.refuse_too_much()


def _time(quote: "Quote") -> tuple[str, str, str]:
    if math.isnan(quote.seconds):
        return "time", "not measured", "the first sweep compiles the solver (some seconds); repeat --dry-run after it"
    return "time", duration(quote.seconds), f"from a pilot of {quote.n_pilot:,} patients"


def finish(target: Path, manner: "RunOptions", parquet: bool, as_json: bool, report: bool = False) -> None:
    """Write tables and page, print what came of the sweep and where it is, and exit with 3 where patients failed.

    So it does where patients are missing: of a part, other parts compute them.
    """
    from immunosim.door.cohorts import cohort_in
    from immunosim.door.stored import sweep_in
    from immunosim.report import to_json

    result = sweep_in(target)
    missing = result.n_missing
    if missing:
        others = f"; this was part {manner.shard.number} of {manner.shard.of}" if manner.shard.of > 1 else ""
        say(f"{target}: {missing:,} of {len(result):,} patients are not computed yet{others}")
    tables = _tables(result, target) if parquet and not missing else []
    shown = cohort_in(result) or result
    described = shown.summary() if len(result) <= MOST_DESCRIBED else {}
    counts = result.counts()
    if as_json:
        about = {"result": str(target), "tables": [str(table) for table in tables], "status": counts}
        show_text(to_json(about | {"endpoints": described}).rstrip())
    else:
        _show(shown, target, tables, described, counts)
    if report and not missing:
        _write_report(target)
    if set(counts) - {"OK", "NOT_RUN"} or (missing and manner.shard.of == 1):
        raise typer.Exit(FAILED)


def _write_report(target: Path) -> None:
    from immunosim.door.reporting import write_report

    with progress("Writing the report"):
        path = write_report(target)
    say(f"Report: {path} (open it in a browser)")


def _tables(result: "SweepResult", target: Path) -> list[Path]:
    with progress("Writing Parquet tables"):
        return result.to_parquet(target)


def _show(
    result: "SweepResult | CohortResult",
    target: Path,
    tables: list[Path],
    described: dict[str, dict[str, float | str]],
    counts: dict[str, int],
) -> None:
    ended = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    show(f"{len(result):,} patients: {ended}")
    rows = [
        (name, *(f"{one[key]:.4g}" for key in ("median", "p5", "p95")), str(one["unit"]), f"{one['n']:,}")
        for name, one in described.items()
        if "n_reached" not in one
    ]
    show_table("Endpoints", ("endpoint", "median", "5 %", "95 %", "unit", "patients"), rows, "<>>><>")
    show_events(described, result.reference)
    show("", f"Result: {target}", *(f"Table:  {table}" for table in tables))
    following = "failures" if set(counts) - {"OK", "NOT_RUN"} else "plot"
    show(f"Next:   {shell_command(['immunosim', following, str(target)])}")
