"""``immunosim sweep`` as a new user meets it: right and wrong input, interruptions, and what to do next."""

import errno
import json
import os
import re
import shlex
import sys

import pytest

from immunosim.locks import held
from immunosim.sweeps import SweepStore, digest_of, open_result

VARY = ("--vary", "blood_lysis_rate=x0.5:x2:log", "--vary", "course.1.dose=6 mg:24 mg")
FEW = (*VARY, "-n", "40", "--chunk", "8", "--workers", "2")


@pytest.fixture
def table(short):
    """Return a table of three patients, of whom one is too old for the model."""
    path = short.parent / "patients.csv"
    path.write_text("age\n30\n500\n40\n")
    return path


def stop_at(monkeypatch, place, error):
    """Let the run end in an error when it comes to a block."""
    write = SweepStore.write

    def failing(self, number, variables):
        if "pilot" not in self.path.name and number == place:
            raise error
        write(self, number, variables)

    monkeypatch.setattr(SweepStore, "write", failing)


def test_a_first_sweep_says_what_it_took_what_came_of_it_and_what_is_next(command, short, contents):
    found = command("sweep", short, *FEW)
    assert found.exit_code == 0
    assert re.search(r"40 patients in chunks of 8: about .*, .*B of memory and .*B on disk\n", found.stderr)
    assert found.stdout.startswith("40 patients: 40 OK\n")
    assert re.search(r"nadir_cd4 +[\d.]+ +[\d.]+ +[\d.]+  cells/uL +40\n", found.stdout)
    assert "\nResult: results/short_sweep.nc\nNext:   immunosim plot results/short_sweep.nc\n" in found.stdout
    assert contents() == ["results/short_sweep.nc", "short.toml"]


def test_json_is_all_that_standard_output_has(command, short):
    found = command("sweep", short, *FEW, "--endpoint", "nadir of cd4", "--out", "a.zarr", "--json")
    record = json.loads(found.stdout)
    assert (record["result"], record["tables"], record["status"]) == ("a.zarr", [], {"OK": 40})
    about = record["endpoints"]["nadir_cd4"]
    assert (about["unit"], about["n"]) == ("cells/uL", 40)
    assert about["p5"] < about["median"] < about["p95"]


def test_a_dry_run_writes_nothing(command, short, contents):
    found = command("sweep", short, *FEW, "--dry-run", "--out", "new/a.zarr")
    assert found.exit_code == 0
    assert "Dry run, nothing written; the result would be new/a.zarr" in found.stdout
    record = json.loads(command("sweep", short, *FEW, "--dry-run", "--json").stdout)
    assert (record["n"], record["n_blocks"], record["rows_per_block"]) == (40, 5, 8)
    assert contents() == ["short.toml"]


def test_a_dry_run_compiles_nothing_to_measure_the_time(command, short, contents, monkeypatch):
    monkeypatch.setattr("immunosim.codegen.loader.is_compiled", lambda module: False)
    monkeypatch.setattr("immunosim.sweeps.run_pilot", None)
    found = command("sweep", short, *FEW, "--dry-run")
    assert found.exit_code == 0, found.output
    assert "40 patients in chunks of 8: at most" in found.stdout
    assert re.search(r"\ntime +not measured  the first sweep compiles the solver", found.stdout)
    record = json.loads(command("sweep", short, *FEW, "--dry-run", "--json").stdout)
    assert (record["seconds"], record["n_pilot"], record["n_blocks"]) == (None, 0, 5)
    assert record["memory"] > 0
    assert contents() == ["short.toml"]


def test_what_solves_ensembles_is_compiled_once_it_was_used_and_not_before(model, tmp_path, monkeypatch):
    assert model.ensemble_kernels  # compiles the lanes, and finds or keeps them in the cache
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("immunosim.codegen.store.user_cache_path", lambda name: tmp_path)
    assert not model.is_compiled


