"""Challenges and onsets: jumps of pools that are no doses, planned or at random times of the patient."""

import tomllib

import numpy as np
import pytest
from scipy import stats

from immunosim.errors import ScenarioError
from immunosim.models import find_model
from immunosim.problem import prepare
from immunosim.scenario import build_scenario, events_of, start_of, to_toml
from immunosim.scenario.challenges import challenge_events
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
