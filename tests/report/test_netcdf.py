"""The NetCDF file of a run is the one that xarray and h5netcdf would write, to the last attribute."""

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from immunosim.report.netcdf import netcdf
from immunosim.trajectory import Trajectory

ATTRIBUTES = {"title": "Zwölf µg/mL", "command": "", "scenario": 'title = "Zwölf"\n' * 5000}


@pytest.fixture(params=["course", "failed"])
def trajectory(request: pytest.FixtureRequest) -> Trajectory:
    """Return a complete course, then one that failed."""
    found: Trajectory = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def both(trajectory: Trajectory, tmp_path: Path) -> tuple[Path, Path]:
    """Return our file, and the one that xarray writes."""
    ours, theirs = tmp_path / "ours.nc", tmp_path / "theirs.nc"
    ours.write_bytes(netcdf(trajectory, ATTRIBUTES))
    trajectory.dataset.assign_attrs(ATTRIBUTES).to_netcdf(theirs, engine="h5netcdf")
    return ours, theirs


def encodings(dataset: xr.Dataset) -> dict[str, str]:
    """Return how every variable lies in its file; as text, in which NaN equals NaN."""
    return {
        str(name): repr({key: value for key, value in variable.encoding.items() if key != "source"})
        for name, variable in dataset.variables.items()
    }


def test_the_file_reads_back_as_the_one_that_xarray_writes(both: tuple[Path, Path]) -> None:
    with xr.open_dataset(both[0]) as ours, xr.open_dataset(both[1]) as theirs:
        assert ours.identical(theirs)
        assert list(ours.variables) == list(theirs.variables)
        assert [list(one.attrs) for one in ours.variables.values()] == [
            list(one.attrs) for one in theirs.variables.values()
        ]
        assert list(ours.attrs) == list(theirs.attrs)
        assert ours.encoding["unlimited_dims"] == theirs.encoding["unlimited_dims"]
        assert encodings(ours) == encodings(theirs)


def test_the_file_has_the_layout_that_h5netcdf_gives_it(both: tuple[Path, Path]) -> None:
    with h5py.File(both[0]) as ours, h5py.File(both[1]) as theirs:
        assert list(ours) == list(theirs)
        for name in ours:
            assert described(ours[name]) == described(theirs[name]), name
        assert list(ours.attrs) == list(theirs.attrs)


def test_the_file_reads_back_as_the_dataset(trajectory: Trajectory) -> None:
    with xr.open_dataset(io.BytesIO(netcdf(trajectory, {})), engine="h5netcdf") as found:
        assert found.identical(trajectory.dataset)


def described(dataset: h5py.Dataset) -> dict[str, Any]:
    """Return all of a dataset but its values and references: type, shape, storage, attributes and their types."""
    attributes = {
        name: (value.dtype.str, value.shape, _plain(dataset.attrs[name]))
        for name, value in ((name, dataset.attrs.get_id(name)) for name in dataset.attrs)
    }
    kept = dataset.id.get_create_plist()
    storage = kept.get_layout(), kept.get_attr_creation_order(), kept.fill_value_defined(), repr(dataset.fillvalue)
    return {"type": dataset.dtype.str, "shape": dataset.shape, "storage": storage, "attributes": attributes}


def _plain(value: Any) -> str:
    is_reference = isinstance(value, np.ndarray) and value.dtype.kind in "OV"
    return f"{len(value)} references" if is_reference else repr(value)
