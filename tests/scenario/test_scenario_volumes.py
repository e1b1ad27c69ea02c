"""Dose, concentration and volume of a drug that covers an area: two give the third, and a parameter follows."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from immunosim.attribution.scenario_differences import input_differences, with_keys_of
from immunosim.cohorts.rules import Rule
from immunosim.door.checking import check
from immunosim.door.scenario_files import scenario_schema
from immunosim.door.sweeping import sweep
from immunosim.errors import ImmunosimError, ScenarioError
from immunosim.problem import prepare
from immunosim.report.provenance import patient_differences
from immunosim.scenario import Scenario, build_scenario, dose_totals, events_of, load_scenario, to_toml
from immunosim.scenario.dose_slopes import find_treatment_number
from immunosim.scenario.volumes import set_by_volumes

pytestmark = pytest.mark.usefixtures("skin")

STRENGTH_AND_VOLUME = {"concentration": "5 mg/mL", "volume": "3 mL"}


def document(*doses: dict[str, Any], **more: Any) -> dict[str, Any]:
    entries = [{"start": f"{10 * number} days", **dose} for number, dose in enumerate(doses)]
    return {"model": "skin", "horizon": "60 days", "depot_steroid": entries, **more}


def scenario(*doses: dict[str, Any], **more: Any) -> Scenario:
    return build_scenario(document(*doses, **more), "a.toml")


def volume_in(given: Scenario) -> float:
    problem = prepare(given)
    return float(problem.vector[problem.model.position["injected_volume"]])


@pytest.mark.parametrize(
    "dose",
    [
        STRENGTH_AND_VOLUME,
        {"dose": "15 mg", "concentration": "5 mg/mL"},
        {"dose": "15 mg", "volume": "3 mL"},
        {"dose": "15 mg", **STRENGTH_AND_VOLUME},
        {"dose": "15.1 mg", "concentration": "5 mg/mL", "volume": "0.003 L"},
    ],
)
def test_two_of_three_give_the_third_and_all_are_written_and_read_back(dose: dict[str, Any]) -> None:
    given = scenario(dose)
    assert dose_totals(events_of(given)) == {"depot_steroid": pytest.approx(15.0, rel=0.01)}
    assert set_by_volumes(given)["injected_volume"].millilitres == pytest.approx(3.0)
    assert build_scenario(tomllib.loads(to_toml(given))) == given


def test_a_dose_per_body_weight_has_a_volume_once_the_weight_is_known() -> None:
    given = scenario({"dose": "0.2 mg/kg", "concentration": "5 mg/mL"}, patient={"weight": "50 kg"})
    assert set_by_volumes(given)["injected_volume"].millilitres == pytest.approx(2.0)


def test_numbers_in_code_are_in_the_internal_units() -> None:
    given = Scenario(model="skin", depot_steroid=[{"start": 0.0, "concentration": 5.0, "volume": 3.0}])
    assert given.doses_of("depot_steroid")[0].dose == 15.0


def test_the_largest_volume_that_was_given_sets_the_parameter() -> None:
    late = {"dose": "40 mg", "volume": "8 mL", "changes": [{"dose_number": 1, "given": "20 mg"}]}
    assert volume_in(scenario({"dose": "10 mg", "volume": "2 mL"}, late)) == 4.0
    assert volume_in(scenario({"dose": "10 mg"})) == 1.0


def test_a_value_under_parameters_goes_before_the_volume_and_check_says_so() -> None:
    given = scenario(STRENGTH_AND_VOLUME, parameters={"injected_volume": "2 mL"})
    assert volume_in(given) == 2.0
    said = "injected_volume is 2 mL of [parameters], not the 3 mL of depot_steroid[1]"
    assert check(given).facts()["Volume of injections"] == said


def test_check_and_provenance_say_what_the_volume_set() -> None:
    given = scenario(STRENGTH_AND_VOLUME)
    assert "Volume of injections: injected_volume is 3 mL, of depot_steroid[1]." in list(check(given).sentences())
    (entry,) = patient_differences(prepare(given))
    assert (entry["parameter"], entry["value"], entry["set_by"]) == ("injected_volume", 3.0, "depot_steroid[1].volume")


@pytest.mark.parametrize(
    ("dose", "message"),
    [
        (
            {"dose": "15 mg", "concentration": "5 mg/mL", "volume": "2 mL"},
            r"volume: 5 mg/mL in 2 mL are 10 mg, not the",
        ),
        ({"dose": "0.2 mg/kg", "concentration": "5 mg/mL", "volume": "2 mL"}, "10 mg, not the dose of 14 mg"),
        ({"concentration": "5 mg/mL"}, "dose: is missing"),
        ({"concentration": "5 mg", "volume": "2 mL"}, 'concentration: "5 mg" is a mass'),
        ({"concentration": 5, "volume": "2 mL"}, "concentration: 5 has no unit"),
        ({"concentration": "5 mg/mL", "volume": "0 mL"}, 'volume: "0 mL" is not positive'),
        ({"concentration": "50 mg/mL", "volume": "5 mL"}, "dose: 250 mg of depot steroid is not plausible"),
    ],
)
def test_what_is_wrong_is_refused_with_the_numbers(dose: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=rf"a\.toml: depot_steroid\[1\]\..*{message}") as caught:
        scenario(dose)
    assert len(caught.value.problems) == 1


def test_a_volume_beyond_the_bounds_of_the_parameter_is_refused_by_its_key() -> None:
    message = r"a\.toml: depot_steroid\[1\]\.volume: sets injected_volume: 200 mL is above its upper bound"
    with pytest.raises(ImmunosimError, match=message):
        prepare(scenario({"dose": "15 mg", "volume": "200 mL"}), "a.toml")


def test_a_drug_that_covers_no_area_refuses_the_keys_by_name() -> None:
    entry = {"start": "0 days", **STRENGTH_AND_VOLUME}
    with pytest.raises(ScenarioError, match="covers no area in this model, leave it out") as caught:
        build_scenario({"model": "teaching", "steroid": [entry]}, "a.toml")
    assert [problem.key for problem in caught.value.problems] == ["steroid[1].concentration", "steroid[1].volume"]


def test_extends_and_overrides_replace_one_of_two(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(to_toml(scenario(STRENGTH_AND_VOLUME)), encoding="utf-8")
    (tmp_path / "mine.toml").write_text('extends = "base.toml"\ntitle = "mine"\n', encoding="utf-8")
    changed = load_scenario(tmp_path / "mine.toml", ["depot_steroid.1.volume=2 mL"])
    assert (changed.doses_of("depot_steroid")[0].dose, volume_in(changed)) == (15.0, 2.0)
    changed = load_scenario(tmp_path / "mine.toml", ["depot_steroid.1.dose=10 mg"])
    assert (changed.doses_of("depot_steroid")[0].dose, volume_in(changed)) == (10.0, 3.0)


def test_a_sweep_of_the_volume_moves_the_parameter() -> None:
    swept = sweep(
        scenario({"dose": "15 mg", "volume": "3 mL"}, output={"extra": ["1 day"]}),
        {"depot_steroid.1.volume": ["2 mL", "6 mL"]},
        design="grid",
        readouts=("share_covered",),
        at=("1 day",),
        endpoints=(),
    )
    shares = swept.dataset["share_covered"].to_numpy().ravel()
    left = 15.0 * 0.904837418
    assert shares == pytest.approx([left**2 / (left**2 + (2.0 * volume) ** 2) for volume in (2.0, 6.0)], rel=1e-3)


def test_two_scenarios_differ_key_by_key_and_each_step_between_them_is_a_scenario() -> None:
    first, second = scenario(STRENGTH_AND_VOLUME), scenario({"concentration": "5 mg/mL", "volume": "2 mL"})
    keys = [difference.key for difference in input_differences([prepare(first), prepare(second)])]
    assert keys == ["depot_steroid.1.dose", "depot_steroid.1.volume"]
    assert with_keys_of(first, second, keys[:1]).doses_of("depot_steroid")[0].dose == 10.0


@pytest.mark.parametrize(("dose", "key"), [(STRENGTH_AND_VOLUME, "volume"), ({"dose": "15 mg"}, "concentration")])
def test_no_slope_is_told_of_a_number_that_moves_a_parameter_too(dose: dict[str, Any], key: str) -> None:
    given = scenario({**dose, key: "3 mL" if key == "volume" else "5 mg/mL"})
    moved = "volume" if key == "volume" else "dose"
    with pytest.raises(ScenarioError, match=rf"{moved}: also sets the parameter injected_volume"):
        find_treatment_number(given, f"depot_steroid[1].{moved}")
    fixed = scenario({**dose, key: "3 mL" if key == "volume" else "5 mg/mL"}, parameters={"injected_volume": 3.0})
    assert find_treatment_number(fixed, f"depot_steroid[1].{moved}").value in (3.0, 15.0)


def test_a_rule_of_a_protocol_cannot_change_the_parameter() -> None:
    dose = {"drug": "methylprednisolone", "start": "0 days", "dose": "1 g", "volume": "3 mL"}
    with pytest.raises(ScenarioError, match="volume"):
        Rule.model_validate({"name": "again", "readout": "cd4", "below": "200 cells/uL", "dose": [dose]})


def test_the_schema_offers_the_keys_where_they_mean_something() -> None:
    schema = scenario_schema("skin")
    definitions = schema["$defs"]
    assert {"concentration", "volume"} <= definitions["depot_steroid"]["properties"].keys()
    assert not {"concentration", "volume", "dose"} & definitions["calming"]["properties"].keys()
    assert definitions["calming"]["required"] == ["start", "effect"]
    assert "effect" not in definitions["depot_steroid"]["properties"]
    is_valid = Draft202012Validator(schema).is_valid
    entry = {"start": "0 days", "concentration": "5 mg/mL"}
    assert not is_valid({"depot_steroid": [entry]})
    for further in ({"volume": "3 mL"}, {"dose": "15 mg"}):
        assert is_valid({"depot_steroid": [entry | further]})
        assert is_valid({"dose": [entry | further | {"drug": "depot_steroid"}]})
    assert is_valid({"calming": [{"start": "0 days", "effect": 0}]})
    assert is_valid({"dose": [{"drug": "calming", "start": "0 days", "effect": 0.5}]})
