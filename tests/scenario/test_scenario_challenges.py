"""Challenges and onsets: jumps of pools that are no doses, planned or at random times of the patient."""

import tomllib

import numpy as np
import pytest
from scipy import stats

from immunosim.errors import ScenarioError
from immunosim.models import find_model
from immunosim.problem import prepare
from immunosim.scenario import build_scenario, events_of, start_of, to_toml
from immunosim.scenario.challenges import challenge_events, has_random_challenges, with_challenges_of
from immunosim.simulation import simulate

POOL = "t_cells_blood"
PLANNED = {"pool": POOL, "size": 100.0, "at": ["3 months", "6 months"]}
RANDOM = {"pool": POOL, "size": 100.0, "rate": "2/year", "label": "infection"}


def scenario(*challenges, **more):
    return build_scenario({"model": "teaching", "horizon": "12 months", "challenge": list(challenges)} | more)


def days(given, patient=0):
    return [event.time for _, event in challenge_events(given, patient)]


def test_a_challenge_is_a_jump_of_its_pool_and_no_dose():
    problem = prepare(scenario(PLANNED))
    jumps = problem.segments.jumps[:, problem.model.pools.index(POOL)]
    assert problem.segments.boundaries.tolist() == [0.0, 91.3125, 182.625, 365.25]
    assert jumps.tolist() == [0.0, 100.0, 100.0]
    assert events_of(problem.scenario) == ()


def test_the_curve_jumps_by_its_size():
    course = simulate(scenario(PLANNED, output={"extra": ["91.3125 days", "91.31251 days"]}))
    frame = course.to_dataframe()
    assert frame["t_cells"].loc[91.31251] - frame["t_cells"].loc[91.3125] == pytest.approx(100.0, rel=1e-2)


def test_a_challenge_before_day_0_begins_the_simulation():
    assert start_of(scenario(PLANNED | {"at": ["-30 days"]})) == -30.0


def test_a_pool_whose_mechanism_is_off_is_not_challenged():
    problem = prepare(scenario(PLANNED, mechanisms={"off": ["trafficking"]}))
    assert not problem.segments.jumps.any()


def test_random_times_belong_to_the_patient_and_the_challenge():
    given = scenario(RANDOM, RANDOM)
    first, second = (
        [event.time for key, event in challenge_events(given, 3) if key == f"challenge[{number}]"] for number in (1, 2)
    )
    assert first != second
    assert days(given, 3) == days(given, 3)
    assert days(given, 3) != days(given, 4)
    assert days(scenario(RANDOM | {"seed": 1}), 3) != days(scenario(RANDOM), 3)


def test_random_times_are_those_of_a_poisson_process():
    given = scenario(RANDOM | {"start": "1 month", "stop": "11 months"})
    drawn = [days(given, patient) for patient in range(2000)]
    counts, times = np.array([len(line) for line in drawn]), np.concatenate(drawn)
    assert counts.mean() == pytest.approx(2 * 10 / 12, abs=4 * np.sqrt(2 * 10 / 12 / 2000))
    assert counts.var() == pytest.approx(counts.mean(), rel=0.15)
    assert stats.kstest(times, "uniform", args=(30.4375, 304.375)).pvalue > 0.01


def test_challenges_and_onsets_are_written_and_read_back():
    given = build_scenario({"patient": {"alopecia_since": "3 months"}, "challenge": [PLANNED, RANDOM]})
    assert build_scenario(tomllib.loads(to_toml(given))) == given


def test_an_onset_enters_its_pool_before_day_0():
    given = build_scenario({"patient": {"alopecia_since": "3 months"}})
    onset = find_model("alemtuzumab").all_onsets["alopecia_since"]
    problem = prepare(given)
    assert problem.segments.boundaries[0] == -91.3125
    assert problem.segments.jumps[0, problem.model.pools.index(onset.pool)] == onset.amount
    assert (problem.segments.jumps != 0.0).sum() == 1


def test_the_disease_shows_where_antigen_drives_the_clone():
    parameters = {"antigen_amplification": 3.6, "follicle_clone_size": 0.02}
    since = {"alopecia_since": "3 months"}
    salt = [
        simulate(build_scenario({"parameters": parameters, "horizon": "1 month", "patient": patient}))
        .to_dataframe()["salt_score"]
        .iloc[-1]
        for patient in (since, {})
    ]
    assert salt[0] > 5.0
    assert salt[1] < 0.1


def test_a_model_without_onsets_refuses_them():
    with pytest.raises(ScenarioError, match=r"patient\.alopecia_since: unknown key"):
        build_scenario({"model": "teaching", "patient": {"alopecia_since": "3 months"}})


