"""A difference between courses is the sum of what processes contribute to it, whatever differs and whenever."""

import csv
import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunosim.attribution.choice import compared_readouts, visits, worth_explaining
from immunosim.attribution.comparison import (
    Attribution,
    Comparison,
    ComparisonError,
    attribute,
    check_number,
    compare,
)
from immunosim.attribution.comparison_tables import attribution_csv, comparison_dict, difference_rows, rows_csv
from immunosim.attribution.scenario_differences import input_differences, readable
from immunosim.errors import SolverError
from immunosim.scenario import build_scenario, load_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

COURSE = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "infusion": "4 h", "premedication": True}
ILL = {"follicle_clone_size": 0.05, "antigen_amplification": 1.5}
BASE: dict[str, Any] = {"horizon": "100 days", "course": [COURSE], "parameters": ILL}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "dose": {"course": [COURSE | {"dose": "6 mg"}]},
    "untreated": {"course": []},
    "pulse": {"methylprednisolone": [{"start": "50 days", "dose": "1 g", "doses": 3, "every": "24 h"}]},
    "earlier": {"dimethyl_fumarate": [{"start": "-60 days", "stop": "-30 days"}]},
    "triamcinolone": {"triamcinolone": [{"start": "40 days", "dose": "15 mg"}]},
    "tablets": {"prednisolone": [{"start": "50 days", "dose": "50 mg", "doses": 3, "every": "24 h"}]},
    "patient": {"patient": {"age": 60, "baseline": {"cd4": "500 cells/uL"}}},
    "fixed cells": {"mechanisms": {"off": ["trafficking"]}},
    "no steroids": {"mechanisms": {"off": ["corticosteroids"]}},
    "shorter": {"horizon": "80 days"},
}

Courses = Mapping[str, Trajectory]


@pytest.fixture(scope="module")
def courses() -> Courses:
    return {name: simulate(build_scenario(BASE | change)) for name, change in VARIANTS.items()}


@pytest.fixture(scope="module")
def pair(courses: Courses) -> Callable[[str, str], Comparison]:
    return lambda first, second: compare({first: courses[first], second: courses[second]})


def contributions(found: Attribution) -> dict[str, float]:
    return {item.name: item.value for item in found.explanation.contributions}


# --- completeness ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "readout"),
    [
        ("dose", "lymphocytes"),
        ("untreated", "salt_score"),
        ("pulse", "naive_fraction_of_cd4"),
        ("earlier", "lymphocytes"),
        ("triamcinolone", "salt_score"),
        ("tablets", "lymphocytes"),
        ("patient", "cd4"),
        ("patient", "salt_score"),
        ("fixed cells", "memory_cd4_blood"),
        ("no steroids", "lymphocytes"),
        ("shorter", "lymphocytes"),
    ],
)
def test_contributions_add_up_to_the_difference_at_every_time(
    pair: Callable[[str, str], Comparison], name: str, readout: str
) -> None:
    comparison = pair("base", name)
    (found,) = attribute(comparison, readout)
    explanation = found.explanation
    total = np.sum([item.series for item in explanation.contributions], axis=0)
    # The promise: a millionth of the difference or of the read-out, whichever is larger.
    allowed = 1e-6 * max(comparison.size(1, readout), np.abs(explanation.values).max())
    assert np.abs(total - explanation.values).max() <= allowed
    # Both were solved at the default tolerance for the tables, and far more accurately for the accounts.
    assert np.abs(explanation.values - comparison.difference(1, readout)).max() <= 10 * comparison.noise(1, readout)


def test_mechanisms_add_up_to_the_difference(pair: Callable[[str, str], Comparison]) -> None:
    explanation = attribute(pair("base", "patient"), "cd4")[0].explanation
    total = sum(item.value for item in explanation.by_mechanism())
    assert math.isclose(total, explanation.after, rel_tol=1e-6, abs_tol=explanation.tolerance)


def test_the_accounts_at_an_earlier_time_are_as_complete(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "dose")
    found = attribute(comparison, "cd4")[0].until(30.0)
    assert found.explanation.at == 30.0
    assert found.explanation.times[-1] == 30.0
    assert math.isclose(sum(contributions(found).values()), found.explanation.after, rel_tol=1e-6)
    assert math.isclose(found.explanation.after, comparison.difference(1, "cd4")[comparison.place(30.0)], rel_tol=1e-3)


def test_differences_are_antisymmetric(pair: Callable[[str, str], Comparison]) -> None:
    (there,), (back,) = (attribute(pair(*names), "cd4") for names in (("base", "earlier"), ("earlier", "base")))
    assert contributions(there).keys() == contributions(back).keys()
    for name, value in contributions(there).items():
        assert math.isclose(value, -contributions(back)[name], rel_tol=1e-12, abs_tol=1e-9)


