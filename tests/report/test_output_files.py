"""Results are written whole or not at all, and give back what was simulated."""

import csv
import errno
import io
import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from immunosim.report import OutputError, refuse_foreign, result_files, summarise, to_json, write_file, write_folder
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

OURS = {"scenario.toml": b"a", "summary.json": b"b"}
Simulate = Callable[..., Trajectory]


@pytest.fixture(scope="module")
def files(course: Trajectory) -> dict[str, bytes]:
    return result_files(course, summarise(course), "immunosim run x.toml")


def test_the_csv_holds_every_bit_of_every_curve(course: Trajectory, files: dict[str, bytes]) -> None:
    header, *rows = csv.reader(io.StringIO(files["trajectory.csv"].decode()))
    values = np.array(rows, dtype=float)
    assert header == ["time", *course.problem.model.readouts, *course.problem.model.pools]
    assert np.array_equal(values[:, 0], course.time)
    assert all(np.array_equal(values[:, i], course[name]) for i, name in enumerate(header[1:], 1))


def test_the_netcdf_file_holds_values_units_and_where_they_come_from(
    course: Trajectory, files: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "trajectory.nc"
    path.write_bytes(files["trajectory.nc"])
    with xr.open_dataset(path) as found:
        assert np.array_equal(found["cd4"].values, course["cd4"])
        assert all("long_name" in found[name].attrs for name in found.variables)
        assert all("units" in found[name].attrs for name in found.variables if found[name].dims == ("time",))
        assert found.attrs["command"] == "immunosim run x.toml"
        assert found.attrs["title"] == "Two infusions"
        assert build_scenario(tomllib.loads(found.attrs["scenario"])) == course.scenario


def test_the_summary_file_is_the_summary(course: Trajectory, files: dict[str, bytes]) -> None:
    assert json.loads(files["summary.json"]) == summarise(course)


def test_the_resolved_scenario_runs_to_the_same_bytes(files: dict[str, bytes]) -> None:
    again = simulate(build_scenario(tomllib.loads(files["scenario.toml"].decode())))
    repeated = result_files(again, summarise(again), "immunosim run x.toml")
    assert repeated == files


def test_a_failed_course_is_written_as_nan_with_its_status(failed: Trajectory, tmp_path: Path) -> None:
    files = result_files(failed, summarise(failed))
    rows = files["trajectory.csv"].decode().splitlines()
    assert set(rows[1].split(",")[1:]) == {"nan"}
    path = tmp_path / "trajectory.nc"
    path.write_bytes(files["trajectory.nc"])
    with xr.open_dataset(path) as found:
        assert int(found["status"]) == 1
        assert np.isnan(found["cd4"].values).all()


def test_numbers_that_json_does_not_have_become_null() -> None:
    assert json.loads(to_json({"a": [float("nan"), 1.0], "b": float("inf")})) == {"a": [None, 1.0], "b": None}


def test_a_folder_is_made_with_its_parents_and_holds_all_files(tmp_path: Path) -> None:
    target = tmp_path / "results" / "case"
    paths = write_folder(target, OURS)
    assert [path.name for path in paths] == ["scenario.toml", "summary.json"]
    assert {path.name: path.read_bytes() for path in target.iterdir()} == OURS
    assert os.listdir(target.parent) == ["case"]


def test_a_new_folder_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    write_folder(tmp_path / "case", OURS)
    assert (tmp_path / "case").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    write_folder(tmp_path / "case", OURS)
    assert sorted(os.listdir(tmp_path / "case")) == sorted(OURS)


def test_new_results_replace_the_whole_folder(tmp_path: Path) -> None:
    write_folder(tmp_path / "case", OURS | {"verify.json": b"old"})
    write_folder(tmp_path / "case", OURS | {"summary.json": b"new"})
    assert sorted(os.listdir(tmp_path / "case")) == ["scenario.toml", "summary.json"]
    assert (tmp_path / "case" / "summary.json").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["case"]


@pytest.mark.parametrize("names", [["thesis.tex"], ["scenario.toml", "summary.json", "notes.txt"], ["summary.json"]])
def test_somebody_elses_folder_is_never_replaced(tmp_path: Path, names: list[str]) -> None:
    target = tmp_path / "work"
    target.mkdir()
    for name in names:
        (target / name).write_text("mine")
    with pytest.raises(OutputError, match="is not replaced"):
        write_folder(target, OURS)
    assert sorted(os.listdir(target)) == sorted(names)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("mine")
    with pytest.raises(OutputError, match="case: is a file, not a folder, choose another folder with `path`"):
        refuse_foreign(tmp_path / "case")


def test_a_file_in_place_of_a_parent_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(OutputError, match="results is a file, not a folder"):
        write_folder(tmp_path / "results" / "case", OURS)


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "choose a place that you may write"),
        (errno.EACCES, "choose a place that you may write"),
        (errno.EIO, "choose another place"),
    ],
)
def test_a_disk_that_fails_leaves_nothing_and_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, cure: str
) -> None:
    interrupt_at(monkeypatch, "summary.json", OSError(number, os.strerror(number)))
    with pytest.raises(OutputError, match=cure) as caught:
        write_folder(tmp_path / "case", OURS)
    assert os.strerror(number) in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_an_interruption_leaves_earlier_results_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "case", OURS)
    interrupt_at(monkeypatch, "summary.json", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "case", OURS | {"summary.json": b"new"})
    assert os.listdir(tmp_path) == ["case"]
    assert (tmp_path / "case" / "summary.json").read_bytes() == b"b"


def test_earlier_results_come_back_when_the_new_ones_cannot_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "case", OURS)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if "-writing-" in self.name and not self.name.endswith("-replaced"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError):
        write_folder(tmp_path / "case", OURS | {"summary.json": b"new"})
    assert os.listdir(tmp_path) == ["case"]
    assert (tmp_path / "case" / "summary.json").read_bytes() == b"b"


def test_a_single_file_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "verify.json"
    write_file(path, b"old")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["verify.json"]


def test_a_single_file_that_cannot_be_moved_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "verify.json"
    write_file(path, b"old")

    def failing(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OutputError, match="free some space"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["verify.json"]


def interrupt_at(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Let the file of a name be written by half, then raise."""
    write = Path.write_bytes

    def failing(self: Path, content: bytes) -> int:
        if self.name != name:
            return write(self, content)
        write(self, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", failing)
