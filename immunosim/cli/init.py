"""``immunosim init``: write a scenario to start from."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import command_line
from immunosim.cli.printing import show
from immunosim.errors import ScenarioError


def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="File to write.")] = Path("my_scenario.toml"),
    base: Annotated[
        Path | None,
        typer.Option(
            "--extends", metavar="SCENARIO", help="Write a change to this scenario, which the new one extends."
        ),
    ] = None,
    minimal: Annotated[bool, typer.Option("--minimal", help="Write only the required keys, without comments.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
) -> None:
    """Write a scenario to start from.

    It has two courses of alemtuzumab, a pulse of methylprednisolone and observed counts, runs as it is, and says in
    comments what else is possible.
    """
    from immunosim.door.scenario_files import starting_scenario
    from immunosim.report import OutputError, write_file

    _refuse(file, force)
    text = starting_scenario(file, extends=base, minimal=minimal)
    try:
        write_file(file, text.encode())
    except OutputError as error:
        raise OutputError(error.reason, file=str(file), cure="name a file in a folder that you may write") from None
    show(f"Wrote {file}{'' if base is None else f', which extends {base}'}.")
    show(f"Next:  {command_line('run', file, ())}")


def _refuse(file: Path, force: bool) -> None:
    """Raise where the file must not be written."""
    if file.is_dir():
        raise ScenarioError("is a folder", file=str(file), cure="name a file in it")
    if not file.parent.is_dir():
        raise ScenarioError(f"there is no folder {file.parent}", file=str(file), cure="create it first")
    if file.exists() and not force:
        raise ScenarioError("already exists", file=str(file), cure="choose another name, or replace it with --force")
