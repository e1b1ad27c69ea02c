"""Whatever people write into titles, labels, notes, names and paths, no verb obeys it and none fails over it."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.observations import read_observations

Command = Callable[..., Result]

MEAN = (
    r"$\\frac$ costs $5 and $6_x \u001b[31m \u001b]0;t\u0007 <b>&\" "
    r"\u202eabc\u0000 日本 \u2028 [red]x[/red] \\g<1> \n two"
)
"""As TOML writes it: formulas, control sequences, overrides, NUL, markup, line breaks, references of substitutions."""

SCENARIO = f"""
title = "{MEAN}"
description = "=cmd|' /C calc'!A0 {MEAN}"
horizon = "40 days"
output.every = "5 days"

[[course]]
label = "=1+1 {MEAN}"
start = "0 days"
dose = "12 mg"

[[triamcinolone]]
label = "@x {MEAN}"
start = "3 days"
dose = "10 mg"

[[relapse]]
time = "20 days"
note = "{MEAN}"

[[note]]
time = "10 days"
text = "{MEAN}"

[[observed]]
readout = "cd4"
unit = "cells/uL"
label = "+1 {MEAN}"
source = "-1 {MEAN}"
points = [{{ time = "30 days", value = 100, note = "{MEAN}" }}]
"""

TABLE = "patient,day,CD4 [cells/uL],=bad\x1b[31m\n{name},0,900,x\n{name},30,100,y\nP02,0,800,\nP02,30,90,\n"
NAME = "=1+1 $\\frac$ \u202e\x1b[2J [red]"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a scenario of hostile text in a file of a hostile name, in the working folder."""
    path = tmp_path / "$x$ \x1b[31m.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE.format(name=NAME), encoding="utf-8")
    return path


def hidden(text: str) -> set[str]:
    """Return the characters of a text that have no sign of their own, save for line breaks."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


def assert_harmless(result: Result, code: int = 0) -> None:
    assert result.exit_code == code, result.output
    assert not hidden(result.output)
    assert "Traceback" not in result.output


def assert_files_harmless(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in (".html", ".json", ".toml", ".svg"):
            assert not hidden(path.read_text(encoding="utf-8")), path
        elif path.suffix == ".csv":
            cells = path.read_text(encoding="utf-8").replace("\n", ",").split(",")
            assert not any(cell.lstrip('"').startswith(("=", "@")) for cell in cells), path


def test_a_run_writes_harmless_files_and_lines(command: Command, hostile: Path, tmp_path: Path) -> None:
    result = command("run", hostile, "--out", tmp_path / "out")
    assert_harmless(result)
    assert result.stdout.startswith(r"$\frac$ costs $5 and $6_x \x1b[31m ")
    assert r"\n two" in result.stdout.splitlines()[0]  # one line
    assert "[red]x[/red]" in result.stdout
    assert_files_harmless(tmp_path / "out")


def test_errors_are_lines_of_bounded_length(command: Command, hostile: Path) -> None:
    hostile.write_text('"\x7fx' + "y" * 38_000 + '" = 1\n', encoding="utf-8")
    assert_harmless(command("check", hostile), code=2)
    hostile.write_text("".join(f'"k\\u001b{i}" = 1\n' for i in range(500)), encoding="utf-8")
    result = command("check", hostile)
    assert_harmless(result, code=2)
    assert result.stderr.splitlines()[-1] == "... and 480 more"
    assert len(result.stderr.splitlines()) == 21
    assert max(map(len, result.stderr.splitlines())) < 2000
    for arguments in (
        ["run", "x\x1b[31m\n.toml"],
        ["check", hostile, "--set", "a\x1b=\n1"],
        ["run", hostile, "--\x1b"],
    ):
        assert_harmless(command(*arguments), code=2)


def test_a_table_of_measurements_is_understood_and_said_harmlessly(command: Command, table: Path) -> None:
    result = command("data", "check", table)
    assert_harmless(result)
    assert r"=1+1 $\frac$ \u202e\x1b[2J [red]" in result.stdout
    assert_harmless(command("data", "check", table, "--json"))


def test_a_converted_table_holds_no_formula_and_is_read_back(command: Command, table: Path, tmp_path: Path) -> None:
    assert_harmless(command("data", "convert", table, "--to", "nonmem", "--out", tmp_path / "nm.csv"))
    assert f"'{NAME}" in (tmp_path / "nm.csv").read_text(encoding="utf-8")
    observations, _ = read_observations(tmp_path / "nm.csv")
    assert [patient.name for patient in observations] == [NAME, "P02"]


def test_a_wrong_header_of_38000_letters_is_not_repeated(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(f"patient,day,CD4 [{'z' * 38_000}]\nA,0,1\n", encoding="utf-8")
    result = command("data", "check", path)
    assert_harmless(result, code=2)
    assert len(result.stderr) < 3000


@pytest.mark.slow
def test_every_other_verb_is_harmless_as_well(command: Command, hostile: Path, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    other = tmp_path / "other \u202e.toml"
    other.write_text(SCENARIO.replace("12 mg", "6 mg"), encoding="utf-8")
    assert_harmless(command("check", hostile))
    assert_harmless(command("report", hostile, "--out", out / "report"))
    assert_harmless(command("verify", hostile, "--out", out / "verify"))
    assert_harmless(command("explain", hostile, "--readout", "cd4", "--at", "30 days", "--out", out / "why"))
    assert_harmless(command("compare", hostile, other, "--out", out / "compared"))
    labels = r"course.1.label=$a$ \x1b,$\\frac$,=1"
    sweep = ["sweep", hostile, "--vary", "patient.age=20:60", "--vary", labels, "-n", 64, "--readout", "cd4"]
    assert_harmless(command(*sweep, "--out", out / "sweep.nc"))
    for kind in ("bands", "spaghetti", "parallel", "heatmap"):
        figure = out / f"{kind}.svg"
        named = ["--color", "course.1.label"] if kind == "spaghetti" else []
        assert_harmless(command("plot", out / "sweep.nc", "--kind", kind, *named, "--out", figure))
    assert_harmless(command("failures", out / "sweep.nc"))
    fit = ["fit", hostile, "--data", table, "--free", "blood_lysis_rate", "--starts", 2, "--out", out / "fit"]
    assert_harmless(command(*fit))
    assert_files_harmless(out)
