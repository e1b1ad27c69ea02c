"""A quote adds up: time of patients, of blocks and of one file; memory of what is held; disk of what is kept."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.sweeps import quote as quoting
from immunosim.sweeps.designs import Listed
from immunosim.sweeps.quote import PAGE, Pilot, bounds, is_one_file, quote, refuse_too_much

TEMPLATE = {"cd4": (("sample", "time"), np.zeros((50, 10)), {}), "status": (("sample",), np.zeros(50, np.int64), {})}
PILOT = Pilot(
    n=50,
    n_failed=2,
    seconds=5.0,
    seconds_preparing=1.0,
    seconds_writing=0.1,
    seconds_filing=0.5,
    bytes_per_row=40.0,
    bytes_once=1000.0,
    bytes_filed=60.0,
    n_threads=1,
    template=TEMPLATE,
)


@pytest.fixture
def quoted(small_plan, tmp_path, monkeypatch):
    """Return what quotes 1000 patients in blocks of 100 on a machine with given memory and disk."""
    monkeypatch.setattr(quoting, "memory_used", lambda: 10**6)
    monkeypatch.setattr(quoting, "memory_available", lambda: 10**9)
    monkeypatch.setattr(quoting, "free_space", lambda path: 10**7)
    plan = replace(small_plan, design=replace(small_plan.design, n=1000))
    return lambda name, left=1000, pilot=PILOT, of=plan: quote(of, pilot, tmp_path / name, 100, left)


@pytest.mark.parametrize(
    ("n_cores", "n_threads", "seconds"),
    [
        (1, 1, 5.0),  # one core does everything, one thing after the other
        (2, 1, 4.0),  # preparing hides behind solving
        (4, 1, 4.0),
        (4, 3, (1.0 + 4.0 * 3) / 4),  # three threads solve and one prepares
        (2, 2, (1.0 + 4.0 * 2) / 2),  # preparing takes its share of two cores
        (1, 4, 5.0),
    ],
)
def test_preparing_hides_behind_solving_where_there_is_a_core_for_it(monkeypatch, n_cores, n_threads, seconds):
    monkeypatch.setattr(quoting, "cores", lambda: n_cores)
    pilot = replace(PILOT, n_threads=n_threads)
    expected = max(seconds, 4.0)  # never less than solving alone
    assert pilot.seconds_per_row * 50 == pytest.approx(expected)


def test_time_is_that_of_patients_and_of_blocks_and_of_one_file(quoted, monkeypatch):
    monkeypatch.setattr(quoting, "cores", lambda: 2)
    per_row, writing = 4.0 / 50, 0.1 * 100 / 50  # a block of 100 takes twice as long to write as the pilot of 50
    assert quoted("a.zarr").seconds == pytest.approx(1000 * per_row + 10 * writing)
    assert quoted("a.zarr", left=250).seconds == pytest.approx(250 * per_row + 3 * writing)
    assert quoted("a.nc").seconds == pytest.approx(1000 * per_row + 10 * writing + 0.5 * 1000 / 50)


def test_disk_is_what_is_kept_whole_also_where_some_is_done(quoted):
    assert quoted("a.zarr").disk == quoted("a.zarr", left=10).disk == 1000 + 40 * 1000
    assert quoted("a.nc").disk == 60 * 1000
    assert quoted("a.zarr").n_files == 10 * (len(TEMPLATE) + 1)


def test_memory_is_what_is_held_at_once(quoted, small_plan):
    per_row = 10 * 8 + 8
    assert PILOT.memory_per_row == per_row
    prepared = 3 * 1000 * small_plan.recipe.population.base.problem.vector.nbytes
    chunk = min(quoting.ROWS_PER_CHUNK, 1000) / 1000
    base = 10**6 + 3 * 100 * per_row + int(prepared * chunk)
    assert quoted("a.zarr").memory == base
    assert quoted("a.nc").memory == base + 2 * 1000 * per_row
    listed = replace(small_plan, design=Listed(np.zeros((1000, 2))))
    assert quoted("a.zarr", of=listed).memory == base + 1000 * 2 * 8  # a table is in memory whole


def test_what_is_done_already_needs_no_more_disk(quoted, refusal, tmp_path):
    found = replace(quoted("a.zarr", left=100), disk=90 * 10**6, n_files=10)
    refuse_too_much(found, tmp_path / "a.zarr")  # a tenth of 90 MB fits into 10 MB
    assert "needs about 18 MB of disk" in refusal(refuse_too_much, replace(found, n_left=200), tmp_path / "a.zarr")
    files = replace(found, disk=0, n_files=10**7 // PAGE + 1)
    assert "of disk" in refusal(refuse_too_much, files, tmp_path / "a.zarr")  # a page for each file


def test_bounds_know_everything_but_the_time(quoted, small_plan, tmp_path):
    found = bounds(replace(small_plan, design=replace(small_plan.design, n=1000)), tmp_path / "a.zarr", 100, 400)
    assert np.isnan(found.seconds)
    assert (found.n, found.n_left, found.n_blocks, found.n_pilot) == (1000, 400, 10, 0)
    assert found.disk == 1000 * quoting.bytes_per_row(quoting.template_of(small_plan.recipe))
    automatic = bounds(small_plan, tmp_path / "a.zarr", 0, 100).rows_per_block
    assert automatic & (automatic - 1) == 0
    assert quoting.LEAST_BLOCK <= automatic <= quoting.USUAL_BLOCK


@pytest.mark.parametrize(("name", "is_one"), [("a.nc", True), ("a.zarr", False), ("a", False), ("a.nc.zarr", False)])
def test_a_file_is_told_by_its_ending(tmp_path, name, is_one):
    assert is_one_file(tmp_path / name) is is_one
