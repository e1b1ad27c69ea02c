"""What is not what was written is named, refused by ``digest``, and computed again; other sweeps are left alone."""

import json
import shutil
import threading
from dataclasses import replace

import pytest

from immunosim.sweep import Manner, digest_of, open_result, run_sweep
from immunosim.sweep.checksums import block_checksum
from immunosim.sweep.merging import merge_stores
from immunosim.sweep.running import begin
from immunosim.sweep.store import open_store

CURE = "compute it again with immunosim sweep ... --resume"


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


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(bytes(content))


def empty(path):
    path.write_bytes(b"")


NOT_WRITTEN = "block 2 (patients 32 to 47) is not what was written: a chunk is damaged, missing or from another result"
UNREADABLE = "block 2 (patients 32 to 47) of nadir_cd4 cannot be read"


@pytest.mark.parametrize(
    ("harm", "chunk", "found"),
    [
        (truncate, "nadir_cd4/c/2", ""),  # the codec may or may not notice
        (empty, "nadir_cd4/c/2", UNREADABLE),
        (flip, "nadir_cd4/c/2", ""),
        (lambda path: path.unlink(), "nadir_cd4/c/2", NOT_WRITTEN),
        (lambda path: path.unlink(), "status/c/2", NOT_WRITTEN),
        (lambda path: path.unlink(), "cd4/c/2/0", NOT_WRITTEN),
        (lambda path: shutil.copy(path.with_name("3"), path), "nadir_cd4/c/2", NOT_WRITTEN),
        (lambda path: shutil.copy(path.parents[1] / "3" / "0", path), "block_checksum/c/2/0", NOT_WRITTEN),
        (truncate, "block_checksum/c/2/0", NOT_WRITTEN),
        (empty, "block_checksum/c/2/0", NOT_WRITTEN),
    ],
)
def test_a_damaged_chunk_is_named_and_computed_again(
    small_plan, manner, whole_path, copy, refusal, bytes_below, harm, chunk, found
):
    harm(copy / chunk)
    message = refusal(digest_of, copy)
    assert message.startswith(f"{copy}: {found or 'block 2 (patients 32 to 47)'}")
    assert message.endswith(f", {CURE}")
    notes = []
    run_sweep(small_plan, copy, replace(manner, is_resumed=True), notes.append)
    assert notes == [f"{message.removesuffix(f', {CURE}')}; it is computed again"]
    assert bytes_below(copy) == bytes_below(whole_path)


def test_a_checksum_that_is_lost_makes_its_block_missing(small_plan, manner, copy, refusal, whole_path):
    (copy / "block_checksum/c/2/0").unlink()
    assert refusal(digest_of, copy) == (
        f"{copy}: 1 of 7 blocks are missing, finish it with immunosim sweep ... --resume"
    )
    run_sweep(small_plan, copy, replace(manner, is_resumed=True))
    assert digest_of(copy) == digest_of(whole_path)


@pytest.mark.parametrize("harm", [flip, truncate, empty, lambda path: path.unlink()])
def test_damaged_output_times_are_named_and_written_again(
    small_plan, manner, copy, refusal, bytes_below, whole_path, harm
):
    harm(copy / "time/c/0")
    assert refusal(digest_of, copy) == (
        f"{copy}: the output times are not what was written, have them written again with immunosim sweep ... --resume"
    )
    notes = []
    run_sweep(small_plan, copy, replace(manner, is_resumed=True), notes.append)
    assert notes == [f"{copy}: the output times are not what was written; they are written again"]
    assert bytes_below(copy) == bytes_below(whole_path)


