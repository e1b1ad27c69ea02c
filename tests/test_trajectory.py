"""A trajectory is asked by name and time, says units and labels, and refuses what it does not hold."""

from dataclasses import replace

import numpy as np
import pytest

import immunosim as ims
from immunosim.errors import DataError
from immunosim.numerics import Status
from immunosim.scenario import build_scenario
from immunosim.trajectory import SHOWN_TIMES

TEACHING = {
    "title": "a course",
    "model": "teaching",
    "start_date": "2020-01-01",
    "horizon": "60 days",
    "course": [{"drug": "antibody", "start": "0 days", "dose": "30 mg", "doses": 1}],
}


@pytest.fixture(scope="module")
def course():
    return ims.simulate(build_scenario(TEACHING))


def test_readouts_come_before_pools_and_the_account_of_the_solver_last(course):
    names = list(course.variables)
    model = course.problem.model
    assert names == [*model.readouts, *model.pools, "status", "fail_time", "n_steps"]
    kinds = [one.attributes.get("kind") for one in course.variables.values()]
    assert kinds == ["read-out"] * len(model.readouts) + ["pool"] * len(model.pools) + [None] * 3


def test_values_are_read_by_name(course):
    assert course["t_cells"].shape == course["time"].shape == course.time.shape
    np.testing.assert_array_equal(course["t_cells"], course["t_cells_blood"])
    np.testing.assert_array_equal(course.variable("t_cells").values, course["t_cells"])
    np.testing.assert_array_equal(course.dataset["t_cells"].values, course["t_cells"])
    np.testing.assert_array_equal(course.to_dataframe()["t_cells"], course["t_cells"])


@pytest.mark.parametrize(
    ("name", "unit", "label"),
    [
        ("t_cells", "cells/uL", "T cells in blood"),
        ("antibody", "mg", "antibody"),
        ("cytokine_level", "1", "cytokine, relative to untreated"),
        ("time", "day", "time since day 0"),
        ("n_steps", "1", "accepted steps"),
    ],
)
def test_everything_that_can_be_read_has_a_unit_and_a_label(course, name, unit, label):
    assert (course.unit(name), course.label(name)) == (unit, label)
    assert course.variable(name).attrs["long_name"] == label


@pytest.mark.parametrize("ask", ["variable", "unit", "label", "__getitem__"])
def test_an_unknown_name_is_refused_with_close_matches(course, ask):
    with pytest.raises(DataError, match='unknown read-out or pool "t_cels", did you mean "t_cells"'):
        getattr(course, ask)("t_cels")
    with pytest.raises(DataError, match='unknown read-out or pool "t_cels"'):
        course.at("t_cels", 3.0)


def test_between_two_output_times_a_value_is_on_the_line_between_them(course):
    first, second = course.time[[10, 11]]
    values = course["t_cells"][[10, 11]]
    assert course.at("t_cells", first) == values[0]
    assert course.at("t_cells", float(first + 0.25 * (second - first))) == pytest.approx(
        0.75 * values[0] + 0.25 * values[1], rel=1e-12
    )


@pytest.mark.parametrize(
    ("text", "day"), [("30 days", 30.0), ("2020-01-31", 30.0), ("course 1 + 30 days", 30.0), ("1 week", 7.0)]
)
def test_times_are_read_as_the_scenario_reads_them(course, text, day):
    assert course.at("t_cells", text) == course.at("t_cells", day)


@pytest.mark.parametrize("time", [-0.5, 60.5, float("nan"), float("inf"), "2 years", "2019-12-31"])
def test_a_time_that_was_not_simulated_is_refused_with_the_span(course, time):
    with pytest.raises(DataError, match=r"is outside the simulated time span, choose a time from day 0 to day 60"):
        course.at("t_cells", time)


@pytest.mark.parametrize("time", ["soon", "30", "course 2", "12 mg"])
def test_a_text_that_is_no_time_is_refused_with_its_cure(course, time):
    with pytest.raises(DataError) as caught:
        course.at("t_cells", time)
    assert caught.value.key == "time"


def test_the_ends_may_be_passed_by_rounding(course):
    assert course.at("t_cells", -1e-10) == course["t_cells"][0]
    assert course.at("t_cells", 60.0 + 1e-10) == course["t_cells"][-1]


@pytest.mark.parametrize("name", ["status", "n_steps", "fail_time"])
def test_a_number_of_the_whole_run_has_no_value_at_a_time(course, name):
    with pytest.raises(DataError, match=f'"{name}" is one number for the whole run, not a course, read it as'):
        course.at(name, 3.0)


def test_a_notebook_shows_times_from_the_first_to_the_last(course):
    table = course.shown()
    assert len(table) == SHOWN_TIMES
    assert table["time"].iloc[[0, -1]].tolist() == [0.0, 60.0]
    short = replace(course, problem=replace(course.problem, times=course.time[:3]))
    states = replace(course.solution, states=course.solution.states[:3])
    assert len(replace(short, solution=states).shown()) == 3


def test_a_run_says_what_was_given_and_how_it_was_solved(course):
    assert course.headline() == f"'a course', day 0 to 60, {len(course.time)} times, OK"
    facts = course.facts()
    assert facts["courses"] == "day 0"
    assert facts["pools"] == 6
    assert "failure" not in facts
    assert course.failure() == ""


def test_a_run_that_stopped_says_when_by_what_and_what_may_help(course):
    stopped = replace(
        course, solution=replace(course.solution, status=Status.STEP_UNDERFLOW, fail_time=12.345678, worst_pool=3)
    )
    pool = course.problem.model.pools[3]
    assert not stopped.is_complete
    assert stopped.failure().startswith(f"the integration stopped on day 12.3457 (STEP_UNDERFLOW, decided by {pool}). ")
    assert stopped.facts()["failure"] == stopped.failure()
    assert "decided by" not in replace(stopped, solution=replace(stopped.solution, worst_pool=-1)).failure()


def test_rates_are_those_of_the_balance_of_each_pool(course):
    """Central differences of a pool are the sum of its gains less its losses."""
    rates = course.rates()
    gains = rates["arrival_of_thymocytes"] - rates["maturation_of_thymocytes"]
    assert rates["lysis_of_t_cells"].attrs["units"] == "cells/uL/day"
    assert rates["lysis_of_t_cells"].attrs["mechanism"] == "depletion"
    np.testing.assert_allclose(gains, 0.0, atol=1e-12)
    late = course.time > 20.0
    change = np.gradient(course["t_cells_blood"], course.time)
    net = rates["egress_of_t_cells"] - rates["homing_of_t_cells"] - rates["lysis_of_t_cells"]
    # Differences over two days of a rate that turns within ten: its curvature costs some 0.014 cells/uL/day.
    np.testing.assert_allclose(change[late][1:-1], net.values[late][1:-1], atol=0.03)


def test_inputs_at_a_boundary_are_those_before_it(course):
    problem = course.problem
    end = float(problem.segments.boundaries[1])
    place = problem.model.inputs.index("antibody_infusion")
    during, at_end, after = problem.inputs_at(np.array([end / 2, end, end + 1e-6]))[:, place]
    assert during == at_end > 0.0
    assert after == 0.0
    assert problem.inputs_at(np.array([0.0]))[0, place] == during  # before the first boundary there is no segment
