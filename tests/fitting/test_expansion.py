"""A near mode is reached with few simulations, and alternatives that differ in errors alone share them."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.fitting import ErrorModel, estimate
from immunosim.fitting.likelihood import posterior as likelihood
from immunosim.fitting.likelihood.error_model import scatter_of
from immunosim.fitting.search.expansion import MAX_REMAINING_GAIN, NearSearch, advance
from tests.fitting import linear
from tests.fitting.linear import free, posterior, subject

pytestmark = pytest.mark.usefixtures("linear")

DESIGN = np.stack([np.ones(12), np.arange(12.0) / 6.0], axis=1)
LOGS = DESIGN @ np.array([0.4, -0.7])


def make(design=DESIGN, degrees=np.inf):
    patient = subject(design, LOGS)
    noise = {"cd4": ErrorModel("lognormal", linear.SD, degrees=degrees)}
    patient = replace(patient, scatter=scatter_of(patient.measurements, noise, [], 0.0, set()))
    return posterior(patient, [free(name, prior=(1.0, 1.0)) for name in "ab"])


def run(searches, most=20):
    for _ in range(most):
        advance(searches, [not search.has_ended for search in searches])
    return [search.outcome() for search in searches]


def test_log_linear_predictions_need_two_simulations():
    wanted = make()
    (outcome,) = run([NearSearch(wanted, wanted.start)])
    assert outcome.is_converged
    assert outcome.n_evaluations == 2
    assert outcome.value == pytest.approx(estimate(wanted, 1).best.value, abs=MAX_REMAINING_GAIN)


def test_what_is_promised_after_one_simulation_of_log_linear_predictions_is_kept():
    wanted = make()
    search = NearSearch(wanted, wanted.start)
    advance([search], [True])
    assert search.promise == pytest.approx(estimate(wanted, 1).best.value, abs=MAX_REMAINING_GAIN)


def test_alternatives_that_differ_in_errors_alone_share_simulations(monkeypatch):
    first = make()
    patient = first.subjects[0]
    noise = {"cd4": ErrorModel("lognormal", 2.0 * linear.SD)}
    other = replace(patient, scatter=scatter_of(patient.measurements, noise, [], 0.0, set()))
    other.__dict__["problem"] = patient.problem
    second = replace(first, subjects=(other,))
    simulated = []

    def counting(subjects, values, n_threads=1, among=()):
        simulated.append(len(subjects))
        return linear.differentiate(subjects, values)

    monkeypatch.setattr(likelihood, "differentiate", counting)
    searches = [NearSearch(each, first.start) for each in (first, second)]
    advance(searches, [True, True])
    assert simulated == [1]
    assert searches[0].answer[0] != searches[1].answer[0]


def test_a_step_that_makes_the_fit_worse_is_taken_back_for_a_shorter_one_that_does_not():
    wanted = make()
    search = NearSearch(wanted, wanted.start)
    advance([search], [True])
    value, step = search.answer[0], search.step.copy()
    search.step = -step
    advance([search], [True])
    assert search.answer[0] == value
    assert np.abs(search.step).max() <= 0.25 * np.abs(step).max()
    advance([search], [True])
    assert search.answer[0] < value


def test_a_start_that_cannot_be_simulated_ends_the_search(monkeypatch):
    def broken(subjects, values, n_threads=1, among=()):
        return [(p * np.nan, d * np.nan) for p, d in linear.differentiate(subjects, values)]

    monkeypatch.setattr(likelihood, "differentiate", broken)
    wanted = make()
    (outcome,) = run([NearSearch(wanted, wanted.start)])
    assert not np.isfinite(outcome.value)
    assert outcome.n_evaluations == 1
