"""The command line as typer knows it: the verbs, the version, and what becomes of errors.

Errors that a user can cause end in a message on standard error and an exit code, never in a traceback. This module
imports nothing heavy, so that ``immunosim --help`` answers at once.
"""

import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from immunosim.cli.exit_codes import BAD_INPUT, FAILED, INTERRUPTED, INTERRUPTION, READER_GONE
from immunosim.cli.printing import say, say_error, show
from immunosim.cli.verbs import GROUPS, Verbs
from immunosim.errors import ImmunosimError, SolverError
from immunosim.safe_text import lines

WHOLE_SENTENCE = 200
"""Longest first sentence of a verb's help, which the list of verbs shows uncut."""

_UsageError: Any = typer.BadParameter.__mro__[1]  # typer brings it under different names


class Immunosim(TyperGroup):
    """The group of all verbs, which turns our errors and Ctrl-C into messages and exit codes."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = Verbs()

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the verbs without importing them."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs in their groups, each with the first sentence of its help."""
        width = max(map(len, self.commands))
        for title, names in GROUPS.items():
            with formatter.section(title):
                rows = [(name.ljust(width), self.commands[name].get_short_help_str(WHOLE_SENTENCE)) for name in names]
                formatter.write_dl(rows)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the command line."""
        with _told():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen verb."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    """End the process with a message and an exit code where the block cannot go on; warn in a line of our own."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _Warnings()
            yield
    except ImmunosimError as error:
        say_error(error)
        raise typer.Exit(FAILED if isinstance(error, SolverError) else BAD_INPUT) from None
    except KeyboardInterrupt:
        say(INTERRUPTION)
        raise typer.Exit(INTERRUPTED) from None
    except _UsageError as error:  # quotes what was typed
        error.message = lines(error.message)
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        _give_up_output()
        if error.errno == errno.EPIPE:
            raise typer.Exit(READER_GONE) from None
        say(f"Standard output cannot be written: {error.strerror}")
        raise typer.Exit(BAD_INPUT) from None


class _Warnings:
    """Prints each warning once; those of this package name a file and a key, others a line of code."""

    def __init__(self) -> None:
        self.printed: set[str] = set()

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: Any = None,
    ) -> None:
        place = "" if category.__module__.startswith("immunosim.") else f"{filename}:{lineno}: "
        text = f"warning: {place}{message}"
        if text not in self.printed:
            self.printed.add(text)
            say(text)


def _give_up_output() -> None:
    """Point standard output at nothing, so that Python does not try to write the rest of it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="immunosim",
    cls=Immunosim,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: paragraphs are wrapped, and rich need not be imported
    context_settings={"help_option_names": ["-h", "--help"]},
)


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

    Start with: immunosim run case_report
    """
