"""Run a plan into a store, block by block: a new store, or the remaining blocks of an existing one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.ensembles.result import provenance
from immunosim.errors import DataError
from immunosim.sweeps.blocks import Variables, solve_rows
from immunosim.sweeps.creating import create_store
from immunosim.sweeps.layout import StoreLayout
from immunosim.sweeps.plan import FORMAT, Plan, differences
from immunosim.sweeps.store import SweepStore, is_store

ReportProgress = Callable[[int, int], None]
"""Receives the number of additional patients done, and how many of them failed."""


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a sweep, for independent jobs.

    Attributes
    ----------
    number, of : int
        Counted from 1.
    """

    number: int = 1
    of: int = 1

    @property
    def part(self) -> tuple[int, int]:
        """Number and total, as locks take them."""
        return self.number, self.of

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse a shard such as ``2/3``.

        Raises
        ------
        DataError
            If the text is not a shard.
        """
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise DataError(f'"{text}" is not a shard', key="shard", cure="write for example 2/3, the second of three")
        return cls(int(number), int(of))

    def has(self, block: int) -> bool:
        """Whether a block belongs to this shard."""
        return block % self.of == self.number - 1


WHOLE = Shard()


def begin(plan: Plan, path: Path, rows_per_block: int, template: Variables, command: str) -> SweepStore:
    """Return a new, empty store for a plan, or that which another shard has just created.

    Raises
    ------
    OutputError
        If the location is not writable.
    """
    attributes = {
        "format": FORMAT,
        "plan": json.dumps(plan.identity),
        "fingerprint": plan.fingerprint,
        "varied": json.dumps([factor.name for factor in plan.recipe.factors if not factor.is_label]),
        "command": command,
        **provenance(plan.recipe.model),
    }
    times = np.array(plan.recipe.outputs.times)
    store = create_store(path, plan.n, rows_per_block, template, attributes, times)
    refuse_other_plan(path, store.fingerprint, store.identity, plan)
    return store


def refuse_other_plan(path: Path, fingerprint: str, identity: Mapping[str, Any], plan: Plan) -> None:
    """Raise a DataError if a result belongs to another sweep, with the differences."""
    if fingerprint == plan.fingerprint:
        return
    try:
        reasons = differences(identity, plan.identity)
    except (KeyError, TypeError, AttributeError):  # its plan cannot be read
        reasons = []
    if any(reason.startswith("model:") for reason in reasons):
        reason = "was made by another version of the model, whose patients must not be mixed with those of this version"
    else:
        about = f" ({'; '.join(reasons[:3])}{' ...' if len(reasons) > 3 else ''})" if reasons else ""
        reason = f"belongs to another sweep{about}"
    cure = "give the same command, choose another `path`, or replace it with `is_forced`"
    raise DataError(reason, file=str(path), cure=cure)


def run_blocks(
    plan: Plan, store: SweepStore, places: Sequence[int], n_threads: int, report: ReportProgress | None = None
) -> Iterator[int]:
    """Simulate blocks one after another, and yield the index of each as soon as it is stored.

    Raises
    ------
    OutputError
        If the disk is full or not writable; earlier blocks are kept.
    """
    for block in places:
        values = plan.design.rows(*store.span(block))
        store.write(block, solve_rows(plan.recipe, values, n_threads, report))
        yield block


def remaining(store: SweepStore, shard: Shard) -> list[int]:
    """Return the remaining blocks of a shard."""
    return left_of(store.layout, store.done(), shard)


def left_of(layout: StoreLayout, done: Iterable[int], shard: Shard) -> list[int]:
    """Return the blocks of a shard that are not finished."""
    finished = set(done)
    return [block for block in range(layout.n_blocks) if block not in finished and shard.has(block)]


def replace_existing(path: Path) -> None:
    """Remove an earlier sweep, but no other file.

    Raises
    ------
    DataError
        If another file is there.
    """
    if is_store(path):
        shutil.rmtree(path)
    elif path.exists():
        raise not_replaced(path)


def not_replaced(path: Path) -> DataError:
    """Return the error for a file or folder that is not the result of a sweep."""
    return DataError("is not a sweep, so it is not replaced", file=str(path), cure="choose another `path`")
