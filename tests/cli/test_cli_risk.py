"""``immunosim risk`` on the command line: the risk with its condition, and why none is told."""

import json
from pathlib import Path

import pytest

CALIBRATED = 'calibrated_to = ["thyroid"]\n[[trait]]\nname = "tempo"\nmultiplies = ["thyroid_tempo"]\nsd = 0.4\n'


@pytest.fixture
def population(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a calibrated population."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "people.toml"
    path.write_text(CALIBRATED, encoding="utf-8")
    return path


def test_a_risk_is_told_with_its_interval_and_its_condition(command, population: Path) -> None:
    asked = (
        "risk",
        "two_courses",
        "--set",
        "horizon=14 months",
        "--event",
        "thyroid",
        "--by",
        "1 month",
        "--population",
        population,
        "-n",
        "128",
    )
    result = command(*asked)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Risk of thyroid disease by day 30.4375: ")
    assert "Effective patients: 128 of 128\n" in result.stdout
    assert "doubt about the population is not in it" in result.stdout
    told = json.loads(command(*asked, "--json").stdout)
    assert told["low"] <= told["risk"] <= told["high"]


def test_no_population_and_an_uncalibrated_one_are_said(command, population: Path) -> None:
    asked = ("risk", "two_courses", "--set", "horizon=14 months", "--event", "thyroid", "--by", "1 month")
    none = command(*asked)
    assert (none.exit_code, none.stdout) == (2, "")
    assert "there is no population, add [population] to the scenario, or name one: --population FILE" in none.stderr
    population.write_text(CALIBRATED.partition("\n")[2], encoding="utf-8")
    refused = command(*asked, "--population", population)
    assert refused.exit_code == 2
    assert f"{population}: calibrated_to: no risk of thyroid disease can be told of one patient" in refused.stderr


def test_an_option_is_named_in_what_is_wrong_with_it(command, population: Path) -> None:
    asked = ("risk", "two_courses", "--set", "horizon=14 months", "--by", "1 month", "--population", population)
    unknown = command(*asked, "--event", "hair")
    assert '--event: "hair" is not an event of the model' in unknown.stderr
    early = command(*asked, "--event", "thyroid", "--free-until", "1 month")
    assert "--free-until: day 30.4375 is not before day 30.4375" in early.stderr
    few = command(*asked, "--event", "thyroid", "-n", "50")
    assert "--number: 50 effective patients of the population are like this one, not 100" in few.stderr
