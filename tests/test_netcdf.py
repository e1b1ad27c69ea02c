"""Texts that HDF5 refuses are stored in another form, wherever they stand, and numbers stay as they are."""

import io

import numpy as np
import pytest
import xarray as xr

from immunosim.netcdf import netcdf_bytes


def again(dataset):
    return xr.open_dataset(io.BytesIO(netcdf_bytes(dataset)), engine="h5netcdf").load()


@pytest.mark.parametrize(("text", "stored"), [("a\x00b", "a\\x00b"), ("µ “x”\n", "µ “x”\n")])
def test_a_text_is_stored_wherever_it_stands(text, stored):
    found = again(
        xr.Dataset(
            {"x": ("n", [1.0, np.nan], {"note": text}), "name": ("n", np.array([text, "b"], object), {"note": text})},
            attrs={"title": text, "n": 3},
        )
    )
    assert found.attrs == {"title": stored, "n": 3}
    assert found["x"].attrs["note"] == found["name"].attrs["note"] == stored
    assert found["name"].values.tolist() == [stored, "b"]
    np.testing.assert_array_equal(found["x"], [1.0, np.nan])


def test_a_lone_surrogate_is_stored_in_another_form():
    found = again(xr.Dataset({"x": ("n", [1.0], {"note": "\ud800"})}, attrs={"title": "\ud800"}))
    assert found.attrs["title"] == found["x"].attrs["note"] == "\\ud800"


def test_texts_keep_the_shape_of_their_variable():
    names = np.array([["a", "b\x00c"], ["c", "d"]])
    assert again(xr.Dataset({"name": (("i", "j"), names)}))["name"].values.tolist() == [["a", "b\\x00c"], ["c", "d"]]
