"""Doses that no dose of a drug can be are refused wherever they stand, unless their entry insists."""

from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.model.drug import Drug
from immunosim.models import drugs_of
from immunosim.observations import Observations, PatientRecord, RecordedDose, lint
from immunosim.problem import prepare
from immunosim.scenario import Course, Scenario, apply_overrides, build_scenario, check_names
from immunosim.scenario.plausible import implausible_age, implausible_dose

START = {"start": "0 days"}
RATE = {"start": "0 h", "stop": "4 h"}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a course in grams": ({"course": [START | {"dose": "12 g"}]}, "course[1].dose", "12000 mg of alemtuzumab"),
    "a course in micrograms": ({"course": [START | {"dose": "12 mcg"}]}, "course[1].dose", "0.012 mg of alemtuzumab"),
    "a dose per body weight": ({"course": [START | {"dose": "12 mg/kg"}]}, "course[1].dose", "840 mg"),
    "premedication": (
        {"course": [START | {"dose": "12 mg", "premedication": {"dose": "1 mg"}}]},
        "course[1].premedication.dose",
        "1 mg of methylprednisolone",
    ),
    "a pulse": ({"methylprednisolone": [START | {"dose": "1 kg"}]}, "methylprednisolone[1].dose", "usually 1 g a day"),
    "a step of a taper": (
        {"prednisolone": [START | {"dose": "60 mg", "every": "24 h", "taper": [{"dose": "40 g", "doses": 7}]}]},
        "prednisolone[1].taper[1].dose",
        "40000 mg of prednisolone",
    ),
    "an injection": ({"triamcinolone": [{"start": "0 days", "dose": "15 ug"}]}, "triamcinolone[1].dose", "0.015 mg"),
    "tablets": ({"dimethyl_fumarate": [START | {"dose": "240 g"}]}, "dimethyl_fumarate[1].dose", "240000 mg"),
    "tablets a day": (
        {"dimethyl_fumarate": [START | {"times_per_day": 20}]},
        "dimethyl_fumarate[1].times_per_day",
        "4800 mg of dimethyl fumarate a day",
    ),
    "an additional dose": (
        {"dose": [{"drug": "alemtuzumab", "start": "0 days", "dose": "12 g"}]},
        "dose[1].dose",
        "12000 mg",
    ),
    "a rate": (
        {"input": [{"drug": "alemtuzumab", "steps": [RATE | {"rate": "3 g/h"}]}]},
        "input[1].steps[1].rate",
        "2 times a day",
    ),
    "a small rate": (
        {"input": [{"drug": "alemtuzumab", "steps": [RATE | {"rate": "3 ug/h"}]}]},
        "input[1].steps",
        "0.012 mg of alemtuzumab in all",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_slip_of_a_thousand_is_refused_with_the_usual_dose(case: str) -> None:
    document, key, words = REFUSED[case]
    with pytest.raises(ScenarioError) as caught:
        build_scenario(document, "a.toml")
    (problem,) = caught.value.problems
    assert problem.key == key
    assert words in problem.reason
    assert "usually" in problem.reason
    assert "implausible = true" in (problem.cure or "")


@pytest.mark.parametrize("case", [case for case in REFUSED if case != "premedication"])
def test_an_entry_may_insist(case: str) -> None:
    document, key, _ = REFUSED[case]
    table = key.partition("[")[0]
    insisting = {table: [document[table][0] | {"implausible": True}]}
    assert getattr(build_scenario(insisting), table)[0].implausible
    assert build_scenario(apply_overrides(document, [f"{table}.1.implausible=true"]))


def test_numbers_of_code_are_judged_as_text_is() -> None:
    with pytest.raises(ScenarioError, match="is not plausible"):
        Course(start=0.0, dose=12000.0)
    assert Course(start=0.0, dose=12000.0, implausible=True).dose == 12000.0
    assert Course(start=0.0, dose="12 mg/kg").dose == "12 mg/kg"  # judged in the scenario, which knows the weight


@pytest.mark.parametrize("drug", [drug for drug in drugs_of() if not drug.takes_effect], ids=lambda drug: drug.name)
def test_a_range_holds_its_ends_and_no_thousandfold_of_both(drug: Drug) -> None:
    low, high = drug.plausible
    assert not implausible_dose(drug, low)
    assert not implausible_dose(drug, high)
    assert implausible_dose(drug, 0.99 * low)
    assert implausible_dose(drug, 1.01 * high)
    assert high < 1000 * low
    assert drug.plausible_evidence == "assumed"


def test_given_doses_are_judged_too_unless_the_scenario_insists() -> None:
    given = (RecordedDose("A", 0.0, "alemtuzumab", 12000.0, 1 / 6, 2),)
    observations = Observations((PatientRecord("A", (), given),), "t.csv")
    plain = Scenario(course=[START | {"dose": "12 mg"}])
    insisting = Scenario(course=[START | {"dose": "12 mg", "implausible": True}])
    for scenario in (None, plain):
        (error,) = [one for one in lint(observations, scenario) if one.severity == "error"]
        assert str(error).startswith("line 2: error: 12000 mg of alemtuzumab is not plausible (0.5 to 60 mg")
    assert not [one for one in lint(observations, insisting) if one.severity == "error"]


UNITS = {"cd4": "cells/uL", "lymphocytes": "1e9/L"}


def observed(readout: str, unit: str, value: float) -> Scenario:
    return Scenario(observed=[{"readout": readout, "unit": unit, "points": [{"time": "30 days", "value": value}]}])


@pytest.mark.parametrize("unit", ["10*6/L", "cells/uL", "/µl"])
def test_the_units_of_laboratories_are_read_in_series(unit: str) -> None:
    check_names(observed("cd4", unit, 45.0), mechanisms=(), parameters={}, readouts=UNITS)


def test_an_observed_count_that_nobody_has_is_refused() -> None:
    for wrong in (observed("lymphocytes", "10*9/L", 250.0), observed("cd4", "10*9/L", 45.0)):
        with pytest.raises(ScenarioError, match=r"observed\[1\].points\[1\]: .* is implausibly high"):
            check_names(wrong, mechanisms=(), parameters={}, readouts=UNITS)


def test_text_has_a_unit_in_code_as_in_files() -> None:
    for wrong in ({"horizon": "12"}, {"patient": {"weight": "70"}}, {"course": [{"start": "0", "dose": "12 mg"}]}):
        with pytest.raises(ScenarioError, match="has no unit"):
            Scenario(**wrong)
    assert Scenario(horizon=12).horizon == 12.0


@pytest.mark.parametrize("path", [f"course.{'9' * 5000}.dose", f"course.{'9' * 150}.dose", "course.٣.dose"])
def test_an_index_that_is_no_index_is_refused(path: str) -> None:
    with pytest.raises(ScenarioError):
        apply_overrides({"course": [{}]}, [f"{path}=12 mg"])


@pytest.mark.parametrize(
    "key", ["patient.age", "patient.sex", "course.1.doses", "solver.max_steps", "sweep.seed", "title"]
)
def test_a_number_of_thousands_of_digits_is_refused(key: str) -> None:
    document = {"course": [START | {"dose": "12 mg"}]}
    with pytest.raises(ScenarioError, match="digits"):
        build_scenario(apply_overrides(document, [f"{key}=0x{'f' * 4000}"]))


@pytest.mark.parametrize(
    ("age", "years", "said"),
    [(34.0, 100, "134 years old"), (34.0, 1000, "1034 years old"), (20.0, 101, "121 years old")],
)
def test_a_horizon_beyond_any_lifetime_is_said(age, years, said):
    assert said in implausible_age(age, years * 365.25)


@pytest.mark.parametrize(("age", "years"), [(34.0, 86), (120.0, 0), (20.0, 50)])
def test_a_horizon_within_a_lifetime_is_not_remarked_upon(age, years):
    assert implausible_age(age, years * 365.25) == ""


def test_who_prepares_a_scenario_is_told_of_an_implausible_age():
    told = []
    prepare(build_scenario({"horizon": "100 years", "output": {"every": "1 year"}}), announce=told.append)
    assert told == [
        "At the horizon the patient would be 134 years old: the simulation ends beyond any lifetime.",
    ]
