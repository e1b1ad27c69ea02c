"""``immunosim report``: simulate a scenario and write a page to read, print and keep."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import FAILED, Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show
from immunosim.cli.progress import progress

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for the report, by default results/<name>_report."),
]


def report(
    scenario: ScenarioFile,
    changes: Changes = None,
    out: Out = None,
) -> None:
    """Simulate a scenario and write a report: results, sources of all values, and the command that reproduces it.

    The folder gets report.html, one page that needs no other file and no network, figure.pdf, summary.json and
    scenario.toml, all or none; an earlier report there is replaced whole, a folder that holds anything else is refused.
    Exit code 3: the integration failed; the report says how.
    """
    from immunosim.door.simulating import simulate
    from immunosim.report import record_files, refuse_foreign, summarise, write_folder
    from immunosim.report.page import report_files

    command, folder = (
        command_line("report", scenario, changes or []),
        out or Path("results") / f"{scenario.stem}_report",
    )
    refuse_foreign(folder)
    with progress("Simulating") as now:
        trajectory = simulate(scenario, changes or (), announce=now.announce)
        now.begin("Writing the report")
        summary = summarise(trajectory)
        files = report_files(trajectory, summary, command) | record_files(trajectory, summary)
        write_folder(folder, files)
    show(summary["title"] or "Untitled scenario")
    show(f"Report: {folder / 'report.html'} (open it in a browser; it prints on A4)")
    show(f"Figure: {folder / 'figure.pdf'}")
    show(summary["intended_use"])
    following = "verify" if trajectory.is_complete else "check"
    show(f"Next:  {command_line(following, scenario, changes or [])}")
    if not trajectory.is_complete:
        say(f"{scenario}: {trajectory.failure()}")
        raise typer.Exit(FAILED)
