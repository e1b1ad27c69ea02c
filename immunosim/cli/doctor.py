"""``immunosim doctor``: whether this installation works, and what to do where it does not."""

import typer

from immunosim.cli.options import FAILED, AsJson
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import progress
from immunosim.safe_text import json_text


def doctor(as_json: AsJson = False) -> None:
    """Check the installation and run a simulation with a known result.

    Prints versions, machine, kernel cache and the core in use, each ok, warning or problem, and a cure where there is
    something to do. Please send it with a report of an error. Exit code 3: a problem was found, or the self-test
    failed.
    """
    from immunosim.door.installation import examine

    with progress("Examining the installation (compiles the kernels where that has not been done)"):
        examination = examine()
    if as_json:
        show_text(json_text(examination.summary()))
    else:
        rows = [(finding.name, str(finding.state), finding.found) for finding in examination]
        show_table("Installation", ("what", "state", "found"), rows, align="<<<")
        cures = [(finding.name, finding.cure) for finding in examination if finding.cure]
        show_table("What to do", ("what", "cure"), cures, align="<<")
    if examination.problems:
        say(f"Problems: {', '.join(finding.name for finding in examination.problems)}")
        raise typer.Exit(FAILED)
    if not as_json:
        show("", "All checks passed.", "Next:  immunosim run case_report")
