"""Times may be durations, dates or offsets from a course."""

import datetime
from typing import Any

import pytest

from immunosim.errors import QuantityError
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
