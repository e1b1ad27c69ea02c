"""``immunosim check`` says what it understood, simulates nothing and writes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Command = Callable[..., Result]


def test_a_check_lists_doses_with_their_times_and_sums(
    command: Command, short: Path, contents: Callable[[], list[str]]
) -> None:
    result = command("check", short)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["alemtuzumab", "course[1]", "0.04", "1.21", "2017-06-15", "2", "24"] in lines
    assert ["methylprednisolone", "course[1].premedication", "0.00", "1.04", "2017-06-15", "2", "2000"] in lines
    assert contents() == ["short.toml"]


def test_a_check_lists_observed_points_with_their_dates(command: Command, short: Path) -> None:
    lines = [line.split() for line in command("check", short).stdout.splitlines()]
    assert ["lymphocytes", "30.00", "2017-07-15", "0.5", "1e9/L"] in lines
    assert ["lymphocytes", "35.00", "2017-07-20", "0.1", "to", "2", "1e9/L"] in lines


def test_a_check_says_what_is_individual_and_what_is_off(command: Command, short: Path) -> None:
    text = command("check", short, "--set", "mechanisms.off=['depletion']").stdout
    assert "Individual parameters: field_at_risk 0.5." in text
    assert "Mechanisms off: depletion." in text
    assert "short.toml is a valid scenario." in text
    assert text.rstrip().endswith("--set 'mechanisms.off=['\"'\"'depletion'\"'\"']'")


def test_a_check_says_what_went_differently_and_what_was_below_a_limit(command: Command, short: Path) -> None:
    changes = "course.1.changes=[{dose_number = 1, late = '6 h', given = '6 mg'}, {dose_number = 2, skipped = true}]"
    steps = "input=[{drug='alemtuzumab', steps=[{start='9 days', stop='10 days', rate='0.5 mg/h'}]}]"
    points = "observed.1.points=[{time = '30 days', below = 0.02}]"
    result = command("check", short, "--set", changes, "--set", steps, "--set", points)
    assert "Not as planned in course[1]: dose 1 6 h late and 6 mg given, dose 2 skipped.\n" in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["alemtuzumab", "course[1]", "0.29", "0.38", "2017-06-15", "1", "6"] in lines
    assert ["alemtuzumab", "input[1].steps[1]", "9.00", "10.00", "2017-06-24", "rate", "12"] in lines
    assert ["lymphocytes", "30.00", "2017-07-15", "<0.02", "1e9/L"] in lines


def test_without_a_date_times_are_months(command: Command, short: Path) -> None:
    short.write_text('horizon = "60.875 days"\n', encoding="utf-8")
    assert "Time: day 0 to day 61 (month 0.0 to month 2.0)" in command("check", short).stdout


@pytest.mark.filterwarnings("default")
def test_an_older_file_is_checked_with_a_line_for_each_kind_of_superseded_key(command: Command, short: Path) -> None:
    entries = '[[triamcinolone]]\ntime = "9 days"\ndose = "9 mg"\n' * 2
    short.write_text(short.read_text(encoding="utf-8") + entries, encoding="utf-8")
    result = command("check", short)
    assert result.exit_code == 0
    assert result.stderr == f"warning: {short}: triamcinolone[1].time: is now start, rename it\n"
    assert "short.toml is a valid scenario." in result.stdout


@pytest.mark.parametrize("change", ["parameters.nonsense=1", "patient.age=7", "horizon=0 days"])
def test_a_wrong_scenario_ends_with_two(command: Command, short: Path, change: str) -> None:
    result = command("check", short, "--set", change)
    assert result.exit_code == 2
    assert result.stderr
    assert "valid" not in result.stdout
