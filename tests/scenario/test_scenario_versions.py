"""The version of the model that a scenario names: read, written, extended, refused; and what is said of it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from immunosim.door.checking import check
from immunosim.door.models import describe_model
from immunosim.errors import ScenarioError
from immunosim.models import find_model
from immunosim.report.page.cautions import cautions
from immunosim.scenario import build_scenario, load_scenario, to_toml

PRESENT = find_model()


def test_an_earlier_version_is_a_model_of_its_own() -> None:
    scenario = build_scenario({"model_version": 1})
    assert find_model(scenario.model).version_of is PRESENT
    assert (scenario.model, scenario.model_version) == (PRESENT.earlier[1], None)


@pytest.mark.parametrize("further", [{}, {"model_version": 1}, {"model_version": PRESENT.version}])
def test_a_scenario_with_a_version_is_written_and_read_back(further: dict[str, Any]) -> None:
    scenario = build_scenario({"horizon": "3 months", **further})
    written = tomllib.loads(to_toml(scenario))
    assert build_scenario(written) == scenario
    assert (written.get("model", PRESENT.name) == PRESENT.name) == (further.get("model_version") != 1)


def test_the_present_version_may_be_named() -> None:
    assert build_scenario({"model_version": PRESENT.version}) == build_scenario({})


def test_extends_takes_the_version_and_may_change_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('model_version = 1\nhorizon = "3 months"\n', encoding="utf-8")
    (tmp_path / "same.toml").write_text('extends = "base.toml"\ntitle = "same"\n', encoding="utf-8")
    now = f'extends = "base.toml"\nmodel_version = {PRESENT.version}\n'
    (tmp_path / "now.toml").write_text(now, encoding="utf-8")
    assert load_scenario(tmp_path / "same.toml").model == PRESENT.earlier[1]
    assert load_scenario(tmp_path / "now.toml").model == PRESENT.name
    assert load_scenario(tmp_path / "now.toml", ["model_version=1"]).model == PRESENT.earlier[1]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (3, "alemtuzumab has no version 3, it has 1 and 2"),
        (0, "alemtuzumab has no version 0, it has 1 and 2"),
        (True, "true is not a whole number"),
        ("1", '"1" is not a whole number'),
        (1.0, "1.0 is not a whole number"),
    ],
)
def test_what_is_no_version_is_refused(version: object, message: str) -> None:
    with pytest.raises(ScenarioError, match=rf"a\.toml: model_version: {message}"):
        build_scenario({"model_version": version}, "a.toml")


def test_a_model_with_one_version_says_which() -> None:
    with pytest.raises(ScenarioError, match="model_version: teaching has no version 2, it has 1"):
        build_scenario({"model": "teaching", "model_version": 2})
    assert build_scenario({"model": "teaching", "model_version": 1}).model == "teaching"


def test_the_model_lists_its_versions() -> None:
    assert describe_model().versions == "2 (present), 1 (model_version = 1)"
    assert describe_model().facts()["versions"] == describe_model().versions
    assert describe_model("alemtuzumab_1").versions == "version 1 of alemtuzumab; the present version is 2"
    assert describe_model("teaching").versions == ""


def test_check_and_the_page_name_an_earlier_version_only() -> None:
    said = "version 1 of alemtuzumab; the present version is 2."
    earlier, present = (check(build_scenario({"horizon": "2 days", "model_version": version})) for version in (1, 2))
    assert f"Model: {said}" in earlier.sentences()
    assert not any(sentence.startswith("Model:") for sentence in present.sentences())
    assert next(cautions(earlier.problem, EMPTY)) == f"Computed with {said}"


EMPTY: dict[str, Any] = {}
"""The summary of a run, which the first caution does not read."""


def test_the_sex_is_said_to_be_descriptive() -> None:
    patient = {"sex": "male", "age": "40 years", "weight": "80 kg"}
    understood = check(build_scenario({"model": "teaching", "patient": patient}))
    assert next(iter(understood.sentences())) == (
        "Patient: male, 40 years, 80 kg; the sex is descriptive only and changes no number."
    )