def test_a_dry_run_of_what_is_half_done_changes_nothing(command, short, monkeypatch, bytes_below):
    stop_at(monkeypatch, 2, KeyboardInterrupt())
    command("sweep", short, *FEW, "--out", "a.zarr")
    monkeypatch.undo()
    monkeypatch.chdir(short.parent)
    before = bytes_below(short.parent)
    record = json.loads(command("sweep", short, *FEW, "--out", "a.zarr", "--resume", "--dry-run", "--json").stdout)
    assert (record["n"], record["n_left"]) == (40, 24)
    assert bytes_below(short.parent) == before


@pytest.mark.parametrize(
    ("name", "is_stopped", "would"),
    [
        ("a.zarr", False, "find nothing left to compute"),
        ("a.nc", False, "leave it as it is"),
        ("a.zarr", True, "compute 3 of 5 chunks"),
        ("a.nc", True, "compute 3 of 5 chunks"),
    ],
)
def test_a_dry_run_says_that_a_result_exists(command, short, monkeypatch, bytes_below, name, is_stopped, would):
    if is_stopped:
        stop_at(monkeypatch, 2, KeyboardInterrupt())
    command("sweep", short, *FEW, "--out", name)
    monkeypatch.undo()
    monkeypatch.chdir(short.parent)
    before = bytes_below(short.parent)
    found = command("sweep", short, *FEW, "--out", name, "--dry-run")
    assert found.exit_code == 0
    assert f"\n{name} exists" in found.stdout
    assert f": --resume would {would}\n" in found.stdout
    assert "Dry run, nothing written" in found.stdout
    other = command("sweep", short, *FEW, "--seed", "3", "--out", name, "--dry-run", "--json")
    (words,) = json.loads(other.stdout)["existing"]
    assert words.startswith(f"{name} exists and belongs to another sweep (design.seed: 0 there, 3 here)")
    assert bytes_below(short.parent) == before


def test_a_dry_run_says_what_is_damaged_and_who_holds_the_result(command, short, bytes_below):
    command("sweep", short, *FEW, "--out", "a.zarr")
    (short.parent / "a.zarr/zarr.json").write_text("")
    (short.parent / "a.zarr/n_steps/c/1").unlink()
    before = bytes_below(short.parent)
    with held(short.parent / "a.zarr", "immunosim sweep first.toml"):
        found = command("sweep", short, *FEW, "--out", "a.zarr", "--dry-run")
    assert (
        "\na.zarr exists, 2 of its files or chunks are damaged: --resume would compute 1 of 5 chunks\n" in found.stdout
    )
    assert f"\na.zarr is in use (process {os.getpid()} of " in found.stdout
    assert bytes_below(short.parent) == before


def test_a_result_that_is_being_written_is_refused_before_the_scenario_is_read(command, short, monkeypatch):
    monkeypatch.setattr("immunosim.sweeps.read_base", None)
    with held(short.parent / "a.nc", "immunosim sweep first.toml"):
        found = command("sweep", short, *FEW, "--out", "a.nc", "--resume")
    assert found.exit_code == 2
    assert found.stderr.startswith(f"a.nc: is in use (process {os.getpid()} of ")
    assert ": immunosim sweep first.toml), wait until it has ended" in found.stderr


def test_blocks_that_vanish_while_a_sweep_runs_are_not_called_finished(command, short, monkeypatch):
    write = SweepStore.write

    def losing(self, place, variables):
        write(self, place, variables)
        if "pilot" not in self.path.name and place == 3:
            self.forget(1)

    monkeypatch.setattr(SweepStore, "write", losing)
    found = command("sweep", short, *FEW, "--out", "a.zarr")
    assert found.exit_code == 3
    assert "a.zarr: 8 of 40 patients are not computed yet\n" in found.stderr
    found = command("sweep", short, *FEW, "--out", "a.nc")
    assert found.exit_code == 2
    assert "a.nc.partial: has lost 1 of 5 blocks while it was being written, continue with --resume" in found.stderr
    assert command("digest", "a.zarr").exit_code == 2
    monkeypatch.undo()
    monkeypatch.chdir(short.parent)
    for name in ("a.zarr", "a.nc"):
        assert command("sweep", short, *FEW, "--out", name, "--resume").exit_code == 0
        assert command("digest", name).exit_code == 0


