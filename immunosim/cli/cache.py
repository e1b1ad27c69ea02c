"""``immunosim cache``: what the folder of compiled kernels holds, and how to make it smaller."""

import datetime
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.errors import ImmunosimError

if TYPE_CHECKING:
    from immunosim.diagnosis.kernel_cache import CacheEntry


class Action(StrEnum):
    """What to do with the cache."""

    SHOW = "show"
    CLEAR = "clear"


def cache(
    action: Annotated[Action, typer.Argument(help="Show the cache, or clear what is not in use.")] = Action.SHOW,
    everything: Annotated[bool, typer.Option("--all", help="Clear what is in use as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before clearing all.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show or clear the compiled kernels.

    They are in the user's cache folder, or where IMMUNOSIM_CACHE_DIR says. Each entry is compared with its checksums.
    Stale entries belong to another version, another processor or edited sources; what is damaged is made again when it
    is needed. What immunosim did not make is never removed, nor what changed within the last minute, since another
    process may be compiling it.
    """
    from immunosim.door.installation import compiled_kernels, record_of

    kernels = compiled_kernels()
    removed: tuple[CacheEntry, ...] = ()
    if action is Action.CLEAR:
        chosen = kernels.entries if everything else kernels.removable
        if everything and chosen and not yes:
            _confirm()
        removed = kernels.clear(everything)
        _explain_kept([entry for entry in chosen if entry not in removed])
        kernels = kernels.without(removed)
    if as_json:
        from immunosim.report import to_json

        show_text(to_json(kernels.summary() | {"removed": [*map(record_of, removed)]}).rstrip())
        return
    show(f"Cache: {kernels.path}")
    show_table("Removed", HEADERS, [_row(entry) for entry in removed], align="<<><")
    show_table("Entries", HEADERS, [_row(entry) for entry in kernels.entries], align="<<><")
    if not kernels.entries:
        show("It is empty: the next run compiles the kernels (a few seconds).")
    elif kernels.removable:
        show("", "Next:  immunosim cache clear")


HEADERS = ("entry", "state", "MB", "changed", "holds")


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise ImmunosimError("needs a terminal to ask whether to clear all", cure="add --yes")
    typer.confirm("Remove all compiled kernels? The next run compiles them again", abort=True, err=True)


def _explain_kept(kept: "list[CacheEntry]") -> None:
    for entry in kept:
        busy = "changed within the last minute, another process may be compiling it: try again later"
        say(f"{entry.path}: kept, {busy if entry.is_busy else 'it cannot be removed'}")


def _row(entry: "CacheEntry") -> tuple[str, ...]:
    day = datetime.datetime.fromtimestamp(entry.changed).strftime("%Y-%m-%d %H:%M")
    state = f"{entry.state}: {entry.reason}" if entry.reason else entry.state
    return entry.path.name, state, f"{entry.size / 1e6:.1f}", day, entry.holds
