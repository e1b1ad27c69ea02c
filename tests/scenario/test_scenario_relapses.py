"""A relapse with a severity enters the pool that the model declares; without one it is a mark on the time line."""

import tomllib
from typing import Any

import pytest

from immunosim.attribution.scenario_differences import input_differences
from immunosim.cohorts.schedules import Schedule
from immunosim.door.checking import check
from immunosim.errors import ScenarioError
from immunosim.problem import prepare
from immunosim.report.page.tables import events
from immunosim.scenario import Scenario, build_scenario, start_of, to_toml
from immunosim.scenario.challenges import challenge_events
from immunosim.simulation import simulate

pytestmark = pytest.mark.usefixtures("skin")


def scenario(*relapses: dict[str, Any], **more: Any) -> Scenario:
    return build_scenario({"model": "skin", "horizon": "60 days", "relapse": list(relapses)} | more, "a.toml")


SEVERE, MARKED = {"time": "5 days", "severity": 1.5}, {"time": "-30 days", "note": "before"}


def test_it_is_a_jump_of_the_declared_pool_at_its_time() -> None:
    problem = prepare(scenario(MARKED, SEVERE))
    jumps = problem.segments.jumps[:, problem.model.pools.index("deficit")]
    assert (problem.segments.boundaries.tolist(), jumps.tolist()) == ([0.0, 5.0, 60.0], [0.0, 1.5])
    assert [key for key, _ in challenge_events(problem.scenario)] == ["relapse[2]"]


def test_the_curve_follows() -> None:
    course = simulate(scenario(SEVERE))
    assert float(course.at("deficit_now", 15.0)) == pytest.approx(1.5 * 0.36787944, rel=1e-4)


def test_one_without_a_severity_changes_nothing() -> None:
    problem = prepare(scenario(MARKED))
    assert problem.segments.n_segments == 1
    assert start_of(problem.scenario) == 0.0
    assert start_of(scenario(SEVERE | {"time": "-30 days"})) == -30.0


def test_it_is_written_and_read_back_and_listed() -> None:
    given = scenario(SEVERE | {"note": "legs"}, MARKED)
    assert build_scenario(tomllib.loads(to_toml(given))) == given
    texts = [row[-1] for row in events(given).rows]
    assert texts == ["before", "severity 1.5. legs"]


def test_check_says_what_enters_and_when() -> None:
    challenges = [
        {"input": "challenge", "size": 2.0, "rate": "0.5/year", "duration": "6 h"},
        {"pool": "alarm", "size": 0.5, "at": ["3 days", "4 days"]},
    ]
    facts = check(scenario(MARKED, SEVERE, challenge=challenges)).facts()
    assert facts["Relapse 2"] == "1.5 into deficit on day 5"
    assert facts["Challenge 1"] == "2 into the input challenge for 6 h, at random, 0.5 a year"
    assert facts["Challenge 2"] == "0.5 into alarm, on day 3, 4"
    assert "Relapse 1" not in facts


def test_a_mechanism_that_is_off_takes_no_relapse() -> None:
    assert not prepare(scenario(SEVERE, mechanisms={"off": ["relapses"]})).segments.jumps.any()


def test_the_doses_of_a_patient_under_a_protocol_keep_it() -> None:
    problem = prepare(scenario(SEVERE))
    assert Schedule.of(problem).segments.jumps.sum() == 1.5


def test_scenarios_differ_by_it_and_not_by_marks() -> None:
    plain, marked, severe = (prepare(scenario(*relapses)) for relapses in ((), (MARKED,), (SEVERE,)))
    assert input_differences([plain, marked]) == []
    assert [difference.key for difference in input_differences([plain, severe])] == ["relapse.1"]


@pytest.mark.parametrize(
    ("relapse", "message"),
    [
        (SEVERE | {"severity": 0}, "severity: 0 is out of range, must be greater than 0"),
        (SEVERE | {"severity": "1.5"}, 'severity: "1.5" is not a number'),
        (SEVERE | {"severity": True}, "severity: true is not a number"),
        (SEVERE | {"time": "60 days"}, "time: day 60 is not before the horizon, day 60, raise horizon"),
        (SEVERE | {"severty": 1}, 'severty: unknown key, did you mean "severity"'),
    ],
)
def test_what_is_wrong_is_refused(relapse: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=rf"a\.toml: relapse\[1\]\.{message}"):
        scenario(relapse)


def test_one_without_a_severity_may_lie_after_the_horizon() -> None:
    assert scenario(MARKED | {"time": "90 days"}).relapse[0].time == 90.0


def test_a_model_without_such_a_pool_refuses_a_severity() -> None:
    with pytest.raises(ScenarioError, match=r"a\.toml: relapse\[1\]\.severity: means nothing to teaching, .*leave it"):
        scenario(SEVERE, model="teaching")
