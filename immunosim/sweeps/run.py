"""A whole sweep, step by step: examine, pilot, refuse or begin, simulate, open."""

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

TellNote = Callable[[str], None]
Stage = Callable[[str], AbstractContextManager[TellNote]]
"""Begins a named step, and returns a function that receives its remarks."""


def ready_store(
    plan: Plan,
    path: Path,
    manner: RunOptions,
    stage: Stage,
    quoted: Callable[[Quote], None] | None = None,
) -> SweepStore | None:
    """Return the store to fill, new or resumed; None where nothing remains.

    Parameters
    ----------
    plan : Plan
    path : Path
        Of the result; the caller holds its lock.
    manner : RunOptions
    stage : callable
    quoted : callable, optional
        Receives the cost estimate. Without it, an unfinished sweep is resumed without a pilot.

    Raises
    ------
    DataError
        If the result belongs to another sweep, or memory or disk will not suffice.
    OutputError
        If the location is not writable.
    """
    with stage("Examining the stored result") as note:
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
    outlook = Outlook() if store is None else Outlook("", store.layout, tuple(store.done()))
    quote = expected(plan, pilot, path, manner, outlook)
    refuse_too_much(quote, path)
    if quoted is not None:
        quoted(quote)
    return store or new_store(plan, path, manner, pilot)


def run_sweep(
    plan: Plan,
    path: str | Path,
    manner: RunOptions | None = None,
    note: TellNote = say_nothing,
) -> SweepResult:
    """Run a sweep and open its result.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        Ends in ``.zarr`` or ``.nc``.
    manner : RunOptions, optional
    note : callable
        Receives a sentence on each damage and its repair.

    Raises
    ------
    DataError
        If the result exists and is neither resumed nor replaced, or belongs to another sweep; or if memory or disk
        will not suffice.
    OutputError
        If the disk is full or not writable; finished blocks are kept.
    """
    target, how = Path(path), manner or RunOptions()
    refuse_existing(target, how)
    with taken(target, how, note):
        store = ready_store(plan, target, how, lambda title: nullcontext(note))
        if store is not None:
            for _ in sweep_states(plan, target, store, how):
                pass
    result = open_result(target)
    assert isinstance(result, SweepResult)
    return result
