"""The scenarios in configs/ are read, say what they promise and resolve to themselves."""

import tomllib
from pathlib import Path

import pytest

from immunosim.scenario import Infusion, build_scenario, dose_totals, events_of, load_scenario, start_of, to_toml

CONFIGS = Path(__file__).parents[2] / "configs"
MONTH = 30.4375


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_scenario_resolves_to_itself(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.title
    assert scenario.description
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


def test_two_courses_are_sixty_and_thirty_six_milligrams_a_year_apart() -> None:
    events = events_of(load_scenario(CONFIGS / "two_courses.toml"))
    infusions = [event for event in events if isinstance(event, Infusion) and event.input == "alemtuzumab_infusion"]
    days = [event.start - (1 / 24 if i in (0, 1, 2, 5, 6, 7) else 0) for i, event in enumerate(infusions)]
    assert days == pytest.approx([0, 1, 2, 3, 4, 365.25, 366.25, 367.25], abs=1e-12)  # after an hour of premedication
    assert dose_totals(events) == {"alemtuzumab": 96.0, "methylprednisolone": 6000.0}


def test_one_course_is_the_first_of_the_two() -> None:
    assert load_scenario(CONFIGS / "one_course.toml").course == load_scenario(CONFIGS / "two_courses.toml").course[:1]


def test_the_case_report_has_the_timeline_of_the_report() -> None:
    scenario = load_scenario(CONFIGS / "case_report.toml")
    second = scenario.course[1].start
    assert (scenario.patient.age, scenario.patient.sex) == (31.0, "female")
    assert dose_totals(events_of(scenario)) == {
        "alemtuzumab": 96.0,
        "methylprednisolone": 11_000.0,
        "triamcinolone": 30.0,
        "dimethyl_fumarate": 8 * MONTH * 480,
    }
    assert start_of(scenario) == -9 * MONTH
    assert [session.start - second for session in scenario.triamcinolone] == [2 * MONTH, 3 * MONTH]
    assert scenario.methylprednisolone[0].start - second == 6 * MONTH
    observed = [(point.time - second, point.value or (point.low, point.high)) for point in scenario.observed[0].points]
    assert [value for _, value in observed] == [0.5, 0.7, (0.7, 0.8), (0.7, 0.8), (0.7, 0.8), 0.9]
    # 1e-12: times after course 2 are differences of numbers near 500.
    expected = [30, 2 * MONTH, 3 * MONTH, 4 * MONTH, 5.9 * MONTH, 7 * MONTH]
    assert [time for time, _ in observed] == pytest.approx(expected, abs=1e-12)


def test_the_case_without_the_pulse_differs_in_the_pulse_alone() -> None:
    case = load_scenario(CONFIGS / "case_report.toml")
    without = load_scenario(CONFIGS / "case_report_no_methylprednisolone.toml")
    assert without.methylprednisolone == ()
    changed = {name for name in type(case).known_keys() if getattr(case, name) != getattr(without, name)}
    assert changed == {"title", "description", "methylprednisolone"}
    assert dose_totals(events_of(without))["methylprednisolone"] == 6000.0
