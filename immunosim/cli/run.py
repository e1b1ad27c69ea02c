"""``immunosim run``: simulate a scenario, write its results, print what a clinician would ask."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.figures import load_matplotlib
from immunosim.cli.options import FAILED, AsJson, Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.report.summary import RunSummary
    from immunosim.trajectory import Trajectory

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<name of the scenario>."),
]


def run(
    scenario: ScenarioFile,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
    report: Annotated[bool, typer.Option("--report", help="Add a page to read and print, and its figure.")] = False,
) -> None:
    """Simulate a scenario, write its results and print a short table.

    The folder gets trajectory.nc, trajectory.csv, summary.json, figure.png and scenario.toml, and with --report
    report.html and figure.pdf, all or none; earlier results there are replaced whole, a folder that holds anything else
    is refused. With --json only the summary is printed, and files are written only with
    --out or --report. More than 300 000 output times are not written. What takes longer than two seconds is shown on
    standard error. Exit code 3: the integration failed; its results are written with their status.
    """
    from immunosim.cli.tables import show_files, show_summary
    from immunosim.door.scenarios import as_scenario
    from immunosim.door.simulating import simulate
    from immunosim.door.told_risks import risks_at_end
    from immunosim.report import refuse_foreign, refuse_large, summarise, to_json, write_folder

    command = command_line("run", scenario, changes or [])
    folder = out or Path("results") / scenario.stem
    is_written = out is not None or report or not as_json
    found, _ = as_scenario(scenario, changes or ())
    if is_written:
        refuse_foreign(folder)
        refuse_large(folder, found)
    with progress("Simulating") as now:
        trajectory = simulate(scenario, changes or (), announce=now.announce)
        now.begin("Summarising")
        summary = summarise(trajectory, risks_at_end(scenario, changes or (), now.announce))
    try:
        if not as_json:
            show_summary(summary)  # read while the files are made
    finally:  # also where the pipe is closed after a few lines
        if is_written:
            with progress("Writing the results"):
                page = command_line("report", scenario, changes or []) if report else None
                write_folder(folder, _files(trajectory, summary, command, page))
    if report:
        say(f"Report: {folder / 'report.html'} (open it in a browser)")
    if as_json:
        show_text(to_json(summary).rstrip())
    else:
        following = "verify" if trajectory.is_complete else "check"
        show_files(summary, folder, command_line(following, scenario, changes or []))
    if not trajectory.is_complete:
        say(f"{scenario}: {trajectory.failure()}")
        raise typer.Exit(FAILED)


def _files(trajectory: "Trajectory", summary: "RunSummary", command: str, page: str | None) -> dict[str, bytes]:
    """Return the files of the folder; with the page, where its command is given."""
    load_matplotlib()
    from immunosim.plots import encoded
    from immunosim.report import draw_page, result_files

    files = result_files(trajectory, summary, command) | {"figure.png": encoded(draw_page(trajectory), "png")}
    if page is None:
        return files
    from immunosim.report.page import report_files

    return files | report_files(trajectory, summary, page)
