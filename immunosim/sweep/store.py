"""The result of a sweep on disk: a Zarr group that ``xarray.open_zarr`` reads, written block by block.

A block of patients is one chunk of every variable. Its checksum is written last, into a chunk of its own: a block
without one was never finished. Chunks are replaced whole by Zarr, so that several processes can write blocks of one
store, and a process that is killed leaves nothing half-written that counts.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore

from immunosim.errors import DataError
from immunosim.files import default_mode, explained
from immunosim.sweep.blocks import Variables
from immunosim.sweep.checksums import SIZE, Values, block_checksum
from immunosim.sweep.plan import FORMAT

CHECKSUM = "block_checksum"
ROWS = "rows_per_block"

NOT_DONE = -1
"""Status of a patient who has not been computed."""

_UNREADABLE = (ValueError, RuntimeError, OSError)
"""What Zarr and its codecs raise where a chunk is damaged."""


@dataclass(frozen=True, eq=False)
class Store:
    """A sweep on disk.

    Attributes
    ----------
    path : Path
    group : zarr.Group
    """

    path: Path
    group: zarr.Group

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the result says of itself."""
        return self.group.attrs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The plan as plain values."""
        found: dict[str, Any] = json.loads(str(self.attributes["plan"]))
        return found

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the plan."""
        return str(self.attributes["fingerprint"])

    @cached_property
    def rows_per_block(self) -> int:
        """Patients in a block."""
        return int(self.group.attrs[ROWS])  # type: ignore[arg-type]

    @cached_property
    def n(self) -> int:
        """Number of patients."""
        return int(self._arrays["status"].shape[0])

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return -(-self.n // self.rows_per_block)

    @cached_property
    def _arrays(self) -> dict[str, zarr.Array[Any]]:
        return dict(self.group.arrays())

    @cached_property
    def stored_by_row(self) -> list[str]:
        """Names of the variables that have patients as their first dimension."""
        return sorted(name for name, array in self._arrays.items() if _dimensions(array)[:1] == ("sample",))

    def span(self, place: int) -> tuple[int, int]:
        """Return the first patient and the end of a block."""
        return place * self.rows_per_block, min((place + 1) * self.rows_per_block, self.n)

    def write(self, place: int, variables: Variables) -> None:
        """Write a block, its checksum last.

        Raises
        ------
        OutputError
            If the disk is full or cannot be written.
        """
        self.write_arrays(place, {name: values for name, (_, values, _) in variables.items()})

    def write_arrays(self, place: int, arrays: Mapping[str, Values]) -> None:
        """Write the arrays of a block by name, status and checksum last; errors as ``write``."""
        first, end = self.span(place)
        with explained(self.path):
            for name in sorted(arrays, key=lambda name: name == "status"):
                self._arrays[name][first:end] = arrays[name]
            checksum = block_checksum(self.fingerprint, place, arrays)
            self._arrays[CHECKSUM][place] = np.frombuffer(checksum, np.uint8)

    def read(self, place: int, names: list[str] | None = None) -> dict[str, Values]:
        """Return the arrays of a block by name.

        Raises
        ------
        DataError
            If a chunk cannot be read.
        """
        first, end = self.span(place)
        found: dict[str, Values] = {}
        for name in self.stored_by_row if names is None else names:
            try:
                found[name] = np.asarray(self._arrays[name][first:end])
            except _UNREADABLE as error:
                reason = f"block {place} (patients {first} to {end - 1}) of {name} cannot be read"
                raise DataError(reason, file=str(self.path), cure="run the sweep again with --resume") from error
        return found

    def checksum(self, place: int) -> bytes:
        """Return the checksum of a block as it is stored; empty if it cannot be read."""
        try:
            return np.asarray(self._arrays[CHECKSUM][place]).tobytes()
        except _UNREADABLE:
            return b""

    def done(self) -> list[int]:
        """Return the blocks that were finished; damaged ones are among them."""
        try:
            checksums = np.asarray(self._arrays[CHECKSUM][:])
        except _UNREADABLE:
            return [place for place in range(self.n_blocks) if self.checksum(place) != bytes(SIZE)]
        return [int(place) for place in np.flatnonzero(checksums.any(axis=1))]

    def damage(self, place: int) -> str:
        """Return in words what is wrong with a finished block; empty if nothing is."""
        first, end = self.span(place)
        where = f"block {place} (patients {first} to {end - 1})"
        try:
            arrays = self.read(place)
        except DataError as error:
            return error.reason
        if block_checksum(self.fingerprint, place, arrays) == self.checksum(place):
            return ""
        return f"{where} is not what was written: a chunk is damaged, missing or from another result"

    def forget(self, place: int) -> None:
        """Count a block and its patients as not finished."""
        first, end = self.span(place)
        with explained(self.path):
            self._arrays["status"][first:end] = NOT_DONE
            self._arrays[CHECKSUM][place] = np.zeros(SIZE, np.uint8)

    def fixed(self) -> dict[str, Values]:
        """Return what does not depend on patients: the output times."""
        return {"time": np.asarray(self._arrays["time"][:])} if "time" in self._arrays else {}

    def has_its_times(self) -> bool:
        """Whether the output times are those of the plan."""
        try:
            found = self.fixed().get("time", np.array([]))
        except _UNREADABLE:
            return False
        return np.array_equal(found, self.identity["outputs"]["times"])

    def restore_times(self) -> None:
        """Write the output times of the plan again."""
        with explained(self.path):
            self._arrays["time"][:] = np.array(self.identity["outputs"]["times"])

    def described(self) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Any]]]:
        """Return dimensions and attributes of every variable by name."""
        dimensions = {name: _dimensions(array) for name, array in self._arrays.items()}
        return dimensions, {name: dict(array.attrs) for name, array in self._arrays.items()}

    def units(self) -> dict[str, str]:
        """Return the unit of every variable that has one."""
        return {name: str(array.attrs["units"]) for name, array in self._arrays.items() if "units" in array.attrs}


