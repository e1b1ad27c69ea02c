"""Months count from the last course, dates from the date of day 0."""

import datetime
import math

import pytest

from immunosim.scenario import build_scenario
from immunosim.scenario.time_reference import TimeReference
from immunosim.units import DAYS_PER_MONTH

COURSES = [{"start": "0 days", "dose": "12 mg"}, {"start": "360 days", "dose": "12 mg"}]


def reference(**document) -> TimeReference:
    return TimeReference.of(build_scenario({"horizon": "24 months"} | document))


def test_months_count_from_the_start_of_the_last_course():
    counted = reference(course=COURSES)
    assert counted.month(360.0 + 2 * DAYS_PER_MONTH) == pytest.approx(2.0)
    assert counted.months_in_words == "the start of the last course (day 360)"
    assert counted.month(math.inf) == math.inf


def test_months_count_from_day_0_without_a_course():
    assert (reference().month(DAYS_PER_MONTH), reference().months_in_words) == (1.0, "day 0 (there is no course)")


def test_a_date_is_that_on_which_the_day_falls():
    counted = reference(start_date=datetime.date(2019, 12, 30), course=COURSES[:1])
    assert [counted.date(day) for day in (0.0, 1.99, 2.0, -0.5)] == [
        *("2019-12-30", "2019-12-31", "2020-01-01"),
        "2019-12-29",
    ]
    assert counted.months_in_words == "the start of the last course (day 0, 2019-12-30)"


@pytest.mark.parametrize("day", [math.inf, math.nan, 1e7])
def test_what_is_not_reached_or_beyond_the_calendar_has_no_date(day):
    assert reference(start_date=datetime.date(2020, 1, 1)).date(day) == ""
    assert reference().date(3.0) == ""
