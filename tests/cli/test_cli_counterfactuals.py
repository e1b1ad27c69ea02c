"""``immunosim explain`` answers first with what would be without each treatment: a sentence, tables, a figure."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Command = Callable[..., Result]
Contents = Callable[[], list[str]]

TAUGHT = """
model = "teaching"
title = "Taught"
horizon = "60 days"
[[dose]]
drug = "antibody"
start = "0 days"
dose = "30 mg"
infusion = "4 h"
"""

ASKED = ("--readout", "t_cells", "--at", "30 days")


@pytest.fixture
def taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "taught.toml"
    path.write_text(TAUGHT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_the_answer_is_a_sentence_tables_and_three_files(command: Command, taught: Path, contents: Contents) -> None:
    result = command("explain", taught, *ASKED)
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()[:2]
    assert first.startswith("T cells in blood at day 30 are ")
    assert first.endswith(" without it; it works through lysis by the antibody (100 % of its effect).")
    assert second.startswith("Each value is a simulation without the treatment or mechanism; differences up to ")
    for words in ("Treatments [cells/uL]", "Mechanisms [cells/uL]", "Effect of antibody where a mechanism stops"):
        assert words in result.stdout
    assert "--at '30 days' --accounting" in result.stdout.splitlines()[-1]
    folder = "results/taught_explain/counterfactuals_t_cells"
    assert contents() == [f"{folder}.csv", f"{folder}.png", f"{folder}_courses.csv", "taught.toml"]


def test_json_and_files_hold_the_same_numbers(command: Command, taught: Path) -> None:
    record = json.loads(command("explain", taught, *ASKED, "--json", "--out", "here").stdout)
    assert next(iter(record)) == "sentence"
    assert record["command"] == f"immunosim explain {taught} --readout t_cells --at '30 days'"
    with (taught.parent / "here/counterfactuals_t_cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["without"]) for row in rows] == [effect["without"] for effect in record["effects"]]
    with (taught.parent / "here/counterfactuals_t_cells_courses.csv").open(encoding="utf-8") as file:
        at = next(row for row in csv.DictReader(file) if float(row["time"]) == 30.0)
    assert [float(at[f"without {row['quantity']}"]) for row in rows] == [float(row["without"]) for row in rows]


@pytest.mark.parametrize("option", [("--from", "3 days"), ("--direct",), ("--gross",)])
def test_what_belongs_to_the_accounting_needs_it(command: Command, taught: Path, option: tuple[str, ...]) -> None:
    result = command("explain", taught, *ASKED, *option)
    assert result.exit_code == 2
    assert f"{option[0]}: applies to an accounting only, add --accounting" in result.stderr


def test_a_failed_simulation_has_no_counterfactuals(command: Command, taught: Path, contents: Contents) -> None:
    result = command("explain", taught, *ASKED, "--set", "solver.max_steps=3")
    assert result.exit_code == 3
    assert "the integration stopped on day" in result.stderr
    assert contents() == ["taught.toml"]