def test_patients_who_fail_end_in_exit_code_three(command, short, table):
    found = command("sweep", short, "--rows", table.name, "--out", "a.zarr")
    assert found.exit_code == 3
    assert "3 patients: 2 OK, 1 REFUSED_INPUT\n" in found.stdout
    assert "1 of 3 pilot patients failed" in found.stderr
    assert "Next:   immunosim failures a.zarr" in found.stdout
    assert command("replay", "a.zarr").stdout.startswith("Patient 1: REFUSED_INPUT on day")


@pytest.mark.parametrize("name", ["a b.zarr", "a.nc"])
def test_the_command_that_an_interrupted_run_prints_goes_on_with_it(command, short, monkeypatch, name):
    options = (*FEW, "--set", "title=it's short", "--endpoint", "nadir of cd4", "--readout", "cd4", "--at", "20 days")
    whole = command("sweep", short, *options, "--out", "whole.zarr")
    stop_at(monkeypatch, 3, KeyboardInterrupt())
    found = command("sweep", short, *options, "--out", name)
    monkeypatch.undo()
    monkeypatch.chdir(short.parent)
    assert found.exit_code == 130
    assert found.stdout == ""
    assert "Interrupted\n3 of 5 chunks are stored; continue with: immunosim sweep " in found.stderr
    words = shlex.split(found.stderr.partition("continue with: ")[2].splitlines()[0])
    assert (words[0], words[-1]) == ("immunosim", "--resume")
    again = command(*words[1:])
    assert again.exit_code == 0
    assert "16 of 40 patients in chunks of 8" in again.stderr
    assert digest_of(short.parent / name) == digest_of(short.parent / "whole.zarr")
    assert again.stdout.splitlines()[:4] == whole.stdout.splitlines()[:4]


def test_a_disk_that_is_full_ends_in_its_cure_and_how_to_go_on(command, short, monkeypatch):
    write = SweepStore.write_arrays

    def failing(self, place, arrays):
        if "pilot" not in self.path.name and place == 2:
            from immunosim.files import explained

            with explained(self.path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, place, arrays)

    monkeypatch.setattr(SweepStore, "write_arrays", failing)
    found = command("sweep", short, *FEW, "--out", "a.zarr")
    assert found.exit_code == 2
    assert found.stdout == ""
    first, second = found.stderr.splitlines()[-2:]
    assert first == "a.zarr: cannot be written (No space left on device), free some space, or choose another disk"
    assert second.startswith("2 of 5 chunks are stored; continue with: immunosim sweep ")


def test_a_finished_sweep_is_not_computed_again(command, short):
    for name in ("a.zarr", "a.nc"):
        command("sweep", short, *FEW, "--out", name)
        found = command("sweep", short, *FEW, "--out", name, "--resume")
        assert found.exit_code == 0
        assert found.stdout.startswith("40 patients: 40 OK\n")
        assert f"{name} is complete\n" in found.stderr


def test_parts_say_what_is_missing_and_are_merged(command, short):
    for number in (1, 2):
        found = command("sweep", short, *FEW, "--shard", f"{number}/2", "--out", f"{number}.zarr")
        assert found.exit_code == 0
        left = {1: 16, 2: 24}[number]
        assert f"{number}.zarr: {left} of 40 patients are not computed yet; this was part {number} of 2" in found.stderr
    half = command("merge", "all.zarr", "1.zarr")
    assert half.stdout == "all.zarr: 3 chunks taken, 3 of 5 are there\n"
    assert half.stderr == ("2 chunks are missing: compute them with immunosim sweep ... --out all.zarr --resume\n")
    found = command("merge", "all.zarr", "1.zarr", "2.zarr")
    assert found.stdout == ("all.zarr: 2 chunks taken, 5 of 5 are there\nNext:   immunosim digest all.zarr\n")
    command("sweep", short, *FEW, "--out", "b.nc")
    texts = [command("digest", name).stdout for name in ("all.zarr", "b.nc")]
    assert re.fullmatch(r"[0-9a-f]{64}  all\.zarr\n", texts[0])
    assert texts[1] == texts[0].replace("all.zarr", "b.nc")


