"""Earlier results are kept unless they are replaced, only sweeps are replaced, and results have a place that does."""

from dataclasses import replace

import pytest
import xarray as xr

from immunosim.ensembles import simulate_ensemble
from immunosim.sweeps import RunOptions, Shard, open_result, run_sweep


@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
def test_an_existing_result_is_kept_unless_replaced(small_plan, manner, tmp_path, refusal, bytes_below, name):
    path = tmp_path / name
    run_sweep(small_plan, path, manner)
    before = bytes_below(tmp_path)
    other = replace(small_plan, design=replace(small_plan.design, seed=1))
    assert refusal(run_sweep, other, path, manner) == (
        f"{path}: exists, continue it with `is_resumed`, or replace it with `is_forced`"
    )
    assert bytes_below(tmp_path) == before
    run_sweep(other, path, replace(manner, is_forced=True))
    assert open_result(path).identity["design"]["seed"] == 1


def test_only_a_sweep_is_replaced(small_plan, manner, base, tmp_path, refusal, bytes_below):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "thesis.tex").write_text("mine")
    (tmp_path / "b.zarr").write_text("mine")
    simulate_ensemble(base.scenario, {"age": [30.0]}).save(tmp_path / "c.nc")
    xr.Dataset({"mine": 1}).to_netcdf(tmp_path / "d.nc", engine="h5netcdf")
    (tmp_path / "e.nc").write_text("mine")
    before = bytes_below(tmp_path)
    for name in ("a.zarr", "b.zarr", "c.nc", "d.nc", "e.nc"):
        assert refusal(run_sweep, small_plan, tmp_path / name, replace(manner, is_forced=True)) == (
            f"{tmp_path / name}: is not a sweep, so it is not replaced, choose another `path`"
        )
    assert bytes_below(tmp_path) == before


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (RunOptions(is_forced=True, is_resumed=True), "would remove the result that `is_resumed` continues"),
        (RunOptions(is_forced=True, shard=Shard(1, 2)), "would remove the blocks of other shards"),
    ],
)
def test_force_does_not_remove_what_is_still_wanted(small_plan, whole_path, refusal, bytes_below, how, reason):
    before = bytes_below(whole_path)
    message = f"is_forced: {reason}, leave it out, or remove the result yourself"
    assert refusal(run_sweep, small_plan, whole_path, how) == message
    assert bytes_below(whole_path) == before


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("a", RunOptions(), "is neither Zarr nor NetCDF, end it in .zarr or .nc"),
        ("a.h5", RunOptions(), "is neither Zarr nor NetCDF, end it in .zarr or .nc"),
        ("a.nc", RunOptions(shard=Shard(1, 2)), "shards cannot share one file, write Zarr: `path=NAME.zarr`"),
    ],
)
def test_a_place_that_does_not_do_is_refused(small_plan, tmp_path, refusal, name, how, message):
    assert refusal(run_sweep, small_plan, tmp_path / name, how) == f"{tmp_path / name}: {message}"


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2", "²/3"])
def test_what_is_no_shard_is_refused(refusal, text):
    assert refusal(Shard.parse, text) == f'shard: "{text}" is not a shard, write for example 2/3, the second of three'
