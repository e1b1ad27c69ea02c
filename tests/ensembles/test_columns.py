"""Columns of a result are taken out as they are, with unit and label, and nothing that is not there is guessed."""

import json

import numpy as np
import pytest
import xarray as xr

from immunosim.ensembles import columns
from immunosim.errors import DataError

RATE = [0.1, 1.0, 10.0]


@pytest.fixture
def dataset():
    """Return three patients, of whom the second failed, with two times."""
    variables = {
        "cd4": (("sample", "time"), [[1.0, 2.0], [np.nan, np.nan], [5.0, 6.0]],
                {"units": "cells/uL", "long_name": "CD4", "kind": "read-out"}),
        "naive": (("sample", "time"), np.zeros((3, 2)), {"units": "cells/uL", "kind": "pool"}),
        "nadir_cd4": ("sample", [0.5, np.nan, 4.0],
                      {"units": "cells/uL", "kind": "endpoint", "readout": "cd4", "measure": "nadir"}),
        "low": ("sample", [7.0, np.nan, 0.0],
                {"units": "day", "kind": "endpoint", "readout": "cd4", "measure": "time_below"}),
        "status": ("sample", [0, 2, 0]),
    }  # fmt: skip
    coordinates = {
        "sample": [0, 1, 2],
        "time": ("time", [0.0, 30.0], {"units": "day"}),
        "rate": ("sample", RATE, {"units": "1/day", "long_name": "a rate", "scale": "log"}),
        "mechanisms.thymus": ("sample", [0.0, 1.0, 1.0], {"flag_meanings": "off on"}),
    }
    return xr.Dataset(variables, coordinates, {"varied": json.dumps(["rate", "mechanisms.thymus"])})


def test_what_varied_comes_with_label_unit_and_scale(dataset):
    found = columns.varied(dataset, "rate")
    assert (found.name, found.label, found.unit, found.is_log) == ("rate", "a rate", "1/day", True)
    np.testing.assert_array_equal(found.values, RATE)
    np.testing.assert_allclose(found.scaled, [-1.0, 0.0, 1.0])
    assert found.choices == ()


def test_a_choice_has_its_names_in_the_order_of_its_codes(dataset):
    found = columns.varied(dataset, "mechanisms.thymus")
    assert found.choices == ("off", "on")
    assert (found.label, found.unit) == ("mechanisms.thymus", "1")
    assert not found.is_log


def test_what_did_not_vary_is_refused_with_what_did(dataset):
    with pytest.raises(DataError, match='"rat" was not varied') as error:
        columns.varied(dataset, "rat", key="--by")
    assert error.value.key == "--by"
    assert "rate" in error.value.cure


def test_where_nothing_varied_that_is_said(dataset):
    with pytest.raises(DataError) as error:
        columns.varied(dataset.assign_attrs(varied="[]"), "rate")
    assert error.value.cure == "all its patients have the same parameters"


def test_some_patients_are_taken_in_the_order_asked_for(dataset):
    found = columns.varied(dataset, "rate").taken(np.array([2, 0]))
    np.testing.assert_array_equal(found.values, [10.0, 0.1])
    assert found.is_log


@pytest.mark.parametrize(
    ("values", "is_constant"),
    [
        ([2.0, 2.0], True),
        ([2.0, np.nan], True),
        ([np.nan], True),
        ([], True),
        ([2.0, 2.5], False),
        ([np.inf, 1.0], True),
    ],
)
def test_a_quantity_is_constant_where_its_numbers_are_one(values, is_constant):
    assert columns.Varied("x", "x", "1", np.array(values)).is_constant is is_constant


def test_a_logarithm_of_what_has_none_is_not_a_number():
    found = columns.scaled(np.array([100.0, 0.0, -3.0, np.nan, np.inf]), is_log=True)
    np.testing.assert_array_equal(found, [2.0, np.nan, np.nan, np.nan, np.inf])
    plain = np.array([-1.0, 0.0])
    assert columns.scaled(plain, is_log=False) is plain


