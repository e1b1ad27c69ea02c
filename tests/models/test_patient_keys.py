"""The untreated counts and the draws of hazards that a scenario may give are those that its model declares."""

import math
import tomllib
from dataclasses import replace
from typing import Any

import pytest

from immunosim.errors import ModelError, ScenarioError
from immunosim.model.patient_keys import DiseaseOnset, HazardDraw, UntreatedCount
from immunosim.models import find_model, register_model, registry
from immunosim.scenario import Baseline, Draws, Scenario, build_scenario, to_toml

GIVEN: dict[str, Any] = {"baseline": {"cd4": "500 cells/uL"}, "draws": {"thyroid": 0.2}}


@pytest.fixture
def with_more(monkeypatch: pytest.MonkeyPatch) -> str:
    """Register a model that adds a count and a draw to those of another, and return its name."""
    monkeypatch.setattr(registry, "_REGISTERED", {})
    counts = (UntreatedCount(name="cd56", meaning="CD56 cells", most=1e4, unit="cells/uL"),)
    draws = (HazardDraw(name="skin", meaning="Cumulative hazard at which the skin falls ill"),)
    base = find_model("alemtuzumab")
    register_model(replace(base, name="with_more", counts=counts, draws=draws, base=base))
    return "with_more"


def test_those_of_the_model_are_read_with_defaults_and_written() -> None:
    scenario = build_scenario({"patient": GIVEN})
    assert (scenario.patient.baseline.cd4, scenario.patient.baseline.nk) == (500.0, None)
    assert (scenario.patient.draws.thyroid, scenario.patient.draws.platelets) == (0.2, math.log(2))
    document = tomllib.loads(to_toml(scenario))
    assert document["patient"]["baseline"] == {"cd4": "500.0 cells/uL"}
    assert list(document["patient"]["draws"]) == ["thyroid", "platelets", "glomerulus"]
    assert build_scenario(document) == scenario


def test_a_model_that_declares_none_has_none() -> None:
    with pytest.raises(ScenarioError) as caught:
        build_scenario({"model": "teaching", "patient": GIVEN}, "a.toml")
    assert [problem.key for problem in caught.value.problems] == ["patient.baseline.cd4", "patient.draws.thyroid"]
    scenario = build_scenario({"model": "teaching"})
    assert "thyroid" not in to_toml(scenario)
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


def test_a_model_has_those_of_its_base_and_its_own(with_more: str) -> None:
    patient = {"baseline": {"cd56": "9 cells/uL"}, "draws": {"skin": "median", "thyroid": 3.0}}
    scenario = build_scenario({"model": with_more, "patient": patient})
    assert scenario.patient.baseline.cd56 == 9.0
    assert list(scenario.patient.draws.model_dump().values()) == [3.0, math.log(2), math.log(2), math.log(2)]
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


def test_a_total_is_not_given_beside_its_parts() -> None:
    with pytest.raises(ScenarioError, match="baseline: lymphocytes: is given together with cd4, nk"):
        Baseline(lymphocytes=1800.0, cd4=500.0, nk=200.0)


def test_an_unknown_name_is_refused_with_close_ones() -> None:
    with pytest.raises(ScenarioError, match='draws: thyriod: unknown key, did you mean "thyroid"'):
        Draws(thyriod=0.2)
    assert Scenario(patient=GIVEN).patient == build_scenario({"patient": GIVEN}).patient


def test_an_onset_enters_a_pool_of_the_model() -> None:
    onset = DiseaseOnset(name="ill_since", label="onset", meaning="Since when", pool="t_cells_blod", amount=1.0)
    model = replace(find_model("teaching"), onsets=(onset,))
    with pytest.raises(ModelError, match=r'teaching.onsets.ill_since: unknown pool "t_cells_blod", did you mean'):
        model.declare(model.parameters().units(), is_validated=False)