def test_parquet_tables_lie_beside_the_result(command, short, contents):
    found = command("sweep", short, *FEW, "--readout", "cd4", "--out", "a.nc", "--parquet", "--json")
    assert json.loads(found.stdout)["tables"] == ["a.parquet", "a_over_time.parquet"]
    assert contents() == ["a.nc", "a.parquet", "a_over_time.parquet", "short.toml"]


def test_the_section_of_the_scenario_is_enough(command, short):
    short.write_text(short.read_text() + '\n[sweep]\nn = 5\n[sweep.vary]\npatient.age = "20:60"\n')
    found = command("sweep", short, "--out", "a.zarr")
    assert found.stdout.startswith("5 patients: 5 OK\n")
    assert open_result(short.parent / "a.zarr").identity["design"] == {"kind": "latin_hypercube", "n": 5, "seed": 0}
    assert command("run", short, "--out", "alone").exit_code == 0


def test_the_command_is_kept_in_the_result(command, short):
    command("sweep", short, *FEW, "--out", "a.zarr", "--force", "--seed", "0")
    kept = open_result(short.parent / "a.zarr").dataset.attrs["command"]
    options = ["--number", "40", "--seed", "0", "--chunk", "8", "--out", "a.zarr"]
    assert shlex.split(kept) == ["immunosim", "sweep", str(short), *VARY, *options]


AGE = ("--vary", "age=20:60")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "short.toml: no factor is given, name the factors: --vary"),
        (("--vary", "age"), '--vary: "age" has no values: --vary needs KEY=VALUES, write for example'),
        (("--vary", "ages=1:2"), "--vary ages: cannot be varied, did you mean"),
        ((*AGE, "--vary", "patient.age=1:2"), "--vary patient.age: is varied twice, leave one out"),
        ((*AGE, "--design", "random"), '--design: unknown design "random", choose from grid'),
        ((*AGE, "--endpoint", "nadir"), 'endpoint "nadir": is not an endpoint'),
        ((*AGE, "--readout", "cd5"), 'unknown read-out "cd5", did you mean'),
        ((*AGE, "--at", "20 days"), "times: are given, but no read-out is stored over time"),
        ((*AGE, "--readout", "cd4", "--at", "20 mg"), '--at: "20 mg" is a mass'),
        ((*AGE, "--readout", "cd4", "--every", "0 days"), "--every: an interval of 0 days"),
        ((*AGE, "--rows", "patients.csv"), "--rows: replaces --vary"),
        (("--rows", "patients.csv", "-n", "3"), "--rows: replaces a design"),
        (("--rows", "lost.csv"), "lost.csv: does not exist, name a CSV or Parquet file"),
        ((*AGE, "--out", "a"), "a: is neither Zarr nor NetCDF, end it in .zarr or .nc"),
        ((*AGE, "--out", "a.nc", "--shard", "1/2"), "a.nc: shards cannot share one file"),
        ((*AGE, "--shard", "3/2"), '--shard: "3/2" is not a shard'),
        ((*AGE, "--resume", "--force"), "--force: would remove the result that --resume continues"),
        ((*AGE, "--out", "short.toml/a.zarr"), "short.toml is a file, not a folder"),
        ((*AGE, "-n", "0"), "Invalid value for '-n' / '--number': "),
        ((*AGE, "--set", "patient.agee=3"), 'patient.agee: unknown key "agee", did you mean "age"?'),
    ],
)
def test_wrong_input_is_one_message_and_exit_code_two(command, short, table, contents, options, complaint):
    found = command("sweep", short, *options)
    assert found.exit_code == 2, found.output
    assert complaint in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr
    assert found.stdout == ""
    assert contents() == ["patients.csv", "short.toml"]


