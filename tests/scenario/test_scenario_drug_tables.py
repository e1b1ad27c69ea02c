"""A table that is called after a drug of the model holds dose records of that drug, in files and in code."""

import pickle
import tomllib
from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import Dosing, Scenario, build_scenario, events_of, to_toml

PULSE: dict[str, Any] = {"start": "3 days", "dose": "1 g", "doses": 3, "every": "24 h"}


def test_records_and_raw_entries_give_the_same_scenario() -> None:
    record = Dosing(drug="methylprednisolone", **PULSE)
    scenarios = [Scenario(methylprednisolone=[given]) for given in (PULSE, record)]
    assert scenarios[0] == scenarios[1] == build_scenario({"methylprednisolone": [PULSE]})
    assert scenarios[0].methylprednisolone[0].drug == "methylprednisolone"
    assert scenarios[0].doses_of("methylprednisolone") == scenarios[0].methylprednisolone


def test_the_table_of_a_drug_that_is_not_given_is_empty_and_another_name_is_an_error() -> None:
    scenario = build_scenario({"methylprednisolone": []})
    assert scenario == Scenario()
    assert scenario.prednisolone == scenario.doses_of("prednisolone") == ()
    with pytest.raises(AttributeError, match="rituximab"):
        _ = scenario.rituximab
    with pytest.raises(AttributeError, match="prednisolone"):
        _ = Scenario(model="teaching").prednisolone


def test_another_model_has_the_tables_of_its_own_drugs() -> None:
    document = {"model": "teaching", "steroid": [PULSE], "antibody": [{"start": "0 days", "dose": "30 mg"}]}
    scenario = build_scenario(document)
    assert [event.label for event in events_of(scenario)] == [
        "antibody 1",
        *(f"steroid 1, infusion {number} of 3" for number in (1, 2, 3)),
    ]
    assert scenario.steroid[0].infusion == 1 / 24


def test_a_scenario_with_tables_of_drugs_is_copied_pickled_and_written() -> None:
    scenario = build_scenario({"methylprednisolone": [PULSE], "prednisolone": [{"start": "5 days", "dose": "9 mg"}]})
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert scenario.model_copy(update={"methylprednisolone": ()}).methylprednisolone == ()
    assert scenario.methylprednisolone != ()
    document = tomllib.loads(to_toml(scenario))
    assert "drug" not in document["methylprednisolone"][0]
    assert build_scenario(document) == scenario


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"methylprednisolone": [PULSE | {"drug": "methylprednisolone"}]},
            "methylprednisolone[1].drug: stands in the table of a drug, leave it out, the table names the drug",
        ),
        (
            {"methylprednisolone": [Dosing(drug="prednisolone", start=0.0, dose=50.0)]},
            "methylprednisolone[1].drug: stands in the table of a drug, leave it out, the table names the drug",
        ),
        (
            {"prednisolone": [{"start": "1 day", "dos": "50 mg", "dose": "50 mg"}]},
            'prednisolone[1].dos: unknown key, did you mean "dose" or "doses"?',
        ),
        (
            {"prednisolone": [{"start": "1 day", "dose": "50 mg", "times_per_day": 2}]},
            "prednisolone[1].times_per_day: prednisolone is given in single doses, write doses and every",
        ),
        ({"prednisolone": {"start": "1 day"}}, "prednisolone: expected an array of tables, write [[prednisolone]]"),
        ({"prednisolone": [3]}, "prednisolone[1]: expected a table, write [[prednisolone]], got 3"),
        ({"prednisolon": []}, 'prednisolon: unknown key, did you mean "prednisolone"'),
    ],
)
def test_what_such_a_table_cannot_hold_is_refused_by_its_key(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build_scenario(tables, "a.toml")
    assert str(caught.value).startswith(f"a.toml: {message}")
