"""Create an empty store atomically: empty arrays, the output times, and the manifest."""

from __future__ import annotations

import errno
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore

from immunosim.files import default_mode, explained, sync_folder, sync_tree
from immunosim.sweeps.blocks import Variables
from immunosim.sweeps.checksums import StoredArray
from immunosim.sweeps.layout import CHECKSUM, StoreLayout
from immunosim.sweeps.manifest import StoreManifest
from immunosim.sweeps.store import NOT_DONE, ROWS, SweepStore, is_store, open_store


def create_store(
    path: Path, n: int, rows_per_block: int, template: Variables, attributes: Mapping[str, Any], times: StoredArray
) -> SweepStore:
    """Create an empty store atomically; a store that another process has just created is opened.

    Parameters
    ----------
    path : Path
    n : int
        Patients.
    rows_per_block : int
    template : dict
        Variables (of any number of patients) that give names, dimensions, types and attributes.
    attributes : mapping
        With the fingerprint of the plan.
    times : ndarray, shape (n_times,), day

    Raises
    ------
    OutputError
        If the location is not writable.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-writing-"))
        try:
            _fill(temporary, n, rows_per_block, template, attributes, times)
            layout = layout_of(str(attributes["fingerprint"]), n, rows_per_block, template)
            StoreManifest.of(temporary, layout).write(temporary)
            sync_tree(temporary)
            temporary.chmod(default_mode())
            temporary.rename(path)
            sync_folder(path.parent)
        except OSError:
            if not is_store(path):
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return open_store(path)


def copy_empty(store: SweepStore, path: Path) -> SweepStore:
    """Create a store like another one without its blocks.

    Raises
    ------
    OutputError
        If the location is not writable.
    """
    first = store.read(0)
    dimensions, about = store.described()
    template: Variables = {name: (dimensions[name], values, about[name]) for name, values in first.items()}
    kept = {key: value for key, value in store.attributes.items() if key not in (ROWS, "coordinates")}
    times = store.fixed().get("time", np.array([]))
    return create_store(path, store.n, store.rows_per_block, template, kept, times)


def layout_of(fingerprint: str, n: int, rows_per_block: int, template: Variables) -> StoreLayout:
    """Return the layout of a sweep with these variables in files."""
    return StoreLayout(fingerprint, n, rows_per_block, {name: len(dims) for name, (dims, _, _) in template.items()})


def _fill(
    path: Path, n: int, rows_per_block: int, template: Variables, attributes: Mapping[str, Any], times: StoredArray
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
        # Not group["time"], which would read again what was just written.
        _create(group, "time", times.shape, times.shape, times.dtype, np.nan, about, ("time",))[:] = times
    about = {"long_name": "SHA-256 of each file of a block in the order of its variables, and of all; 0: not done"}
    layout = layout_of("", n, rows_per_block, template)
    size, byte = layout.record_size, np.dtype(np.uint8)
    _create(group, CHECKSUM, (layout.n_blocks, size), (1, size), byte, 0, about, ("block", "byte"), is_plain=True)
    with warnings.catch_warnings():  # which says that the Zarr 3 specification does not have it yet; xarray reads it
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        try:
            zarr.consolidate_metadata(LocalStore(path))
        except ValueError as error:  # of metadata that it reads again, and that the disk did not give back
            raise OSError(errno.EIO, "what was written cannot be read", str(path)) from error


def _create(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: Any,
    fill: float,
    about: Mapping[str, Any],
    dimensions: tuple[str, ...],
    is_plain: bool = False,
) -> zarr.Array[Any]:
    # On courses lz4 is ten times as fast as zstd and 4 % larger: compression must not limit the speed of a sweep.
    compressors = [] if is_plain else [BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")]
    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        fill_value=fill,
        attributes=dict(about),
        dimension_names=dimensions,
        compressors=compressors,
    )
