"""Resumption of an existing store: whether it belongs to this sweep, what is damaged, and its repair.

The plan determines the metadata, so that they can be rewritten in any case; blocks are checked against their records,
and recomputed where these do not match. Foreign files are moved beside the store.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from immunosim.errors import DataError
from immunosim.files import explained, free_name, is_being_written, read_plain, write_file
from immunosim.seals import MOST_JSON, parsed_json
from immunosim.sweeps.blocks import template_of
from immunosim.sweeps.creating import layout_of
from immunosim.sweeps.layout import CHECKSUM, StoreLayout
from immunosim.sweeps.manifest import MANIFEST, StoreManifest, file_damage
from immunosim.sweeps.opening import METADATA
from immunosim.sweeps.plan import Plan, fingerprint_of
from immunosim.sweeps.quote import USUAL_BLOCK
from immunosim.sweeps.running import begin, refuse_other_plan
from immunosim.sweeps.store import ROWS, SweepStore, finished_blocks, is_store, open_store

PARTIAL = ".partial"
"""Suffix of the store of an unfinished NetCDF result."""

MOST_NAMED = 10
"""Largest number of damaged files that are named; the rest are counted."""


@dataclass(frozen=True)
class Examination:
    """The examination of a store of this sweep; nothing was changed.

    Attributes
    ----------
    path : Path
    layout : StoreLayout
    metadata : list of str
        Damage of files outside the blocks.
    foreign : list of str
        Paths in it not written by a sweep.
    damaged : dict of int to str
        Damage of finished blocks, by index.
    sound : list of int
        Finished blocks that are intact.
    """

    path: Path
    layout: StoreLayout
    metadata: list[str]
    foreign: list[str]
    damaged: Mapping[int, str]
    sound: list[int]


def examine(plan: Plan, path: Path) -> Examination:
    """Examine a store before its resumption, without changing it.

    Raises
    ------
    DataError
        If it is not a sweep, or belongs to another one.
    """
    if not is_store(path):
        open_store(path)  # says what is wrong
    template = template_of(plan.recipe)
    manifest = _manifest(plan, path)
    rows = _most_likely_rows(plan, path) if manifest is None else manifest.layout.rows_per_block
    layout = layout_of(plan.fingerprint, plan.n, rows, template)
    if manifest is None or manifest.layout != layout:
        _refuse_unknown(plan, path, layout)
        metadata = [f"{MANIFEST} is not what was written"]
        metadata += [f"{key} is missing" for key in _metadata_keys(plan, layout) if not (path / key).is_file()]
    else:
        metadata = manifest.damage(path)
    known = StoreManifest(layout, dict.fromkeys(_metadata_keys(plan, layout), ""))
    damage = {block: known.block_damage(path, block) for block in finished_blocks(path, layout)}
    damaged = {
        block: f"{layout.words(block)} is not what was written: {wrong}" for block, wrong in damage.items() if wrong
    }
    return Examination(
        path, layout, metadata, known.foreign(path), damaged, [block for block, wrong in damage.items() if not wrong]
    )


def resume(plan: Plan, path: Path, note: Callable[[str], None], command: str = "", is_alone: bool = True) -> SweepStore:
    """Open a store for resumption; damaged files are named and rebuilt.

    Parameters
    ----------
    plan : Plan
    path : Path
    note : callable
        Receives a sentence on each damage and its repair.
    command : str
        Stored in rewritten metadata.
    is_alone : bool
        Whether no other process writes to it, whose unfinished files must be kept.

    Raises
    ------
    DataError
        If it is not a sweep, or belongs to another one.
    """
    outlook = examine(plan, path)
    with explained(path):
        if outlook.foreign:
            aside = _set_aside(path, outlook.foreign)
            for text in _cut([f"{key} was not written by a sweep; it is moved to {aside}" for key in outlook.foreign]):
                note(f"{path}: {text}")
            outlook = examine(plan, path)  # files that were read through links are gone
        for text in _cut([f"{wrong}; it is rewritten" for wrong in outlook.metadata]):
            note(f"{path}: {text}")
        for key in [*_metadata_keys(plan, outlook.layout), *chain(*map(outlook.layout.chunks, outlook.damaged))]:
            if (path / key).is_dir():  # replaces a file; the content has been moved
                shutil.rmtree(path / key)
        if outlook.metadata:
            _write_metadata(plan, path, outlook.layout.rows_per_block, command)
        if is_alone:
            _remove_unfinished(path)
    store = open_store(path)
    for text in _cut([f"{wrong}; it is recomputed" for wrong in outlook.damaged.values()]):
        note(f"{path}: {text}")
    for block in outlook.damaged:
        store.forget(block)
    return store


def _cut(texts: list[str]) -> Iterator[str]:
    yield from texts[:MOST_NAMED]
    if len(texts) > MOST_NAMED:
        yield f"and {len(texts) - MOST_NAMED:,} more like this"


def _manifest(plan: Plan, path: Path) -> StoreManifest | None:
    """Return the manifest of a store of this plan; None where it is damaged."""
    try:
        records = StoreManifest.read(path)
    except DataError:
        return None
    refuse_other_plan(path, records.layout.fingerprint, _identity(path), plan)
    return records


def _refuse_unknown(plan: Plan, path: Path, layout: StoreLayout) -> None:
    """Refuse a store without manifest that belongs to another sweep, or whose blocks cannot be attributed."""
    attributes, identity = _attributes(path), _identity(path)
    if attributes.get("fingerprint") == plan.fingerprint or identity == plan.identity:
        return
    records = StoreManifest(layout, {})
    done = finished_blocks(path, layout)
    if not done or any(not records.block_damage(path, block) for block in done):
        return
    try:
        is_consistent = fingerprint_of(identity) == attributes.get("fingerprint")
    except (KeyError, TypeError, AttributeError):
        is_consistent = False
    if is_consistent:
        refuse_other_plan(path, str(attributes["fingerprint"]), identity, plan)
    reason = f"is damaged ({MANIFEST} and {METADATA}): the sweep of its blocks cannot be identified"
    raise DataError(reason, file=str(path), cure="choose another `path`, or replace it with `is_forced`")


def _metadata_keys(plan: Plan, layout: StoreLayout) -> list[str]:
    """Return the paths of the files of a store outside its blocks."""
    names = [*layout.dimensions, CHECKSUM, *(["time"] if plan.recipe.outputs.times else [])]
    times = ["time/c/0"] if plan.recipe.outputs.times else []
    return [METADATA, *(f"{name}/{METADATA}" for name in names), *times]


def _attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a possibly damaged store; none where they cannot be read."""
    attributes = _json(path / METADATA).get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _identity(path: Path) -> dict[str, Any]:
    text = _attributes(path).get("plan")
    try:
        plan = parsed_json(text.encode() if isinstance(text, str) else b"", "")
    except DataError:
        return {}
    return plan if isinstance(plan, dict) else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        document = parsed_json(read_plain(path, MOST_JSON), str(path))
    except (OSError, DataError):
        return {}
    return document if isinstance(document, dict) else {}


