"""``immunosim run`` writes whole results or none, prints what they say, and reports errors by exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr
from typer.testing import Result

Command = Callable[..., Result]
Contents = Callable[[], list[str]]

FILES = ["figure.png", "scenario.toml", "summary.json", "trajectory.csv", "trajectory.nc"]


def test_a_run_writes_its_five_files_into_a_folder_named_after_the_scenario(
    command: Command, short: Path, contents: Contents
) -> None:
    result = command("run", short)
    assert result.exit_code == 0, result.output
    assert contents() == [*(f"results/short/{name}" for name in FILES), "short.toml"]
    with xr.open_dataset(short.parent / "results/short/trajectory.nc") as found:
        assert found.attrs["command"] == f"immunosim run {short}"
    assert (short.parent / "results/short/figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_prints_what_it_found_and_the_next_command(command: Command, short: Path) -> None:
    text = command("run", short).stdout
    assert text.startswith("Short\nSimulated from day 0 to day 40")
    assert "course 1 + 1.0 mo  lymphocytes  1e9/L" in text
    assert "inside" in text
    assert "This 1 value was chosen to reproduce this patient: an existence proof, not an estimate." in text
    assert "Research and teaching software, not a medical device." in text
    assert "Files: results/short/" in text
    assert text.rstrip().endswith(f"Next:  immunosim verify {short}")


def test_the_next_command_repeats_the_changes(command: Command, short: Path) -> None:
    text = command("run", short, "--set", "course.1.dose=10 mg", "--set", "patient.age=40").stdout
    assert text.rstrip().endswith(f"immunosim verify {short} --set 'course.1.dose=10 mg' --set patient.age=40")


def test_changes_reach_the_simulation(command: Command, short: Path) -> None:
    summary = json.loads(command("run", short, "--set", "course.1.dose=10 mg", "--json").stdout)
    assert summary["dose_totals"]["alemtuzumab"] == 20.0


def test_json_is_the_summary_alone_and_writes_nothing(command: Command, short: Path, contents: Contents) -> None:
    result = command("run", short, "--json")
    assert json.loads(result.stdout)["title"] == "Short"
    assert contents() == ["short.toml"]


def test_json_with_a_folder_prints_what_it_writes(command: Command, short: Path) -> None:
    result = command("run", short, "--json", "--out", "here")
    assert (short.parent / "here" / "summary.json").read_text(encoding="utf-8") == result.stdout


def test_the_resolved_scenario_runs_to_the_same_curves(command: Command, short: Path) -> None:
    assert command("run", short, "--out", "first").exit_code == 0
    assert command("run", "first/scenario.toml", "--out", "second").exit_code == 0
    for name in ("trajectory.csv", "summary.json", "scenario.toml", "figure.png"):
        assert (short.parent / "first" / name).read_bytes() == (short.parent / "second" / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("patient.aeg=40", 'unknown key "aeg", did you mean "age"?'),
        ("parameters.field_at_rsk=1", 'unknown parameter "field_at_rsk", did you mean "field_at_risk"?'),
        ("parameters.field_at_risk=7", "above its upper bound"),
        ("mechanisms.off=['depletoin']", 'unknown mechanism "depletoin", did you mean "depletion"?'),
        ("course.1.dose=12 mg/L", "is a concentration, expected a mass"),
        ("observed.1.unit=mg", '"mg" does not fit lymphocytes, give values in "1e9/L"'),
        ("solver.method=rodas", 'short.toml: solver.method: unknown method "rodas", did you mean'),
    ],
)
def test_wrong_input_is_explained_and_nothing_is_written(
    command: Command, short: Path, contents: Contents, change: str, message: str
) -> None:
    result = command("run", short, "--set", change)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert contents() == ["short.toml"]


def test_a_scenario_that_does_not_exist_is_named_with_its_like(command: Command, short: Path) -> None:
    result = command("run", "shirt.toml")
    assert result.exit_code == 2
    assert result.stderr == 'shirt.toml: does not exist, did you mean "short.toml"?\n'


def test_earlier_results_are_replaced_whole(command: Command, short: Path) -> None:
    assert command("run", short, "--report").exit_code == 0
    folder = short.parent / "results/short"
    before = (folder / "summary.json").read_bytes()
    again = command("run", short, "--set", "patient.age=50")
    assert again.exit_code == 0
    assert (folder / "summary.json").read_bytes() != before
    assert sorted(path.name for path in folder.iterdir()) == FILES  # the page of the earlier run would tell of that one


def test_a_folder_of_results_with_a_file_of_ones_own_is_not_touched(
    command: Command, short: Path, contents: Contents
) -> None:
    command("run", short)
    (short.parent / "results/short/notes.txt").write_text("mine")
    before = contents()
    refused = command("run", short, "--set", "patient.age=50")
    assert refused.exit_code == 2
    assert 'holds "notes.txt", which is not a result of immunosim and is not replaced' in refused.stderr
    assert contents() == before


def test_a_folder_of_somebody_else_is_refused_before_anything_is_computed(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immunosim.simulation.simulate", None)
    result = command("run", short, "--out", ".")
    assert result.exit_code == 2
    assert 'holds "short.toml", which is not a result of immunosim' in result.stderr
    assert contents() == ["short.toml"]


def test_a_failed_integration_is_written_with_its_status(command: Command, short: Path) -> None:
    result = command("run", short, "--set", "solver.max_steps=3")
    assert result.exit_code == 3
    assert "the integration stopped on day" in result.stderr
    assert "STEP_LIMIT" in result.stdout
    folder = short.parent / "results/short"
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["status"]["name"] == "STEP_LIMIT"
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_an_interrupted_run_leaves_nothing(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    result = command("run", short)
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert contents() == ["short.toml"]


def test_without_courses_the_lowest_counts_are_told(command: Command, short: Path) -> None:
    text = command("run", short, "--set", "course=[]", "--set", "observed=[]").stdout
    rows = {line.split(",")[0]: line.split()[2:] for line in text.splitlines() if "cells/uL" in line}
    assert rows["CD4"][:2] == ["973", "973"]
    assert "Hair: no visible loss" in text
