"""A failure of the integration is a result: a status, NaN throughout, and a sentence that says what to do."""

import numpy as np
import pytest

from immunosim.numerics import Status


@pytest.fixture(scope="module")
def failed(treated):
    return treated(solver={"max_steps": 5})


def test_too_few_steps_end_with_a_status(failed):
    assert failed.status == Status.STEP_LIMIT
    assert not failed.is_complete
    assert failed.dataset["status"].item() == Status.STEP_LIMIT
    assert 0 <= failed.dataset["fail_time"].item() < 1
    assert failed.dataset["n_steps"].item() <= 5


def test_every_value_of_a_failed_run_is_nan(failed):
    model = failed.problem.model
    assert all(np.isnan(failed[name]).all() for name in (*model.readouts, *model.pools))
    rates = failed.rates()
    # A constant source depends on no state; whatever leaves a pool does.
    leaving = [name for name, (_, _, reactant, _) in model.module.PROCESSES.items() if reactant]
    assert all(np.isnan(rates[name].values).all() for name in leaving)


def test_the_failure_is_a_sentence_with_a_cure(failed):
    sentence = failed.failure()
    assert "stopped on day" in sentence
    assert "STEP_LIMIT" in sentence
    assert "raise max_steps" in sentence


def test_a_run_that_succeeds_has_no_failure(treated):
    assert treated().failure() == ""
    assert treated().dataset["status"].item() == Status.OK
    assert np.isnan(treated().dataset["fail_time"].item())
