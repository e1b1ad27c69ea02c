"""The verbs by name, each imported when it is first asked for: a command loads its own module and no other's.

Knows what the verbs are called, in which group the help shows them and where they are, not what they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from immunosim.cli.renamed import modernised
from immunosim.cli.spelling import respelled
from immunosim.errors import ImmunosimError

GROUPS = {
    "Simulate": ("init", "run", "check", "verify", "explain", "compare", "report"),
    "Explore": ("sweep", "cohort", "sensitivity", "plot", "failures", "replay", "digest", "merge"),
    "Fit": ("fit", "profile", "sample", "forecast", "calibrate", "risk"),
    "Data": ("data",),
    "Teach": ("teach",),
    "Model": ("model", "params", "schema", "examples"),
    "Installation": ("doctor", "qualify", "cache", "help"),
}
"""In the order of the help; each verb is defined in the module of this package that is called like it."""

NAMES = tuple(name for names in GROUPS.values() for name in names)


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


class Verb(TyperCommand):
    """A verb that still understands the spellings of earlier versions, and whose errors name its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after the verb."""
        words = args if ctx.resilient_parsing else modernised(self.name or "", args)
        return super().parse_args(ctx, words)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; its errors name options."""
        try:
            return super().invoke(ctx)
        except ImmunosimError as error:
            raise respelled(error, ctx) from error.__cause__


@cache
def _command(name: str) -> Any:
    verb = getattr(import_module(f"immunosim.cli.{name}"), name)
    if isinstance(verb, typer.Typer):
        return typer.main.get_command(verb)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name, cls=Verb)(verb)
    return typer.main.get_command(alone)
