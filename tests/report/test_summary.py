"""A summary says what its trajectory holds, and says it in plain data."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from immunosim.report import refined, summarise, to_json
from immunosim.trajectory import Trajectory

MONTH = 30.4375
Simulate = Callable[..., Trajectory]

COUNTS = ("lymphocytes", "cd4", "cd8", "cd19", "nk")
LIMITS = {"lymphocytes": 1.0, "cd4": 400.0, "cd8": 200.0, "cd19": 100.0}


def _first_level(summary: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = summary["drug_levels"]["alemtuzumab"]["after_course"][0]
    return first


def test_a_summary_reports_the_counts_of_the_model_in_the_order_of_a_blood_count(course: Trajectory) -> None:
    counts = summarise(course)["counts"]
    assert tuple(counts) == COUNTS
    assert [one["name"] for one in counts.values()] == ["lymphocytes", "CD4", "CD8", "CD19 (B)", "NK"]


def test_a_summary_is_what_json_gives_back(course: Trajectory) -> None:
    summary = summarise(course)
    assert json.loads(to_json(summary)) == summary


def test_a_summary_states_the_intended_use(course: Trajectory) -> None:
    assert summarise(course)["intended_use"] == "Research and teaching software, not a medical device."


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_trajectory(course: Trajectory, name: str) -> None:
    count = summarise(course)["counts"][name]
    (after,) = count["after_course"]
    values = course[name]
    assert count["untreated"] == values[0]
    assert after["nadir"] == values.min()
    assert after["nadir_days_after_start"] == course.time[values.argmin()]
    assert after["at_months"] == {"1": course.at(name, MONTH), "3": course.at(name, 3 * MONTH), "6": None, "12": None}
    assert count["lower_limit_of_normal"] == LIMITS.get(name)


def test_a_count_regains_its_limit_where_its_curve_crosses_it(course: Trajectory) -> None:
    (after,) = summarise(course)["counts"]["cd19"]["after_course"]
    assert after["fell_below_limit"]
    # 1e-9: both sides interpolate the same two points.
    assert course.at("cd19", after["days_to_limit"]) == pytest.approx(100.0, rel=1e-9)
    assert after["months_to_limit"] == after["days_to_limit"] / MONTH


def test_a_count_that_has_not_recovered_has_no_time_of_recovery(course: Trajectory) -> None:
    (after,) = summarise(course)["counts"]["cd4"]["after_course"]
    assert after["fell_below_limit"]
    assert after["days_to_limit"] is None


def test_the_peak_of_the_drug_lies_at_the_end_of_the_last_infusion(course: Trajectory) -> None:
    (level,) = summarise(course)["drug_levels"]["alemtuzumab"]["after_course"]
    # Premedication takes the first hour of a day, the infusion the next four.
    assert level["peak_days_after_start"] == pytest.approx(1 + 5 / 24, rel=1e-12)
    assert level["peak"] == course["alemtuzumab_serum"].max()
    gone = level["undetectable_days_after_start"]
    assert course.at("alemtuzumab_serum", gone) == pytest.approx(0.06, rel=1e-9)


def test_the_summary_does_not_depend_on_how_often_the_scenario_reports(
    course: Trajectory, simulate_with: Simulate
) -> None:
    sparse = simulate_with(output={"every": "30 days", "during_treatment": "1 day"})
    assert len(sparse.time) < len(course.time) / 3
    seldom, often = (summarise(one) for one in (sparse, course))
    for name in COUNTS:
        (few,), (many,) = (summary["counts"][name]["after_course"] for summary in (seldom, often))
        assert few["at_months"] == many["at_months"]
        assert few["days_to_limit"] == many["days_to_limit"]
        # 1e-12: some times around doses are computed in two ways and differ by a rounding.
        assert few["nadir"] == pytest.approx(many["nadir"], rel=1e-12)
    assert _first_level(seldom)["peak"] == pytest.approx(_first_level(often)["peak"], rel=1e-12)


def test_refining_adds_times_and_changes_values_by_rounding_at_most(simulate_with: Simulate) -> None:
    sparse = simulate_with(output={"every": "30 days", "during_treatment": "1 day"})
    fine = refined(sparse)
    kept = np.searchsorted(fine.time, sparse.time)
    assert np.array_equal(fine.time[kept], sparse.time)
    # A step with one output time evaluates its polynomial in the vectors, one with several outside of them.
    assert np.allclose(fine["cd4"][kept], sparse["cd4"], rtol=1e-13, atol=0.0)
    assert np.diff(fine.time).min() > 0.0


def test_a_trajectory_that_is_fine_enough_is_not_solved_again(course: Trajectory) -> None:
    assert refined(course) is course


def test_a_hazard_of_one_patient_is_not_told_as_a_risk(course: Trajectory) -> None:
    organs = summarise(course)["autoimmunity"]["organs"]
    hazard = course["thyroid_cumulative_hazard"][-1]
    assert organs["thyroid"]["cumulative_hazard"] == hazard
    assert "probability" not in organs["thyroid"]
    assert summarise(course)["autoimmunity"]["risk"].startswith("No risk of autoimmunity can be told of one patient")
    assert organs["thyroid"]["onset_day"] is None


def test_the_extremes_of_what_organs_make_are_those_of_the_trajectory(course: Trajectory) -> None:
    extremes = summarise(course)["autoimmunity"]["extremes"]
    hormone, platelets = extremes["thyroid_hormone"], extremes["platelet_count"]
    assert (hormone["extreme"], hormone["value"]) == ("highest", course["thyroid_hormone"].max())
    assert (platelets["extreme"], platelets["value"]) == ("lowest", course["platelet_count"].min())


def test_an_organ_falls_ill_when_its_hazard_reaches_the_draw(simulate_with: Simulate) -> None:
    course = simulate_with(
        patient={"draws": {"thyroid": 1e-6}}, parameters={"thyroid_liability": 5.0}, horizon="800 days"
    )
    thyroid = summarise(course)["autoimmunity"]["organs"]["thyroid"]
    assert thyroid["draw"] == 1e-6
    assert course.at("thyroid_cumulative_hazard", thyroid["onset_day"]) == pytest.approx(1e-6, rel=1e-9)


def test_hair_is_read_at_its_peak_and_after_each_pulse(simulate_with: Simulate) -> None:
    pulse = {"label": "pulse", "start": "50 days", "dose": "1 g"}
    ill = {"follicle_clone_size": 0.05, "antigen_amplification": 1.5}
    course = simulate_with(methylprednisolone=[pulse], parameters=ill)
    salt = summarise(course)["salt"]
    assert salt["peak"] == course["salt_score"].max()
    assert salt["peak_day"] == course.time[course["salt_score"].argmax()]
    assert salt["peak_course"] == "course 1"
    assert salt["peak_months_after_course"] == salt["peak_day"] / MONTH
    assert salt["peak_days_from_nearest_pulse"] == salt["peak_day"] - 50.0
    (after,) = salt["after_pulse"]
    assert after["at_start"] == course.at("salt_score", 50.0)
    assert after["after_4_weeks"] == course.at("salt_score", 78.0)
    assert after["after_4_months"] is None


def test_doses_are_added_up_by_drug(course: Trajectory) -> None:
    assert summarise(course)["dose_totals"] == {"alemtuzumab": 24.0, "methylprednisolone": 2000.0}


def test_the_relapse_hazard_is_a_mean_from_day_zero(course: Trajectory) -> None:
    relapse = summarise(course)["relapse"]
    assert relapse["untreated_per_year"] == course["relapse_rate"][0]
    assert course["relapse_rate"].min() < relapse["mean_per_year"] < relapse["untreated_per_year"]


def observed(**point: object) -> dict[str, object]:
    series = {"readout": "lymphocytes", "unit": "cells/uL", "points": [{"time": "30 days", **point}]}
    return {"observed": [series]}


def test_an_observed_value_is_compared_in_the_unit_of_the_readout(simulate_with: Simulate) -> None:
    course = simulate_with(**observed(value=500))
    (point,) = summarise(course)["observed"]
    assert (point["observed_low"], point["observed_high"], point["unit"]) == (0.5, 0.5, "1e9/L")
    assert point["simulated"] == course.at("lymphocytes", 30.0)
    expected = 100.0 * (point["simulated"] - 0.5) / 0.5
    assert point["difference_percent"] == pytest.approx(expected, rel=1e-12)
    assert point["outside_percent"] == point["difference_percent"]


def test_a_simulated_value_within_a_range_is_not_outside(simulate_with: Simulate) -> None:
    (point,) = summarise(simulate_with(**observed(low=10, high=2000)))["observed"]
    assert point["outside_percent"] == 0.0
    assert point["difference_percent"] < 0.0  # below the middle, 1.005


def test_a_simulated_value_outside_a_range_is_measured_from_its_nearest_end(simulate_with: Simulate) -> None:
    (point,) = summarise(simulate_with(**observed(low=1000, high=2000)))["observed"]
    assert point["outside_percent"] == pytest.approx(100.0 * (point["simulated"] - 1.0), rel=1e-12)


def test_a_value_below_a_limit_is_reproduced_by_any_value_below_it(simulate_with: Simulate) -> None:
    (point,) = summarise(simulate_with(**observed(below=2000)))["observed"]
    assert (point["is_below_limit"], point["observed_low"], point["observed_high"]) == (True, 0.0, 2.0)
    assert (point["outside_percent"], point["difference_percent"]) == (0.0, None)


def test_a_value_above_a_limit_is_measured_from_the_limit(simulate_with: Simulate) -> None:
    (point,) = summarise(simulate_with(**observed(below=10)))["observed"]
    assert point["outside_percent"] == pytest.approx(100.0 * (point["simulated"] - 0.01) / 0.01, rel=1e-12)


def test_peaks_are_found_though_only_visits_are_reported(simulate_with: Simulate, course: Trajectory) -> None:
    visits = simulate_with(output={"visits_only": True})
    assert len(visits.time) == 2
    found, usual = summarise(visits), summarise(course)
    # 1e-9: the integrator takes the same steps, and the same interpolant is read at the same times.
    assert _first_level(found)["peak"] == pytest.approx(_first_level(usual)["peak"], rel=1e-9)
    assert found["counts"]["cd4"]["after_course"][0]["nadir"] == pytest.approx(
        usual["counts"]["cd4"]["after_course"][0]["nadir"], rel=1e-9
    )


def test_an_observed_zero_has_no_percentage(simulate_with: Simulate) -> None:
    (point,) = summarise(simulate_with(**observed(value=0)))["observed"]
    assert point["difference_percent"] is None


def test_own_parameters_beside_data_are_called_an_existence_proof(simulate_with: Simulate) -> None:
    course = simulate_with(**observed(value=500), parameters={"field_at_risk": 0.5, "cd4_scale": 1.1})
    patient = summarise(course)["patient"]
    expected = "These 2 values were chosen to reproduce this patient: an existence proof, not an estimate."
    assert patient["individual_sentence"] == expected


def test_own_parameters_without_data_are_called_an_assumption(simulate_with: Simulate) -> None:
    patient = summarise(simulate_with(parameters={"field_at_risk": 0.5}))["patient"]
    assert patient["individual_sentence"] == "This 1 value was set by the scenario: an assumption, not an estimate."
    assert summarise(simulate_with())["patient"]["individual_sentence"] == ""


def test_what_differs_from_the_default_says_which_key_set_it(simulate_with: Simulate) -> None:
    course = simulate_with(
        patient={"age": "40 years", "baseline": {"cd4": "800 cells/uL"}}, parameters={"field_at_risk": 0.5}
    )
    found = {entry["parameter"]: entry for entry in summarise(course)["patient"]["differs_from_default"]}
    assert {name: entry["set_by"] for name, entry in found.items()} == {
        "age": "patient.age",
        "cd4_scale": "patient.baseline",
        "field_at_risk": "parameters.field_at_risk",
    }
    assert (found["age"]["value"], found["age"]["default"], found["age"]["unit"]) == (40.0, 34.0, "year")


def test_mechanisms_that_are_off_say_what_that_means(simulate_with: Simulate) -> None:
    course = simulate_with(mechanisms={"off": ["depletion"]})
    off = summarise(course)["model"]["mechanisms_off"]
    assert off == {"depletion": "the antibody kills nothing and nothing consumes it"}


def test_a_scenario_without_courses_has_a_lowest_count_and_no_course(simulate_with: Simulate) -> None:
    course = simulate_with(course=[], methylprednisolone=[{"start": "10 days", "dose": "1 g"}])
    count = summarise(course)["counts"]["lymphocytes"]
    assert count["after_course"] == []
    assert count["lowest"] < 0.7 * count["untreated"]  # 1 g halves the count for some hours
    assert 10.0 < count["lowest_day"] < 11.0


def test_a_failed_course_has_a_status_and_no_results(failed: Trajectory) -> None:
    summary = summarise(failed)
    assert (summary["status"]["name"], summary["status"]["code"]) == ("STEP_LIMIT", 1)
    assert "raise max_steps" in summary["status"]["failure"]
    assert all(summary[key] is None for key in ("counts", "drug_levels", "salt", "autoimmunity", "relapse"))
    assert summary["observed"][0]["simulated"] is None
    assert summary["observed"][0]["observed_low"] == 5.0
