"""What a sweep would find in the place of its result, and what it or the rest of it will take; nothing is changed."""

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
    """What is in the place of a result, and what would become of it.

    Attributes
    ----------
    words : str
        In a sentence; empty where nothing is there.
    layout : StoreLayout, optional
        Of a store that can be gone on with.
    sound : list of int
        Its blocks that need not be computed again.
    """

    words: str = ""
    layout: StoreLayout | None = None
    sound: tuple[int, ...] = ()


def outlook(plan: Plan, path: Path) -> Outlook:
    """Return what a resumed sweep would find in the place of a result; changes and refuses nothing."""
    place = store_path(path)
    try:
        if is_one_file(path) and path.exists():
            wrong, _ = damage_of_file(plan, path)
            if wrong:
                return Outlook(f"{path} exists but {wrong}: `is_resumed` would compute it again")
            return Outlook(f"{path} exists and is finished: `is_resumed` would leave it as it is")
        if not place.exists():
            return Outlook()
        found = examine(plan, place)
    except DataError as error:
        return Outlook(f"{path} exists and {error.reason}: `is_resumed` would refuse it")
    n_wrong = len(found.metadata) + len(found.damaged) + len(found.foreign)
    damaged = f", {n_wrong} of its files or chunks are damaged" if n_wrong else ""
    left = found.layout.n_blocks - len(found.sound)
    would = f"compute {left} of {found.layout.n_blocks} chunks" if left else "find nothing left to compute"
    return Outlook(f"{path} exists{damaged}: `is_resumed` would {would}", found.layout, tuple(found.sound))


def expected(plan: Plan, pilot: Pilot | None, path: Path, manner: RunOptions, found: Outlook) -> Quote:
    """Return what a sweep will take, or what is left of it; at most, where there was no pilot."""
    if found.layout is None:
        if pilot is None:
            return bounds(plan, path, manner.rows_per_block, -(-plan.n // manner.shard.of))
        rows = manner.rows_per_block or block_size(plan, pilot)
        places = [place for place in range(-(-plan.n // rows)) if manner.shard.has(place)]
        return quote(plan, pilot, path, rows, min(len(places) * rows, plan.n))
    places = left_of(found.layout, found.sound, manner.shard)
    left = sum(end - first for first, end in map(found.layout.span, places))
    if pilot is None:
        return bounds(plan, path, found.layout.rows_per_block, left)
    return quote(plan, pilot, path, found.layout.rows_per_block, left)
