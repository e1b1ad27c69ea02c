"""Records know the drugs of the model that their scenario names, and only while it is read."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from immunosim.errors import ModelError, ScenarioError
from immunosim.model.drug import Drug
from immunosim.models import DEFAULT_MODEL, drugs_of
from immunosim.scenario import Course, Dosing, build_scenario
from immunosim.scenario.clock import Clock
from immunosim.scenario.drug_names import known_drug, known_drugs, model_of, with_drugs_of


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Drug:
    """Let there be a second model with one drug, which is infused for two hours."""
    drug = replace(drugs_of()[0], name="depletor", label="depletor", usual_infusion="2 h", premedication="")
    monkeypatch.setattr(
        "immunosim.scenario.drug_names.drugs_of",
        lambda model=DEFAULT_MODEL: (drug,) if model == "other" else drugs_of(model),
    )
    return drug


def test_a_record_outside_of_a_scenario_knows_the_drugs_of_the_default_model() -> None:
    assert known_drugs() == drugs_of(DEFAULT_MODEL)
    assert known_drug("prednisolone") is drugs_of()[2]


def test_a_scenario_gives_its_records_the_drugs_of_its_model(other: Drug) -> None:
    for scenario in ({"model": "other"}, SimpleNamespace(model="other")):
        assert known_drugs(scenario) == (other,)
        with with_drugs_of(scenario):
            assert Dosing(drug="depletor", start=0.0, dose=12.0).infusion == 2 / 24
            with pytest.raises(ScenarioError, match='"prednisolone" is not one of "depletor"'):
                Dosing(drug="prednisolone", start=0.0, dose=12.0)
    with pytest.raises(ScenarioError, match='"depletor" is not one of "alemtuzumab"'):
        Dosing(drug="depletor", start=0.0, dose=12.0)


def test_a_course_names_its_drug_where_none_depletes(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = replace(drugs_of()[0], depletes=False)
    monkeypatch.setattr("immunosim.scenario.drug_names.drugs_of", lambda _model=DEFAULT_MODEL: (plain,))
    with pytest.raises(ScenarioError, match="drug: is missing, no drug of the model depletes: name the drug"):
        Course(start=0.0, dose=12.0)
    assert Course(drug=plain.name, start=0.0, dose=12.0).dosing().drug == plain.name


def test_times_follow_the_drugs_of_the_model(other: Drug) -> None:
    data = {"model": "other", "dose": [{"drug": other.name, "start": "3 days", "dose": "12 mg"}]}
    assert Clock.of(data).days("last dose of depletor + 1 day") == 4.0


@pytest.mark.parametrize("named", [None, 3, "no such model", "os.path", ""])
def test_a_model_that_does_not_exist_leaves_the_drugs_of_the_default_one(named: object) -> None:
    assert model_of({"model": named}) == DEFAULT_MODEL


def test_the_door_refuses_a_model_that_does_not_exist() -> None:
    with pytest.raises(ModelError, match='unknown model "no_such_model"'):
        drugs_of("no_such_model")


def test_an_unknown_model_is_named_beside_the_drugs_that_are_sought_in_the_default_one() -> None:
    dose = {"drug": "steroid", "start": "0 days", "dose": "1 g"}
    with pytest.raises(ScenarioError) as caught:
        build_scenario({"model": "teching", "dose": [dose]}, "a.toml")
    assert str(caught.value).splitlines()[0] == 'a.toml: model: unknown model "teching", did you mean "teaching"?'
    assert build_scenario({"model": "teaching", "dose": [dose]}).dose[0].infusion == 1 / 24
