"""The entry point: the verbs, the version, and what becomes of errors.

Errors that a user can cause end in a message on standard error and an exit code, never in a traceback. This module
imports nothing heavy, so that ``immunosim --help`` answers at once.
"""

import errno
import io
import os
import signal
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from immunosim.cli.cache import cache
from immunosim.cli.check import check
from immunosim.cli.compare import compare
from immunosim.cli.data import data
from immunosim.cli.digest import digest
from immunosim.cli.doctor import doctor
from immunosim.cli.explain import explain
from immunosim.cli.failures import failures
from immunosim.cli.fit import fit
from immunosim.cli.forecast import forecast
from immunosim.cli.init import init
from immunosim.cli.merge import merge
from immunosim.cli.model import model
from immunosim.cli.options import BAD_INPUT, FAILED, INTERRUPTED, TERMINATED
from immunosim.cli.params import params
from immunosim.cli.plot import plot
from immunosim.cli.printing import say, show
from immunosim.cli.profile import profile
from immunosim.cli.qualify import qualify
from immunosim.cli.replay import replay
from immunosim.cli.report import report
from immunosim.cli.run import run
from immunosim.cli.sample import sample
from immunosim.cli.schema import schema
from immunosim.cli.sensitivity import sensitivity
from immunosim.cli.sweep import sweep
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
        except OSError as error:
            if error.errno == errno.EPIPE or error.filename is not None:
                raise
            _give_up_output()
            say(f"Standard output cannot be written: {error.strerror}")
            raise typer.Exit(BAD_INPUT) from None


def _give_up_output() -> None:
    """Point standard output at nothing, so that Python does not try to write the rest of it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="immunosim",
    cls=Verbs,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: paragraphs are wrapped, and rich need not be imported
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERBS = (
    *(init, run, check, verify, explain, compare, report),
    *(fit, profile, sample, forecast),
    *(sweep, sensitivity, plot, failures, digest, merge, replay),
    *(model, params, schema, doctor, qualify, cache),
)
for _verb in _VERBS:
    app.command()(_verb)
app.add_typer(data)


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
    """Run the command line.

    SIGTERM ends it as tidily as Ctrl-C does, and a terminal without a letter that is to be printed gets "?" for it.
    """
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("immunosim"):
            raise
        package = error.name.partition(".")[0]
        say(f"The package {package} is missing, run: python -m pip install {package} (or: immunosim doctor)")
        raise SystemExit(BAD_INPUT) from None


def _terminate(number: int, frame: object) -> None:
    raise SystemExit(TERMINATED)
