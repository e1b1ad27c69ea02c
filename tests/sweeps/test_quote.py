"""A pilot tells time, memory and disk; what will not suffice is refused before anything is written."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from immunosim.sweeps import quote as quoting
from immunosim.sweeps import refuse_too_much, run_pilot, run_sweep
from immunosim.sweeps.designs import Listed
from immunosim.sweeps.quote import (
    BLOCK_BYTES,
    LEAST_BLOCK,
    USUAL_BLOCK,
    block_size,
    is_large,
    quote,
    refuse_hopeless,
)
from immunosim.sweeps.store import size_on_disk


@pytest.fixture(scope="module")
def pilot(small_plan):
    """Return what some of the small plan's patients took."""
    return run_pilot(small_plan, 2)


@pytest.fixture
def quoted(small_plan, pilot, tmp_path):
    """Return what quotes a result by its name."""
    return lambda name, rows=16, left=100: quote(small_plan, pilot, tmp_path / name, rows, left)


def test_numbers_are_positive_and_fit(pilot, quoted):
    for name in ("a.zarr", "a.nc"):
        found = quoted(name)
        assert all(value > 0 for key, value in found.as_dict().items() if key != "n_pilot_failed")
        assert (found.n, found.n_left, found.rows_per_block, found.n_blocks) == (100, 100, 16, 7)
        assert (found.n_pilot, found.n_pilot_failed) == (64, 0)
        json.dumps(found.as_dict())
    assert pilot.seconds_preparing > 0.0


def test_less_is_left_in_less_time(quoted):
    assert quoted("a.zarr", left=16).seconds < quoted("a.zarr", left=100).seconds
    assert quoted("a.zarr", left=0).seconds == 0.0


def test_disk_is_about_what_it_takes(small_plan, manner, quoted, tmp_path):
    for name in ("a.zarr", "a.nc"):
        run_sweep(small_plan, tmp_path / name, manner)
        path = tmp_path / name
        taken = size_on_disk(path) if path.is_dir() else path.stat().st_size
        # Blocks of 16 compress worse than the 64 of the pilot, and each file has a header.
        assert 0.5 < quoted(name).disk / taken < 2.0


def test_memory_grows_with_blocks_and_with_one_file(pilot, quoted, monkeypatch):
    monkeypatch.setattr(quoting, "memory_used", lambda: 0)
    assert quoted("a.zarr", 64).memory - quoted("a.zarr", 16).memory == 3 * (64 - 16) * pilot.memory_per_row
    assert quoted("a.nc").memory - quoted("a.zarr").memory == 2 * 100 * pilot.memory_per_row


def test_patients_who_fail_are_counted(make_plan):
    plan = make_plan("age=20:60")
    plan = replace(plan, design=Listed(np.where(np.arange(100) % 2, 30.0, 500.0)[:, np.newaxis]))
    found = run_pilot(plan, 2)
    assert (found.n, found.n_failed) == (64, 32)


@pytest.mark.parametrize("n", [1, 2, 7, 63, 65])
def test_any_number_of_patients_has_a_pilot(make_plan, n):
    found = run_pilot(make_plan("age=20:60", n=n), 2)
    assert 1 <= found.n <= n


@pytest.mark.parametrize("seconds", [1e-7, 1e-3, 0.02, 0.5, 60.0])
@pytest.mark.parametrize("n_bytes", [8, 10**4, 10**6, 10**9])
@pytest.mark.parametrize("n", [1, 10**5, 10**8])
def test_blocks_are_powers_of_two_within_limits(small_plan, pilot, seconds, n_bytes, n):
    row = np.broadcast_to(0.0, (64, n_bytes // 8))
    slow = replace(pilot, seconds=64 * seconds, seconds_preparing=0.0, template={"x": (("sample",), row, {})})
    plan = replace(small_plan, design=replace(small_plan.design, n=n))
    rows = block_size(plan, slow)
    assert rows & (rows - 1) == 0
    assert LEAST_BLOCK <= rows <= max(USUAL_BLOCK, n / 4096)
    assert -(-n // rows) <= 2 * 4096
    if rows > max(LEAST_BLOCK, n / 4096):
        assert rows * n_bytes <= BLOCK_BYTES
        assert rows * slow.seconds_per_row <= 5.0


def test_too_little_memory_is_refused_with_what_to_change(quoted, refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(quoting, "memory_available", lambda: 0)
    monkeypatch.setattr(quoting, "memory_used", lambda: 3 * 10**9)
    for name, change in (
        ("a.zarr", "make blocks smaller with `rows_per_block`"),
        ("a.nc", "write Zarr instead (`path=NAME.zarr`)"),
    ):
        message = refusal(refuse_too_much, quoted(name), tmp_path / name)
        needs = "needs about 3 GB of memory, 3 GB are available"
        assert message == f"{tmp_path / name}: {needs}, {change}, or store fewer outputs per patient"


def test_too_little_disk_is_refused_with_what_to_change(quoted, refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(quoting, "free_space", lambda path: 2000)
    for name in ("a.zarr", "a.nc"):
        found = replace(quoted(name), disk=5 * 10**9)
        need = 5 if name == "a.zarr" else 10  # the store of a file stays until the file is written
        assert refusal(refuse_too_much, found, tmp_path / name) == (
            f"{tmp_path / name}: needs about {need} GB of disk, 2 kB are free, "
            "choose another disk with `path`, fewer times, or endpoints alone"
        )


def test_enough_is_not_refused(quoted, tmp_path):
    refuse_too_much(quoted("a.zarr"), tmp_path / "a.zarr")


def test_large_results_become_a_folder(small_plan):
    assert not is_large(small_plan)
    assert is_large(replace(small_plan, design=replace(small_plan.design, n=10**8)))


def test_what_cannot_fit_is_refused_without_a_pilot(small_plan, refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(quoting, "solve_rows", None)
    many = replace(small_plan, design=replace(small_plan.design, n=2**30))
    refuse_hopeless(many, tmp_path / "a.zarr")
    message = refusal(refuse_hopeless, many, tmp_path / "a.nc")
    assert re.match(rf"{tmp_path}/a.nc: needs about [\d.]+ TB of memory, .* write Zarr instead", message)
    monkeypatch.setattr(quoting, "free_space", lambda path: 2**30)
    message = refusal(refuse_hopeless, many, tmp_path / "a.zarr", 16)
    assert re.match(rf"{tmp_path}/a.zarr: needs about [\d.]+ GB of disk, 1.07 GB are free", message)


def test_a_pilot_leaves_nothing(small_plan, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run_pilot(small_plan, 2)
    assert list(tmp_path.iterdir()) == []
