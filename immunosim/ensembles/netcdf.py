"""Read NetCDF files of unknown origin: links, filters and types are validated before data are read.

HDF5 follows links to other files, reads data from files that a dataset names, and loads filters as plug-ins. Files
written by immunosim use none of these, so any other file is refused by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from immunosim.errors import DataError
from immunosim.machine import memory_available
from immunosim.seals import is_sealed, seal_fits

_CURE = "do not use it; ask for a file that immunosim wrote"
_AGAIN = "recompute it, or restore it from a copy"
_NAME_IT = "name the result of a sweep or an ensemble"

_OF_DIMENSIONS = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates")
"""Attributes in which NetCDF stores the dimensions of a variable; they may refer to other variables of the file."""

_NUMBERS = "fiub"
_MOST_VARIABLES = 10_000


def load_netcdf(path: Path) -> xr.Dataset:
    """Read a whole NetCDF file.

    Raises
    ------
    DataError
        If the file is missing, contains anything that immunosim does not write, or was changed.
    """
    if not path.is_file():
        raise DataError("does not exist", file=str(path), cure=_NAME_IT)
    import h5py

    if not h5py.is_hdf5(path):
        raise DataError("is not a readable NetCDF file", file=str(path), cure=_NAME_IT)
    if is_sealed(path) and not seal_fits(path):
        raise DataError("is not what was written", file=str(path), cure=_AGAIN)
    try:
        with h5py.File(path, "r") as file:
            _refuse_foreign(file, path)
        return xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise DataError("is not a readable NetCDF file", file=str(path), cure=_NAME_IT) from error


def _refuse_foreign(file: Any, path: Path) -> None:
    """Refuse a file that contains anything that immunosim does not write; reads no data.

    Parameters
    ----------
    file : h5py.File
    path : Path
    """
    import h5py

    total = 0
    _check_attributes(file, path)
    if len(file) > _MOST_VARIABLES:
        raise DataError(f"has {len(file):,} variables", file=str(path), cure=_CURE)
    for name in file:
        # Asked for before the object, which HDF5 would look for by following the link.
        link = file.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            _refuse(path, name, "a link to another place or file")
        kind = file.get(name, getclass=True)
        if kind is not h5py.Dataset:
            _refuse(path, name, f"a {getattr(kind, '__name__', 'foreign object').lower()}")
        total += _check_variable(file[name], path)
    available = memory_available()
    if total > available:
        reason = f"needs {total / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are available"
        raise DataError(reason, file=str(path), cure="write a large sweep as .zarr")


def _check_variable(variable: Any, path: Path) -> int:
    """Return the size of a variable in memory, bytes, after its validation."""
    import h5py

    name = variable.name.lstrip("/")
    layout = variable.id.get_create_plist()
    if layout.get_external_count():
        _refuse(path, name, "data in another file")
    if layout.get_layout() not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
        _refuse(path, name, "a virtual dataset")
    for index in range(layout.get_nfilters()):
        code = layout.get_filter(index)[0]
        if code not in (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32):
            _refuse(path, name, f"the filter {code}")
    if not _is_known(variable.dtype):
        _refuse(path, name, f"the type {variable.dtype}")
    _check_attributes(variable, path)
    return int(variable.size or 0) * int(variable.dtype.itemsize)


def _check_attributes(owner: Any, path: Path) -> None:
    name = owner.name.lstrip("/")
    for key in owner.attrs:
        if key not in _OF_DIMENSIONS:
            attribute = owner.attrs.get_id(key)
            if not _is_known(attribute.dtype):
                _refuse(path, f"attribute {key} of {name or 'the file'}", f"the type {attribute.dtype}")


def _is_known(dtype: Any) -> bool:
    """Whether a type is a number or a text; nothing that refers to other objects, and nothing opaque."""
    import h5py

    return dtype.kind in _NUMBERS or dtype.kind == "S" or h5py.check_string_dtype(dtype) is not None


def _refuse(path: Path, name: str, what: str) -> None:
    raise DataError(f"{name[:60]!r} has {what}, which immunosim does not write", file=str(path), cure=_CURE)
