"""What is not what was written is named, refused by ``digest``, and recomputed; other sweeps are left alone."""

import json
import os
import random
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest

from immunosim.codegen.loader import Model
from immunosim.errors import DataError
from immunosim.sweeps import RunOptions, digest_of, open_result, run_pilot, run_sweep, solve_rows
from immunosim.sweeps.blocks import template_of
from immunosim.sweeps.merging import merge_stores
from immunosim.sweeps.running import begin
from immunosim.sweeps.store import open_store
from immunosim.sweeps.sweeping import store_path

CURE = "compute it again with immunosim sweep ... --resume"
MEND = "repair it with immunosim sweep ... --resume"


@pytest.fixture
def copy(whole_path, tmp_path):
    """Return a copy of the whole run."""
    return shutil.copytree(whole_path, tmp_path / "a.zarr")


@pytest.fixture(scope="module")
def other_path(make_plan, small_plan, manner, tmp_path_factory):
    """Return the same sweep with another seed."""
    path = tmp_path_factory.mktemp("other") / "other.zarr"
    run_sweep(replace(small_plan, design=replace(small_plan.design, seed=1)), path, manner)
    return path


def add(path, text="mine"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(bytes(content))


def empty(path):
    path.write_bytes(b"")


BLOCK = "block 2 (patients 32 to 47) is not what was written: "
OTHER = " is damaged or from another result"


@pytest.mark.parametrize(
    ("harm", "file", "found"),
    [
        (truncate, "nadir_cd4/c/2", OTHER),
        (empty, "nadir_cd4/c/2", OTHER),
        (flip, "nadir_cd4/c/2", OTHER),
        (lambda path: path.unlink(), "nadir_cd4/c/2", " is missing"),
        (lambda path: path.unlink(), "status/c/2", " is missing"),
        (lambda path: path.unlink(), "cd4/c/2/0", " is missing"),
        (lambda path: shutil.copy(path.with_name("3"), path), "nadir_cd4/c/2", OTHER),
        (lambda path: shutil.copy(path.parents[1] / "3" / "0", path), "block_checksum/c/2/0", OTHER),
        (truncate, "block_checksum/c/2/0", OTHER),
        (empty, "block_checksum/c/2/0", OTHER),
        (lambda path: path.write_bytes(b"x" * 9999), "block_checksum/c/2/0", " cannot be read"),
        (lambda path: add(path), "fail_time/c/2", " was not written by this sweep"),
    ],
)
def test_a_damaged_block_is_named_and_computed_again(
    small_plan, manner, whole_path, copy, refusal, bytes_below, harm, file, found
):
    harm(copy / file)
    assert refusal(digest_of, copy) == f"{copy}: {BLOCK}{file}{found}, {CURE}"
    notes = []
    run_sweep(small_plan, copy, replace(manner, is_resumed=True), notes.append)
    assert notes == [f"{copy}: {BLOCK}{file}{found}; it is recomputed"]
    assert bytes_below(copy) == bytes_below(whole_path)


def test_a_record_that_is_lost_makes_its_block_missing(small_plan, manner, copy, refusal, whole_path):
    (copy / "block_checksum/c/2/0").unlink()
    assert refusal(digest_of, copy) == (
        f"{copy}: 1 of 7 blocks are missing, finish it with immunosim sweep ... --resume"
    )
    run_sweep(small_plan, copy, replace(manner, is_resumed=True))
    assert digest_of(copy) == digest_of(whole_path)


def test_damage_to_an_unfinished_sweep_is_named_as_well(copy, refusal):
    (copy / "block_checksum/c/2/0").unlink()
    flip(copy / "nadir_cd4/c/4")
    assert refusal(digest_of, copy).splitlines() == [
        f"{copy}: 1 of 7 blocks are missing, finish it with immunosim sweep ... --resume",
        f"{copy}: block 4 (patients 64 to 79) is not what was written: nadir_cd4/c/4{OTHER}, {CURE}",
    ]


@pytest.mark.parametrize("harm", [flip, truncate, empty, lambda path: path.unlink()])
@pytest.mark.parametrize(
    "file", ["zarr.json", "cd4/zarr.json", "block_checksum/zarr.json", "time/c/0", "manifest.json"]
)
def test_damaged_metadata_are_named_and_written_again_from_the_plan(
    small_plan, manner, copy, refusal, bytes_below, whole_path, harm, file
):
    harm(copy / file)
    message = refusal(digest_of, copy)
    assert file in message
    assert message.endswith(MEND)
    notes = []
    run_sweep(small_plan, copy, replace(manner, is_resumed=True), notes.append)
    assert notes
    assert all(note.endswith("; it is rewritten") for note in notes)
    assert bytes_below(copy) == bytes_below(whole_path)


@pytest.mark.parametrize("others", [("zarr.json",), ("zarr.json", "cd4/zarr.json", "nadir_cd4/zarr.json", "time/c/0")])
def test_metadata_are_written_again_without_any_of_them(
    small_plan, manner, copy, bytes_below, whole_path, others, monkeypatch
):
    for file in ("manifest.json", *others):
        empty(copy / file)
    monkeypatch.setattr("immunosim.sweeps.running.solve_rows", None)  # no block is computed again
    run_sweep(small_plan, copy, replace(manner, is_resumed=True))
    assert bytes_below(copy) == bytes_below(whole_path)


def test_blocks_of_another_sweep_are_not_taken_over_where_the_metadata_are_lost(
    small_plan, manner, other_path, tmp_path, refusal
):
    path = shutil.copytree(other_path, tmp_path / "a.zarr")
    (path / "manifest.json").unlink()
    again = replace(manner, is_resumed=True)
    assert refusal(run_sweep, small_plan, path, again) == (
        f"{path}: belongs to another sweep (design.seed: 1 there, 0 here), "
        "give the same command, choose another `path`, or replace it with `is_forced`"
    )
    empty(path / "zarr.json")
    assert refusal(run_sweep, small_plan, path, again) == (
        f"{path}: is damaged (manifest.json and zarr.json): the sweep of its blocks cannot be identified, "
        "choose another `path`, or replace it with `is_forced`"
    )


def test_a_damaged_store_can_be_replaced(small_plan, manner, copy, whole_path):
    empty(copy / "zarr.json")
    run_sweep(small_plan, copy, replace(manner, is_forced=True))
    assert digest_of(copy) == digest_of(whole_path)


@pytest.mark.parametrize("file", ["thesis.tex", "cd4/c/7/0", "cd4/c/02/0", "extra/zarr.json", "nadir_cd4/c/x/y/z"])
def test_a_file_that_no_sweep_wrote_is_named_and_moved_out(
    small_plan, manner, copy, refusal, bytes_below, whole_path, file
):
    add(copy / file, "{}")
    assert refusal(digest_of, copy).startswith(f"{copy}: {file}")
    notes = []
    run_sweep(small_plan, copy, replace(manner, is_resumed=True), notes.append)
    assert notes == [f"{copy}: {file} was not written by a sweep; it is moved to {copy}.foreign"]
    assert (copy.with_name("a.zarr.foreign") / file).read_text() == "{}"
    assert bytes_below(copy) == bytes_below(whole_path)


@pytest.mark.parametrize("target", ["nadir_cd4/c/2", "cd4", "manifest.json"])
@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_is_not_followed(small_plan, manner, copy, refusal, whole_path, tmp_path, target):
    (copy / target).rename(tmp_path / "elsewhere")
    (copy / target).symlink_to(tmp_path / "elsewhere")
    assert target.split("/")[0] in refusal(digest_of, copy)
    run_sweep(small_plan, copy, replace(manner, is_resumed=True))
    assert digest_of(copy) == digest_of(whole_path)
    assert not (copy / target).is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(copy, refusal):
    (copy / "nadir_cd4/c/2").unlink()
    os.mkfifo(copy / "nadir_cd4/c/2")
    assert "nadir_cd4/c/2 cannot be read" in refusal(digest_of, copy)


@pytest.mark.parametrize("file", [".DS_Store", "cd4/._c", "cd4/c/2/.0-writing-abc"])
def test_what_systems_and_killed_processes_leave_is_no_damage(copy, whole_path, file):
    add(copy / file)
    assert digest_of(copy) == digest_of(whole_path)


def test_data_that_are_damaged_are_not_read(copy):
    flip(copy / "nadir_cd4/c/2")
    result = open_result(copy)
    assert np.isfinite(result.dataset["nadir_cd4"][:32]).all()
    with pytest.raises(DataError, match=f"nadir_cd4/c/2{OTHER}, {MEND}"):
        result["nadir_cd4"]


def harmed(place, number, is_cut):
    """Flip one bit, or cut one file of a result off, by chance."""
    chance = random.Random(number)
    files = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.is_file())
    path = chance.choice(files)
    content = bytearray(path.read_bytes())
    if is_cut:
        del content[chance.randrange(len(content)) :]
    else:
        place = chance.randrange(8 * len(content))
        content[place // 8] ^= 1 << place % 8
    path.write_bytes(content)
    return path


FAST = [(0, False), (1, False), (2, True)]
MANY = [(number, number >= 200) for number in range(240)]


@pytest.mark.parametrize("is_finished", [True, False], ids=["finished", "unfinished"])
@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
@pytest.mark.parametrize("harms", [FAST, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
def test_any_damage_is_detected_and_mended(
    small_plan, manner, whole_path, tmp_path, refusal, monkeypatch, name, is_finished, harms
):
    pilot = run_pilot(small_plan, 2)
    monkeypatch.setattr("immunosim.sweeps.run.run_pilot", lambda *arguments: pilot)
    usual, target = digest_of(whole_path), tmp_path / name
    place = target if is_finished else store_path(target)
    if is_finished and name == "a.nc":
        run_sweep(small_plan, tmp_path / "whole.nc", manner)
    for number, is_cut in harms:
        if is_finished and name == "a.nc":
            shutil.copy(tmp_path / "whole.nc", place)
        else:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(whole_path, place)
            if not is_finished:
                for block in (2, 5, 6):
                    for path in [*place.glob(f"*/c/{block}"), *place.glob(f"*/c/{block}/0")]:
                        path.unlink() if path.is_file() else None
        where = harmed(place, number, is_cut)
        found = refusal(digest_of, place).splitlines()
        assert len(found) > 1 or "blocks are missing" not in found[0], where
        run_sweep(small_plan, target, replace(manner, is_resumed=True))
        assert digest_of(target) == usual, where
        shutil.rmtree(target) if target.is_dir() else target.unlink()


def test_chunks_of_another_sweep_are_found_even_with_their_record(
    small_plan, manner, other_path, copy, refusal, whole_path
):
    for name in ("nadir_cd4/c/2", "block_checksum/c/2/0"):
        shutil.copy(other_path / name, copy / name)
    message = f"{copy}: {BLOCK}block_checksum/c/2/0{OTHER}, {CURE}"
    assert refusal(digest_of, copy) == message
    for array in open_store(copy).stored_by_row:  # the whole block
        for chunk in (other_path / array / "c").glob("2*"):
            (shutil.copytree if chunk.is_dir() else shutil.copy)(
                chunk, copy / array / "c" / "2", **({"dirs_exist_ok": True} if chunk.is_dir() else {})
            )
    assert refusal(digest_of, copy) == message
    run_sweep(small_plan, copy, replace(manner, is_resumed=True))
    assert digest_of(copy) == digest_of(whole_path)


def test_patients_of_a_damaged_block_count_as_missing_until_it_is_computed(small_plan, copy):
    open_store(copy).forget(2)
    assert open_result(copy).n_missing == 16
    assert open_result(copy).counts() == {"OK": 84, "NOT_RUN": 16}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plan, make: replace(plan, design=replace(plan.design, seed=1)), "design.seed: 0 there, 1 here"),
        (lambda plan, make: replace(plan, design=replace(plan.design, n=101)), "design.n: 100 there, 101 here"),
        (
            lambda plan, make: make("blood_lysis_rate=x0.5:x2", "age=20:60", readouts=("cd4",), times=(0.0, 30.0)),
            "factors.1.is_log: true there, false here; "
            'outputs.readouts: ["cd4", "lymphocytes"] there, ["cd4"] here; '
            "outputs.times: [0.0, 30.0, 180.0] there, [0.0, 30.0] here",
        ),
        (
            lambda plan, make: make(
                *("blood_lysis_rate=x0.5:x2:log", "age=20:60"),
                endpoints=("peak of cd4", "risk relapse_rate"),
                readouts=("cd4", "lymphocytes"),
                times=(0.0, 30.0, 180.0),
            ),
            'outputs.endpoints.1.kind: "nadir" there, "peak" here',
        ),
    ],
)
def test_another_sweep_is_not_mixed_with_this_one(
    small_plan, make_plan, manner, copy, refusal, bytes_below, change, message
):
    before = bytes_below(copy)
    again = replace(manner, is_resumed=True)
    assert refusal(run_sweep, change(small_plan, make_plan), copy, again) == (
        f"{copy}: belongs to another sweep ({message}), "
        "give the same command, choose another `path`, or replace it with `is_forced`"
    )
    assert bytes_below(copy) == before


