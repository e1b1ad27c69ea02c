"""``python -m experiments``: what it prints, what it writes, how it ends. The experiments here are made up."""

import json
from pathlib import Path

import pytest

import experiments.__main__ as command
from experiments.running import find_experiments

RUN = """
from matplotlib.figure import Figure

def run():
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    return {{"height": float({value!r})}}, figure
"""
ROW = {
    "name": "height",
    "what": "Height",
    "unit": "m",
    "expected": 10.0,
    "tolerance": {"relative": 0.2},
    "simulated_at_release": 11.0,
    "source": ["assumed"],
    "why": "made up",
    "fitted": False,
}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Return a folder of experiments that takes the place of the shipped one."""
    place = tmp_path / "experiments"
    monkeypatch.setattr(command, "find_experiments", lambda: find_experiments(place))
    return place


@pytest.fixture
def add(folder):
    def make(name, value, **changes):
        (folder / name).mkdir(parents=True)
        (folder / name / "run.py").write_text(RUN.format(value=value))
        (folder / name / "expected.json").write_text(json.dumps([ROW | changes]))

    return make


@pytest.fixture
def run(folder, tmp_path):
    return lambda *arguments: command.main([*arguments, "--out", str(tmp_path / "out")])


def test_a_run_within_tolerance_ends_with_0_and_writes_the_figure(add, run, tmp_path, capsys):
    add("01_small", 11.0)
    assert run() == 0
    assert (tmp_path / "out" / "01_small" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "experiments" / "01_small" / "figure.png").exists()
    printed = capsys.readouterr()
    assert "Height" in printed.out
    assert printed.err.startswith("01_small: ")


@pytest.mark.parametrize("value", [20.0, "nan", 11.5], ids=["out of tolerance", "not a number", "moved"])
def test_a_number_that_fails_ends_the_run_with_3(add, run, value):
    add("01_small", value)
    assert run() == 3


def test_one_failure_among_several_ends_the_run_with_3(add, run):
    add("01_small", 11.0)
    add("02_large", 20.0)
    assert run("01_small") == 0
    assert run() == 3


def test_an_unknown_name_ends_with_2_and_close_matches(add, run, capsys):
    add("01_small", 11.0)
    assert run("01_smal") == 2
    assert capsys.readouterr().err == 'unknown experiment "01_smal" in the scorecard, did you mean "01_small"?\n'


def test_a_place_that_cannot_be_written_ends_with_2(add, tmp_path, capsys):
    add("01_small", 11.0)
    (tmp_path / "file").write_text("")
    assert command.main(["--out", str(tmp_path / "file")]) == 2
    assert "choose another place" in capsys.readouterr().err


def test_json_can_be_loaded_and_a_number_that_is_none_is_null(add, run, capsys):
    add("01_small", "nan")
    assert run("--json") == 3
    (row,) = json.loads(capsys.readouterr().out)["01_small"]
    assert row["simulated"] is None
    assert row["verdict"] == "MISS"


def test_markdown_is_a_table(add, run, capsys):
    add("01_small", 11.0)
    assert run("--markdown") == 0
    assert "| 01_small | Height | m | 10.0 ± 20 % | - | 11.0 | met | assumed |" in capsys.readouterr().out


def test_values_and_figures_of_the_release_change_only_on_demand(add, run, folder):
    add("01_small", 11.5, known_miss="")
    file = folder / "01_small" / "expected.json"
    before = file.read_text()
    assert run() == 3
    assert file.read_text() == before
    assert run("--update-values", "--update-figures") == 0
    assert json.loads(file.read_text()) == [ROW | {"simulated_at_release": 11.5, "known_miss": ""}]
    assert (folder / "01_small" / "figure.png").exists()
    assert run() == 0


def test_a_new_value_does_not_mend_a_miss(add, run):
    add("01_small", 20.0)
    assert run("--update-values") == 3