def test_failures_are_those_with_a_status(dataset):
    np.testing.assert_array_equal(columns.is_failed(dataset), [False, True, False])


def test_names_are_told_apart_by_their_kind(dataset):
    assert columns.endpoint_names(dataset) == ["nadir_cd4", "low"]
    assert columns.series_names(dataset) == ["cd4", "naive"]
    assert columns.varied_names(dataset) == ["rate", "mechanisms.thymus"]
    assert columns.is_series(dataset, "cd4")
    assert not columns.is_series(dataset, "low")


def test_read_outs_come_before_pools_whatever_their_order(dataset):
    turned = dataset[["naive", "cd4"]]
    assert columns.series_names(turned) == ["cd4", "naive"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("cd5", 'unknown result "cd5"'), ("rate", '"rate" is a factor, not a result'), ("status", "unknown")],
)
def test_what_is_no_result_is_told_so(dataset, name, reason):
    with pytest.raises(DataError, match=reason):
        columns.is_series(dataset, name)


def test_an_endpoint_of_a_value_knows_its_read_out_and_a_duration_has_none(dataset):
    nadir, low = columns.outcome(dataset, "nadir_cd4"), columns.outcome(dataset, "low")
    assert (nadir.readout, nadir.unit, nadir.day) == ("cd4", "cells/uL", None)
    assert (low.readout, low.unit, low.day) == ("", "day", None)
    np.testing.assert_array_equal(low.values, [7.0, np.nan, 0.0])


def test_an_endpoint_of_an_older_file_is_known_by_its_name(dataset):
    for name in ("nadir_cd4", "low"):
        for attribute in ("measure", "readout"):
            del dataset[name].attrs[attribute]
    assert columns.outcome(dataset, "nadir_cd4").readout == "cd4"
    assert columns.outcome(dataset, "low").readout == ""


def test_an_endpoint_has_no_day(dataset):
    with pytest.raises(DataError, match='"low" is an endpoint, which has no time'):
        columns.outcome(dataset, "low", at=3.0)


@pytest.mark.parametrize(
    ("at", "day", "first"), [(None, 30.0, 2.0), (0.0, 0.0, 1.0), (14.9, 0.0, 1.0), (15.1, 30.0, 2.0)]
)
def test_a_course_is_taken_at_the_nearest_time(dataset, at, day, first):
    found = columns.outcome(dataset, "cd4", at)
    assert (found.day, found.readout, found.label) == (day, "cd4", "CD4")
    assert found.values[0] == first
    assert np.isnan(found.values[1])


@pytest.mark.parametrize("at", [-0.1, 30.1, np.nan, np.inf])
def test_a_day_outside_of_the_course_is_refused(dataset, at):
    with pytest.raises(DataError, match="outside the simulated time span"):
        columns.outcome(dataset, "cd4", at)


def test_a_course_that_was_kept_at_no_time_is_told_so(dataset):
    with pytest.raises(DataError, match="cd4: was kept at no time"):
        columns.outcome(dataset.isel(time=slice(0, 0)), "cd4")


def test_patients_with_times_of_their_own_have_none_in_common(dataset):
    own = dataset.drop_vars("time").assign_coords(time_of_sample=(("sample", "time"), np.zeros((3, 2))))
    with pytest.raises(DataError, match="its patients have different output times"):
        columns.times_of(own)


@pytest.mark.parametrize("text", ["{}", "3", '["a", 3]', "[null]", "not json", "[", "\udcff"])
def test_a_list_of_texts_that_is_none_is_refused(dataset, text):
    with pytest.raises(DataError) as error:
        columns.listed(dataset.assign_attrs(varied=text), "varied")
    assert "varied" in str(error.value)


def test_a_list_that_is_not_there_is_empty(dataset):
    assert columns.listed(dataset, "scenarios") == []
