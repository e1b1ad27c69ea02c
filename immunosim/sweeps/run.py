"""A whole sweep in the one order of its steps: examined, piloted, refused or begun, computed, opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from immunosim.codegen.loader import say_nothing
from immunosim.sweeps.outlook import Outlook, expected
from immunosim.sweeps.plan import Plan
from immunosim.sweeps.quote import Quote, refuse_too_much, run_pilot
from immunosim.sweeps.result import SweepResult, open_result
from immunosim.sweeps.running import remaining
from immunosim.sweeps.store import SweepStore
from immunosim.sweeps.sweeping import (
    RunOptions,
    existing_store,
    finished_result,
    new_store,
    refuse_existing,
    remove_leftovers,
    sweep_states,
    taken,
)

Note = Callable[[str], None]
Stage = Callable[[str], AbstractContextManager[Note]]
"""Enters a step by its name, and gives what is told in a sentence what was found."""


def ready_store(
    plan: Plan,
    path: Path,
    manner: RunOptions,
    stage: Stage,
    quoted: Callable[[Quote], None] | None = None,
) -> SweepStore | None:
    """Return the store to fill, a new one or what is left of an earlier one; None where nothing is left to do.

    Parameters
    ----------
    plan : Plan
    path : Path
        Of the result; the caller holds its place.
    manner : RunOptions
    stage : callable
    quoted : callable, optional
        Told what the sweep will take. Without it, an unfinished sweep is gone on with without a pilot.

    Raises
    ------
    DataError
        If the result belongs to another sweep, or memory or disk will not suffice.
    OutputError
        If the place cannot be written.
    """
    with stage("Examining what is stored") as note:
        is_finished = finished_result(plan, path, manner, note)
        store = None if is_finished else existing_store(plan, path, manner, note)
    if is_finished:
        remove_leftovers(path)
        return None
    if store is not None and store.path == path and not remaining(store, manner.shard):
        return None
    if store is not None and quoted is None:
        return store
    with stage("Compiling and running a pilot"):
        pilot = run_pilot(plan, manner.threads)
    found = Outlook() if store is None else Outlook("", store.layout, tuple(store.done()))
    quote = expected(plan, pilot, path, manner, found)
    refuse_too_much(quote, path)
    if quoted is not None:
        quoted(quote)
    return store or new_store(plan, path, manner, pilot)


def run_sweep(
    plan: Plan,
    path: str | Path,
    manner: RunOptions | None = None,
    note: Note = say_nothing,
) -> SweepResult:
    """Run a sweep and open its result.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        Ends in ``.zarr`` or ``.nc``.
    manner : RunOptions, optional
    note : callable
        Told in a sentence what was found wrong and is computed again.

    Raises
    ------
    DataError
        If the result exists and is neither resumed nor replaced, or belongs to another sweep; or if memory or disk
        will not suffice.
    OutputError
        If the disk is full or cannot be written; finished blocks are kept.
    """
    target, how = Path(path), manner or RunOptions()
    refuse_existing(target, how)
    with taken(target, how, note):
        store = ready_store(plan, target, how, lambda title: nullcontext(note))
        if store is not None:
            for _ in sweep_states(plan, target, store, how):
                pass
    found = open_result(target)
    assert isinstance(found, SweepResult)
    return found
