"""The entry point: the verbs, the version, and what becomes of errors.

Errors that a user can cause end in a message on standard error and an exit code, never in a traceback. This module
imports nothing heavy, so that ``immunosim --help`` answers at once.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from immunosim.cli.check import check
from immunosim.cli.options import BAD_INPUT, FAILED, INTERRUPTED
from immunosim.cli.params import params
from immunosim.cli.printing import say, show
from immunosim.cli.run import run
from immunosim.cli.verify import verify
from immunosim.errors import ImmunosimError, SolverError


class Verbs(TyperGroup):
    """The group of all verbs, which turns our errors and Ctrl-C into messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen verb."""
        try:
            return super().invoke(ctx)
        except ImmunosimError as error:
            say(str(error))
            raise typer.Exit(FAILED if isinstance(error, SolverError) else BAD_INPUT) from None
        except KeyboardInterrupt:
            say("Interrupted: nothing was left half-written")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="immunosim",
    cls=Verbs,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: paragraphs are wrapped, and rich need not be imported
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _verb in (run, check, verify, params):
    app.command()(_verb)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            show(f"immunosim {metadata.version('immunosim')}")
        except metadata.PackageNotFoundError:
            show("immunosim (run from its source tree, not installed)")
        raise typer.Exit


@app.callback()
def immunosim(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Simulate immune repopulation after lymphocyte depletion. Research and teaching software, not a medical device.

    Start with: immunosim run configs/case_report.toml
    """


def main() -> None:
    """Run the command line."""
    app()
