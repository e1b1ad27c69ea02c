"""Blocks of a store are cut, named and recorded so that every file belongs to one block and every bit counts."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.sweeps.layout import SIZE, StoreLayout
from immunosim.sweeps.manifest import MANIFEST, StoreManifest, checked, file_damage
from immunosim.sweeps.merging import merge_stores

LAYOUT = StoreLayout("f" * 64, 100, 16, {"status": 1, "cd4": 2, "pools": 3})


def hashes_of(place, layout=LAYOUT):
    return {key: hashlib.sha256(key.encode()).digest() for key in layout.chunks(place)}


@pytest.mark.parametrize(("n", "rows", "blocks"), [(1, 16, 1), (16, 16, 1), (17, 16, 2), (100, 16, 7), (100, 1, 100)])
def test_blocks_cover_every_patient_once(n, rows, blocks):
    layout = replace(LAYOUT, n=n, rows_per_block=rows)
    assert layout.n_blocks == blocks
    spans = [layout.span(place) for place in range(blocks)]
    assert [patient for first, end in spans for patient in range(first, end)] == list(range(n))


def test_a_block_is_called_by_its_patients():
    assert LAYOUT.words(0) == "block 0 (patients 0 to 15)"
    assert LAYOUT.words(6) == "block 6 (patients 96 to 99)"


def test_files_of_a_block_have_one_key_each_from_which_the_block_follows():
    assert LAYOUT.chunks(3) == ["cd4/c/3/0", "pools/c/3/0/0", "status/c/3"]
    keys = [key for place in range(LAYOUT.n_blocks) for key in LAYOUT.chunks(place)]
    assert len(set(keys)) == len(keys)
    assert [LAYOUT.block_of(key) for key in keys] == [place for place in range(7) for _ in range(3)]


@pytest.mark.parametrize(
    "key",
    ["status/c/7", "status/c/-1", "status/c/03", "status/c/3/0", "cd4/c/3", "cd4/c/3/1", "cd8/c/3/0", "cd4/3/0", "",
     "status/c/", "status/c/٣", "status/c/" + "9" * 30, "zarr.json"],
)  # fmt: skip
def test_a_key_that_no_block_has_belongs_to_none(key):
    assert LAYOUT.block_of(key) is None


def test_a_record_gives_back_what_was_recorded_and_which_file_is_absent():
    recorded = hashes_of(2) | {"status/c/2": None}
    record = LAYOUT.record(2, recorded)
    assert len(record) == LAYOUT.record_size == SIZE * 4
    assert LAYOUT.hashes(2, record) == recorded


@pytest.mark.parametrize(
    "change",
    [{"fingerprint": "0" * 64}, {"n": 101}, {"rows_per_block": 8}, {"dimensions": {"status": 1, "cd4": 2, "pools": 2}}],
    ids=lambda change: next(iter(change)),
)
def test_a_record_fits_its_own_sweep_alone(refusal, change):
    record = LAYOUT.record(2, hashes_of(2))
    assert "is damaged or from another result" in refusal(replace(LAYOUT, **change).hashes, 2, record)
    assert "is damaged or from another result" in refusal(LAYOUT.hashes, 3, record)


def test_any_bit_of_a_record_counts(refusal):
    record = LAYOUT.record(2, hashes_of(2))
    for place in range(len(record)):
        harmed = record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :]
        assert refusal(LAYOUT.hashes, 2, harmed).startswith("block_checksum/c/2/0 is damaged")
    assert refusal(LAYOUT.hashes, 2, record[:-1])
    assert refusal(LAYOUT.hashes, 2, b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a store of metadata and one block."""
    for key, content in {"zarr.json": "{}", "time/c/0": "times", **dict.fromkeys(LAYOUT.chunks(0), "x")}.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text(content)
    return tmp_path


@pytest.fixture
def manifest(folder: Path) -> StoreManifest:
    """Return the manifest of the metadata, and write it."""
    whole = StoreManifest.of(folder, LAYOUT)
    found = replace(whole, files={key: whole.files[key] for key in ("zarr.json", "time/c/0")})
    found.write(folder)
    return found


def test_a_manifest_comes_back(folder, manifest):
    assert StoreManifest.read(folder) == manifest
    assert manifest.damage(folder) == []
    assert manifest.foreign(folder) == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"content": {}}', b"\xff", b"[" * 100])
def test_a_manifest_that_is_not_what_was_written_is_said(folder, manifest, refusal, content):
    (folder / MANIFEST).write_bytes(content)
    assert refusal(StoreManifest.read, folder) == f"{folder}: {MANIFEST} is not what was written"
    (folder / MANIFEST).unlink()
    assert refusal(StoreManifest.read, folder) == f"{folder}: {MANIFEST} cannot be read"


def test_damage_of_metadata_is_named_by_file(folder, manifest):
    (folder / "zarr.json").write_text("{ }")
    (folder / "time/c/0").unlink()
    assert manifest.damage(folder) == ["zarr.json is damaged or from another result", "time/c/0 is missing"]


def test_files_that_no_sweep_wrote_are_foreign_and_those_of_the_system_are_not(folder, manifest):
    foreign = ["block_checksum/c/0/1", "block_checksum/c/00/0", "block_checksum/c/7/0", "cd4/c/9/0", "notes.txt"]
    for name in (*foreign, ".DS_Store", "cd4/._x", ".nfs123", "block_checksum/c/6/0"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert manifest.foreign(folder) == foreign


def test_a_file_is_checked_before_it_is_read(folder, refusal):
    expected = hashlib.sha256(b"times").hexdigest()
    assert checked(folder, "time/c/0", expected) == b"times"
    assert file_damage(folder, "time/c/0", expected) == ""
    assert file_damage(folder, "none", None) == ""
    assert file_damage(folder, "none", expected) == "none is missing"
    assert file_damage(folder, "time/c/0", None) == "time/c/0 was not written by this sweep"
    assert "time/c/0 is damaged or from another result, repair" in refusal(checked, folder, "time/c/0", "0" * 64)
    assert "none cannot be read" in refusal(checked, folder, "none", expected)


def test_a_block_is_damaged_where_any_of_its_files_is(folder, manifest):
    recorded = {key: hashlib.sha256(b"x").digest() for key in LAYOUT.chunks(0)}
    path = folder / LAYOUT.record_key(0)
    path.parent.mkdir(parents=True)
    path.write_bytes(LAYOUT.record(0, recorded))
    assert manifest.block_damage(folder, 0) == ""
    (folder / "cd4/c/0/0").write_text("y")
    assert manifest.block_damage(folder, 0) == "cd4/c/0/0 is damaged or from another result"
    path.write_bytes(b"")
    assert manifest.block_damage(folder, 0) == "block_checksum/c/0/0 is damaged or from another result"
    path.unlink()
    assert manifest.block_damage(folder, 0) == "block_checksum/c/0/0 cannot be read"


def test_nothing_is_not_merged(tmp_path, refusal):
    path = tmp_path / "whole.zarr"
    assert refusal(merge_stores, path, []) == (
        f"{path}: there is nothing to merge, name the stores that were filled apart"
    )
    assert not path.exists()
    assert "cannot hold a merged sweep, end it in .zarr" in refusal(merge_stores, tmp_path / "a.nc", [path])
