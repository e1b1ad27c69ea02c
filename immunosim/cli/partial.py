"""The end of a run that is interrupted: what is kept, and the command to go on with."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from immunosim.cli.options import INTERRUPTED
from immunosim.cli.printing import say


@contextmanager
def interruptible(what_is_kept: str, command: str) -> Iterator[None]:
    """End in how to go on where the block is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"Interrupted: {what_is_kept} are kept; continue with: {command} --resume")
        raise typer.Exit(INTERRUPTED) from None
