"""``immunosim verify``: solve a scenario a second time by an independent method and store the worst error."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import FAILED, AsJson, Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table, show_text

if TYPE_CHECKING:
    from immunosim.verification import Verification

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for verify.json, by default results/<name>_verify."),
]


def verify(
    scenario: ScenarioFile,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
    timing: Annotated[bool, typer.Option("--timing", help="Measure computing time against SciPy's LSODA.")] = False,
) -> None:
    """Compare a simulation with an independent solver.

    Also checks doses, mass balances and signs. Prints and stores the worst errors; with --json the file is written
    only where --out is given. Exit code 3: a check failed.
    """
    from immunosim.door.simulating import verify as verified
    from immunosim.report import to_json, write_file

    verification = verified(scenario, changes or (), timing=timing, announce=say)
    record = verification.as_dict()
    record["command"] = command_line("verify", scenario, changes or [])
    path = (out or Path("results") / f"{scenario.stem}_verify") / "verify.json"
    if out is not None or not as_json:
        write_file(path, to_json(record).encode())
    if as_json:
        show_text(to_json(record).rstrip())
    else:
        _show(verification)
        show_text(f"\n{verification.timing}" if verification.timing else "")
        show(f"File:  {path}")
        show(f"Next:  {command_line('run', scenario, changes or [])}")
    if not verification.passed:
        say(f"{scenario}: {len(verification.failures)} of {len(verification.checks)} checks failed")
        raise typer.Exit(FAILED)


def _show(verification: "Verification") -> None:
    rows = [
        (
            check.name,
            check.claim,
            check.where,
            f"{check.value:.1e}",
            f"{check.limit:.0e}",
            "ok" if check.passed else "FAILED",
        )
        for check in verification.checks
    ]
    headers = ("check", "what is measured", "worst at", "worst", "limit", "")
    show_table(f"Verification against {verification.reference}", headers, rows, align="<<<>><")