def test_another_version_of_the_model_is_not_mixed_with_this_one(
    small_plan, manner, copy, refusal, bytes_below, monkeypatch
):
    plan, before = replace(small_plan), bytes_below(copy)
    monkeypatch.setattr(Model, "key", property(lambda model: "another"))
    assert refusal(run_sweep, plan, copy, replace(manner, is_resumed=True)) == (
        f"{copy}: was made by another version of the model, "
        "whose patients must not be mixed with those of this version, "
        "give the same command, choose another `path`, or replace it with `is_forced`"
    )
    assert bytes_below(copy) == before


def test_a_finished_file_of_another_sweep_says_what_differs(small_plan, manner, tmp_path, refusal):
    path = tmp_path / "a.nc"
    run_sweep(small_plan, path, manner)
    before = path.read_bytes()
    other = replace(small_plan, design=replace(small_plan.design, seed=1))
    assert refusal(run_sweep, other, path, replace(manner, is_resumed=True)) == (
        f"{path}: belongs to another sweep (design.seed: 0 there, 1 here), "
        "give the same command, choose another `path`, or replace it with `is_forced`"
    )
    assert path.read_bytes() == before


def test_chunks_of_another_size_are_not_mixed(small_plan, copy, refusal):
    assert refusal(run_sweep, small_plan, copy, RunOptions(2, 8, is_resumed=True)) == (
        f"{copy}: has blocks of 16 patients, which cannot change, leave out `rows_per_block`"
    )


