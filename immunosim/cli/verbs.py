"""The verbs by name, each imported when it is first asked for: a command loads its own module and no other's.

Knows what the verbs are called and where they are, not what they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer

NAMES = (
    *("init", "run", "check", "verify", "explain", "compare", "report"),
    *("fit", "profile", "sample", "forecast"),
    *("sweep", "sensitivity", "plot", "failures", "digest", "merge", "replay"),
    *("model", "params", "schema", "examples", "doctor", "qualify", "cache", "data"),
)
"""In the order of the help; each is defined in the module of this package that is called like it."""


class Verbs(Mapping[str, Any]):
    """The commands by name, as a group of typer holds them."""

    def __getitem__(self, name: str) -> Any:
        """Return a verb as a command."""
        if name not in NAMES:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in the order of the help."""
        return iter(NAMES)

    def __len__(self) -> int:
        """Return how many verbs there are."""
        return len(NAMES)


@cache
def _command(name: str) -> Any:
    verb = getattr(import_module(f"immunosim.cli.{name}"), name)
    if isinstance(verb, typer.Typer):
        return typer.main.get_command(verb)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name)(verb)
    return typer.main.get_command(alone)