def test_an_existing_result_is_refused_before_anything_is_computed(command, short, monkeypatch):
    command("sweep", short, *FEW, "--out", "a.zarr")
    monkeypatch.setattr("immunosim.sweeps.read_base", None)
    found = command("sweep", short, *FEW, "--out", "a.zarr")
    assert found.exit_code == 2
    assert found.stderr == "a.zarr: exists, continue it with --resume, or replace it with --force\n"


def test_another_sweep_is_refused_and_what_differs_is_said(command, short, bytes_below):
    command("sweep", short, *FEW, "--out", "a.zarr")
    before = bytes_below(short.parent)
    found = command("sweep", short, *FEW, "--seed", "3", "--set", "patient.weight=80 kg", "--out", "a.zarr", "--resume")
    assert found.exit_code == 2
    assert 'design.seed: 0 there, 3 here; document.patient: null there, {"weight": "80 kg"} here' in found.stderr
    assert bytes_below(short.parent) == before


def test_too_little_memory_is_refused_before_the_pilot(command, short, monkeypatch, contents):
    monkeypatch.setattr("immunosim.sweeps.run_pilot", None)
    monkeypatch.setattr("immunosim.sweeps.quote.memory_available", lambda: -(2**50))
    found = command("sweep", short, *FEW, "--out", "a.zarr")
    assert found.exit_code == 2
    assert "a.zarr: needs about" in found.stderr
    assert "make blocks smaller with --chunk, or store fewer outputs per patient" in found.stderr
    assert contents() == ["short.toml"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("digest", "lost.zarr"), "lost.zarr: does not exist"),
        (("digest", "short.toml"), "short.toml: is not a readable NetCDF file"),
        (("digest", "."), ".: holds no sweep, name the result of a sweep"),
        (("merge", "all.nc", "lost.zarr"), "all.nc: cannot hold a merged sweep, end it in .zarr"),
        (("merge", "all.zarr", "lost.zarr"), "lost.zarr: does not exist, name the result of a sweep"),
        (("merge", "all.zarr", "."), ".: holds no sweep"),
        (("merge", "all.zarr"), "Missing argument 'PART...'"),
    ],
)
def test_what_cannot_be_compared_or_merged_is_named(command, short, contents, arguments, complaint):
    found = command(*arguments)
    assert found.exit_code == 2
    assert complaint in " ".join(found.stderr.split())
    assert found.stdout == ""
    assert contents() == ["short.toml"]


def test_damage_is_named_by_digest_and_repaired_by_resume(command, short):
    command("sweep", short, *FEW, "--out", "a.zarr")
    usual = command("digest", "a.zarr").stdout
    (short.parent / "a.zarr/n_steps/c/1").unlink()
    found = command("digest", "a.zarr")
    assert found.exit_code == 2
    assert "a.zarr: block 1 (patients 8 to 15) is not what was written: n_steps/c/1 is missing" in found.stderr
    again = command("sweep", short, *FEW, "--out", "a.zarr", "--resume")
    assert (
        "block 1 (patients 8 to 15) is not what was written: n_steps/c/1 is missing; it is recomputed" in again.stderr
    )
    assert "8 of 40 patients in chunks of 8" in again.stderr
    assert command("digest", "a.zarr").stdout == usual


def test_tables_that_could_not_be_written_stop_the_sweep_before_it_begins(command, short, contents, monkeypatch):
    (short.parent / "a.parquet").write_text("mine")
    found = command("sweep", short, *FEW, "--out", "a.zarr", "--parquet")
    assert found.exit_code == 2
    assert "a.parquet: exists, choose another --out, or replace it with --force" in found.stderr
    assert contents() == ["a.parquet", "short.toml"]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = command("sweep", short, *FEW, "--out", "b.zarr", "--parquet")
    assert found.exit_code == 2
    assert "python -m pip install 'immunosim[sweep]'" in found.stderr
    assert contents() == ["a.parquet", "short.toml"]
