"""The numbers of a sweep do not depend on how it is cut, shared out, interrupted or stored."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from immunosim.files import OutputError, explained
from immunosim.sweeps import RunOptions, Shard, SweepStore, digest_of, open_result, run_sweep
from immunosim.sweeps.designs import Listed
from immunosim.sweeps.merging import merge_stores
from immunosim.sweeps.sealed_store import SealedStore
from immunosim.sweeps.store import open_store
from immunosim.sweeps.sweeping import store_path


@pytest.fixture(scope="module")
def digest(whole_path):
    """Return the checksum of the uninterrupted run."""
    return digest_of(whole_path)


@pytest.mark.parametrize(("rows", "threads"), [(7, 1), (64, 4), (1000, 2)])
def test_chunks_and_threads(small_plan, digest, tmp_path, rows, threads):
    run_sweep(small_plan, tmp_path / "a.zarr", RunOptions(threads, rows))
    assert digest_of(tmp_path / "a.zarr") == digest


def test_the_usual_size_of_chunks_and_number_of_threads(small_plan, digest, tmp_path):
    run_sweep(small_plan, tmp_path / "a.zarr")
    assert digest_of(tmp_path / "a.zarr") == digest


def test_shards_into_one_store(small_plan, manner, digest, tmp_path):
    for number in (3, 1, 2):
        run_sweep(small_plan, tmp_path / "a.zarr", replace(manner, shard=Shard(number, 3), is_resumed=True))
    assert digest_of(tmp_path / "a.zarr") == digest


def test_shards_in_stores_of_their_own_that_are_merged(small_plan, manner, digest, tmp_path):
    parts = [tmp_path / f"{number}.zarr" for number in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        found = run_sweep(small_plan, part, replace(manner, shard=Shard(number, 3)))
        assert 0 < found.n_missing < 100
    first, n_taken = merge_stores(tmp_path / "all.zarr", parts[:2])
    assert (n_taken, len(first.done())) == (5, 5)
    _, n_taken = merge_stores(tmp_path / "all.zarr", parts)
    assert n_taken == 2
    assert digest_of(tmp_path / "all.zarr") == digest
    assert merge_stores(tmp_path / "all.zarr", parts)[1] == 0


def test_one_file(small_plan, manner, digest, tmp_path):
    run_sweep(small_plan, tmp_path / "a.nc", manner)
    assert digest_of(tmp_path / "a.nc") == digest
    assert os.listdir(tmp_path) == ["a.nc"]


def test_another_seed_has_other_numbers(make_plan, small_plan, manner, digest, tmp_path):
    other = replace(small_plan, design=replace(small_plan.design, seed=1))
    run_sweep(other, tmp_path / "a.zarr", manner)
    assert digest_of(tmp_path / "a.zarr") != digest


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))], ids=repr)
@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
def test_a_run_that_was_stopped_goes_on(small_plan, manner, digest, tmp_path, monkeypatch, error, name):
    stop_at_block(monkeypatch, 3, error)
    with pytest.raises((KeyboardInterrupt, OutputError)) as caught:
        run_sweep(small_plan, tmp_path / name, manner)
    monkeypatch.undo()
    place = store_path(tmp_path / name)
    if isinstance(error, OSError):
        assert str(caught.value) == (
            f"{place}: cannot be written (No space left on device), free some space, or choose another disk"
        )
    assert os.listdir(tmp_path) == [place.name]
    partial = open_result(place)
    assert partial.n_missing == 100 - 3 * 16
    assert partial.counts() == {"OK": 48, "NOT_RUN": 52}
    computed = count_blocks(monkeypatch)
    run_sweep(small_plan, tmp_path / name, replace(manner, is_resumed=True))
    assert computed == [3, 4, 5, 6]
    assert digest_of(tmp_path / name) == digest
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("n_written", [0, 5, 11])
def test_a_disk_that_is_full_within_a_block_leaves_it_undone(
    small_plan, manner, digest, tmp_path, monkeypatch, n_written
):
    """The chunks of a block are written one after the other; whichever is the last, the block does not count."""
    set_chunk, left = SealedStore.set_sync, [24 + n_written]  # a block has about 12 chunks

    def failing(self, key, *rest):
        if "pilot" not in str(self):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        set_chunk(self, key, *rest)

    monkeypatch.setattr(SealedStore, "set_sync", failing)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\), free some space"):
        run_sweep(small_plan, tmp_path / "a.zarr", manner)
    monkeypatch.undo()
    done = open_store(tmp_path / "a.zarr").done()
    assert open_result(tmp_path / "a.zarr").n_missing == 100 - 16 * len(done)  # without a record nothing counts
    run_sweep(small_plan, tmp_path / "a.zarr", replace(manner, is_resumed=True))
    assert digest_of(tmp_path / "a.zarr") == digest


def test_resuming_where_there_is_nothing_begins(small_plan, manner, digest, tmp_path):
    run_sweep(small_plan, tmp_path / "a.zarr", replace(manner, is_resumed=True))
    assert digest_of(tmp_path / "a.zarr") == digest


@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
def test_resuming_what_is_finished_computes_nothing(small_plan, manner, tmp_path, monkeypatch, bytes_below, name):
    run_sweep(small_plan, tmp_path / name, manner)
    before, computed = bytes_below(tmp_path), count_blocks(monkeypatch)
    run_sweep(small_plan, tmp_path / name, replace(manner, is_resumed=True))
    assert computed == []
    assert bytes_below(tmp_path) == before


def test_an_interruption_before_the_store_is_removed_leaves_no_store_for_ever(small_plan, manner, whole_path, tmp_path):
    run_sweep(small_plan, tmp_path / "a.nc", manner)
    shutil.copytree(whole_path, tmp_path / "a.nc.partial")
    run_sweep(small_plan, tmp_path / "a.nc", replace(manner, is_resumed=True))
    assert os.listdir(tmp_path) == ["a.nc"]


def test_an_interruption_while_the_file_is_written_leaves_no_file(small_plan, manner, digest, tmp_path, monkeypatch):
    move = os.replace

    def failing(source, target):
        if Path(target).name == "a.nc":
            raise KeyboardInterrupt
        move(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(small_plan, tmp_path / "a.nc", manner)
    assert os.listdir(tmp_path) == ["a.nc.partial"]
    monkeypatch.undo()
    computed = count_blocks(monkeypatch)
    run_sweep(small_plan, tmp_path / "a.nc", replace(manner, is_resumed=True))
    assert computed == []
    assert digest_of(tmp_path / "a.nc") == digest


def test_failed_patients_are_the_same_however_they_are_cut(make_plan, tmp_path):
    plan = make_plan("blood_lysis_rate=x0.5:x2", "course.1.dose=1 mg:24 mg", n=20)
    values = plan.design.rows(0, 20)
    values[[3, 11], 1] = -1.0
    plan = replace(plan, design=Listed(values))
    for name, rows in (("a.zarr", 5), ("b.zarr", 20), ("c.nc", 3)):
        found = run_sweep(plan, tmp_path / name, RunOptions(2, rows))
        assert found.failed == [3, 11]
        assert np.isnan(found["nadir_cd4"][[3, 11]]).all()
    assert len({digest_of(path) for path in tmp_path.iterdir()}) == 1


def stop_at_block(monkeypatch, place, error):
    """Let a block end in an error when half of it is written."""
    write = SweepStore.write_arrays

    def failing(self, number, arrays):
        if self.n == 100 and number == place:
            half = sorted(arrays)[: len(arrays) // 2]
            write(self, number, {name: arrays[name] for name in half})
            self.forget(number)
            with explained(self.path):
                raise error
        write(self, number, arrays)

    monkeypatch.setattr(SweepStore, "write_arrays", failing)


def count_blocks(monkeypatch):
    """Return a list that grows by the place of every block of the sweep that is written."""
    write, places = SweepStore.write_arrays, []

    def counting(self, place, arrays):
        if "pilot" not in self.path.name:
            places.append(place)
        write(self, place, arrays)

    monkeypatch.setattr(SweepStore, "write_arrays", counting)
    return places