def create_store(
    path: Path, n: int, rows_per_block: int, template: Variables, attributes: Mapping[str, Any], times: Values
) -> Store:
    """Make an empty store, whole or not at all; one that another process has just made is opened.

    Parameters
    ----------
    path : Path
    n : int
        Patients.
    rows_per_block : int
    template : dict
        Variables of any patients, for names, dimensions, types and attributes.
    attributes : mapping
    times : ndarray, shape (n_times,), day

    Raises
    ------
    OutputError
        If the place cannot be written.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-writing-"))
        try:
            _fill(temporary, n, rows_per_block, template, attributes, times)
            temporary.chmod(default_mode())
            temporary.rename(path)
        except OSError:
            if not is_store(path):
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return open_store(path)


def copy_empty(store: Store, path: Path) -> Store:
    """Make a store like another one without its blocks.

    Raises
    ------
    OutputError
        If the place cannot be written.
    """
    first = store.read(store.done()[0] if store.done() else 0)
    dimensions, about = store.described()
    template: Variables = {name: (dimensions[name], values, about[name]) for name, values in first.items()}
    kept = {key: value for key, value in store.attributes.items() if key not in (ROWS, "coordinates")}
    times = store.fixed().get("time", np.array([]))
    return create_store(path, store.n, store.rows_per_block, template, kept, times)


def open_store(path: Path, writable: bool = True) -> Store:
    """Open a store.

    Raises
    ------
    DataError
        If there is none, or it is no sweep.
    """
    if not is_store(path):
        cure = "name the result of a sweep (a folder that ends in .zarr, or a .nc file)"
        reason = "holds no sweep" if path.exists() else "does not exist"
        raise DataError(reason, file=str(path), cure=cure)
    return Store(path, zarr.open_group(LocalStore(path, read_only=not writable), mode="r+" if writable else "r"))


def is_store(path: Path) -> bool:
    """Whether a folder holds a sweep."""
    try:
        about = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
        return bool(about["attributes"]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
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


def _fill(
    path: Path, n: int, rows_per_block: int, template: Variables, attributes: Mapping[str, Any], times: Values
) -> None:
    rows = min(rows_per_block, n)
    names = {name for name, (_, _, about) in template.items() if about.get("kind") == "varied"}
    coordinates = {"coordinates": " ".join(sorted(names))}
    group = zarr.create_group(LocalStore(path), attributes={**attributes, **coordinates, ROWS: rows_per_block})
    for name, (dimensions, values, about) in template.items():
        shape, chunks = (n, *values.shape[1:]), (rows, *values.shape[1:])
        fill = np.nan if values.dtype.kind == "f" else NOT_DONE
        _create(group, name, shape, chunks, values.dtype, fill, about, dimensions)
    if times.size:
        about = {"units": "day", "long_name": "time since day 0"}
        _create(group, "time", times.shape, times.shape, times.dtype, np.nan, about, ("time",))
        group["time"][:] = times  # type: ignore[index]
    about = {"long_name": "checksum of each block of patients, 0 where it is not finished"}
    n_blocks = -(-n // rows_per_block)
    _create(group, CHECKSUM, (n_blocks, SIZE), (1, SIZE), np.dtype(np.uint8), 0, about, ("block", "byte"))
    with warnings.catch_warnings():  # which says that the Zarr 3 specification does not have it yet; xarray reads it
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(LocalStore(path))


def _create(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: Any,
    fill: float,
    about: Mapping[str, Any],
    dimensions: tuple[str, ...],
) -> None:
    group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        fill_value=fill,
        attributes=dict(about),
        dimension_names=dimensions,
        # On courses lz4 is ten times as fast as zstd and 4 % larger: compression must not be what a sweep waits for.
        compressors=[BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")],
    )


def _dimensions(array: zarr.Array[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in getattr(array.metadata, "dimension_names", None) or ())