def test_a_scenario_does_not_differ_from_itself(courses: Courses) -> None:
    comparison = compare({"one": courses["pulse"], "two": courses["pulse"]})
    assert not any(comparison.differs(name) for name in compared_readouts(comparison.trajectories[0].problem.model))
    assert worth_explaining(comparison, 1) == ()
    (found,) = attribute(comparison, "lymphocytes")
    assert contributions(found) == {"untreated_level": 0.0}
    assert not found.explanation.values.any()


def test_a_difference_that_is_one_dose_is_attributed_to_doses_and_what_follows(
    pair: Callable[[str, str], Comparison],
) -> None:
    found = attribute(pair("base", "triamcinolone"), "triamcinolone_depot")[0].until(41.0)
    moved = contributions(found)
    assert math.isclose(moved.pop("dose_of_triamcinolone_depot"), 15.0, rel_tol=1e-12)
    assert moved.pop("untreated_level") == 0.0
    assert all(value < 0.0 for value in moved.values())  # what is left is elimination


def test_the_difference_of_untreated_levels_is_its_own_row(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "patient")
    found = attribute(comparison, "cd4")[0]
    untreated = comparison.trajectories[1]["cd4"][0] - comparison.trajectories[0]["cd4"][0]
    assert math.isclose(contributions(found)["untreated_level"], untreated, rel_tol=1e-12)
    assert math.isclose(comparison.trajectories[1]["cd4"][0], 500.0, rel_tol=1e-9)


def test_before_a_difference_begins_nothing_contributes(pair: Callable[[str, str], Comparison]) -> None:
    found = attribute(pair("base", "pulse"), "cd4")[0].until(49.0)
    # The accurate solves step alike until the pulse, so that what is left is rounding.
    assert all(abs(value) < 1e-6 for value in contributions(found).values())


def test_cells_are_traced_in_both_courses_or_in_none(pair: Callable[[str, str], Comparison]) -> None:
    assert attribute(pair("base", "fixed cells"), "cd4")[0].explanation.is_direct
    assert not attribute(pair("base", "dose"), "cd4")[0].explanation.is_direct


# --- common times ----------------------------------------------------------------------------------------------------


def test_a_course_that_starts_later_is_untreated_until_then(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "earlier")
    assert comparison.times[0] == -60.0
    early = comparison.times <= 0.0
    assert (comparison.values(0, "cd4")[early] == comparison.trajectories[0]["cd4"][0]).all()
    assert comparison.values(1, "cd4")[comparison.place(-30.0)] < comparison.values(1, "cd4")[0]


def test_courses_are_compared_until_the_shortest_ends(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "shorter")
    assert comparison.times[-1] == 80.0
    assert comparison.is_cut
    assert not pair("base", "dose").is_cut


def test_sampling_on_common_times_does_not_move_a_course(
    courses: Courses, pair: Callable[[str, str], Comparison]
) -> None:
    comparison, course = pair("base", "pulse"), courses["base"]
    common = np.isin(comparison.times, course.time)
    assert np.array_equal(comparison.values(0, "cd4")[common], course["cd4"])


def test_what_a_scenario_reports_seldom_is_compared_as_finely(courses: Courses) -> None:
    seldom = simulate(build_scenario(BASE | VARIANTS["pulse"] | {"output": {"every": "50 days"}}))
    found = compare({"base": courses["base"], "seldom": seldom}).largest(1, "lymphocytes")
    usual = compare({"base": courses["base"], "pulse": courses["pulse"]}).largest(1, "lymphocytes")
    assert found == usual


def test_visits_lie_after_day_zero_and_after_the_last_course(pair: Callable[[str, str], Comparison]) -> None:
    assert visits(pair("base", "pulse")) == pytest.approx([30.4375, 91.3125, 100.0], abs=0.5)


def test_a_time_outside_the_common_ones_is_refused(courses: Courses) -> None:
    with pytest.raises(ComparisonError, match="outside the common time span of the scenarios") as caught:
        compare({"base": courses["base"], "shorter": courses["shorter"]}, at=[90.0])
    assert caught.value.cure == "choose a time from day 0 to day 80"


@pytest.mark.parametrize("number", [0, 1, 7])
def test_too_few_or_too_many_scenarios_are_refused(number: int) -> None:
    with pytest.raises(ComparisonError, match="scenarios"):
        check_number(number)


def test_a_failed_course_cannot_be_compared(courses: Courses) -> None:
    failed = simulate(build_scenario(BASE | {"solver": {"max_steps": 3}}))
    with pytest.raises(SolverError, match="the integration stopped"):
        compare({"base": courses["base"], "failed": failed})


