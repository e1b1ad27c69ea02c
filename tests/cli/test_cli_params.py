"""``immunosim params`` lists every parameter under the key that --set takes."""

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from immunosim.models import load_parameters
from immunosim.scenario import load_scenario

Command = Callable[..., Result]


def test_json_holds_every_parameter_with_unit_source_and_evidence(command: Command) -> None:
    found = json.loads(command("params", "--json").stdout)
    parameters = load_parameters()
    assert list(found) == list(parameters)
    for name, entry in found.items():
        parameter = parameters[name]
        assert (entry["value"], entry["unit"], entry["evidence"]) == (
            parameter.value,
            parameter.unit,
            parameter.evidence,
        )
        assert (entry["lower"], entry["upper"], entry["source"]) == (
            parameter.lower,
            parameter.upper,
            [*parameter.source],
        )


def test_every_key_is_one_that_set_takes(command: Command, short: Path) -> None:
    found = json.loads(command("params", "--json").stdout)
    as_written = {"patient.family_history": "false", "patient.smoker": "false"}
    values = {"patient.age": "34 years", "patient.weight": "70 kg"} | as_written
    changes = [f"{entry['key']}={values.get(entry['key'], entry['value'])}" for entry in found.values()]
    scenario = load_scenario(short, changes)
    assert len(scenario.parameters) == sum(entry["key"].startswith("parameters.") for entry in found.values())


def test_the_list_names_keys_values_and_sources(command: Command) -> None:
    lines = command("params").stdout.splitlines()
    (row,) = (line for line in lines if line.startswith("parameters.antibody_clearance "))
    assert "L/day" in row
    assert "li2018" in row


def test_part_of_a_name_or_label_filters(command: Command) -> None:
    text = command("params", "IL-7").stdout
    assert "parameters.clone_il7_boost" in text  # its label is "IL-7 boost of the clone"
    assert "antibody_clearance" not in text


def test_a_group_filters(command: Command) -> None:
    found = json.loads(command("params", "--group", "patient", "--json").stdout)
    assert found["age"]["key"] == "patient.age"
    assert {entry["group"] for entry in found.values()} == {"patient"}


def test_a_full_name_shows_everything_that_is_known(command: Command) -> None:
    text = command("params", "parameters.antibody_clearance").stdout
    parameter = load_parameters()["antibody_clearance"]
    assert parameter.label in text
    assert parameter.note in text
    assert "@" in text  # the bibliography entries
    assert "--set parameters.antibody_clearance=" in text


def test_an_unknown_name_or_group_is_answered_with_its_like(command: Command) -> None:
    wrong = command("params", "antibody_clearence")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert 'did you mean "antibody_clearance"' in wrong.stderr
    assert 'did you mean "patient"?' in command("params", "--group", "patiant").stderr
