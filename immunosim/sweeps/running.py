"""Run a plan into a store, block by block: a new one, or what is left of one that was examined."""

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

Report = Callable[[int, int], None]
"""Told how many more patients are done, and how many of these failed."""


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a sweep, for jobs that know nothing of each other.

    Attributes
    ----------
    number, of : int
        Counted from 1.
    """

    number: int = 1
    of: int = 1

    @property
    def part(self) -> tuple[int, int]:
        """Number and of how many, as locks take it."""
        return self.number, self.of

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that ``2/3`` names.

        Raises
        ------
        DataError
            If there is no such shard.
        """
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise DataError(f'"{text}" is not a shard', key="shard", cure="write for example 2/3, the second of three")
        return cls(int(number), int(of))

    def has(self, place: int) -> bool:
        """Whether a block belongs to this shard."""
        return place % self.of == self.number - 1


WHOLE = Shard()


def begin(plan: Plan, path: Path, rows_per_block: int, template: Variables, command: str) -> SweepStore:
    """Return a new and empty store for a plan, or the one that another shard has just made.

    Raises
    ------
    OutputError
        If the place cannot be written.
    """
    attributes = {
        "format": FORMAT,
        "plan": json.dumps(plan.identity),
        "fingerprint": plan.fingerprint,
        "varied": json.dumps([factor.name for factor in plan.recipe.factors]),
        "command": command,
        **provenance(plan.recipe.model),
    }
    times = np.array(plan.recipe.outputs.times)
    store = create_store(path, plan.n, rows_per_block, template, attributes, times)
    refuse_other_plan(path, store.fingerprint, store.identity, plan)
    return store


def refuse_other_plan(path: Path, fingerprint: str, identity: Mapping[str, Any], plan: Plan) -> None:
    """Raise a DataError where a result belongs to another sweep, with what differs."""
    if fingerprint == plan.fingerprint:
        return
    try:
        found = differences(identity, plan.identity)
    except (KeyError, TypeError, AttributeError):  # its plan cannot be read
        found = []
    if any(one.startswith("model:") for one in found):
        reason = "was made by another version of the model, whose patients must not be mixed with this one's"
    else:
        about = f" ({'; '.join(found[:3])}{' ...' if len(found) > 3 else ''})" if found else ""
        reason = f"belongs to another sweep{about}"
    cure = "give the same command, choose another `path`, or replace it with `is_forced`"
    raise DataError(reason, file=str(path), cure=cure)


def run_blocks(
    plan: Plan, store: SweepStore, places: Sequence[int], n_threads: int, report: Report | None = None
) -> Iterator[int]:
    """Solve blocks one after another, and yield the place of each as soon as it is stored.

    Raises
    ------
    OutputError
        If the disk is full or cannot be written; the blocks before are kept.
    """
    for place in places:
        values = plan.design.rows(*store.span(place))
        store.write(place, solve_rows(plan.recipe, values, n_threads, report))
        yield place


def remaining(store: SweepStore, shard: Shard) -> list[int]:
    """Return the blocks of a shard that are not done."""
    return left_of(store.layout, store.done(), shard)


def left_of(layout: StoreLayout, done: Iterable[int], shard: Shard) -> list[int]:
    """Return the blocks of a shard that are not among those that are done."""
    finished = set(done)
    return [place for place in range(layout.n_blocks) if place not in finished and shard.has(place)]


def replace_existing(path: Path) -> None:
    """Remove an earlier sweep, and nothing else.

    Raises
    ------
    DataError
        If something else is there.
    """
    if is_store(path):
        shutil.rmtree(path)
    elif path.exists():
        raise not_replaced(path)


def not_replaced(path: Path) -> DataError:
    """Return what is said of a file or folder that is not the result of a sweep."""
    return DataError("is not a sweep, so it is not replaced", file=str(path), cure="choose another `path`")
