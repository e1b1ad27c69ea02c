"""``immunosim examples`` lists and copies the shipped scenarios, and verbs take their names."""

import json

import pytest

from immunosim.cli.verbs import Verbs
from immunosim.scenario.examples import shipped_names


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_shipped_scenario_is_listed_with_its_title(command):
    listed = command("examples").stdout
    assert all(name in listed for name in shipped_names())
    assert "Alopecia areata after alemtuzumab" in listed
    assert [one["name"] for one in json.loads(command("examples", "--json").stdout)] == shipped_names()


def test_scenarios_are_copied_once(command, elsewhere):
    result = command("examples", "--copy", "mine")
    assert (result.exit_code, (elsewhere / "mine/data/clinic.csv").is_file()) == (0, True)
    assert "Next:  immunosim run mine/case_report.toml" in result.stdout
    again = command("examples", "--copy", "mine")
    assert again.exit_code == 2
    assert "already exists" in again.stderr


def test_a_verb_takes_the_name_of_a_shipped_scenario(command, elsewhere):
    result = command("run", "one_course", "--set", "horizon=2 months")
    assert result.exit_code == 0, result.stderr
    assert (elsewhere / "results/one_course/scenario.toml").is_file()
    assert "immunosim verify one_course" in result.stdout


def test_a_sweep_of_a_shipped_scenario_is_planned_by_its_own_section(command):
    result = command("check", "two_courses_dose_and_interval")
    assert result.exit_code == 0, result.stderr
    assert "169" in result.stdout


def test_a_new_scenario_extends_a_shipped_one_by_its_name(command, elsewhere):
    assert command("init", "mine.toml", "--from", "two_courses").exit_code == 0
    assert 'extends = "two_courses"' in (elsewhere / "mine.toml").read_text(encoding="utf-8")
    assert command("check", "mine.toml").exit_code == 0


def test_an_unknown_name_is_refused_with_close_ones(command):
    result = command("run", "two_corses")
    assert result.exit_code == 2
    assert "is neither a file nor a shipped scenario" in result.stderr
    assert '"two_courses"' in result.stderr


@pytest.mark.parametrize("verb", Verbs())
def test_no_help_text_names_a_file_of_the_source_tree(verb, command):
    assert "configs/" not in command(verb, "--help").stdout
    assert "configs/" not in command("--help").stdout
