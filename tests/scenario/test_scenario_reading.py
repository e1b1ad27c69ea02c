"""Scenarios are read from files, bases and code into the same frozen records."""

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from immunosim.errors import ScenarioError
from immunosim.scenario import (
    Course,
    Dosing,
    Observed,
    Patient,
    Premedication,
    Scenario,
    build_scenario,
    load_scenario,
)
from immunosim.scenario.base import Record, each_value_stands_alone


def test_an_untouched_scenario_is_the_untreated_standard_patient() -> None:
    scenario = Scenario()
    assert (scenario.patient.age, scenario.patient.weight, scenario.horizon) == (34.0, 70.0, 1095.75)
    assert scenario.course == ()


def test_quantities_are_floats_in_internal_units() -> None:
    patient = build_scenario(
        {"patient": {"age": 31, "weight": "70000 g", "baseline": {"cd4": "1e9/L"}, "anti_drug_antibody": True}}
    ).patient
    assert (patient.age, patient.weight, patient.baseline.cd4, patient.anti_drug_antibody) == (31.0, 70.0, 1e3, 1.0)


def test_a_draw_is_the_median_unless_it_is_given() -> None:
    draws = build_scenario({"patient": {"draws": {"thyroid": "median", "platelets": 0.1}}}).patient.draws
    assert (draws.thyroid, draws.platelets, draws.glomerulus) == (math.log(2), 0.1, math.log(2))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (False, None),
        (True, Premedication(dose=1000.0, days=3, duration=1 / 24)),
        ({"dose": "500 mg"}, Premedication(dose=500.0, days=3, duration=1 / 24)),
    ],
)
def test_premedication_is_a_flag_or_a_table(given: object, read: Premedication | None) -> None:
    course = {"start": "0 days", "dose": "12 mg", "premedication": given}
    assert build_scenario({"course": [course]}).course[0].premedication == read


def test_tables_of_a_base_are_merged_and_arrays_replaced(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'horizon = "1 year"\n[patient]\nage = 40\nsmoker = true\n[[course]]\nstart = "0 days"\ndose = "12 mg"\n'
        '[[methylprednisolone]]\nstart = "9 days"\ndose = "1 g"'
    )
    (tmp_path / "own.toml").write_text('extends = "base.toml"\nmethylprednisolone = []\n[patient]\nage = 50')
    scenario = load_scenario(tmp_path / "own.toml")
    assert (scenario.patient.age, scenario.patient.smoker, scenario.horizon) == (50.0, True, 365.25)
    assert (len(scenario.course), len(scenario.methylprednisolone)) == (1, 0)


def test_a_file_with_windows_line_ends_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "a"\r\nhorizon = "3 days"\r\n')
    assert load_scenario(path).horizon == 3.0


def test_a_scenario_built_in_code_equals_the_one_read_from_a_document() -> None:
    built = Scenario(
        course=[
            Course(start=0.0, dose=12.0, doses=5, every=1.0),
            Course(start="12 months", dose="12 mg", label="second"),
        ],
        triamcinolone=[{"start": "second + 2 months", "dose": "15 mg"}],
    )
    read = build_scenario(
        {
            "course": [
                {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h"},
                {"start": "12 months", "dose": "12 mg", "label": "second"},
            ],
            "triamcinolone": [{"start": "course 2 + 2 months", "dose": "15 mg"}],
        }
    )
    assert built == read
    assert built.triamcinolone[0].start == 365.25 + 60.875


def test_problems_of_a_scenario_built_in_code_name_the_scenario() -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(course=[{"start": "0 days", "dose": "12 mg/L"}])
    message = 'course[1].dose: "12 mg/L" is a concentration, expected a mass such as "12 mg"'
    assert str(caught.value) == f"scenario: {message}"


def test_problems_of_a_record_built_in_code_name_the_record() -> None:
    with pytest.raises(ScenarioError) as caught:
        Patient(weight=-3)
    assert str(caught.value) == 'patient: weight: -3 is not positive, write for example "70 kg"'
    with pytest.raises(ScenarioError) as caught:
        Dosing(drug="methylprednisolone", start=0.0, dose=1000.0, doses=5)
    assert caught.value.key == "every"


def test_an_observed_point_is_a_value_or_a_range() -> None:
    points = [{"time": "1 day", "value": 0.5}, {"time": "2 days", "low": 0.7, "high": 0.8, "note": "about"}]
    series = Observed.model_validate({"readout": "lymphocytes", "unit": "1e9/L", "points": points})
    assert (series.points[0].value, series.points[1].low, series.points[1].high) == (0.5, 0.7, 0.8)


def test_a_scenario_without_a_start_date_may_say_so() -> None:
    assert Scenario(start_date=None).start_date is None


def test_the_json_schema_takes_quantities_as_text_with_examples() -> None:
    schema = Scenario.model_json_schema()
    dose = schema["$defs"]["Course"]["properties"]["dose"]
    assert (dose["type"], dose["examples"]) == ("string", ["12 mg"])
    assert "course 2 + 30 days" in schema["properties"]["horizon"]["examples"]


def test_findings_without_words_of_ours_keep_those_of_pydantic() -> None:
    class Blob(Record):
        problems = each_value_stands_alone
        content: bytes

    with pytest.raises(ScenarioError) as caught:
        Blob(content=3)
    assert str(caught.value) == "blob: content: Input should be a valid bytes, got 3"


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Scenario().patient, "age", 3.0)  # noqa: B010  the type checker refuses the plain assignment


def test_numbers_in_parameters_are_kept_and_text_is_left_to_the_model() -> None:
    scenario = build_scenario({"parameters": {"central_volume": 11, "clearance": "0.3 L/day"}})
    assert scenario.parameters == {"central_volume": 11.0, "clearance": "0.3 L/day"}
