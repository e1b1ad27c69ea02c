"""Arguments and exit codes that the verbs share, and how a command is written down."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

BAD_INPUT = 2
"""Exit code where the user has to change something."""

FAILED = 3
"""Exit code where a simulation failed or did not pass its verification."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""

TERMINATED = 143
"""Exit code after SIGTERM, as shells expect it."""

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (TOML).", show_default=False)]

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value of the scenario, such as patient.age=40 or 'course.1.dose=10 mg'. May be repeated.",
        show_default=False,
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")]


def command_line(verb: str, scenario: Path, changes: Sequence[str]) -> str:
    """Return a command as one would type it in a shell."""
    options = [part for change in changes for part in ("--set", change)]
    return shlex.join(["immunosim", verb, str(scenario), *options])
