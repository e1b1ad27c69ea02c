"""``immunosim replay`` shows why a patient failed, and says what it did not find."""

import json

import pytest

from immunosim.ensembles import simulate_ensemble
from immunosim.scenario import load_scenario


@pytest.fixture(scope="module")
def files(tmp_path_factory, configs):
    """Return the file of an ensemble in which one of three patients is refused, and of one in which all are well."""
    folder = tmp_path_factory.mktemp("ensembles")
    scenario = load_scenario(configs / "one_course.toml", ("horizon=20 days",))
    ages = {"some.nc": [30.0, 500.0, 40.0], "none.nc": [30.0, 40.0]}
    for name, column in ages.items():
        simulate_ensemble(scenario, {"age": column}).save(folder / name)
    return folder


def test_the_first_that_failed_is_replayed(command, files):
    found = command("replay", files / "some.nc")
    assert found.exit_code == 3
    assert "Patient 1: REFUSED_INPUT on day" in found.stdout
    assert "age: 500 year is above its upper bound" in found.stdout
    assert "1 of 3 patients failed" in found.stderr


def test_a_patient_who_is_well_ends_with_exit_code_zero(command, files):
    found = command("replay", files / "some.nc", "--patient", 2, "--trials", 3)
    assert found.exit_code == 0
    assert "Patient 2: OK, as in the ensemble" in found.stdout
    for title in ("Varied", "Last trial steps", "Pools farthest from untreated", "Fastest processes"):
        assert title in found.stdout
    assert found.stdout.count("accepted\n") == 3


def test_json_holds_everything_and_nothing_else(command, files):
    found = command("replay", files / "some.nc", "--json")
    record = json.loads(found.stdout)
    assert record["status"] == "REFUSED_INPUT"
    assert record["is_reproduced"] is True
    assert record["varied"] == {"age": "500.0 year"}


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("none.nc", [], "none of its 2 patients failed"),
        ("some.nc", ["--patient", 3], "there is no patient 3 among 3, choose from 0 to 2"),
        ("missing.nc", [], "does not exist"),
        ("some.nc", ["--patient", 1, "--out", "patient.toml"], "it is refused, or infusions of a drug overlap"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_line(command, files, name, options, complaint):
    found = command("replay", files / name, *options)
    assert found.exit_code == 2
    assert complaint in found.stderr
    assert found.stdout == ""


def test_a_patient_is_written_as_a_scenario_that_runs(command, files, tmp_path):
    found = command("replay", files / "some.nc", "--patient", 2, "--out", tmp_path / "patient.toml")
    assert found.exit_code == 0
    assert f"Scenario: {tmp_path / 'patient.toml'}" in found.stderr
    assert load_scenario(tmp_path / "patient.toml").patient.age == 40.0