def test_merging_takes_nothing_of_what_does_not_fit(small_plan, manner, copy, other_path, tmp_path, refusal):
    out = tmp_path / "all.zarr"
    assert refusal(merge_stores, out, [copy, other_path]) == (
        f"{other_path}: belongs to another sweep than {copy} (design.seed: 0 there, 1 here), leave it out"
    )
    small = tmp_path / "small.zarr"
    run_sweep(small_plan, small, RunOptions(2, 8))
    assert refusal(merge_stores, out, [copy, small]) == (
        f"{small}: has chunks of 8 patients, {copy} of 16, compute all parts with the same `rows_per_block`"
    )
    (copy / "nadir_cd4/c/2").unlink()
    assert refusal(merge_stores, out, [copy]) == (
        f"{copy}: {BLOCK}nadir_cd4/c/2 is missing, compute it again there with `is_resumed`"
    )
    assert not out.exists()


def test_merging_repairs_what_is_damaged_in_the_whole(copy, whole_path, tmp_path):
    (copy / "nadir_cd4/c/2").unlink()
    assert merge_stores(copy, [whole_path])[1] == 1
    assert digest_of(copy) == digest_of(whole_path)


# Processes do not share the filter of warnings with which a store is created; threads do.
@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_stores_that_are_created_at_once_are_one(small_plan, whole_path, tmp_path):
    template_of = open_store(whole_path)
    dimensions, about = template_of.described()
    template = {name: (dimensions[name], values, about[name]) for name, values in template_of.read(0).items()}
    found, start = [], threading.Barrier(4)

    def create():
        start.wait()
        found.append(begin(small_plan, tmp_path / "a.zarr", 16, template, "immunosim sweep"))

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.fingerprint for store in found] == [small_plan.fingerprint] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_a_record_fits_one_sweep_one_place_and_one_size_of_blocks(whole_path):
    store = open_store(whole_path, writable=False)
    layout, record = store.layout, store.checksum(1)
    hashes = layout.hashes(1, record)
    assert layout.record(1, hashes) == record
    others = [
        replace(layout, fingerprint="b"),
        replace(layout, n=101),
        replace(layout, rows_per_block=15),
        replace(
            layout, dimensions={("other" if name == "status" else name): n for name, n in layout.dimensions.items()}
        ),
    ]
    for other in others:
        with pytest.raises(DataError, match="is damaged or from another result"):
            other.hashes(1, record)
    with pytest.raises(DataError, match="is damaged or from another result"):
        layout.hashes(2, record)


def test_the_template_has_the_names_types_and_attributes_of_solved_patients(small_plan):
    solved, template = solve_rows(small_plan.recipe, small_plan.design.rows(0, 2)), template_of(small_plan.recipe)
    assert list(template) == list(solved)
    for name, (dimensions, values, attributes) in solved.items():
        assert template[name][0] == dimensions
        assert template[name][1].shape == (0, *values.shape[1:])
        assert template[name][1].dtype == values.dtype, name
        assert template[name][2] == attributes


def test_the_plan_in_the_store_is_the_plan(small_plan, whole_path):
    about = json.loads((whole_path / "zarr.json").read_text())["attributes"]
    assert json.loads(about["plan"]) == small_plan.identity
    assert about["fingerprint"] == small_plan.fingerprint
