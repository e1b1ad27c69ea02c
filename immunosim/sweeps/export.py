"""Export a finished store as one NetCDF file or as tidy Parquet tables."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.errors import DataError
from immunosim.files import default_mode, explained, write_file
from immunosim.netcdf import netcdf_bytes
from immunosim.seals import sealed
from immunosim.sweeps.checksums import split
from immunosim.sweeps.store import ROWS, SweepStore

if TYPE_CHECKING:
    import pyarrow as pa

_MISSING = "Parquet tables need the package pyarrow"
_INSTALL = "run: python -m pip install 'immunosim[sweep]'"

ROWS_AT_ONCE = 2**18
"""Rows of a table written at once."""


def write_netcdf(store: SweepStore, path: Path) -> None:
    """Write a finished store as a sealed NetCDF file, atomically; the data are held in memory meanwhile.

    Raises
    ------
    DataError
        If patients are missing, or a file of the store fails its checksum.
    OutputError
        If the location is not writable.
    """
    missing = store.n_blocks - len(store.done())
    if missing:
        reason = f"has lost {missing} of {store.n_blocks} blocks while it was being written"
        raise DataError(reason, file=str(store.path), cure="continue with `is_resumed`")
    dataset = store.dataset().load()
    del dataset.attrs[ROWS]
    for variable in dataset.variables.values():
        variable.encoding = {"zlib": True, "complevel": 4} if variable.dims[:1] == ("sample",) else {}
    write_file(path, sealed(netcdf_bytes(dataset)))


def table_paths(result: Path) -> tuple[Path, Path]:
    """Return the paths of the tables of a result: one row per patient, and one per patient and time."""
    return result.with_suffix(".parquet"), result.with_name(f"{result.stem}_over_time.parquet")


def refuse_tables(result: Path, may_replace: bool) -> None:
    """Raise a DataError if the tables could not be written, before anything is computed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise DataError(_MISSING, key="parquet", cure=_INSTALL) from error
    for path in table_paths(result):
        if path.exists() and not may_replace:
            cure = "choose another `path`, or replace it with `is_forced`"
            raise DataError("exists", file=str(path), cure=cure)


def write_parquet(dataset: xr.Dataset, result: Path) -> list[Path]:
    """Write tidy tables of a result: one row a patient, and one a patient and time where there are times.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of a sweep; read in parts.
    result : Path
        The tables are written beside it (``table_paths``).

    Returns
    -------
    list of Path

    Raises
    ------
    DataError
        If pyarrow is missing.
    OutputError
        If the location is not writable.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise DataError(_MISSING, key="parquet", cure=_INSTALL) from error
    by_row = {str(name): variable for name, variable in dataset.variables.items() if variable.dims[:1] == ("sample",)}
    plain = {name: variable for name, variable in by_row.items() if variable.ndim == 1}
    wide = {name: variable for name, variable in by_row.items() if variable.dims == ("sample", "time")}
    times = dataset["time"].values if wide else np.array([])
    path, courses_path = table_paths(result)
    over_time = courses_path if wide else None
    rows = max(1, ROWS_AT_ONCE // max(1, times.size))
    with _writer(path, dataset) as patients, _writer(over_time, dataset) as courses:
        for first, end in split(dataset.sizes["sample"], rows):
            samples = np.arange(first, end)
            patients(
                pa.table({"sample": samples} | {name: variable[first:end].values for name, variable in plain.items()})
            )
            if wide:
                labels = {"sample": np.repeat(samples, times.size), "time": np.tile(times, samples.size)}
                courses(
                    pa.table(labels | {name: variable[first:end].values.ravel() for name, variable in wide.items()})
                )
    return [path, over_time] if over_time else [path]


@contextmanager
def _writer(path: Path | None, dataset: xr.Dataset) -> Iterator[Any]:
    """Yield a function that appends a table to a file; the file appears at the end of the block."""
    import pyarrow.parquet as pq

    if path is None:
        yield None
        return
    units = {
        str(name): str(variable.attrs["units"])
        for name, variable in dataset.variables.items()
        if "units" in variable.attrs
    }
    about = ("intended_use", "plan", "command", "software", "model_key")
    described = {key: str(dataset.attrs[key]) for key in about} | {"units": json.dumps(units)}
    opened: list[pq.ParquetWriter] = []
    temporary = path.with_name(f".{path.name}-writing-{os.getpid()}")

    def add(table: pa.Table) -> None:
        if not opened:
            opened.append(pq.ParquetWriter(temporary, table.schema.with_metadata(described)))
        opened[0].write_table(table)

    try:
        with explained(path):
            yield add
            opened[0].close()
        temporary.chmod(default_mode() & 0o666)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
