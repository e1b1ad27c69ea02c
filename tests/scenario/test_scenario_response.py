"""Times around doses: none without doses, few for many, and none that lies outside the course."""

import numpy as np
import pytest

from immunosim.scenario import Scenario, response_times, widest_gap
from immunosim.scenario.response import MOST_TIMES, dose_groups

COURSE = {"start": "1 month", "dose": "12 mg", "doses": 5, "every": "24 h"}
MONTHS = 30.4375 * np.arange(13)


def test_without_doses_there_is_nothing_to_show() -> None:
    scenario = Scenario(horizon="12 months", dimethyl_fumarate=[{"start": "0 d"}])
    assert not response_times([scenario]).size
    assert widest_gap(scenario, MONTHS) == 0.0


def test_the_days_of_a_course_are_one_group_and_two_courses_two() -> None:
    scenario = Scenario(horizon="3 years", course=[COURSE, {**COURSE, "start": "13 months"}])
    assert [len(group) for group in dose_groups(scenario)] == [5, 5]


def test_months_hide_a_nadir_and_times_around_doses_show_it() -> None:
    scenario = Scenario(horizon="12 months", course=[COURSE])
    assert widest_gap(scenario, MONTHS) == pytest.approx(30.4375)
    assert widest_gap(scenario, np.union1d(MONTHS, response_times([scenario]))) == 0.0


@pytest.mark.parametrize("doses", [1, 400, 5000])
def test_times_are_bounded_whatever_the_number_of_doses(doses: int) -> None:
    tablets = [{"start": f"{i} d", "dose": "10 mg", "doses": doses, "every": "6 h"} for i in range(1)]
    singles = [{"drug": "triamcinolone", "start": f"{10 * i} d", "dose": "10 mg"} for i in range(min(doses, 400))]
    scenario = Scenario(horizon="12 years", prednisolone=tablets, dose=singles)
    times = response_times([scenario])
    assert 0 < times.size <= MOST_TIMES
    assert (np.diff(times) > 0.0).all()
    assert times[-1] <= scenario.horizon
