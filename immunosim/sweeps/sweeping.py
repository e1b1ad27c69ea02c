"""The steps of a sweep: checks of the output path, the store to begin or resume, the remaining blocks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from immunosim.codegen.loader import say_nothing
from immunosim.errors import DataError
from immunosim.files import explained, free_name
from immunosim.locks import held, refuse_held
from immunosim.machine import cores
from immunosim.sweeps.blocks import template_of
from immunosim.sweeps.cluster import reached, run_on_cluster
from immunosim.sweeps.export import write_netcdf
from immunosim.sweeps.files import damage_of_file, is_replaceable
from immunosim.sweeps.plan import Plan
from immunosim.sweeps.quote import Pilot, block_size, is_one_file
from immunosim.sweeps.resuming import PARTIAL, resume
from immunosim.sweeps.running import (
    WHOLE,
    ReportProgress,
    Shard,
    begin,
    not_replaced,
    remaining,
    replace_existing,
    run_blocks,
)
from immunosim.sweeps.store import SweepStore

_EXISTS = "continue it with `is_resumed`, or replace it with `is_forced`"


@dataclass(frozen=True)
class RunOptions:
    """How a sweep is run; these settings do not change any result.

    Attributes
    ----------
    n_threads : int
        0 for one per core.
    rows_per_block : int
        0 chooses automatically.
    is_resumed, is_forced : bool
        Whether to resume an unfinished result, or to replace an existing one.
    shard : Shard
    scheduler : str
        Address of a Dask scheduler; empty to run here.
    command : str
        Stored in the result.
    """

    n_threads: int = 0
    rows_per_block: int = 0
    is_resumed: bool = False
    is_forced: bool = False
    shard: Shard = WHOLE
    scheduler: str = ""
    command: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether an existing result is continued: shards fill the same one."""
        return self.is_resumed or self.shard.of > 1

    @property
    def threads(self) -> int:
        """Number of threads."""
        return self.n_threads or cores()


@dataclass(frozen=True)
class SweepState:
    """The progress of a sweep.

    Attributes
    ----------
    n_left : int
        Remaining patients of this run.
    n_failed : int
        Patients of this run that failed so far.
    n_blocks, n_done : int
        Blocks of the whole sweep.
    """

    n_left: int
    n_failed: int
    n_blocks: int
    n_done: int


def store_path(path: Path) -> Path:
    """Return the path of the blocks of a result: the result itself, or beside a NetCDF file."""
    return path.with_name(path.name + PARTIAL) if is_one_file(path) else path


def refuse_place(path: Path, manner: RunOptions) -> None:
    """Raise a DataError if the options cannot produce a result, whatever exists; writes nothing."""
    if path.suffix not in (".zarr", ".nc"):
        raise DataError("is neither Zarr nor NetCDF", file=str(path), cure="end it in .zarr or .nc")
    if is_one_file(path) and manner.shard.of > 1:
        raise DataError("shards cannot share one file", file=str(path), cure="write Zarr: `path=NAME.zarr`")
    if manner.is_forced and (manner.is_resumed or manner.shard.of > 1):
        lost = "the result that `is_resumed` continues" if manner.is_resumed else "the blocks of other shards"
        raise DataError(f"would remove {lost}", key="is_forced", cure="leave it out, or remove the result yourself")
    if manner.scheduler:
        with reached(manner.scheduler):
            pass


def refuse_existing(path: Path, manner: RunOptions) -> None:
    """Raise a DataError if a result would be overwritten or is being written, or its path is unsuitable."""
    refuse_place(path, manner)
    refuse_held(path, manner.shard.part)
    if is_there(path) and not manner.goes_on and not manner.is_forced:
        raise DataError("exists", file=str(path), cure=_EXISTS)


def is_there(path: Path) -> bool:
    """Whether anything exists at the path of the result."""
    return path.exists() or store_path(path).exists()


