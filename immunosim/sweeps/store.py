"""The result of a sweep on disk: a Zarr group that ``xarray.open_zarr`` reads, written block by block.

A block of patients is one chunk of every variable. Its record, the checksums of these files, is written last: a block
without one was never finished. Every file is replaced whole, so that several processes can write different blocks of
one store, and a process that is killed leaves nothing half-written that counts.
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
from immunosim.sweeps.checksums import Values
from immunosim.sweeps.layout import CHECKSUM, StoreLayout
from immunosim.sweeps.manifest import CURE, MANIFEST, StoreManifest
from immunosim.sweeps.opening import METADATA, refuse_foreign_formats
from immunosim.sweeps.sealed_store import SealedStore

ROWS = "rows_per_block"

NOT_DONE = -1
"""Status of a patient who has not been computed."""

_SIGNATURE = b"immunosim sweep"
_UNREADABLE = (ValueError, RuntimeError, OSError)
"""What Zarr and its codecs raise where a chunk is damaged."""


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
        """What the store consists of."""
        return self.files.manifest

    @property
    def layout(self) -> StoreLayout:
        """How it is cut into files."""
        return self.manifest.layout

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the result says of itself."""
        return self.group.attrs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The plan as plain values."""
        found: dict[str, Any] = json.loads(str(self.attributes["plan"]))
        return found

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the plan."""
        return self.layout.fingerprint

    @property
    def rows_per_block(self) -> int:
        """Patients in a block."""
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

    def span(self, place: int) -> tuple[int, int]:
        """Return the first patient and the end of a block."""
        return self.layout.span(place)

    def write(self, place: int, variables: Variables) -> None:
        """Write a block, its record last.

        Raises
        ------
        OutputError
            If the disk is full or cannot be written.
        """
        self.write_arrays(place, {name: values for name, (_, values, _) in variables.items()})

    def write_arrays(self, place: int, arrays: Mapping[str, Values]) -> None:
        """Write the arrays of a block by name, its record last; errors as ``write``."""
        first, end = self.span(place)
        self.forget(place)
        written = self.files.written
        with explained(self.path):
            for name in sorted(arrays):
                self._arrays[name][first:end] = arrays[name]
            hashes = {key: written.pop(key, None) for key in self.layout.chunks(place)}
            for key in (key for key, digest in hashes.items() if digest is None):
                (self.path / key).unlink(missing_ok=True)  # left by a run that was cut off
        write_file(self.path / self.layout.record_key(place), self.layout.record(place, hashes))

    def read(self, place: int, names: list[str] | None = None) -> dict[str, Values]:
        """Return the arrays of a block by name; of one that is not finished, what stands for nothing.

        Raises
        ------
        DataError
            If a file is not what was written.
        """
        first, end = self.span(place)
        found: dict[str, Values] = {}
        for name in self.stored_by_row if names is None else names:
            try:
                found[name] = np.asarray(self._arrays[name][first:end])
            except _UNREADABLE as error:
                reason = f"{self.layout.words(place)} of {name} cannot be read"
                raise DataError(reason, file=str(self.path), cure=CURE) from error
        return found

    def checksum(self, place: int) -> bytes:
        """Return the record of a block, the checksums of its files, as it is stored; empty if there is none."""
        try:
            return (self.path / self.layout.record_key(place)).read_bytes()
        except OSError:
            return b""

    def done(self) -> list[int]:
        """Return the blocks that were finished; damaged ones are among them."""
        return finished_blocks(self.path, self.layout)

    def damage(self, place: int) -> str:
        """Return in words what is wrong with a finished block; empty if nothing is."""
        wrong = self.manifest.block_damage(self.path, place)
        return f"{self.layout.words(place)} is not what was written: {wrong}" if wrong else ""

    def forget(self, place: int) -> None:
        """Count a block and its patients as not finished."""
        with explained(self.path):
            (self.path / self.layout.record_key(place)).unlink(missing_ok=True)

    def fixed(self) -> dict[str, Values]:
        """Return what does not depend on patients: the output times."""
        return {"time": np.asarray(self._arrays["time"][:])} if "time" in self._arrays else {}

    def dataset(self) -> xr.Dataset:
        """Return everything as a dataset that is read, and checked, when it is used."""
        # The format is given: xarray must not look for another one.
        found = xr.open_zarr(self.files, chunks=None, consolidated=True, zarr_format=3)
        return cast(xr.Dataset, found.drop_vars(CHECKSUM))

    def described(self) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Any]]]:
        """Return dimensions and attributes of every variable by name."""
        dimensions = {name: _dimensions(array) for name, array in self._arrays.items()}
        return dimensions, {name: dict(array.attrs) for name, array in self._arrays.items()}

    def units(self) -> dict[str, str]:
        """Return the unit of every variable that has one."""
        return {name: str(array.attrs["units"]) for name, array in self._arrays.items() if "units" in array.attrs}


def finished_blocks(path: Path, layout: StoreLayout) -> list[int]:
    """Return the places of the blocks that have a record, whatever it is worth."""
    try:
        names = [entry.name for entry in os.scandir(path / CHECKSUM / "c") if entry.name.isdecimal()]
    except OSError:
        return []
    places = sorted(int(name) for name in names if len(name) < 19)
    return [place for place in places if place < layout.n_blocks and os.path.lexists(path / layout.record_key(place))]


def open_store(path: Path, writable: bool = True) -> SweepStore:
    """Open a store whose metadata are what was written.

    Raises
    ------
    DataError
        If there is none, it is not a sweep, it holds what this version does not write, or its metadata are damaged.
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
    """Whether a folder holds a sweep, which may be damaged."""
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
    """Return the bytes that are free where a path would be written."""
    folder = path.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def size_on_disk(path: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(
        entry.stat().st_size for folder, _, names in os.walk(path) for entry in (Path(folder, name) for name in names)
    )


def _dimensions(array: zarr.Array[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in getattr(array.metadata, "dimension_names", None) or ())
