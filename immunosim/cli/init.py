"""``immunosim init``: write a scenario to start from."""

import os
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import command_line
from immunosim.cli.printing import show
from immunosim.errors import ScenarioError
from immunosim.safe_text import shell_command


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
    from immunosim.report import OutputError, write_file
    from immunosim.scenario.template import starting_scenario, what_if_scenario

    _refuse(file, force)
    name = shell_command([str(file)])
    if base is None:
        text = starting_scenario(name, minimal=minimal)
    else:
        text = what_if_scenario(name, _seen_from(file, base), minimal=minimal)
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


def _seen_from(file: Path, base: Path) -> str:
    """Return the path of a base as the new file names it, after making sure that it can be extended."""
    from immunosim.scenario import load_scenario
    from immunosim.scenario.examples import located

    load_scenario(base)
    place = located(base)
    grandparent = tomllib.loads(place.read_text(encoding="utf-8-sig")).get("extends")
    if grandparent is not None:
        cure = "only one level is allowed, start from a scenario that stands alone"
        raise ScenarioError(f'itself extends "{grandparent}"', file=str(base), key="extends", cure=cure)
    if place != base:
        return base.name  # a shipped scenario, which every installation finds by its name
    if file.resolve() == base.resolve():
        raise ScenarioError("would extend itself", file=str(file), cure="choose another name for the new file")
    return Path(os.path.relpath(base.resolve(), file.parent.resolve())).as_posix()
