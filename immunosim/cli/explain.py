"""``immunosim explain``: say what a read-out would be without each treatment, or account for its change."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_text
from immunosim.cli.progress import progress
from immunosim.formatting import number
from immunosim.safe_text import shell_command

if TYPE_CHECKING:
    from immunosim.attribution import Counterfactuals, Explanation

Readout = Annotated[
    str, typer.Option("--readout", metavar="NAME", help="Read-out or pool, such as cd4.", show_default=False)
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Time of the question, such as '6 months'; by default that of the largest effect of a treatment. With "
        "--accounting its end, by default the horizon.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TIME", help="With --accounting: its start; by default the untreated start of the simulation."
    ),
]
Accounting = Annotated[
    bool, typer.Option("--accounting", help="Write the change as a sum of contributions of the processes instead.")
]
Direct = Annotated[
    bool,
    typer.Option("--direct", help="With --accounting: do not trace cells through the exchange of blood and tissue."),
]
Gross = Annotated[
    bool, typer.Option("--gross", help="With --accounting: report total flows, not their excess over untreated.")
]
Top = Annotated[
    int, typer.Option("--top", metavar="N", min=1, help="Rows of a table; of an accounting the others are added up.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<name>_explain.")
]


def explain(
    scenario: ScenarioFile,
    readout: Readout,
    at: At = None,
    since: Since = None,
    accounting: Accounting = False,
    direct: Direct = False,
    gross: Gross = False,
    top: Top = 12,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say what a read-out would be without each treatment and mechanism.

    The scenario is simulated again without each of them: counterfactuals_<readout>.png, .csv and _courses.csv. With
    --accounting the change is a sum of contributions of processes: why_<readout>.png, .csv and _series.csv. With --json
    files are written only where --out is given. Exit code 3: the simulation failed.
    """
    from immunosim.door.simulating import explain as explained
    from immunosim.door.simulating import explanation_files
    from immunosim.report import to_json, write_file

    folder = out or Path("results") / f"{scenario.stem}_explain"
    is_written = out is not None or not as_json
    with progress("Simulating what would be without each treatment and mechanism") as shown:
        explanation = explained(
            *(scenario, readout, at, since),
            accounting=accounting,
            direct=direct,
            gross=gross,
            overrides=changes or (),
            announce=shown.announce,
        )
        shown.begin("Drawing")
        files = explanation_files(explanation) if is_written else {}
    for name, content in files.items():
        write_file(folder / name, content)
    command = command_line("explain", scenario, changes or [])
    if as_json:
        times = (*(("--at", at) if at else ()), *(("--from", since) if since else ()))
        asked = shell_command(("--readout", readout, *times, *(("--accounting",) if accounting else ())))
        show_text(to_json(explanation.summary() | {"command": f"{command} {asked}"}).rstrip())
    else:
        _show(explanation, top)
        show("", f"Files: {', '.join(str(folder / name) for name in files)}")
        if not accounting:
            asked = shell_command(("--readout", readout, "--at", f"{explanation.at:.6g} days", "--accounting"))
            show(f"Next:  {command} {asked}")
    _complain(scenario, explanation)


def _show(explanation: "Counterfactuals | Explanation", top: int) -> None:
    from immunosim.cli.accounting_tables import show_accounting
    from immunosim.cli.counterfactual_tables import show_counterfactuals
    from immunosim.door.simulating import is_accounting

    if is_accounting(explanation):
        show_accounting(explanation, top)
    else:
        show_counterfactuals(explanation, top)


def _complain(scenario: Path, explanation: "Counterfactuals | Explanation") -> None:
    from immunosim.cli.accounting_tables import unit_of
    from immunosim.door.simulating import is_accounting

    if is_accounting(explanation) and not explanation.is_closed:
        left = f"{number(abs(explanation.residual))} {unit_of(explanation)}"
        say(f"{scenario}: {left} of the change are unexplained")
