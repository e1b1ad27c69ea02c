"""Times may be durations, dates or offsets from a course."""

import datetime
import re
from typing import Any

import pytest

from immunosim.errors import QuantityError, ScenarioError
from immunosim.scenario import build_scenario
from immunosim.scenario.clock import Clock, is_deferred

CLOCK = Clock(datetime.date(2016, 6, 15), [("first course", "0 days"), ("re-treatment", "12 months")])


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("12 months", 365.25),
        ("-8 months", -243.5),
        ("90 min", 0.0625),
        ("2016-06-15", 0.0),
        ("2017-06-15", 365.0),
        ("2016-06-15T06:00", 0.25),
        ("2016-06-14 12:00:00", -0.5),
        (datetime.date(2016, 6, 16), 1.0),
        (datetime.datetime(2016, 6, 16, 12), 1.5),
        ("course 2", 365.25),
        ("course 2 + 30 days", 395.25),
        ("course 2+30 days", 395.25),
        ("Course 2 - 1 day", 364.25),
        ("course 1 - 9 months", -273.9375),
        ("re-treatment", 365.25),
        ("re-treatment + 1 day", 366.25),
        ("course re-treatment - 1 day", 364.25),
        ("first course + 1 week", 7.0),
    ],
)
def test_a_time_becomes_days_after_day_zero(text: object, days: float) -> None:
    assert CLOCK.days(text) == days


def test_a_course_may_start_relative_to_another_in_any_order() -> None:
    clock = Clock(None, [(None, "course 3 - 12 months"), (None, "course 1 + 1 month"), (None, "24 months")])
    assert clock.days("course 2") == 365.25 + 30.4375


def test_courses_that_start_relative_to_each_other_are_refused() -> None:
    clock = Clock(None, [(None, "course 2 - 1 day"), (None, "course 1 + 1 day")])
    with pytest.raises(QuantityError, match="depends on itself"):
        clock.days("course 1")


def test_a_fault_in_a_course_is_not_repeated_by_what_refers_to_it() -> None:
    clock = Clock(None, [(None, "3 mg")])
    with pytest.raises(QuantityError, match=r"the start of course 1 is not known, correct course\[1\].start first"):
        clock.days("course 1 + 1 day")


@pytest.mark.parametrize("data", [None, 3, {"course": 3}, {"course": [3, None]}, {"start_date": [], "course": {}}])
def test_a_clock_is_made_of_any_data(data: Any) -> None:
    assert Clock.of(data).days("3 days") == 3.0


def test_only_dates_and_offsets_wait_for_their_scenario() -> None:
    assert [is_deferred(value) for value in ("course 2", "2016-06-15", datetime.date(2016, 1, 1))] == [True] * 3
    assert [is_deferred(value) for value in ("12 months", "-1 day", ".5 days", 3.0)] == [False] * 4


def test_the_horizon_and_extra_outputs_are_times_too() -> None:
    scenario = build_scenario(
        {
            "start_date": datetime.date(2016, 6, 15),
            "horizon": "course 1 + 24 months",
            "course": [{"start": "1 month", "dose": "12 mg"}],
            "output": {"extra": [datetime.date(2016, 7, 1), "course 1 + 30 days"]},
        }
    )
    assert scenario.horizon == 25 * 30.4375
    assert scenario.output.extra == (16.0, 60.4375)


PLAN: dict[str, Any] = {
    "horizon": "24 months",
    "course": [
        {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h"},
        {"label": "course 2 of hope", "start": "12 months", "dose": "12 mg"},
    ],
    "methylprednisolone": [{"start": "course 2 + 30 days", "dose": "1 g", "doses": 3, "every": "24 h"}],
    "triamcinolone": [{"start": "30 days", "dose": "15 mg"}, {"start": "60 days", "dose": "15 mg"}],
    "dimethyl_fumarate": [{"start": "-9 months", "stop": "-1 month"}],
    "dose": [
        {"drug": "prednisolone", "start": "last dose of methylprednisolone + 1 day", "dose": "60 mg"}
        | {"doses": 2, "every": "12 h", "taper": [{"dose": "40 mg", "doses": 3}]},
        {"drug": "methylprednisolone", "start": "100 days", "dose": "500 mg"},
    ],
}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("course 2 of alemtuzumab", 365.25),
        ("course 2 of alemtuzumab + 1 week", 372.25),
        ("last dose of alemtuzumab", 365.25),
        ("course 2 of hope", 365.25),
        ("course 1 of methylprednisolone", 395.25),
        ("course 2 of Methylprednisolone - 1 day", 99.0),
        ("the last dose of methylprednisolone", 397.25),
        ("course 2 of triamcinolone", 60.0),
        ("last dose of dimethyl fumarate", -30.4375),
        ("last dose of dimethyl_fumarate + 30.4375 days", 0.0),
        ("course 1 of prednisolone", 398.25),
        ("last dose of prednisolone", 400.25),
    ],
)
def test_a_time_may_follow_the_orders_of_any_drug(text: str, days: float) -> None:
    assert Clock.of(PLAN).days(text) == days
    built = build_scenario(PLAN | {"note": [{"time": text, "text": "x"}]})
    assert built.note[0].time == days
    assert Clock.of(built).days(text) == days


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("course 3 of triamcinolone", "there is no course 3, the scenario has 2 courses of it"),
        ("last dose of prednisone", 'unknown drug "prednisone", did you mean "prednisolone"'),
        ("course 1 of hope", 'unknown drug "hope"'),
    ],
)
def test_an_order_that_the_scenario_does_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build_scenario(PLAN | {"note": [{"time": text, "text": "x"}]})
    assert f'"{text}": {message}' in str(caught.value)


def test_a_last_dose_that_cannot_be_known_is_refused() -> None:
    taken = {"dose": [{"drug": "dimethyl_fumarate", "start": "0 days"}]}
    circle = {"dose": [{"drug": "prednisolone", "start": "last dose of prednisolone + 1 day", "dose": "50 mg"}]}
    wrong = {"prednisolone": [{"start": "0 days", "dose": "50 mg", "doses": 2, "every": "3 mg"}]}
    for data, drug, message in (
        (taken, "dimethyl fumarate", r"dose 1 goes on to the horizon, give dose\[1\] a stop"),
        (circle, "prednisolone", "the start of dose 1 depends on itself"),
        (wrong, "prednisolone", r"the last dose of prednisolone 1 is not known, correct doses and every of"),
        ({}, "triamcinolone", "the scenario gives no triamcinolone"),
    ):
        with pytest.raises(QuantityError) as caught:
            Clock.of(data).days(f"last dose of {drug}")
        assert re.search(message, str(caught.value))
