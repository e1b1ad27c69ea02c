"""A result is labelled, opens without warnings, makes its patients again, and becomes one file or tidy tables."""

import errno
import json
import os
import stat
import tempfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr

from immunosim.ensembles import load_ensemble, replay, simulate_ensemble
from immunosim.files import OutputError
from immunosim.sweeps import RunOptions, Shard, digest_of, export, open_result, run_sweep
from immunosim.sweeps.export import write_parquet


@pytest.fixture(scope="module")
def whole(whole_path):
    """Return the result of the uninterrupted run."""
    return open_result(whole_path)


@pytest.fixture(scope="module")
def file(small_plan, manner, tmp_path_factory):
    """Return the same as one file."""
    path = tmp_path_factory.mktemp("file") / "whole.nc"
    run_sweep(small_plan, path, replace(manner, command="immunosim sweep x.toml"))
    return path


def test_xarray_opens_the_store_with_coordinates_and_units(whole_path):
    with xr.open_zarr(whole_path) as found:
        assert (found.sizes["sample"], found.sizes["time"]) == (100, 3)
        assert set(found.coords) == {"time", "blood_lysis_rate", "patient.age"}
        assert found["cd4"].dims == ("sample", "time")
        assert found["cd4"].attrs["units"] == "cells/uL"
        assert found["blood_lysis_rate"].attrs["units"] == "1/day"
        assert found["time"].values.tolist() == [0.0, 30.0, 180.0]
        assert found["status"].dtype.kind == "i"
        assert found["nadir_cd4"].chunks == ((16,) * 6 + (4,),)  # lazily, block by block


def test_the_file_is_the_store(whole, file):
    with xr.open_dataset(file, engine="h5netcdf") as found:
        assert set(found.variables) == set(whole.dataset.variables)
        assert set(found.coords) == set(whole.dataset.coords)
        for name, variable in whole.dataset.variables.items():
            np.testing.assert_array_equal(found[name].values, variable.values, err_msg=str(name))
            assert found[name].dtype == variable.dtype
            assert found[name].attrs.get("units") == variable.attrs.get("units")
        assert found.attrs["command"] == "immunosim sweep x.toml"
        assert "not a medical device" in found.attrs["intended_use"]


def test_every_variable_says_what_it_is(whole):
    for name, variable in whole.dataset.variables.items():
        assert variable.attrs.get("long_name"), name
        if name not in ("status", "worst_pool", "n_steps", "n_rejected", "fail_state"):
            assert variable.attrs.get("units"), name


def test_an_unfinished_store_can_be_read(small_plan, manner, tmp_path):
    found = run_sweep(small_plan, tmp_path / "a.zarr", replace(manner, shard=Shard(2, 3)))
    assert found.n_missing == 68
    assert found.counts() == {"OK": 32, "NOT_RUN": 68}
    assert np.isnan(found["nadir_cd4"][:16]).all()
    assert np.isfinite(found["nadir_cd4"][16:32]).all()
    assert np.isnan(found["blood_lysis_rate"][:16]).all()


@pytest.mark.parametrize("is_file", [False, True])
def test_a_patient_can_be_made_and_run_again(whole_path, file, is_file):
    result = open_result(file if is_file else whole_path)
    varied = result.varied_of(17)
    assert set(varied) == {"blood_lysis_rate", "patient.age"}
    assert varied["patient.age"] == f"{result['patient.age'][17]} year"
    alone = simulate_ensemble(
        result.scenario_of(17),
        {name: [value] for name, value in result.parameters_of(17).items()},
        readouts=("cd4",),
        times=result["time"],
    )
    np.testing.assert_array_equal(alone["cd4"][0], result["cd4"][17])
    found = replay(result, 17)
    assert (found.status, found.is_reproduced) == ("OK", True)


def test_tables_are_the_dataset(whole, tmp_path):
    paths = write_parquet(whole.dataset, tmp_path / "a.parquet")
    assert [path.name for path in paths] == ["a.parquet", "a_over_time.parquet"]
    patients, courses = map(pd.read_parquet, paths)
    assert patients["sample"].tolist() == list(range(100))
    for name in ("blood_lysis_rate", "patient.age", "nadir_cd4", "status", "n_steps"):
        np.testing.assert_array_equal(patients[name], whole[name], err_msg=name)
    assert len(courses) == 300
    for name in ("cd4", "lymphocytes"):
        np.testing.assert_array_equal(courses[name].to_numpy().reshape(100, 3), whole[name], err_msg=name)
    assert courses.iloc[4][["sample", "time"]].tolist() == [1.0, 30.0]
    about = pq.read_schema(paths[0]).metadata
    assert json.loads(about[b"units"])["nadir_cd4"] == "cells/uL"
    assert sorted(os.listdir(tmp_path)) == ["a.parquet", "a_over_time.parquet"]


