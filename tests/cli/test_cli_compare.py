"""``immunosim compare`` says what differs, shows and stores it, and explains wrong input."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.door.comparing import distinct_names

Command = Callable[..., Result]
Contents = Callable[[], list[str]]

FILES = ["attribution.csv", "comparison.json", "differences.csv", "overlay.png", "why_difference_lymphocytes.png"]


@pytest.fixture
def weak(short: Path) -> Path:
    """Return the short scenario with half the dose."""
    path = short.with_name("weak.toml")
    path.write_text(
        short.read_text(encoding="utf-8").replace("12 mg", "6 mg").replace("Short", "Weak"), encoding="utf-8"
    )
    return path


@pytest.fixture
def broken(short: Path) -> Path:
    """Return the short scenario with too few steps."""
    path = short.with_name("broken.toml")
    path.write_text(short.read_text(encoding="utf-8") + "\n[solver]\nmax_steps = 3\n", encoding="utf-8")
    return path


def test_a_comparison_prints_inputs_differences_and_reasons(command: Command, short: Path, weak: Path) -> None:
    result = command("compare", short, weak, "--accounting")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert text.startswith("A  short (reference): Short\nB  weak: Weak\n")
    assert "course.1.dose  12 mg  6 mg" in text
    assert "Largest differences" in text
    assert "Why B - A in lymphocytes [1e9/L], month" in text
    assert "lysis by alemtuzumab" in text
    assert "untreated level" in text
    assert "not accounted for" in text
    assert "Research and teaching software, not a medical device." in text


def test_a_comparison_writes_figures_tables_and_a_record(
    command: Command, short: Path, weak: Path, contents: Contents
) -> None:
    assert command("compare", short, weak, "--accounting").exit_code == 0
    folder = "results/short_vs_weak"
    assert contents() == [*(f"{folder}/{name}" for name in FILES), "short.toml", "weak.toml"]
    with (short.parent / folder / "attribution.csv").open(encoding="utf-8") as stream:
        total = sum(float(row["contribution"]) for row in csv.DictReader(stream))
    record = json.loads((short.parent / folder / "comparison.json").read_text(encoding="utf-8"))
    assert record["attributions"][0]["difference"] == pytest.approx(total, rel=1e-12)
    assert record["command"] == f"immunosim compare {short} {weak} --accounting"
    assert record["attributions"][0]["closed"]


def test_the_answer_is_which_key_makes_the_difference(
    command: Command, short: Path, weak: Path, contents: Contents
) -> None:
    result = command("compare", short, weak)
    assert result.exit_code == 0, result.output
    sentence = result.stdout.splitlines()[3]
    assert sentence.startswith("Lymphocytes at ")
    assert sentence.endswith(" with course.1.dose 12 mg instead of 6 mg.")
    names = ["comparison.json", "counterfactuals.csv", "counterfactuals_lymphocytes.png"]
    folder = "results/short_vs_weak"
    assert contents() == [
        *(f"{folder}/{name}" for name in (*names, "differences.csv", "overlay.png")),
        *("short.toml", "weak.toml"),
    ]
    record = json.loads((short.parent / folder / "comparison.json").read_text(encoding="utf-8"))
    [cause] = record["counterfactuals"]
    [key] = cause["keys"]
    assert (key["with_key_of_reference"], key["reference_with_key"]) == (key["reference_value"], key["value"])
    assert (key["share_taken_away"], key["share_brought"]) == (1.0, 1.0)


def test_json_is_the_record_alone_and_writes_nothing(
    command: Command, short: Path, weak: Path, contents: Contents
) -> None:
    asked = ("--json", "--accounting", "--readout", "nk", "--at", "20 days", "--at", "course 1 + 30 days")
    result = command("compare", short, weak, *asked)
    record = json.loads(result.stdout)
    assert [(found["readout"], found["at_day"]) for found in record["attributions"]] == [("nk", 20.0), ("nk", 30.0)]
    assert {row["day"] for row in record["differences"]} == {20.0, 30.0}
    assert contents() == ["short.toml", "weak.toml"]


def test_changes_apply_to_all_scenarios(command: Command, short: Path, weak: Path) -> None:
    record = json.loads(command("compare", short, weak, "--json", "--set", "course.1.dose=10 mg").stdout)
    assert record["inputs"] == []
    assert record["attributions"] == []


def test_the_same_file_twice_makes_no_difference(command: Command, short: Path) -> None:
    result = command("compare", short, short)
    assert result.exit_code == 0, result.output
    assert "B  short (2): Short" in result.stdout
    assert "The scenarios do not differ in anything that changes a course." in result.stdout
    assert "No difference in any of the read-outs" in result.stdout
    assert "Why" not in result.stdout.replace("why_difference", "")


def test_several_scenarios_are_each_compared_with_the_first(command: Command, short: Path, weak: Path) -> None:
    result = command("compare", short, weak, short, "--accounting", "--out", "three")
    assert result.exit_code == 0, result.output
    assert "B - A" in result.stdout
    assert "C - A" in result.stdout
    # Reasons are drawn for two scenarios only.
    assert sorted(path.name for path in (short.parent / "three").iterdir()) == [n for n in FILES if "why" not in n]


def test_horizons_that_differ_are_said(command: Command, short: Path, weak: Path) -> None:
    shorter = weak.read_text(encoding="utf-8").replace("40 days", "36 days")
    weak.write_text(shorter, encoding="utf-8")
    assert "to day 36, where the shortest scenario ends" in command("compare", short, weak).stdout


def test_a_failed_scenario_is_named_and_the_others_are_compared(
    command: Command, short: Path, weak: Path, broken: Path
) -> None:
    result = command("compare", short, broken, weak)
    assert result.exit_code == 3
    assert f"{broken}: the integration stopped" in result.stderr
    assert "B  weak: Weak" in result.stdout
    record = json.loads((short.parent / "results/short_vs_broken_vs_weak/comparison.json").read_text(encoding="utf-8"))
    assert list(record["failures"]) == ["broken"]


def test_where_only_one_scenario_is_left_nothing_is_written(
    command: Command, short: Path, broken: Path, contents: Contents
) -> None:
    result = command("compare", short, broken)
    assert result.exit_code == 3
    assert "1 of 2 scenarios could be simulated, which leaves nothing to compare" in result.stderr
    assert contents() == ["broken.toml", "short.toml"]


def test_earlier_results_are_replaced_whole_and_nothing_else(command: Command, short: Path, weak: Path) -> None:
    assert command("compare", short, weak, "--readout", "nk", "--accounting").exit_code == 0
    folder = short.parent / "results/short_vs_weak"
    assert (folder / "why_difference_nk.png").exists()
    again = command("compare", short, weak, "--force")
    assert again.exit_code == 0
    assert "--force is no longer needed" in again.stderr
    assert not (folder / "why_difference_nk.png").exists()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    refused = command("compare", short, weak)
    assert refused.exit_code == 2
    assert 'holds "notes.txt", which is not a result of immunosim' in refused.stderr
    assert "choose another folder with --out" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a comparison needs two scenarios"),
        (["short.toml"] * 6, "7 scenarios are not distinguishable in a figure, compare 6 at most"),
        (["missing.toml"], "missing.toml"),
        (["weak.toml", "--readout", "lymphocyte"], '--readout: "lymphocyte" is neither a read-out nor a pool'),
        (["weak.toml", "--at", "50 days"], "--at: day 50 lies outside the common time span of the scenarios"),
        (["weak.toml", "--at", "course 3"], "--at: "),
        (["weak.toml", "--at", "soon"], '--at: "soon" is not a time'),
        (["weak.toml", "--set", "patient.aeg=4"], 'unknown key "aeg"'),
    ],
)
def test_wrong_input_is_explained_and_nothing_is_written(
    command: Command, short: Path, weak: Path, contents: Contents, arguments: list[str], message: str
) -> None:
    result = command("compare", short, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert contents() == ["short.toml", "weak.toml"]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.toml", "b.toml"], ["a", "b"]),
        (["x/a.toml", "y/a.toml"], ["x/a", "y/a"]),
        (["a.toml", "a.toml", "b.toml"], ["a", "a (2)", "b"]),
        (["p/x/a.toml", "q/x/a.toml"], ["x/a", "x/a (2)"]),
    ],
)
def test_scenarios_are_named_apart(paths: list[str], names: list[str]) -> None:
    assert distinct_names([Path(path) for path in paths]) == names
