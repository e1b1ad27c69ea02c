"""``immunosim report``: write a page to read, print and keep, of a scenario or of results on disk."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import FAILED, Changes, command_line
from immunosim.cli.printing import say, show
from immunosim.cli.progress import progress

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for the report, by default results/<name>_report."),
]


Reportable = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO|RESULT",
        help="Scenario file (TOML), or the name of a shipped scenario; or the results of a fit, a forecast, a sweep or "
        "a cohort.",
        show_default=False,
    ),
]


Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--targets",
        metavar="FILE",
        help="Of a cohort: target file (TOML), or the name of one that comes with the model. Repeatable.",
        show_default=False,
    ),
]


def report(
    scenario: Reportable,
    changes: Changes = None,
    targets: Targets = None,
    out: Out = None,
) -> None:
    """Write a report of a scenario, which is simulated, or of the results of a fit, a forecast, a sweep or a cohort.

    Of a scenario the folder gets report.html, one page that needs no other file and no network, figure.pdf,
    summary.json and scenario.toml, all or none; an earlier report there is replaced whole, a folder that holds anything
    else is refused. Of results report.html is written into their folder, or beside a sweep or a cohort; with --targets
    the page of a cohort compares it with published numbers. Exit code 3: the integration failed; the report says how.
    """
    from immunosim.door.reporting import is_result
    from immunosim.errors import DataError

    if is_result(scenario):
        _of_result(scenario, changes, targets or [], out)
        return
    if targets:
        raise DataError("is for a cohort", key="--targets", cure="run immunosim cohort, and name its result")
    _of_scenario(scenario, changes or [], out)


def _of_result(result: Path, changes: list[str] | None, targets: list[str], out: Path | None) -> None:
    from immunosim.door.reporting import PAGE, write_report
    from immunosim.errors import DataError

    if changes:
        raise DataError("is for a scenario", key="--set", cure="change the scenario and compute the result again")
    with progress("Writing the report"):
        path = write_report(result, out / PAGE if out else None, targets=targets)
    show(f"Report: {path} (open it in a browser; it prints on A4)")


def _of_scenario(scenario: Path, changes: list[str], out: Path | None) -> None:
    from immunosim.door.simulating import simulate
    from immunosim.door.told_risks import risks_at_end
    from immunosim.report import record_files, refuse_foreign, summarise, write_folder
    from immunosim.report.page import report_files

    command, folder = (
        command_line("report", scenario, changes),
        out or Path("results") / f"{scenario.stem}_report",
    )
    refuse_foreign(folder)
    with progress("Simulating") as now:
        trajectory = simulate(scenario, changes, announce=now.announce)
        now.begin("Writing the report")
        summary = summarise(trajectory, risks_at_end(scenario, changes, now.announce))
        files = report_files(trajectory, summary, command) | record_files(trajectory, summary)
        write_folder(folder, files)
    show(summary["title"] or "Untitled scenario")
    show(f"Report: {folder / 'report.html'} (open it in a browser; it prints on A4)")
    show(f"Figure: {folder / 'figure.pdf'}")
    show(summary["intended_use"])
    following = "verify" if trajectory.is_complete else "check"
    show(f"Next:  {command_line(following, scenario, changes)}")
    if not trajectory.is_complete:
        say(f"{scenario}: {trajectory.failure()}")
        raise typer.Exit(FAILED)
