"""Dose tables of single patients: what a rule adds, what it takes away, and that a scenario says the same."""

import tomllib

import pytest

from immunosim.cohorts.schedules import Schedule
from immunosim.problem import prepare
from immunosim.scenario import build_scenario, events_of, load_scenario, to_toml
from immunosim.scenario.dosing import Dosing
from immunosim.scenario.drug_names import with_drugs_of

HORIZON = 3 * 365.25
COURSE = {"drug": "alemtuzumab", "dose": "12 mg", "doses": 3, "every": "24 h", "premedication": True}
PULSE = {"drug": "methylprednisolone", "dose": "500 mg", "doses": 2, "every": "24 h"}
FUMARATE = {"drug": "dimethyl_fumarate", "stop": "60 days"}


@pytest.fixture(scope="module")
def schedule(configs):
    return Schedule.of(prepare(load_scenario(configs / "two_courses.toml", ("horizon=36 months",))))


def ordered(schedule, *doses, day, replaces=False):
    with with_drugs_of(schedule.scenario):
        records = [Dosing.model_validate({"start": "0 days"} | dose) for dose in doses]
    return schedule.with_order(records, "rule", day, replaces)


def given(schedule, drug):
    return [event.start for event in events_of(schedule.scenario) if event.drug.name == drug]


def test_times_of_an_order_count_from_the_decision(schedule):
    changed = ordered(schedule, PULSE, FUMARATE, day=500.0)
    (pulse, fumarate) = changed.scenario.dose
    assert (pulse.label, pulse.start, fumarate.start, fumarate.stop) == ("rule", 500.0, 500.0, 560.0)
    assert changed.order_days("methylprednisolone").tolist() == [500.0]


def test_a_cancelled_course_takes_its_premedication_with_it(schedule):
    changed = ordered(schedule, COURSE, day=200.0, replaces=True)
    assert changed.order_days("alemtuzumab").tolist() == [0.0, 200.0]
    assert max(given(changed, "methylprednisolone")) == 202.0
    assert len(changed.scenario.course) == 1


def test_a_course_that_has_begun_is_cancelled_from_the_decision_on(schedule):
    changed = ordered(schedule, COURSE, day=366.25, replaces=True)
    begun = changed.scenario.course[1]
    assert [change.dose_number for change in begun.changes if change.skipped] == [2, 3]
    assert changed.order_days("alemtuzumab").tolist() == [0.0, 365.25, 366.25]
    assert sum(event.amount for event in events_of(changed.scenario) if event.drug.name == "alemtuzumab") == 108.0


def test_other_drugs_are_not_cancelled(schedule):
    assert ordered(schedule, PULSE, day=200.0, replaces=True).scenario.course == schedule.scenario.course


def test_doses_that_do_not_end_before_the_horizon_are_left_out_with_their_premedication(schedule):
    changed = ordered(schedule, COURSE, day=HORIZON - 1.5)
    assert [change.dose_number for change in changed.scenario.dose[0].changes] == [3]
    assert max(given(changed, "methylprednisolone")) == HORIZON - 0.5
    assert ordered(schedule, COURSE, day=HORIZON).scenario == schedule.scenario
    assert ordered(schedule, FUMARATE, day=HORIZON - 1.0).scenario.dose == ()


@pytest.mark.parametrize("day", [200.0, 366.25, HORIZON - 1.5])
def test_the_segments_are_those_of_the_scenario_that_says_so(schedule, day):
    changed = ordered(schedule, COURSE, FUMARATE, day=day, replaces=True)
    written = prepare(build_scenario(tomllib.loads(to_toml(changed.written_into(schedule.scenario)))))
    assert changed.segments.boundaries.tobytes() == written.segments.boundaries.tobytes()
    assert changed.segments.inputs.tobytes() == written.segments.inputs.tobytes()
