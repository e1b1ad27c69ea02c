"""The result of a sweep on disk: a Zarr group that ``xarray.open_zarr`` reads, written block by block.

A block of patients is one chunk of every variable. Its record, the checksums of these files, is written last: a block
without record is unfinished. Every file is replaced atomically, so that several processes can write different blocks
of one store, and a killed process leaves no half-written block.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr
import zarr

from immunosim.errors import DataError
from immunosim.files import explained, read_plain, write_file
from immunosim.seals import MOST_JSON
from immunosim.sweeps.blocks import Variables
from immunosim.sweeps.checksums import StoredArray
from immunosim.sweeps.layout import CHECKSUM, StoreLayout
from immunosim.sweeps.manifest import CURE, MANIFEST, StoreManifest
from immunosim.sweeps.opening import METADATA, refuse_foreign_formats
from immunosim.sweeps.sealed_store import SealedStore

ROWS = "rows_per_block"

NOT_DONE = -1
"""Status of a patient who has not been simulated."""

_SIGNATURE = b"immunosim sweep"
_UNREADABLE = (ValueError, RuntimeError, OSError)
"""Exceptions of Zarr and its codecs for a damaged chunk."""


@dataclass(frozen=True, eq=False)
class SweepStore:
    """A sweep on disk.

    Attributes
    ----------
    path : Path
    files : SealedStore
    """

    path: Path
    files: SealedStore

    @cached_property
    def group(self) -> zarr.Group:
        """The Zarr group."""
        return zarr.open_group(self.files, mode="r" if self.files.read_only else "r+")

    @property
    def manifest(self) -> StoreManifest:
        """The contents of the store."""
        return self.files.manifest

    @property
    def layout(self) -> StoreLayout:
        """Its division into files."""
        return self.manifest.layout

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the result."""
        return self.group.attrs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The plan as plain values."""
        plan: dict[str, Any] = json.loads(str(self.attributes["plan"]))
        return plan

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the plan."""
        return self.layout.fingerprint

    @property
    def rows_per_block(self) -> int:
        """Patients per block."""
        return self.layout.rows_per_block

    @property
    def n(self) -> int:
        """Number of patients."""
        return self.layout.n

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return self.layout.n_blocks

    @cached_property
    def _arrays(self) -> dict[str, zarr.Array[Any]]:
        return dict(self.group.arrays())

    @property
    def stored_by_row(self) -> list[str]:
        """Names of the variables that have patients as their first dimension."""
        return sorted(self.layout.dimensions)

    def span(self, block: int) -> tuple[int, int]:
        """Return the first patient and the end of a block."""
        return self.layout.span(block)

    def write(self, block: int, variables: Variables) -> None:
        """Write a block, its record last.

        Raises
        ------
        OutputError
            If the disk is full or not writable.
        """
        self.write_arrays(block, {name: values for name, (_, values, _) in variables.items()})

    def write_arrays(self, block: int, arrays: Mapping[str, StoredArray]) -> None:
        """Write the arrays of a block by name, its record last; errors as ``write``."""
        first, end = self.span(block)
        self.forget(block)
        written = self.files.written
        with explained(self.path):
            for name in sorted(arrays):
                self._arrays[name][first:end] = arrays[name]
            hashes = {key: written.pop(key, None) for key in self.layout.chunks(block)}
            for key in (key for key, digest in hashes.items() if digest is None):
                (self.path / key).unlink(missing_ok=True)  # left by an interrupted run
        write_file(self.path / self.layout.record_key(block), self.layout.record(block, hashes))

    def read(self, block: int, names: list[str] | None = None) -> dict[str, StoredArray]:
        """Return the arrays of a block by name; fill values for an unfinished block.

        Raises
        ------
        DataError
            If a file fails its checksum.
        """
        first, end = self.span(block)
        arrays: dict[str, StoredArray] = {}
        for name in self.stored_by_row if names is None else names:
            try:
                arrays[name] = np.asarray(self._arrays[name][first:end])
            except _UNREADABLE as error:
                reason = f"{self.layout.words(block)} of {name} cannot be read"
                raise DataError(reason, file=str(self.path), cure=CURE) from error
        return arrays

    def checksum(self, block: int) -> bytes:
        """Return the record of a block, the checksums of its files, as it is stored; empty if there is none."""
        try:
            return (self.path / self.layout.record_key(block)).read_bytes()
        except OSError:
            return b""

    def done(self) -> list[int]:
        """Return the finished blocks, including damaged ones."""
        return finished_blocks(self.path, self.layout)

    def damage(self, block: int) -> str:
        """Return a description of the damage of a finished block; empty if it is intact."""
        wrong = self.manifest.block_damage(self.path, block)
        return f"{self.layout.words(block)} is not what was written: {wrong}" if wrong else ""

    def forget(self, block: int) -> None:
        """Mark a block and its patients as unfinished."""
        with explained(self.path):
            (self.path / self.layout.record_key(block)).unlink(missing_ok=True)

    def fixed(self) -> dict[str, StoredArray]:
        """Return the arrays without a patient dimension: the output times."""
        return {"time": np.asarray(self._arrays["time"][:])} if "time" in self._arrays else {}

    def dataset(self) -> xr.Dataset:
        """Return the lazy dataset; arrays are verified when they are read."""
        # The format is given: xarray must not guess another one.
        dataset = xr.open_zarr(self.files, chunks=None, consolidated=True, zarr_format=3)
        return cast(xr.Dataset, dataset.drop_vars(CHECKSUM))

    def described(self) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Any]]]:
        """Return dimensions and attributes of every variable by name."""
        dimensions = {name: _dimensions(array) for name, array in self._arrays.items()}
        return dimensions, {name: dict(array.attrs) for name, array in self._arrays.items()}

    def units(self) -> dict[str, str]:
        """Return the unit of every variable that has one."""
        return {name: str(array.attrs["units"]) for name, array in self._arrays.items() if "units" in array.attrs}


