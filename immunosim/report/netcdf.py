"""A trajectory as a NetCDF-4 file: the layout that xarray and h5netcdf give a dataset, written through h5py alone.

A run writes this file by default, and this avoids importing the two libraries. Knows the file format and
labelled values, not what they mean; reading is left to xarray.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.safe_text import attributes as safe_attributes
from immunosim.trajectory import TIME_ATTRIBUTES, Labelled, Trajectory

if TYPE_CHECKING:
    import h5py

TIME_DIMENSION = np.int32(0)
"""Number of the only dimension of the file."""


def netcdf(trajectory: Trajectory, attributes: Mapping[str, str]) -> bytes:
    """Return the content of the file.

    Parameters
    ----------
    trajectory : Trajectory
    attributes : mapping of str to str
        Global attributes of the file.
    """
    import h5py

    # Names and attributes keep the order in which they are written, as the NetCDF library expects.
    with h5py.File("trajectory.nc", "w", driver="core", backing_store=False, track_order=True) as file:
        file.attrs.update(safe_attributes(attributes))
        time = Labelled(trajectory.time, TIME_ATTRIBUTES)
        written = {
            name: _write(file, name, variable) for name, variable in (trajectory.variables | {"time": time}).items()
        }
        _share_times(written)
        _name_software(file)
        file.flush()
        return bytes(file.id.get_file_image())


def _write(file: h5py.File, name: str, variable: Labelled) -> h5py.Dataset:
    """Write a variable; missing floats are NaN, which the format asks to be declared."""
    missing = np.nan if variable.values.dtype.kind == "f" else None
    written = file.create_dataset(name, data=variable.values, fillvalue=missing, track_order=True)
    if variable.dimensions:
        written.attrs["_Netcdf4Coordinates"] = np.array([TIME_DIMENSION])
        written.attrs["_Netcdf4Dimid"] = TIME_DIMENSION
    if missing is not None:
        written.attrs["_FillValue"] = np.array([missing])
    written.attrs.update(safe_attributes(variable.attributes))
    return written


def _share_times(written: Mapping[str, h5py.Dataset]) -> None:
    """Declare the times a dimension, and the dimension of every variable over time."""
    time = written["time"]
    time.make_scale("time")
    for variable in written.values():
        if variable.ndim and variable is not time:
            variable.dims[0].attach_scale(time)


def _name_software(file: Any) -> None:
    """Say which libraries wrote the file, where the NetCDF library looks for it."""
    import h5py

    text = f"version=2,hdf5={h5py.version.hdf5_version},h5py={h5py.__version__}"
    file.attrs["_NCProperties"] = np.array(text, dtype=h5py.string_dtype("ascii", len(text)))