@contextmanager
def taken(path: Path, manner: RunOptions, note: Callable[[str], None] = say_nothing) -> Iterator[None]:
    """Hold the lock of a result while a sweep, or a part of it, is written there.

    Raises
    ------
    DataError
        If another process holds it, or has created a result there meanwhile.
    """
    with held(path, manner.command, note, manner.shard.part):
        if is_there(path) and not manner.goes_on and not manner.is_forced:
            raise DataError("exists", file=str(path), cure=_EXISTS)
        yield


def existing_store(plan: Plan, path: Path, manner: RunOptions, note: Callable[[str], None]) -> SweepStore | None:
    """Return the store to resume, examined and repaired; None where none exists. The caller holds the lock.

    Raises
    ------
    DataError
        If it belongs to another sweep, or has another block size than requested.
    """
    folder = store_path(path)
    if not manner.goes_on or not folder.exists():
        return None
    store = resume(plan, folder, note, manner.command, is_alone=manner.shard.of == 1)
    asked = min(manner.rows_per_block, store.n)
    if asked not in (0, min(store.rows_per_block, store.n)):
        reason = f"has blocks of {store.rows_per_block} patients, which cannot change"
        raise DataError(reason, file=str(path), cure="leave out `rows_per_block`")
    return store


def finished_result(plan: Plan, path: Path, manner: RunOptions, note: Callable[[str], None] = say_nothing) -> bool:
    """Whether a NetCDF result of this plan exists; a damaged one is named and replaced.

    Raises
    ------
    DataError
        If it belongs to another sweep, or is another file.
    """
    if not (manner.is_resumed and is_one_file(path) and path.exists()):
        return False
    wrong, is_certain = damage_of_file(plan, path)
    if not wrong:
        return True
    if is_certain:
        note(f"{path}: {wrong}; it is recomputed")
        return False
    aside = free_name(path.with_name(f"{path.name}.damaged"))
    with explained(path):
        path.rename(aside)
    note(f"{path}: {wrong}; it is moved to {aside} and recomputed")
    return False


def remove_leftovers(path: Path) -> None:
    """Remove the store of a finished NetCDF result that an interruption has left."""
    if is_one_file(path):
        shutil.rmtree(store_path(path), ignore_errors=True)


def sweep_states(
    plan: Plan, path: Path, store: SweepStore, manner: RunOptions, report: ReportProgress | None = None
) -> Iterator[SweepState]:
    """Run the remaining blocks of the shard, and yield the state after each; a NetCDF file is written at the end.

    Raises
    ------
    OutputError
        If the disk is full or not writable; finished blocks are kept.
    """
    places = remaining(store, manner.shard)
    left = sum(end - first for first, end in map(store.span, places))
    n_done, n_failed = len(store.done()), 0

    def count(n: int, failed: int) -> None:
        nonlocal left, n_failed
        left, n_failed = left - n, n_failed + failed
        if report is not None:
            report(n, failed)

    if manner.scheduler:
        blocks = run_on_cluster(plan, store, places, manner.scheduler, count)
    else:
        blocks = run_blocks(plan, store, places, manner.threads, count)
    for number, _ in enumerate(blocks, 1):
        yield SweepState(left, n_failed, store.n_blocks, n_done + number)
    if is_one_file(path):
        write_netcdf(store, path)
        remove_leftovers(path)


def new_store(plan: Plan, path: Path, manner: RunOptions, pilot: Pilot) -> SweepStore:
    """Return a new store that replaces an earlier result.

    Raises
    ------
    OutputError
        If the location is not writable.
    DataError
        If another file is there.
    """
    folder = store_path(path)
    if manner.is_forced:
        _refuse_foreign(path)
        replace_existing(folder)
    rows = manner.rows_per_block or block_size(plan, pilot)
    return begin(plan, folder, rows, template_of(plan.recipe), manner.command)


def _refuse_foreign(path: Path) -> None:
    """Refuse to replace a file that is not the result of a sweep."""
    if is_one_file(path) and path.exists() and not is_replaceable(path):
        raise not_replaced(path)
