"""A comparison as a result: its line, tables and data set, the rules of what it shows, and a scenario with itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from immunosim.attribution import Comparison, attribute, compare
from immunosim.attribution.accounts import accurate
from immunosim.attribution.choice import VISITS, compared_readouts, visits, worth_explaining
from immunosim.attribution.comparison import NOISE, UNTREATED, ComparisonError, check_readouts
from immunosim.attribution.comparison_tables import comparison_dict, difference_rows
from immunosim.attribution.scenario_differences import input_differences, readable
from immunosim.model.readout_info import ReadoutInfo
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

DOSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"}
TEACHING: dict[str, Any] = {"model": "teaching", "horizon": "60 days", "dose": [DOSE]}
VARIANTS: Mapping[str, dict[str, Any]] = {
    "full": {},
    "half": {"dose": [DOSE | {"dose": "15 mg"}]},
    "twice": {"dose": [DOSE, DOSE | {"start": "30 days"}]},
    "early": {"dose": [DOSE | {"start": "-20 days"}]},
    "long": {"horizon": "400 days"},
    "faster": {"parameters": {"lysis_rate": "12 1/day"}},
    "later": {"horizon": "400 days", "dose": [DOSE | {"start": "30 days"}]},
    "untreated": {"dose": []},
}

Compare = Callable[..., Comparison]


@pytest.fixture(scope="module")
def courses() -> Mapping[str, Trajectory]:
    return {name: simulate(build_scenario(TEACHING | change)) for name, change in VARIANTS.items()}


@pytest.fixture(scope="module")
def compared(courses: Mapping[str, Trajectory]) -> Compare:
    return lambda *names: compare({name: courses[name] for name in names})


def test_the_line_names_the_reference_last_and_the_common_days(compared: Compare) -> None:
    line = repr(compared("full", "half", "early"))
    assert "half, early with full" in line
    assert "day -20 to 60" in line


def test_the_facts_name_the_read_outs_that_differ(compared: Compare) -> None:
    assert "t_cells" in str(compared("full", "half").facts()["differ"])
    same = compare({"one": compared("full", "half").trajectories[0], "two": compared("full", "half").trajectories[0]})
    assert same.facts()["differ"] == "nothing"


def test_the_data_set_holds_every_read_out_by_scenario_with_its_unit(compared: Compare) -> None:
    comparison = compared("full", "half")
    data = comparison.dataset
    assert set(data.data_vars) == set(comparison.trajectories[0].problem.model.readouts)
    assert list(data["scenario"].values) == ["full", "half"]
    assert data["t_cells"].attrs["units"] == "cells/uL"
    difference = data["t_cells"].sel(scenario="half") - data["t_cells"].sel(scenario="full")
    assert np.array_equal(difference, comparison.difference(1, "t_cells"))


def test_the_table_has_the_largest_difference_of_every_usual_read_out(compared: Compare) -> None:
    comparison = compared("full", "half", "twice")
    table = comparison.to_dataframe().set_index(["readout", "scenario"])
    assert len(table) == 2 * len(compared_readouts(comparison.trajectories[0].problem.model))
    row = table.loc["t_cells", "half"]
    differences = comparison.difference(1, "t_cells")
    assert row["difference"] == differences[np.abs(differences).argmax()]
    assert row["day"] == comparison.times[np.abs(differences).argmax()]
    assert row["month"] == pytest.approx(row["day"] / 30.4375)
    assert row["differs"]


def test_the_first_of_equal_differences_is_the_largest(courses: Mapping[str, Trajectory]) -> None:
    comparison = compare({"one": courses["full"], "two": courses["full"]})
    largest = comparison.largest(1, "t_cells")
    assert (largest.time, largest.difference) == (comparison.times[0], 0.0)


def test_differences_of_a_course_with_itself_are_zero_at_every_time(courses: Mapping[str, Trajectory]) -> None:
    comparison = compare({"one": courses["full"], "two": courses["full"]})
    for name in comparison.trajectories[0].problem.model.readouts:
        assert not comparison.difference(1, name).any()
    record = comparison_dict(comparison, ["t_cells"], [30.0], attribute(comparison, "t_cells"))
    assert record["inputs"] == []
    assert record["differences"][0]["difference"] == record["differences"][0]["percent"] == 0.0
    assert record["attributions"][0]["difference"] == record["attributions"][0]["sum"] == 0.0
    assert worth_explaining(comparison, 1) == ()


def test_the_summary_is_plain_data(compared: Compare) -> None:
    summary = compared("full", "half").summary()
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["reference"] == "full"
    assert summary["inputs"] == [{"key": "dose.1.dose", "values": {"full": "30 mg", "half": "15 mg"}}]
    assert (summary["from_day"], summary["to_day"]) == (0.0, 60.0)


def test_a_difference_below_the_solvers_error_is_none(courses: Mapping[str, Trajectory]) -> None:
    course = courses["full"]
    comparison = compare({"one": course, "two": course})
    size, rtol = comparison.size(1, "t_cells"), course.problem.options.rtol
    assert comparison.noise(1, "t_cells") == pytest.approx(NOISE * rtol * size)
    place = course.problem.model.pools.index("t_cells_blood")
    for times_noise, differs in ((0.9, False), (1.1, True)):
        states = comparison.trajectories[1].solution.states.copy()
        states[5, place] += times_noise * NOISE * rtol * size
        moved = Trajectory.of(
            comparison.trajectories[1].problem, replace(comparison.trajectories[1].solution, states=states)
        )
        pushed = replace(comparison, trajectories=(comparison.trajectories[0], moved))
        assert pushed.differs("t_cells") is differs


def test_percent_is_relative_to_the_reference_and_signed(compared: Compare) -> None:
    (row,) = difference_rows(compared("untreated", "full"), ["t_cells"], [10.0])
    assert -100.0 < row["percent"] < 0.0
    assert row["value"] == pytest.approx(row["reference_value"] * (1.0 + row["percent"] / 100.0), rel=1e-12)


def test_a_row_is_read_at_the_nearest_common_time_and_says_which(compared: Compare) -> None:
    comparison = compared("full", "half")
    (row,) = difference_rows(comparison, ["t_cells"], [30.3])
    assert row["day"] == 30.0
    assert row["value"] == comparison.values(1, "t_cells")[comparison.place(30.0)]


def test_a_course_that_starts_later_holds_its_untreated_value_until_then(compared: Compare) -> None:
    comparison = compared("full", "early")
    before = comparison.times < 0.0
    assert before.sum() > 10
    assert np.ptp(comparison.values(0, "t_cells")[before]) == 0.0
    assert np.ptp(comparison.values(1, "t_cells")[before]) > 100.0


def test_visits_are_the_usual_months_inside_the_common_time_and_its_end(compared: Compare) -> None:
    comparison = compared("long", "faster")
    assert comparison.is_cut
    assert comparison.times[-1] == 60.0
    days = visits(comparison)
    assert days[-1] == 60.0
    assert [round(day / 30.4375) for day in days[:-1]] == [month for month in VISITS if month * 30.4375 < 59.0]


def test_visits_of_a_long_comparison_lie_more_than_a_day_apart(courses: Mapping[str, Trajectory]) -> None:
    days = visits(compare({"one": courses["long"], "two": courses["long"]}))
    assert days == sorted(days)
    assert np.diff(days).min() > 1.0
    assert [month for month in VISITS if month * 30.4375 < 399.0] == [1, 3, 6, 12]
    assert {round(day / 30.4375) for day in days} >= {1, 3, 6, 12}


def test_what_differs_most_is_explained_where_nothing_is_notable(compared: Compare) -> None:
    comparison = compared("full", "half")
    chosen = worth_explaining(comparison, 1)
    assert len(chosen) == 1
    shares = {name: abs(comparison.largest(1, name).difference) / comparison.size(1, name)
              for name in compared_readouts(comparison.trajectories[0].problem.model)}  # fmt: skip
    assert shares[chosen[0]] == max(shares.values())


def test_an_attribution_cut_at_a_time_ends_there_with_its_parts_in_order(compared: Compare) -> None:
    comparison = compared("full", "twice")
    (found,) = attribute(comparison, "t_cells")
    cut = found.until(45.0).explanation
    assert (cut.at, cut.times[-1], cut.after) == (45.0, 45.0, cut.values[-1])
    sizes = [abs(item.value) for item in cut.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert all(item.value == item.series[-1] and item.series.size == cut.times.size for item in cut.contributions)
    with pytest.raises(ComparisonError, match="day 61"):
        found.until(61.0)


def test_chosen_scenarios_alone_are_attributed(compared: Compare) -> None:
    comparison = compared("full", "half", "twice")
    assert [found.name for found in attribute(comparison, "t_cells", [2])] == ["twice"]
    assert [found.name for found in attribute(comparison, "t_cells")] == ["half", "twice"]


def test_a_difference_of_untreated_courses_is_the_untreated_level_alone(courses: Mapping[str, Trajectory]) -> None:
    more = {"dose": [], "parameters": {"t_cell_count": "2000 cells/uL"}}
    other = simulate(build_scenario(TEACHING | more))
    (found,) = attribute(compare({"untreated": courses["untreated"], "more": other}), "t_cells")
    parts = {item.name: item.value for item in found.explanation.contributions}
    level = 2000.0 - courses["untreated"]["t_cells"][0]
    assert parts.pop(UNTREATED) == pytest.approx(level, rel=1e-12)
    assert all(abs(value) < 1e-6 * level for value in parts.values())


def test_a_name_that_nobody_knows_is_refused(compared: Compare) -> None:
    comparison = compared("full", "half")
    check_readouts(comparison, ["t_cells", "cytokine"])  # a read-out and a pool
    with pytest.raises(ComparisonError) as caught:
        check_readouts(comparison, ["t_cells", "tcells"])
    assert "t_cells" in caught.value.cure


# --- inputs ----------------------------------------------------------------------------------------------------------


def test_a_dose_that_only_one_scenario_gives_is_one_entry(courses: Mapping[str, Trajectory]) -> None:
    (found,) = input_differences([courses["full"].problem, courses["twice"].problem])
    assert found.key == "dose.2"
    assert found.values[0] == "-"
    for words in ("antibody", "30 days", "30 mg", "4 h"):
        assert words in found.values[1]


def test_a_parameter_is_named_with_its_unit_and_its_default_is_marked(courses: Mapping[str, Trajectory]) -> None:
    (found,) = input_differences([courses["full"].problem, courses["faster"].problem])
    assert found.key == "parameters.lysis_rate"
    assert found.values[0].endswith("1/day (default)")
    assert found.values[1] == "12 1/day"


def test_three_scenarios_have_three_values_each(courses: Mapping[str, Trajectory]) -> None:
    problems = [courses[name].problem for name in ("full", "half", "long")]
    found = {item.key: item.values for item in input_differences(problems)}
    assert found["dose.1.dose"] == ("30 mg", "15 mg", "30 mg")
    assert found["horizon"] == ("60 days", "60 days", "400 days")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("60.875 day", "2 months"),
        ("-30.4375 day", "-1 month"),
        ("0.0006944444444444445 day", "1 min"),
        ("1.5 day", "36 h"),
        ("2.5 day", "2.5 days"),
        ("999.5 mg", "999.5 mg"),
        ("2500.0 mg", "2.5 g"),
        ("70.0 kg", "70 kg"),
        ("1000.0 cells/uL", "1000 cells/uL"),
        ("teaching", "teaching"),
        (False, "no"),
        (3, "3"),
        ({"two_words": "1.0 day"}, "two words 1 day"),
    ],
)
def test_values_are_said_in_the_largest_whole_unit(value: object, text: str) -> None:
    assert readable(value) == text


# --- what counts as a difference -------------------------------------------------------------------------------------


def test_the_size_of_a_read_out_is_that_of_the_larger_course(compared: Compare) -> None:
    comparison = compared("untreated", "full")
    assert comparison.size(1, "antibody_serum") == comparison.values(1, "antibody_serum").max() > 0.0


def test_the_laxer_of_two_solvers_says_what_may_be_its_error(courses: Mapping[str, Trajectory]) -> None:
    lax = simulate(build_scenario(TEACHING | {"solver": {"rtol": 1e-3}}))
    for pair in ({"full": courses["full"], "lax": lax}, {"lax": lax, "full": courses["full"]}):
        comparison = compare(pair)
        assert comparison.noise(1, "t_cells") == pytest.approx(NOISE * 1e-3 * comparison.size(1, "t_cells"))


def test_what_is_too_small_to_be_seen_is_no_difference(compared: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = compared("full", "half")
    assert comparison.differs("t_cells")
    model = type(comparison.trajectories[0].problem.model)
    monkeypatch.setattr(model, "about", lambda _self, _name: ReadoutInfo(unseen_below=1e6))
    assert not comparison.differs("t_cells")


def test_a_reference_within_the_solvers_error_of_nothing_has_no_percentage(compared: Compare) -> None:
    (row,) = difference_rows(compared("long", "later"), ["antibody_serum"], [400.0])
    assert 0.0 < row["reference_value"] < 1e-12
    assert row["percent"] is None


def test_the_tolerance_of_a_difference_is_the_larger_of_both(compared: Compare) -> None:
    there, back = (attribute(compared(*names), "antibody_serum")[0] for names in (("full", "half"), ("half", "full")))
    assert (
        there.explanation.tolerance
        == back.explanation.tolerance
        == pytest.approx(1e-6 * compared("full", "half").size(1, "antibody_serum"), rel=1e-2)
    )


# --- visits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("horizon", "starts", "months"),
    [
        ("100 days", ["0.5 days"], [1, 3]),  # a month after day 0 is a month after the course as well
        ("91.8 days", ["0 days"], [1]),  # month three lies half a day before the end
        ("200 days", ["0 days", "100 days"], [1, 3, 4.28, 6, 6.28]),  # and a month after the last course
    ],
)
def test_visits_follow_day_zero_and_the_last_course(horizon: str, starts: list[str], months: list[float]) -> None:
    doses = [{"drug": "antibody", "start": start, "dose": "30 mg", "infusion": "4 h"} for start in starts]
    course = simulate(build_scenario({"model": "teaching", "horizon": horizon, "course": doses}))
    *days, end = visits(compare({"one": course, "two": course}))
    assert end == pytest.approx(float(horizon.split()[0]))
    assert days == pytest.approx([30.4375 * month for month in months], abs=0.6)


# --- the second solve ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rtol", "expected"), [(1e-4, 1e-10), (1e-12, 1e-12)])
def test_the_accounts_are_solved_more_accurately_and_never_less(
    courses: Mapping[str, Trajectory], rtol: float, expected: float
) -> None:
    problem = courses["full"].problem
    asked = replace(problem, options=replace(problem.options, rtol=rtol))
    found = accurate(asked).options
    assert found.rtol == pytest.approx(expected, rel=1e-12)
    assert found.atol == pytest.approx(asked.options.atol * expected / rtol, rel=1e-12)
