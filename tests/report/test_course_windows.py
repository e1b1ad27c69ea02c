"""What follows a course belongs to it until the next course begins."""

from pathlib import Path

import pytest

from immunosim.report.courses import CourseWindow, course_before, course_windows
from immunosim.scenario import build_scenario, load_scenario

MONTH = 30.4375
CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_window_of_a_course_ends_with_the_first_dose_of_the_next() -> None:
    first, second = course_windows(load_scenario(CONFIGS / "two_courses.toml"))
    assert (first.start, first.end, first.is_last) == (0.0, 365.25, False)
    assert (second.start, second.end, second.is_last) == (365.25, 36 * MONTH, True)


def test_courses_without_a_label_are_numbered() -> None:
    scenario = load_scenario(CONFIGS / "two_courses.toml")
    assert [window.label for window in course_windows(scenario)] == ["course 1", "course 2"]


def test_the_last_infusion_ends_after_its_premedication_and_its_own_hours() -> None:
    course = {"start": "0 days", "dose": "12 mg", "doses": 3, "every": "24 h", "infusion": "6 h"}
    plain = build_scenario({"horizon": "9 days", "course": [course]})
    assert course_windows(plain)[0].last_infusion_end == pytest.approx(2.25, rel=1e-15)
    premedicated = build_scenario({"horizon": "9 days", "course": [course | {"premedication": True}]})
    assert course_windows(premedicated)[0].last_infusion_end == pytest.approx(2.25 + 1 / 24, rel=1e-15)


def test_a_visit_on_the_day_of_the_next_course_is_read_before_its_first_dose() -> None:
    window = CourseWindow("first", 0.0, 4.0, 12 * MONTH - 0.5, is_last=False)
    assert window.visit(12) == 12 * MONTH - 0.5
    assert window.visit(6) == 6 * MONTH


def test_a_visit_beyond_the_next_course_or_the_horizon_is_not_read() -> None:
    assert CourseWindow("first", 0.0, 4.0, 11 * MONTH, is_last=False).visit(12) is None
    assert CourseWindow("last", 0.0, 4.0, 12 * MONTH - 0.5, is_last=True).visit(12) is None


def test_the_course_before_a_time_is_the_last_that_had_begun() -> None:
    windows = course_windows(load_scenario(CONFIGS / "two_courses.toml"))
    assert course_before(windows, -1.0) is None
    assert course_before(windows, 0.0) is windows[0]
    assert course_before(windows, 366.0) is windows[1]
