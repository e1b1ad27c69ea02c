"""Arguments and exit codes that the verbs share, and how a command is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.exit_codes import BAD_INPUT as BAD_INPUT
from immunosim.cli.exit_codes import FAILED as FAILED
from immunosim.cli.exit_codes import INTERRUPTED as INTERRUPTED
from immunosim.door.times import day_of as day_of
from immunosim.door.times import duration_of as duration_of
from immunosim.door.times import simulated_day_of as simulated_day_of
from immunosim.files import free_name
from immunosim.safe_text import shell_command

ScenarioFile = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO", help="Scenario file (TOML), or the name of a shipped scenario.", show_default=False
    ),
]

ScenarioOrTable = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help="Scenario file (TOML), or the name of a shipped scenario; or a table with doses, which needs no scenario.",
        show_default=False,
    ),
]

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value of the scenario, such as patient.age=40 or 'course.1.dose=10 mg'. May be repeated.",
        show_default=False,
    ),
]

OfModel = Annotated[str, typer.Option("--model", metavar="NAME", help="The model, by its name.")]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")]


@dataclass(frozen=True)
class ResultFolder:
    """Where a verb writes its results, and whether it prints them as JSON instead."""

    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the results, by default a new one in results/ that is named after the scenario and the "
            "verb. Earlier results in a folder that is named are replaced.",
        ),
    ] = None
    as_json: AsJson = False

    @property
    def is_written(self) -> bool:
        """Whether there are files: with --json only where a folder is named."""
        return self.out is not None or not self.as_json

    def folder(self, scenario: Path, ending: str) -> Path:
        """Return the folder that was named, or ``results/<scenario>_<ending>``, numbered where there is one already."""
        return self.out or free_name(Path("results") / f"{scenario.stem}_{ending}")


def command_line(verb: str, scenario: Path, changes: Sequence[str]) -> str:
    """Return a command as one would type it in a shell."""
    options = [part for change in changes for part in ("--set", change)]
    return shell_command(["immunosim", verb, str(scenario), *options])


def typed(context: typer.Context, without: Sequence[str] = ()) -> str:
    """Return the command of a context as one would type it in a shell, without options that are at their default.

    Parameters
    ----------
    context : typer.Context
    without : sequence of str
        Names of options to leave out.
    """
    words = ["immunosim", context.info_name or ""]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        is_default = value is None or value is False or value == parameter.default  # 0 is neither
        if parameter.name in without or is_default:
            continue
        several = value if isinstance(value, (list, tuple)) else [value]
        if parameter.param_type_name == "argument":
            words += map(str, several)
        elif value is True:
            words.append(parameter.opts[-1])
        else:
            words += [word for one in several for word in (parameter.opts[-1], str(one))]
    return shell_command(words)
