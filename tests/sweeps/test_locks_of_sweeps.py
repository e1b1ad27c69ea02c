"""Two runs on one output: one computes, the other says who does; what a dead one held is taken over."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.locks import held
from immunosim.sweeps import RunOptions, Shard, digest_of, run_sweep
from immunosim.sweeps.merging import merge_stores

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
@pytest.mark.parametrize(
    "how", [RunOptions(), RunOptions(is_resumed=True), RunOptions(is_forced=True)], ids=["", "resume", "force"]
)
def test_an_output_that_is_held_is_refused_before_anything_is_computed(
    small_plan, tmp_path, refusal, monkeypatch, name, how
):
    monkeypatch.setattr("immunosim.sweeps.run.run_pilot", None)
    with held(tmp_path / name, "immunosim sweep first.toml"):
        message = refusal(run_sweep, small_plan, tmp_path / name, how)
    assert re.fullmatch(
        rf"{tmp_path / name}: is in use \(process {os.getpid()} of .* on .*, since .* UTC: immunosim sweep first.toml"
        r"\), wait until it has ended, end it there, or choose another `path`",
        message,
    )
    assert list(tmp_path.iterdir()) == []


def test_shards_run_side_by_side_and_the_whole_waits_for_them(small_plan, manner, whole_path, tmp_path, refusal):
    path = tmp_path / "a.zarr"
    with held(path, part=(1, 3)):
        run_sweep(small_plan, path, replace(manner, shard=Shard(2, 3)))
        run_sweep(small_plan, path, replace(manner, shard=Shard(3, 3), is_resumed=True))
        for how in (
            replace(manner, is_resumed=True),
            replace(manner, shard=Shard(1, 3)),
            replace(manner, shard=Shard(4, 6)),
        ):
            assert "is in use" in refusal(run_sweep, small_plan, path, how)
        assert "is in use" in refusal(merge_stores, path, [whole_path])
    run_sweep(small_plan, path, replace(manner, shard=Shard(1, 3)))
    assert digest_of(path) == digest_of(whole_path)
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_a_run_goes_on_where_a_dead_one_held_the_output(small_plan, manner, whole_path, tmp_path):
    path, notes = tmp_path / "a.zarr", []
    text = (
        f"import os, immunosim.locks as l, pathlib as p; kept = l.held(p.Path({str(path)!r}), 'first'); "
        "kept.__enter__(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", text], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert len(os.listdir(tmp_path)) == 2
    shutil.copytree(whole_path, path)
    (path / "block_checksum/c/4/0").unlink()
    run_sweep(small_plan, path, replace(manner, is_resumed=True), notes.append)
    (note,) = notes
    assert re.fullmatch(
        rf"{path}: the run that held it has ended without finishing \(process \d+ of .*: first\); this one takes over",
        note,
    )
    assert digest_of(path) == digest_of(whole_path)
    assert os.listdir(tmp_path) == ["a.zarr"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
def test_two_processes_on_one_output_lose_no_patient(configs, tmp_path, name):
    arguments = (
        *("sweep", configs / "one_course.toml", "--set", "horizon=6 months", "--out", name, "--resume", "--chunk", 64),
        *("--vary", "blood_lysis_rate=x0.5:x2:log", "-n", 1500, "--endpoint", "nadir of cd4"),
    )
    command, digests = [sys.executable, "-m", "immunosim", *map(str, arguments)], set()
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        both = [
            subprocess.Popen(
                command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        said = [one.communicate()[1] for one in both]
        codes = sorted(one.returncode for one in both)
        # The second may come when the first has finished, and finds nothing left to do.
        assert codes in ([0, 2], [0, 0]), said
        if codes == [0, 2]:
            assert sum("is in use (process" in text for text in said) == 1
        else:
            assert any(f"{name} is complete" in text for text in said)
        digests.add(digest_of(folder / name))
        assert os.listdir(folder) == [name]
    assert len(digests) == 1
