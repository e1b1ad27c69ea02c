"""``immunosim report`` and ``immunosim run --report`` write whole reports or none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import Result

ROOT = Path(__file__).parents[2]
FILES = ["figure.pdf", "report.html", "scenario.toml", "summary.json"]

Command = Callable[..., Result]
Contents = Callable[[], list[str]]


def test_a_report_is_written_into_a_folder_of_its_own(command: Command, short: Path, contents: Contents) -> None:
    result = command("report", short)
    assert result.exit_code == 0, result.output
    assert contents() == [*(f"results/short_report/{name}" for name in FILES), "short.toml"]
    assert "Report: results/short_report/report.html (open it in a browser" in result.stdout
    assert result.stdout.rstrip().endswith(f"Next:  immunosim verify {short}")


def test_the_figure_is_a_pdf_with_its_fonts(command: Command, short: Path) -> None:
    command("report", short, "--out", "here")
    figure = (short.parent / "here" / "figure.pdf").read_bytes()
    assert figure.startswith(b"%PDF")
    assert b"/FontFile2" in figure  # TrueType, embedded
    assert b"/CreationDate" not in figure


def test_a_report_names_the_changes_with_which_it_was_made(command: Command, short: Path) -> None:
    result = command("report", short, "--set", "patient.age=40", "--out", "here")
    page = (short.parent / "here" / "report.html").read_text(encoding="utf-8")
    assert f"<code>immunosim report {short} --set patient.age=40</code>" in page
    assert "Default 34, set by <code>patient.age</code>." in page
    assert result.stdout.rstrip().endswith(f"immunosim verify {short} --set patient.age=40")


def test_a_run_with_a_report_adds_the_same_page(command: Command, short: Path) -> None:
    assert command("run", short, "--report", "--out", "run").exit_code == 0
    assert command("report", short, "--out", "report").exit_code == 0
    run, report = short.parent / "run", short.parent / "report"
    assert {path.name for path in run.iterdir()} >= set(FILES) | {"figure.png", "trajectory.csv", "trajectory.nc"}
    for name in FILES:
        assert (run / name).read_bytes() == (report / name).read_bytes()


def test_json_with_a_report_prints_the_summary_and_writes_the_files(command: Command, short: Path) -> None:
    result = command("run", short, "--json", "--report")
    assert json.loads(result.stdout)["title"] == "Short"
    assert "Report: results/short/report.html" in result.stderr
    assert (short.parent / "results" / "short" / "report.html").exists()


def test_a_failed_integration_is_reported_as_such(command: Command, short: Path) -> None:
    result = command("report", short, "--set", "solver.max_steps=3")
    assert result.exit_code == 3
    assert "the integration stopped on day" in result.stderr
    page = (short.parent / "results" / "short_report" / "report.html").read_text(encoding="utf-8")
    assert "This simulation failed and has no results." in page


def test_an_earlier_report_is_replaced(command: Command, short: Path) -> None:
    assert command("report", short).exit_code == 0
    page = short.parent / "results" / "short_report" / "report.html"
    before = page.read_bytes()
    assert command("report", short, "--set", "patient.age=50").exit_code == 0
    assert page.read_bytes() != before


def test_wrong_input_is_explained_and_nothing_is_written(command: Command, short: Path, contents: Contents) -> None:
    result = command("report", short, "--set", "patient.aeg=40")
    assert result.exit_code == 2
    assert 'unknown key "aeg", did you mean "age"?' in result.stderr
    assert contents() == ["short.toml"]


def test_a_folder_of_somebody_else_is_refused_before_anything_is_computed(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immunosim.simulation.simulate", None)
    result = command("report", short, "--out", ".")
    assert result.exit_code == 2
    assert 'holds "short.toml", which is not a result of immunosim' in result.stderr
    assert contents() == ["short.toml"]


def test_an_interrupted_report_leaves_nothing(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    assert command("report", short).exit_code == 130
    assert contents() == ["short.toml"]


def test_a_run_without_a_report_does_not_load_what_makes_one(short: Path) -> None:
    text = (
        "import sys\nfrom immunosim.cli.main import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", text, "run", str(short)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=short.parent, env=environment)
    # Where dask is installed, xarray imports it, and dask imports jinja2.
    of_reports = {"fontTools.subset", "immunosim.report.page"} | ({"jinja2"} if find_spec("dask") is None else set())
    assert not of_reports & set(run.stderr.split())
