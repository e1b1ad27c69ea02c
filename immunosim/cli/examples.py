"""``immunosim examples``: list the shipped scenarios, and copy them with their data."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import AsJson
from immunosim.cli.printing import show, show_table, show_text
from immunosim.safe_text import shell_command

Copy = Annotated[
    Path | None,
    typer.Option("--copy", metavar="DIR", help="Copy the scenarios and their data into this folder, to change them."),
]


def examples(copy: Copy = None, as_json: AsJson = False) -> None:
    """List the shipped scenarios; with --copy, copy them and their data.

    Every command that takes a scenario file also takes the name of a shipped scenario. Existing files are not replaced.
    """
    from immunosim.scenario import examples as shipped

    if copy is not None:
        written = shipped.copy_examples(copy)
        show(f"Copied {len(written)} files to {copy}.")
        show(f"Next:  {shell_command(['immunosim', 'run', str(copy / 'case_report.toml')])}")
        return
    shipped_scenarios = shipped.examples()
    if as_json:
        from immunosim.report import to_json

        show_text(
            to_json(
                [
                    {"name": example.name, "title": example.title, "description": example.description}
                    for example in shipped_scenarios
                ]
            )
        )
        return
    show_table(
        "Shipped scenarios", ("name", "title"), [(example.name, example.title) for example in shipped_scenarios], "<<"
    )
    show("", f"Tables: {', '.join(shipped.shipped_data())} (for --data)")
    show("Next:  immunosim run case_report")
