"""``immunosim explain`` says why in words, tables and a figure that add up, and refuses what it cannot answer."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Command = Callable[..., Result]
Contents = Callable[[], list[str]]

ASKED = ("--readout", "cd4", "--at", "30 days", "--accounting")


def test_an_explanation_is_a_sentence_two_tables_and_three_files(
    command: Command, short: Path, contents: Contents
) -> None:
    result = command("explain", short, *ASKED)
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()[:2]
    assert first.startswith("CD4 T cells: falls from 973 to ")
    assert first.endswith("cells/uL between untreated and day 30.")
    assert second.startswith("Largest loss: lysis by alemtuzumab (-")
    for words in ("By mechanism", "By process", "not accounted for", "sum: the change", "100 %"):
        assert words in result.stdout
    folder = "results/short_explain/why_cd4"
    assert contents() == [f"{folder}.csv", f"{folder}.png", f"{folder}_series.csv", "short.toml"]


def test_the_rows_of_the_table_add_up_to_the_change(command: Command, short: Path) -> None:
    text = command("explain", short, *ASKED, "--top", "3").stdout.split("By process")[1]
    rows = [line.split() for line in text.splitlines()[2:]]
    shares = [float(row[-2]) for row in rows if row and row[-1] == "%"]
    assert "others" in text
    assert len(shares) == 5
    assert sum(shares[:-1]) == pytest.approx(100.0, abs=0.3)  # each is rounded to a tenth


def test_json_holds_every_contribution_and_writes_nothing(command: Command, short: Path, contents: Contents) -> None:
    result = command("explain", short, *ASKED, "--json")
    found = json.loads(result.stdout)
    change = found["after"] - found["before"]
    assert found["unit"] == "cells/uL"
    for part in ("contributions", "by_mechanism"):
        assert sum(entry["contribution"] for entry in found[part]) == pytest.approx(change, rel=1e-6)
    assert found["closed"]
    assert found["command"] == f"immunosim explain {short} --readout cd4 --at '30 days' --accounting"
    assert contents() == ["short.toml"]


def test_the_tables_on_disk_add_up_at_every_time(command: Command, short: Path) -> None:
    assert command("explain", short, *ASKED, "--out", "here").exit_code == 0
    with (short.parent / "here/why_cd4.csv").open(encoding="utf-8") as file:
        rows = {row["process"]: float(row["contribution"]) for row in csv.DictReader(file)}
    with (short.parent / "here/why_cd4_series.csv").open(encoding="utf-8") as file:
        series = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert {name: series[-1][name] for name in rows} == rows
    for row in series:
        parts = sum(row[name] for name in rows)
        assert parts == pytest.approx(row["cd4"] - series[0]["cd4"], abs=1e-8)


def test_direct_names_homing_and_egress_and_gross_counts_whole_flows(command: Command, short: Path) -> None:
    direct = command("explain", short, *ASKED, "--direct", "--json").stdout
    gross = json.loads(command("explain", short, *ASKED, "--gross", "--json").stdout)
    assert "homing_of_memory_cd4_t_cells" in direct
    deaths = [entry for entry in gross["contributions"] if entry["name"] == "death_of_memory_cd4_t_cells"]
    assert deaths[0]["contribution"] < 0.0


def test_times_are_those_of_scenarios(command: Command, short: Path) -> None:
    result = command(
        "explain",
        short,
        "--readout",
        "nk",
        "--from",
        "course 1 + 5 days",
        "--at",
        "2017-07-15",
        "--accounting",
        "--json",
    )
    found = json.loads(result.stdout)
    assert (found["since_day"], found["at_day"]) == (5.0, 30.0)


def test_a_readout_that_went_back_is_said_to_be_as_before(command: Command, short: Path) -> None:
    text = command("explain", short, "--readout", "methylprednisolone", "--accounting", "--out", "here").stdout
    assert " mg at month 1.31, as at the start, untreated.\n" in text.splitlines(keepends=True)[0]
    assert "Most is" not in text


def test_without_a_time_the_whole_simulation_is_explained(command: Command, short: Path) -> None:
    assert json.loads(command("explain", short, "--readout", "nk", "--accounting", "--json").stdout)["at_day"] == 40.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--readout", "cd44"), '--readout: "cd44" is neither a read-out nor a pool, did you mean "cd4"'),
        (("--readout", "cd4", "--at", "20"), '--at: "20" has no unit, expected a time'),
        (("--readout", "cd4", "--at", "41 days"), "--at: day 41 is outside the simulated time span"),
        (("--readout", "cd4", "--from", "course 2"), "--from: "),
        (("--readout", "cd4", "--from", "9 days", "--at", "8 days"), "--at: day 8 does not lie after day 9"),
    ],
)
def test_wrong_questions_are_explained_and_nothing_is_written(
    command: Command, short: Path, contents: Contents, arguments: tuple[str, ...], message: str
) -> None:
    result = command("explain", short, *arguments, "--accounting")
    assert result.exit_code == 2
    assert message in result.stderr
    assert contents() == ["short.toml"]


def test_earlier_files_of_the_same_readout_are_replaced(command: Command, short: Path, contents: Contents) -> None:
    assert command("explain", short, "--readout", "nk", "--accounting").exit_code == 0
    assert command("explain", short, *ASKED).exit_code == 0
    earlier, table = contents(), short.parent / "results/short_explain/why_cd4_series.csv"
    text = table.read_text(encoding="utf-8")
    again = command("explain", short, *ASKED, "--at", "20 days", "--force")
    assert again.exit_code == 0
    assert "--force is no longer needed" in again.stderr
    assert contents() == earlier
    assert table.read_text(encoding="utf-8") != text


def test_a_failed_simulation_is_not_explained(command: Command, short: Path, contents: Contents) -> None:
    result = command("explain", short, *ASKED, "--set", "solver.max_steps=3")
    assert result.exit_code == 3
    assert "the integration stopped on day" in result.stderr
    assert contents() == ["short.toml"]