def test_an_unknown_readout_is_refused_with_close_matches(pair: Callable[[str, str], Comparison]) -> None:
    with pytest.raises(ComparisonError, match="neither a read-out nor a pool") as caught:
        attribute(pair("base", "dose"), "lymphocyte")
    assert caught.value.cure == 'did you mean "lymphocytes" or "other_lymphocytes"?'


def test_what_is_worth_explaining_is_what_would_be_noticed(
    configs: Path, pair: Callable[[str, str], Comparison]
) -> None:
    names = ("case_report", "case_report_no_methylprednisolone")
    case = compare({name: simulate(load_scenario(configs / f"{name}.toml")) for name in names})
    assert worth_explaining(case, 1) == ("lymphocytes", "salt_score", "autoreactive_cd8_effector")
    assert worth_explaining(pair("base", "dose"), 1)[0] == "lymphocytes"


# --- inputs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("base", {}),
        ("dose", {"course.1.dose": ("12 mg", "6 mg")}),
        ("triamcinolone", {"triamcinolone.1": ("-", "start 40 days, dose 15 mg, doses 1")}),
        ("patient", {"patient.age": ("34 years", "60 years"), "patient.baseline.cd4": ("-", "500 cells/uL")}),
        ("fixed cells", {"mechanisms.off": ("-", "trafficking")}),
        ("shorter", {"horizon": ("100 days", "80 days")}),
    ],
)
def test_inputs_that_differ_are_listed_by_key_with_readable_values(
    courses: Courses, name: str, expected: dict[str, tuple[str, str]]
) -> None:
    found = input_differences([courses["base"].problem, courses[name].problem])
    assert {item.key: item.values for item in found} == expected


def test_parameters_are_compared_by_value_and_defaults_are_marked(courses: Courses) -> None:
    other = simulate(build_scenario(BASE | {"parameters": {"antibody_clearance": "3 L/day"}}))
    found = {item.key: item.values for item in input_differences([courses["base"].problem, other.problem])}
    assert found["parameters.antibody_clearance"][1] == "3 L/day"
    assert found["parameters.antibody_clearance"][0].endswith("L/day (default)")
    assert found["parameters.follicle_clone_size"] == ("0.05", "1.5e-05 (default)")


def test_words_and_observations_are_no_difference(courses: Courses) -> None:
    observed = [{"readout": "cd4", "unit": "cells/uL", "points": [{"time": "9 days", "value": 5}]}]
    words = {"title": "Other", "note": [{"time": "1 day", "text": "x"}], "course": [COURSE | {"label": "first"}]}
    other = simulate(build_scenario(BASE | words | {"observed": observed}))
    assert input_differences([courses["base"].problem, other.problem]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("547.875 day", "18 months"),
        ("30.4375 day", "1 month"),
        ("1.0 day", "1 day"),
        ("0.0 day", "0 days"),
        ("-8.5 day", "-8.5 days"),
        ("0.16666666666666666 day", "4 h"),
        ("400.3 day", "400.3 days"),
        ("1000.0 mg", "1 g"),
        ("12.0 mg", "12 mg"),
        ("31.0 year", "31 years"),
        (True, "yes"),
        ([], "-"),
        (None, "-"),
        ([{"dose": "40.0 mg", "doses": 7}], "dose 40 mg, doses 7"),
    ],
)
def test_values_read_as_one_would_say_them(value: object, text: str) -> None:
    assert readable(value) == text


# --- tables ----------------------------------------------------------------------------------------------------------


def test_rows_give_both_values_and_their_difference(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "dose")
    (row,) = difference_rows(comparison, ["cd4"], [30.0])
    assert row["difference"] == row["value"] - row["reference_value"]
    assert row["percent"] == pytest.approx(100.0 * row["difference"] / row["reference_value"])
    assert (row["readout"], row["unit"], row["day"], row["scenario"]) == ("cd4", "cells/uL", 30.0, "dose")


def test_a_percentage_of_zero_is_none(pair: Callable[[str, str], Comparison]) -> None:
    (row,) = difference_rows(pair("untreated", "base"), ["alemtuzumab_serum"], [30.0])
    assert row["percent"] is None
    assert row["difference"] > 0.0


def test_tables_read_back_to_the_sum_they_state(pair: Callable[[str, str], Comparison]) -> None:
    comparison = pair("base", "dose")
    record = comparison_dict(comparison, ["cd4"], [30.0], [attribute(comparison, "cd4")[0].until(30.0)])
    rows = list(csv.DictReader(io.StringIO(attribution_csv(record["attributions"]))))
    assert {row["at_day"] for row in rows} == {"30.0"}
    total = sum(float(row["contribution"]) for row in rows)  # with what is not accounted for
    assert math.isclose(total, record["attributions"][0]["difference"], rel_tol=1e-12)
    assert [row["scenario"] for row in csv.DictReader(io.StringIO(rows_csv(record["differences"])))] == ["dose"]
    assert rows_csv([]) == ""
