"""Put together stores of one sweep that were filled apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from immunosim.errors import DataError
from immunosim.locks import held
from immunosim.sweeps.creating import copy_empty
from immunosim.sweeps.plan import differences
from immunosim.sweeps.store import SweepStore, open_store


def merge_stores(path: Path, parts: Sequence[Path]) -> tuple[SweepStore, int]:
    """Take the finished blocks of parts into a store, which is made where there is none.

    Returns
    -------
    store : SweepStore
    n_taken : int
        Blocks that it did not have, or that were damaged.

    Raises
    ------
    DataError
        If parts are of different sweeps, have blocks of different sizes, or one is damaged, or another process writes
        the whole; then nothing is taken.
    OutputError
        If the place cannot be written.
    """
    if not parts:
        raise DataError("there is nothing to merge", file=str(path), cure="name the stores that were filled apart")
    if path.suffix != ".zarr":
        raise DataError("cannot hold a merged sweep", file=str(path), cure="end it in .zarr")
    with held(path, "immunosim merge"):
        return _merged(path, parts)


def _merged(path: Path, parts: Sequence[Path]) -> tuple[SweepStore, int]:
    opened = [open_store(part, writable=False) for part in parts]
    whole = open_store(path) if path.exists() else None
    first = whole or opened[0]
    for part in opened:
        _refuse_mixture(first, part)
        for place in part.done():
            wrong = part.damage(place)
            if wrong:
                raise DataError(wrong, file=str(part.path), cure="compute it again there with `is_resumed`")
    store = whole or copy_empty(opened[0], path)
    have, n_taken = {place for place in store.done() if not store.damage(place)}, 0
    for part in opened:
        for place in part.done():
            if place not in have:
                store.write_arrays(place, part.read(place))
                have.add(place)
                n_taken += 1
    return store, n_taken


def _refuse_mixture(first: SweepStore, part: SweepStore) -> None:
    if part.fingerprint != first.fingerprint:
        found = "; ".join(differences(first.identity, part.identity)[:3])
        raise DataError(
            f"belongs to another sweep than {first.path} ({found})", file=str(part.path), cure="leave it out"
        )
    if part.rows_per_block != first.rows_per_block:
        reason = f"has chunks of {part.rows_per_block} patients, {first.path} of {first.rows_per_block}"
        raise DataError(reason, file=str(part.path), cure="compute all parts with the same `rows_per_block`")
