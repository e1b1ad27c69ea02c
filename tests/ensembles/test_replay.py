"""A replay ends as the row did in its ensemble, and says why."""

import json

import numpy as np
import pytest

from immunosim.ensembles import replay, simulate_ensemble
from immunosim.errors import DataError


@pytest.fixture(scope="module")
def halted(scenario, columns):
    """Return patients whose integration runs into the step limit."""
    solver = scenario.solver.model_copy(update={"max_steps": 250})
    return simulate_ensemble(scenario.model_copy(update={"solver": solver}), columns, readouts=("cd4",))


def test_a_row_that_failed_fails_again_at_the_same_time(halted):
    assert halted.counts() == {"STEP_LIMIT": 7, "REFUSED_INPUT": 2}
    found = replay(halted, 1, n_trials=5)
    assert found.is_reproduced
    assert found.status == "STEP_LIMIT"
    assert found.time == pytest.approx(halted["fail_time"][1], rel=1e-9)
    assert found.n_steps + found.n_rejected == 250
    assert found.varied == halted.varied_of(1)
    assert "max_steps" in found.advice


def test_the_last_trials_lead_to_the_time_of_failure(halted):
    found = replay(halted, 2, n_trials=5)
    assert len(found.trials) == 5
    assert [trial.problem for trial in found.trials] == ["accepted"] * 5
    for before, after in zip(found.trials, found.trials[1:], strict=False):
        assert after.time == pytest.approx(before.time + before.step, rel=1e-12)
    last = found.trials[-1]
    assert last.time + last.step == pytest.approx(found.time, rel=1e-12)
    assert last.error <= 1.0
    assert last.pool in halted.dataset.attrs["pools"]


def test_the_pools_are_those_stored_with_the_failure(halted):
    found = replay(halted, 4)
    names = json.loads(halted.dataset.attrs["pools"])
    stored = halted["fail_state"][list(halted["failed_sample"]).index(4)]
    for pool in found.pools:
        assert pool.value == pytest.approx(stored[names.index(pool.name)], rel=1e-6, abs=1e-9)
    assert len(found.pools) == len(names)
    assert found.rates
    turnovers = [abs(rate.turnovers) for rate in found.rates]
    assert turnovers == sorted(turnovers, reverse=True)


@pytest.mark.parametrize(("sample", "reason"), [(3, "age: 500 year is above its upper bound"), (6, "finite number")])
def test_a_refused_row_says_what_is_wrong_with_it(result, sample, reason):
    found = replay(result, sample)
    assert found.is_reproduced
    assert found.status == "REFUSED_INPUT"
    assert reason in found.refusal
    assert found.pools == found.trials == ()


def test_a_row_that_is_well_is_well_alone(result):
    found = replay(result, 0)
    assert found.is_reproduced
    assert (found.status, found.refusal) == ("OK", "")
    assert np.isnan(found.time)
    last = {pool.name: pool.value for pool in found.pools}
    # The last output of the ensemble is the horizon, where the replay ends.
    assert last["naive_cd4_blood"] == pytest.approx(result["naive_cd4_blood"][0, -1], rel=1e-6)


def test_a_row_that_ends_otherwise_is_told(result):
    other = type(result)(result.dataset.assign(status=("sample", np.full(len(result), 1))))
    assert not replay(other, 0).is_reproduced


def test_a_row_that_does_not_exist_is_refused(result):
    with pytest.raises(DataError, match="there is no patient 9 among 9"):
        replay(result, 9)


def test_a_row_of_several_scenarios_is_replayed_with_its_own(scenario):
    short = scenario.model_copy(update={"horizon": 400.0})
    found = replay(simulate_ensemble([scenario, short], readouts=("cd4",)), 1)
    assert found.is_reproduced
    last = found.trials[-1]
    assert last.time + last.step == pytest.approx(400.0)
