"""``immunosim qualify``: check this installation against its requirements, and write a report that can be filed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import FAILED, AsJson, typed
from immunosim.cli.printing import say, show, show_table, show_text

if TYPE_CHECKING:
    from immunosim.qualification import Qualification

Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder for the report, by default results/qualification_<date and time>."
    ),
]


def qualify(context: typer.Context, out: Out = None, as_json: AsJson = False) -> None:
    """Qualify this installation: check every requirement on this machine.

    Checks packages and shipped files; an untreated person, a set of forty regimens with expected curves, SciPy's
    solver, mass balances and the bits of a reference ensemble; kills and resumes sweeps and damages copies of stored
    files; and simulates published findings that were not fitted. Takes a few minutes. Writes a dated report (HTML and
    JSON); with --json only where --out is given. Exit code 3: a requirement is not met.
    """
    from immunosim.cli.progress import progress
    from immunosim.qualification import qualify as qualified
    from immunosim.qualification.installation import now
    from immunosim.qualification.page import QUALIFICATION, qualification_files
    from immunosim.report import refuse_foreign, to_json, write_folder

    folder = out or Path("results") / f"qualification_{now():%Y-%m-%d_%H%M%S}"
    is_written = out is not None or not as_json
    if is_written:
        refuse_foreign(folder, QUALIFICATION)
    with progress("Qualifying") as doing:

        def tell(detail: str) -> None:
            doing.detail = detail

        qualification = qualified(doing.announce, tell)
    command = typed(context)
    paths = write_folder(folder, qualification_files(qualification, command), QUALIFICATION) if is_written else []
    if as_json:
        show_text(to_json(qualification.as_dict() | {"command": command}).rstrip())
    else:
        _show(qualification)
        show("")
        for path in paths:
            show(f"File:  {path}")
    for failure in qualification.failures:
        say(f"{failure.check.id}: {failure.check.requirement}: {failure.outcome.value}")
        for note in failure.outcome.notes:
            say(f"  {note}")
    if not qualification.passed:
        say(f"{len(qualification.failures)} of {len(qualification.results)} requirements are not met")
        raise typer.Exit(FAILED)


def _show(qualification: "Qualification") -> None:
    rows = [
        (result.check.id, result.check.requirement, result.outcome.value, str(result.outcome.verdict))
        for result in qualification.results
    ]
    show_table("Qualification", ("id", "requirement", "found", "verdict"), rows, align="<<<<")
    if qualification.passed:
        n = sum(result.outcome.verdict != "not applicable" for result in qualification.results)
        show("", f"All {n} requirements that apply are met on this machine ({qualification.seconds:.0f} s).")