def finished_blocks(path: Path, layout: StoreLayout) -> list[int]:
    """Return the indices of the blocks that have a record, valid or not."""
    try:
        names = [entry.name for entry in os.scandir(path / CHECKSUM / "c") if entry.name.isdecimal()]
    except OSError:
        return []
    places = sorted(int(name) for name in names if len(name) < 19)
    return [block for block in places if block < layout.n_blocks and os.path.lexists(path / layout.record_key(block))]


def open_store(path: Path, writable: bool = True) -> SweepStore:
    """Open a store after verifying its metadata.

    Raises
    ------
    DataError
        If it is missing, is not a sweep, contains anything that this version does not write, or has damaged metadata.
    """
    if not is_store(path):
        cure = "name the result of a sweep (a folder that ends in .zarr, or a .nc file)"
        reason = "holds no sweep" if path.exists() else "does not exist"
        raise DataError(reason, file=str(path), cure=cure)
    refuse_foreign_formats(path)
    try:
        manifest = StoreManifest.read(path)
    except DataError as error:
        raise DataError(error.reason, file=str(path), cure=CURE) from error
    for wrong in manifest.damage(path):
        raise DataError(wrong, file=str(path), cure=CURE)
    return SweepStore(path, SealedStore(path, manifest, read_only=not writable))


def is_store(path: Path) -> bool:
    """Whether a folder holds a sweep, possibly damaged."""
    return path.is_dir() and (
        any(_says_sweep(path / name) for name in (MANIFEST, METADATA))
        or all((path / name / METADATA).is_file() for name in (CHECKSUM, "status"))
    )


def _says_sweep(path: Path) -> bool:
    try:
        return _SIGNATURE in read_plain(path, MOST_JSON)
    except OSError:
        return False


def free_space(path: Path) -> int:
    """Return the free disk space at a path, bytes."""
    folder = path.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def size_on_disk(path: Path) -> int:
    """Return the size of all files below a folder, bytes."""
    return sum(
        entry.stat().st_size for folder, _, names in os.walk(path) for entry in (Path(folder, name) for name in names)
    )


def _dimensions(array: zarr.Array[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in getattr(array.metadata, "dimension_names", None) or ())