def test_tables_that_are_written_in_parts_are_the_same(whole, tmp_path, monkeypatch):
    write_parquet(whole.dataset, tmp_path / "a.parquet")
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 30)
    write_parquet(whole.dataset, tmp_path / "b.parquet")
    for suffix in ("", "_over_time"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / f"a{suffix}.parquet"), pd.read_parquet(tmp_path / f"b{suffix}.parquet")
        )


def test_a_sweep_without_times_has_one_table(make_plan, tmp_path):
    found = run_sweep(make_plan("age=20:60", n=5), tmp_path / "a.zarr", RunOptions(2, 5))
    assert "time" not in found.dataset.variables
    assert write_parquet(found.dataset, tmp_path / "a.parquet") == [tmp_path / "a.parquet"]


def test_pools_can_be_kept(make_plan, tmp_path):
    plan = make_plan("age=20:60", n=3, times=(0.0, 10.0), pools=True)
    found = run_sweep(plan, tmp_path / "a.zarr", RunOptions(2, 2))
    run_sweep(plan, tmp_path / "b.nc", RunOptions(2, 3))
    assert found["naive_cd4_blood"].shape == (3, 2)
    assert digest_of(tmp_path / "a.zarr") == digest_of(tmp_path / "b.nc")


def test_a_disk_that_is_full_leaves_earlier_tables(whole, tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_text("earlier")

    def failing(self, table):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pq.ParquetWriter, "write_table", failing)
    with pytest.raises(OutputError, match="free some space, or choose another disk"):
        write_parquet(whole.dataset, tmp_path / "a.parquet")
    assert os.listdir(tmp_path) == ["a.parquet"]
    assert (tmp_path / "a.parquet").read_text() == "earlier"


def test_what_is_written_has_the_permissions_of_anything_else(whole, file, whole_path, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    paths = write_parquet(whole.dataset, tmp_path / "a.parquet")
    for path in (*paths, file):
        assert path.stat().st_mode == (tmp_path / "file").stat().st_mode
    assert whole_path.stat().st_mode == (tmp_path / "folder").stat().st_mode


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_named(small_plan, manner, tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError, match="choose a place that you may write"):
            run_sweep(small_plan, tmp_path / "a.zarr", manner)
    finally:
        tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_disk_that_may_not_be_written_is_explained(small_plan, manner, tmp_path, monkeypatch, refusal, number):
    make = tempfile.mkdtemp

    def failing(*arguments, **named):
        if named.get("dir") == tmp_path:
            raise OSError(number, os.strerror(number))
        return make(*arguments, **named)

    monkeypatch.setattr(tempfile, "mkdtemp", failing)
    assert refusal(run_sweep, small_plan, tmp_path / "a.zarr", manner) == (
        f"{tmp_path / 'a.zarr'}: cannot be written ({os.strerror(number)}), choose a place that you may write"
    )


def test_a_file_in_place_of_a_folder_is_named(small_plan, manner, tmp_path, refusal):
    (tmp_path / "results").write_text("mine")
    assert refusal(run_sweep, small_plan, tmp_path / "results" / "a.zarr", manner) == (
        f"{tmp_path}/results/a.zarr: cannot be written ({tmp_path}/results is a file, not a folder), "
        "choose another place"
    )


def test_what_is_no_result_is_named(base, tmp_path, refusal):
    simulate_ensemble(base.scenario, {"age": [30.0]}).save(tmp_path / "ensemble.nc")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.nc").write_text("x")
    store = "name the result of a sweep (a folder that ends in .zarr, or a .nc file)"
    expected = {
        "lost.zarr": "does not exist, name the result of a sweep or an ensemble",
        "folder": f"holds no sweep, {store}",
        "text.nc": "is not a readable NetCDF file, name the result of a sweep or an ensemble",
        "ensemble.nc": "holds no sweep, name what immunosim sweep wrote",
    }
    assert {name: refusal(digest_of, tmp_path / name) for name in expected} == {
        name: f"{tmp_path / name}: {message}" for name, message in expected.items()
    }
    assert len(open_result(tmp_path / "ensemble.nc")) == 1


def test_an_ensemble_is_no_sweep_and_the_other_way_round(file, refusal):
    assert refusal(load_ensemble, file) == (f"{file}: holds no ensemble, name a file that EnsembleResult.save wrote")