@pytest.mark.parametrize(
    ("challenge", "key"),
    [
        ({"pool": POOL, "size": 1.0}, "at"),
        (PLANNED | {"rate": "1/year"}, "at"),
        (PLANNED | {"seed": 3}, "seed"),
        (PLANNED | {"stop": "9 months"}, "stop"),
        (PLANNED | {"size": 0.0}, "size"),
        (PLANNED | {"size": "3 mg"}, "size"),
        (PLANNED | {"at": ["12 months"]}, r"at\[1\]"),
        (PLANNED | {"at": ["soon"]}, r"at\[1\]"),
        (RANDOM | {"rate": "2 mg"}, "rate"),
        (RANDOM | {"start": "9 months", "stop": "3 months"}, "stop"),
        (RANDOM | {"pol": POOL}, "pol"),
    ],
)
def test_a_malformed_challenge_is_refused_by_its_key(challenge, key):
    with pytest.raises(ScenarioError, match=rf"challenge\[1\]\.{key}"):
        scenario(challenge)


def test_an_unknown_pool_is_refused_with_close_ones():
    with pytest.raises(ScenarioError, match=r'challenge\[1\]\.pool: unknown pool "t_cells_blod", did you mean'):
        prepare(scenario(PLANNED | {"pool": "t_cells_blod"}))


INPUT = {"input": "challenge", "size": 2.0, "at": ["3 days", "3.5 days"]}


def on_skin(*challenges, **more):
    return build_scenario({"model": "skin", "horizon": "10 days", "challenge": list(challenges)} | more, "a.toml")


def challenged(problem):
    """Return the boundaries and what the input is between them."""
    row = problem.segments.inputs[:, problem.model.inputs.index("challenge")]
    return list(zip(problem.segments.boundaries.tolist(), row.tolist(), strict=False))


@pytest.mark.usefixtures("skin")
def test_an_input_is_challenged_for_a_day_and_challenges_that_overlap_add_up():
    problem = prepare(on_skin(INPUT))
    assert challenged(problem) == [(0.0, 0.0), (3.0, 2.0), (3.5, 4.0), (4.0, 2.0), (4.5, 0.0)]
    assert not problem.segments.jumps.any()
    assert events_of(problem.scenario) == ()


@pytest.mark.usefixtures("skin")
def test_a_challenge_of_an_input_raises_what_the_model_says():
    course = simulate(on_skin({"input": "challenge", "size": 2.0, "at": ["0 days"], "duration": "2 days"}))
    expected = 2.0 / 0.1 * (1 - np.exp(-0.1 * 2.0)) * np.exp(-0.1 * 1.0)
    assert float(course.at("alarm_now", 3.0)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.usefixtures("skin")
def test_the_end_of_the_simulation_cuts_a_challenge_short():
    late = INPUT | {"at": ["9.75 days"]}
    assert challenged(prepare(on_skin(late))) == [(0.0, 0.0), (9.75, 2.0)]
    ((_, event),) = challenge_events(on_skin(late))
    assert (event.stop, event.amount) == (10.0, 0.5)


@pytest.mark.usefixtures("skin")
def test_random_challenges_of_an_input_are_listed_for_each_patient_and_read_back():
    given = on_skin({"input": "challenge", "size": 1.0, "rate": "0.5/day", "duration": "6 h"})
    assert has_random_challenges(given)
    drawn = with_challenges_of(given, 3)
    assert days_of_input(drawn) == days_of_input(given, 3) != days_of_input(given, 4)
    assert not has_random_challenges(drawn)
    for scenario in (given, drawn):
        assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


def days_of_input(given, patient=0):
    return [(event.start, event.stop) for _, event in challenge_events(given, patient)]


@pytest.mark.usefixtures("skin")
@pytest.mark.parametrize(
    ("challenge", "message"),
    [
        (INPUT | {"pool": "alarm"}, "pool: is given together with input, name either a pool, or an input"),
        ({"size": 1.0, "at": ["3 days"]}, "pool: is missing, name either a pool, or an input of the model"),
        ({"pool": "alarm", "size": 1.0, "at": ["3 days"], "duration": "1 day"}, "duration: means nothing for a pool"),
        (INPUT | {"duration": "1e-9 days"}, "duration: 1e-09 days is too short"),
        (INPUT | {"duration": 1}, "duration: 1 has no unit"),
        (INPUT | {"size": 0}, "size: 0 is out of range"),
        (INPUT | {"at": ["10 days"]}, r"at\[1\]: day 10 is not before the horizon"),
    ],
)
def test_a_malformed_challenge_of_an_input_is_refused(challenge, message):
    with pytest.raises(ScenarioError, match=rf"a\.toml: challenge\[1\]\.{message}"):
        on_skin(challenge)


@pytest.mark.usefixtures("skin")
@pytest.mark.parametrize("name", ["chalenge", "calming"])
def test_an_unknown_input_and_that_of_a_drug_are_refused_with_close_ones(name):
    message = rf'a\.toml: challenge\[1\]\.input: unknown input of challenges "{name}", did you mean "challenge"'
    with pytest.raises(ScenarioError, match=message):
        prepare(on_skin(INPUT | {"input": name}), "a.toml")


def test_a_model_that_offers_no_input_refuses_every_one():
    given = build_scenario({"model": "teaching", "challenge": [INPUT | {"input": "antibody_infusion"}]})
    with pytest.raises(ScenarioError, match="unknown input of challenges"):
        prepare(given)
