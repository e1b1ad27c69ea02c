"""``immunosim schema`` prints the JSON Schema of this model's scenario files."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

from jsonschema import Draft202012Validator
from typer.testing import Result

from immunosim.codegen.loader import Model
from immunosim.numerics import METHODS
from immunosim.parameters import ParameterSet
from immunosim.scenario.template import starting_scenario

Command = Callable[..., Result]


def test_the_output_is_a_schema_and_nothing_else(command: Command) -> None:
    result = command("schema")
    assert result.exit_code == 0
    assert not result.stderr
    Draft202012Validator.check_schema(json.loads(result.stdout))


def test_the_names_are_those_of_the_compiled_model(command: Command, model: Model, parameters: ParameterSet) -> None:
    # The verb takes them from the declared model, which needs no compilation.
    schema = json.loads(command("schema").stdout)
    definitions = schema["$defs"]
    assert definitions["Mechanisms"]["properties"]["off"]["items"]["enum"] == list(model.mechanisms)
    assert definitions["Observed"]["properties"]["readout"]["enum"] == list(model.units)
    assert definitions["Solver"]["properties"]["method"]["enum"] == list(METHODS)
    assert schema["properties"]["parameters"]["properties"].keys() == {
        name for name in parameters if not parameters[name].belongs_to_patient
    }


def test_every_name_is_explained(command: Command) -> None:
    definitions = json.loads(command("schema").stdout)["$defs"]
    mechanism = definitions["Mechanisms"]["properties"]["off"]["items"]
    readout = definitions["Observed"]["properties"]["readout"]
    for about in (mechanism, readout):
        words = about["x-taplo"]["docs"]["enumValues"]
        assert len(words) == len(about["enum"])
        assert all(words)


def test_the_scenarios_to_start_from_pass(command: Command) -> None:
    validator = Draft202012Validator(json.loads(command("schema").stdout))
    for minimal in (False, True):
        document = tomllib.loads(starting_scenario("mine.toml", minimal=minimal))
        assert validator.is_valid(json.loads(json.dumps(document, default=str)))


def test_a_file_holds_the_same_and_the_editor_is_told_of_it(command: Command, short: Path) -> None:
    result = command("schema", "--out", "immunosim.schema.json")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Wrote immunosim.schema.json.",
        "Next:  make this the first line of a scenario in the same folder:  #:schema ./immunosim.schema.json",
    ]
    assert Path("immunosim.schema.json").read_text(encoding="utf-8") == command("schema").stdout


def test_a_file_that_cannot_be_written_is_said(command: Command, short: Path) -> None:
    result = command("schema", "--out", "short.toml/schema.json")
    assert result.exit_code == 2
    assert "is a file, not a folder" in result.stderr
