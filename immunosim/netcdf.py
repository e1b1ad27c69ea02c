"""A labelled data set as the content of a NetCDF file, whatever its texts hold. Knows nothing of simulations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immunosim.safe_text import attributes, stored

if TYPE_CHECKING:
    import xarray as xr


def netcdf_bytes(dataset: xr.Dataset) -> bytes:
    """Return a data set as NetCDF: attributes and variables of text without what HDF5 would refuse."""
    safe = dataset.assign_attrs(attributes(dataset.attrs))
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "OU":
            texts = [stored(value) if isinstance(value, str) else value for value in variable.values.ravel()]
            safe[name] = (variable.dims, _shaped(texts, variable), variable.attrs, variable.encoding)
        safe[name].attrs = attributes(variable.attrs)
    return bytes(safe.to_netcdf(engine="h5netcdf"))


def _shaped(texts: list[object], variable: xr.Variable) -> object:
    import numpy as np

    strings = np.empty(len(texts), dtype=object)
    strings[:] = texts
    return strings.reshape(variable.shape)