def test_chunks_of_another_sweep_are_found_even_with_their_checksum(
    small_plan, manner, other_path, copy, refusal, whole_path
):
    for name in ("nadir_cd4/c/2", "block_checksum/c/2/0"):
        shutil.copy(other_path / name, copy / name)
    assert refusal(digest_of, copy) == f"{copy}: {NOT_WRITTEN}, {CURE}"
    for array in open_store(copy).stored_by_row:  # the whole block
        for chunk in (other_path / array / "c").glob("2*"):
            (shutil.copytree if chunk.is_dir() else shutil.copy)(
                chunk, copy / array / "c" / "2", **({"dirs_exist_ok": True} if chunk.is_dir() else {})
            )
    assert refusal(digest_of, copy) == f"{copy}: {NOT_WRITTEN}, {CURE}"
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
        f"{copy}: is of another sweep ({message}), "
        "give the same command, choose another --out, or replace it with --force"
    )
    assert bytes_below(copy) == before


def test_another_version_of_the_model_is_not_mixed_with_this_one(
    small_plan, manner, copy, refusal, bytes_below, monkeypatch
):
    monkeypatch.setattr("immunosim.sweep.plan.source_key", lambda units: "another")
    plan, before = replace(small_plan), bytes_below(copy)
    assert refusal(run_sweep, plan, copy, replace(manner, is_resumed=True)) == (
        f"{copy}: was made by another version of the model, whose patients must not be mixed with this one's, "
        "give the same command, choose another --out, or replace it with --force"
    )
    assert bytes_below(copy) == before


def test_a_finished_file_of_another_sweep_says_what_differs(small_plan, manner, tmp_path, refusal):
    path = tmp_path / "a.nc"
    run_sweep(small_plan, path, manner)
    before = path.read_bytes()
    other = replace(small_plan, design=replace(small_plan.design, seed=1))
    assert refusal(run_sweep, other, path, replace(manner, is_resumed=True)) == (
        f"{path}: is of another sweep (design.seed: 0 there, 1 here), "
        "give the same command, choose another --out, or replace it with --force"
    )
    assert path.read_bytes() == before


def test_chunks_of_another_size_are_not_mixed(small_plan, copy, refusal):
    assert refusal(run_sweep, small_plan, copy, Manner(2, 8, is_resumed=True)) == (
        f"{copy}: has blocks of 16 patients, which cannot change, leave out --chunk"
    )


def test_merging_takes_nothing_of_what_does_not_fit(small_plan, manner, copy, other_path, tmp_path, refusal):
    out = tmp_path / "all.zarr"
    assert refusal(merge_stores, out, [copy, other_path]) == (
        f"{other_path}: is of another sweep than {copy} (design.seed: 0 there, 1 here), leave it out"
    )
    small = tmp_path / "small.zarr"
    run_sweep(small_plan, small, Manner(2, 8))
    assert refusal(merge_stores, out, [copy, small]) == (
        f"{small}: has chunks of 8 patients, {copy} of 16, compute all parts with the same --chunk"
    )
    (copy / "nadir_cd4/c/2").unlink()
    assert refusal(merge_stores, out, [copy]) == f"{copy}: {NOT_WRITTEN}, compute it again there with --resume"
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


def test_a_checksum_fits_one_sweep_one_place_and_one_content(whole_path):
    store = open_store(whole_path, writable=False)
    arrays = store.read(1)
    usual = block_checksum("a", 1, arrays)
    assert usual == block_checksum("a", 1, dict(reversed(arrays.items())))
    others = [
        block_checksum("b", 1, arrays),
        block_checksum("a", 2, arrays),
        block_checksum("a", 1, arrays | {"status": arrays["status"] + 1}),
        block_checksum("a", 1, arrays | {"status": arrays["status"].astype("i4")}),
        block_checksum("a", 1, {("other" if name == "status" else name): one for name, one in arrays.items()}),
    ]
    assert len({usual, *others}) == 6


def test_the_plan_in_the_store_is_the_plan(small_plan, whole_path):
    about = json.loads((whole_path / "zarr.json").read_text())["attributes"]
    assert json.loads(about["plan"]) == small_plan.identity
    assert about["fingerprint"] == small_plan.fingerprint
