"""What --resume would do is said of whatever is in the place of a result, and changes nothing."""

import shutil

import numpy as np
import pytest

from immunosim.sweeps import RunOptions, run_sweep
from immunosim.sweeps.outlook import Outlook, expected, outlook
from immunosim.sweeps.quote import bounds
from immunosim.sweeps.sweeping import Shard


@pytest.fixture
def copied(whole_path, tmp_path):
    """Return a finished store of seven chunks."""
    shutil.copytree(whole_path, tmp_path / "s.zarr")
    return tmp_path / "s.zarr"


def test_nothing_is_said_where_nothing_is(small_plan, tmp_path):
    assert outlook(small_plan, tmp_path / "s.zarr") == Outlook()
    assert outlook(small_plan, tmp_path / "s.nc") == Outlook()


def test_a_finished_store_has_nothing_left(small_plan, copied, bytes_below):
    before = bytes_below(copied)
    found = outlook(small_plan, copied)
    assert found.words == f"{copied} exists: `is_resumed` would find nothing left to compute"
    assert found.sound == tuple(range(7))
    assert bytes_below(copied) == before


def test_what_is_damaged_or_missing_is_counted(small_plan, copied):
    (copied / "status" / "c" / "2").write_bytes(b"x")
    (copied / "block_checksum" / "c" / "5" / "0").unlink()
    (copied / "notes.txt").write_text("")
    found = outlook(small_plan, copied)
    assert "of its files or chunks are damaged" in found.words
    assert found.words.endswith(": `is_resumed` would compute 2 of 7 chunks")
    assert found.sound == (0, 1, 3, 4, 6)


def test_the_result_of_another_sweep_would_be_refused(make_plan, copied):
    other = make_plan("age=20:50")
    found = outlook(other, copied)
    assert found.words.startswith(f"{copied} exists and ")
    assert found.words.endswith(": `is_resumed` would refuse it")
    assert found.layout is None


def test_a_file_is_finished_damaged_or_not_ours(small_plan, manner, tmp_path):
    path = tmp_path / "s.nc"
    run_sweep(small_plan, path, manner)
    assert outlook(small_plan, path).words == f"{path} exists and is finished: `is_resumed` would leave it as it is"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"x" + content[len(content) // 2 + 1 :])
    assert outlook(small_plan, path).words.endswith(": `is_resumed` would compute it again")
    path.write_text("notes")
    assert outlook(small_plan, path).words.endswith(": `is_resumed` would refuse it")


def test_what_is_left_is_quoted_and_not_what_is_done(small_plan, copied, tmp_path):
    (copied / "block_checksum" / "c" / "6" / "0").unlink()  # the last four patients
    found = outlook(small_plan, copied)
    left = expected(small_plan, None, copied, RunOptions(), found)
    assert (left.n, left.n_left, left.rows_per_block, left.n_blocks) == (100, 4, 16, 7)
    assert np.isnan(left.seconds)
    anew = expected(small_plan, None, tmp_path / "new.zarr", RunOptions(rows_per_block=16), Outlook())
    assert anew.as_dict() | {"seconds": 0, "memory": 0, "memory_available": 0, "disk_free": 0} == (
        bounds(small_plan, tmp_path / "new.zarr", 16, 100).as_dict()
        | {"seconds": 0, "memory": 0, "memory_available": 0, "disk_free": 0}
    )


def test_a_shard_has_its_share_left(small_plan, tmp_path):
    third = expected(
        small_plan, None, tmp_path / "new.zarr", RunOptions(rows_per_block=16, shard=Shard(2, 3)), Outlook()
    )
    assert third.n_left == 34  # of 100 patients, rounded up