def _most_likely_rows(plan: Plan, path: Path) -> int:
    """Return the block size on which most of the readable metadata agree."""
    votes = Counter([_attributes(path).get(ROWS)])
    for folder in (entry for entry in path.iterdir() if entry.is_dir() and entry.name not in (CHECKSUM, "time")):
        grid = _json(folder / METADATA).get("chunk_grid")
        settings = grid.get("configuration") if isinstance(grid, dict) else None
        shape = settings.get("chunk_shape") if isinstance(settings, dict) else None
        if isinstance(shape, list) and shape and isinstance(shape[0], int):
            votes[shape[0]] += 1
    possible = [(rows, n) for rows, n in votes.most_common() if isinstance(rows, int) and 0 < rows < 2**40]
    return possible[0][0] if possible else min(USUAL_BLOCK, plan.n)


def _write_metadata(plan: Plan, path: Path, rows: int, command: str) -> None:
    """Rewrite everything but the blocks, the manifest last."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-writing-") as folder:
        fresh = begin(plan, Path(folder) / "a.zarr", rows, template_of(plan.recipe), command)
        for key, expected in fresh.manifest.files.items():
            if file_damage(path, key, expected):
                write_file(path / key, (fresh.path / key).read_bytes())
        fresh.manifest.write(path)


def _set_aside(path: Path, keys: list[str]) -> Path:
    """Move files out of a store into a new folder beside it, and return that."""
    aside = free_name(path.with_name(f"{path.name}.foreign"))
    for key in keys:
        (aside / key).parent.mkdir(parents=True, exist_ok=True)
        (path / key).rename(aside / key)
    return aside


def _remove_unfinished(path: Path) -> None:
    """Remove unfinished files and folders of a killed process."""
    begun = tuple(f".{name}-writing-" for name in (path.name, path.name.removesuffix(PARTIAL)))
    for entry in path.parent.iterdir():
        if entry.name.startswith(begun):
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
    for folder, _, names in os.walk(path):
        for name in filter(is_being_written, names):
            Path(folder, name).unlink(missing_ok=True)
