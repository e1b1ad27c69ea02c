"""A preview of a sweep: the existing result at its path, and the estimated cost of what remains; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from immunosim.errors import DataError
from immunosim.sweeps.files import damage_of_file
from immunosim.sweeps.layout import StoreLayout
from immunosim.sweeps.plan import Plan
from immunosim.sweeps.quote import Pilot, Quote, block_size, bounds, is_one_file, quote
from immunosim.sweeps.resuming import examine
from immunosim.sweeps.running import left_of
from immunosim.sweeps.sweeping import RunOptions, store_path


@dataclass(frozen=True)
class Outlook:
    """The existing result at a path, and what the sweep would do with it.

    Attributes
    ----------
    words : str
        A sentence; empty where no result exists.
    layout : StoreLayout, optional
        Of a store that can be continued.
    sound : list of int
        Its intact blocks.
    """

    words: str = ""
    layout: StoreLayout | None = None
    sound: tuple[int, ...] = ()


def outlook(plan: Plan, path: Path) -> Outlook:
    """Return what a resumed sweep would find at the path of a result; changes and refuses nothing."""
    folder = store_path(path)
    try:
        if is_one_file(path) and path.exists():
            wrong, _ = damage_of_file(plan, path)
            if wrong:
                return Outlook(f"{path} exists but {wrong}: `is_resumed` would compute it again")
            return Outlook(f"{path} exists and is finished: `is_resumed` would leave it as it is")
        if not folder.exists():
            return Outlook()
        outlook = examine(plan, folder)
    except DataError as error:
        return Outlook(f"{path} exists and {error.reason}: `is_resumed` would refuse it")
    n_wrong = len(outlook.metadata) + len(outlook.damaged) + len(outlook.foreign)
    damaged = f", {n_wrong} of its files or chunks are damaged" if n_wrong else ""
    left = outlook.layout.n_blocks - len(outlook.sound)
    would = f"compute {left} of {outlook.layout.n_blocks} chunks" if left else "find nothing left to compute"
    return Outlook(f"{path} exists{damaged}: `is_resumed` would {would}", outlook.layout, tuple(outlook.sound))


def expected(plan: Plan, pilot: Pilot | None, path: Path, manner: RunOptions, outlook: Outlook) -> Quote:
    """Return the cost of a sweep, or of its remaining part; an upper bound without a pilot."""
    if outlook.layout is None:
        if pilot is None:
            return bounds(plan, path, manner.rows_per_block, -(-plan.n // manner.shard.of))
        rows = manner.rows_per_block or block_size(plan, pilot)
        places = [block for block in range(-(-plan.n // rows)) if manner.shard.has(block)]
        return quote(plan, pilot, path, rows, min(len(places) * rows, plan.n))
    places = left_of(outlook.layout, outlook.sound, manner.shard)
    left = sum(end - first for first, end in map(outlook.layout.span, places))
    if pilot is None:
        return bounds(plan, path, outlook.layout.rows_per_block, left)
    return quote(plan, pilot, path, outlook.layout.rows_per_block, left)
