"""Merge stores of one sweep that were filled separately."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from immunosim.errors import DataError
from immunosim.locks import held
from immunosim.sweeps.creating import copy_empty
from immunosim.sweeps.plan import differences
from immunosim.sweeps.store import SweepStore, open_store


def merge_stores(path: Path, parts: Sequence[Path]) -> tuple[SweepStore, int]:
    """Merge the finished blocks of parts into a store, which is created if missing.

    Returns
    -------
    store : SweepStore
    n_taken : int
        Blocks that were missing or damaged there.

    Raises
    ------
    DataError
        If parts are of different sweeps, have blocks of different sizes, or one is damaged, or another process is
        writing the store; then nothing is merged.
    OutputError
        If the location is not writable.
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
        for block in part.done():
            wrong = part.damage(block)
            if wrong:
                raise DataError(wrong, file=str(part.path), cure="compute it again there with `is_resumed`")
    store = whole or copy_empty(opened[0], path)
    have, n_taken = {block for block in store.done() if not store.damage(block)}, 0
    for part in opened:
        for block in part.done():
            if block not in have:
                store.write_arrays(block, part.read(block))
                have.add(block)
                n_taken += 1
    return store, n_taken


def _refuse_mixture(first: SweepStore, part: SweepStore) -> None:
    if part.fingerprint != first.fingerprint:
        reasons = "; ".join(differences(first.identity, part.identity)[:3])
        raise DataError(
            f"belongs to another sweep than {first.path} ({reasons})", file=str(part.path), cure="leave it out"
        )
    if part.rows_per_block != first.rows_per_block:
        reason = f"has chunks of {part.rows_per_block} patients, {first.path} of {first.rows_per_block}"
        raise DataError(reason, file=str(part.path), cure="compute all parts with the same `rows_per_block`")
