"""Profiles and verdicts say what the data determine: known limits; flat, traded and identified by construction."""

import numpy as np
import pytest

from immunosim.fitting import (
    ErrorModel,
    estimate,
    forecast,
    informed_parameters,
    judge_fit,
    judge_parameters,
    laplace_draws,
    profiles,
    rank_draws,
    sample,
)
from immunosim.fitting.conclusions.optimal_sampling import _draw
from immunosim.fitting.search.profiles import _crossings
from immunosim.observations import Measurement


def test_a_profile_that_is_a_parabola_crosses_where_algebra_says():
    at = np.linspace(-3.0, 3.0, 13)
    low, high = _crossings(at, 0.5 * (at - 0.5) ** 2, 1.3528)
    assert low == pytest.approx(0.5 - np.sqrt(2 * 1.3528), rel=1e-6)
    assert high == pytest.approx(0.5 + np.sqrt(2 * 1.3528), rel=1e-6)


def test_a_profile_that_does_not_rise_has_no_end():
    at = np.linspace(-3.0, 3.0, 7)
    low, high = _crossings(at, np.where(at < 0, at**2, 0.0), 1.0)
    assert low == pytest.approx(-1.0)
    assert np.isnan(high)


@pytest.fixture(scope="module")
def fitted(make_posterior):
    posterior, truth = make_posterior()
    found = estimate(posterior, 4, seed=1)
    return found, truth, profiles(found)


def test_starts_end_at_one_best_value_near_the_truth(fitted):
    found, truth, _ = fitted
    assert found.n_failed == 0
    assert found.n_at_best == 4
    distance = np.log(found.values / truth) / np.sqrt(np.diag(found.covariance))
    assert np.abs(distance).max() < 3.5


def test_what_counts_determine_is_called_identified_and_holds_the_truth(fitted):
    found, truth, drawn = fitted
    verdicts = {one.name: one for one in judge_parameters(found, drawn)}
    clearance = verdicts["antibody_clearance"]
    assert clearance.kind == "identified"
    assert clearance.low < truth[1] < clearance.high
    assert clearance.share_of_prior < 1.0


def test_the_interval_of_a_profile_is_that_of_the_information_where_it_is_a_parabola(fitted):
    found, _, drawn = fitted
    one = drawn["naive_b_turnover_rate"]
    # The profile leaves the parameter's own prior out, so that its interval is a little wider.
    sd = np.sqrt(found.covariance[3, 3])
    width = np.log(one.high / one.low) / (2 * 1.645)
    assert sd * 0.95 < width < sd * 1.3


@pytest.mark.parametrize("name", ["thyroid_draw", "platelet_draw"])
def test_what_no_count_depends_on_is_flat(make_posterior, name):
    posterior, _ = make_posterior(names=("antibody_clearance", name))
    found = estimate(posterior, 2, seed=1)
    verdicts = {one.name: one for one in judge_parameters(found, profiles(found))}
    assert verdicts[name].kind == "flat"
    assert verdicts[name].sentence.startswith("Not identifiable: the profile is flat from ")
    assert verdicts["antibody_clearance"].kind == "identified"


def test_two_factors_of_one_product_are_traded(make_posterior):
    posterior, _ = make_posterior(names=("blood_lysis_rate", "depletion_efficiency"), priors=False)
    found = estimate(posterior, 2, seed=1)
    verdicts = {one.name: one for one in judge_parameters(found, profiles(found))}
    assert verdicts["blood_lysis_rate"].kind == "traded"
    assert verdicts["blood_lysis_rate"].partner == "depletion_efficiency"


def test_residuals_of_the_stated_noise_pass_and_of_three_times_as_much_do_not(make_posterior):
    analytes = ("lymphocytes", "cd4", "cd8", "cd19")
    posterior, _ = make_posterior()
    assert judge_fit(estimate(posterior, 1)).p_value > 0.01
    wide, _ = make_posterior(noise=dict.fromkeys(analytes, ErrorModel("lognormal", 0.4)))
    from dataclasses import replace

    from immunosim.fitting import Posterior, subject_of

    (subject,) = wide.subjects
    narrow = subject_of(
        "a", subject.problem, subject.names, subject.measurements, dict.fromkeys(analytes, ErrorModel())
    )
    verdict = judge_fit(estimate(Posterior((narrow,), replace(wide).coordinates), 1))
    assert verdict.p_value < 0.01
    assert "larger than the assumed measurement error explains" in verdict.sentences[0]


def test_the_data_choose_what_to_fit(make_posterior, problem):
    posterior, _ = make_posterior()
    (subject,) = posterior.subjects
    analytes = {one.analyte for one in subject.measurements}
    chosen = informed_parameters([problem], [subject.measurements], dict.fromkeys(analytes, ErrorModel()), 3)
    assert 1 <= len(chosen) <= 3
    assert not {"thyroid_draw", "platelet_draw"} & set(chosen)


def test_a_sample_agrees_with_the_normal_approximation(fitted):
    found, _, _ = fitted
    drawn = sample(found, 250, 150, seed=1)
    logs = np.log(drawn.flat)
    sd = np.sqrt(np.diag(found.covariance))
    assert np.abs((logs.mean(axis=0) - np.log(found.values)) / sd).max() < 0.6
    assert (logs.std(axis=0) / sd == pytest.approx(1.0, abs=0.4)) or np.allclose(logs.std(axis=0) / sd, 1.0, atol=0.4)
    assert 0.1 < drawn.acceptance < 0.9


def test_a_draw_of_the_quantity_itself_leaves_what_two_measurements_do():
    """Known with variance v and measured with s^2: precisions add up."""
    noise, one = ErrorModel("lognormal", 0.2), Measurement("a", 30.0, "cd4", 1.0)
    slopes, covariance = np.array([1.0]), np.array([[0.09]])
    found = _draw(one, 500.0, slopes, slopes, covariance, 0.09, noise)
    assert found.sd_after == pytest.approx((1 / 0.09 + 1 / 0.04) ** -0.5)
    assert found.reduction == pytest.approx(1.0 - found.sd_after / 0.3)


def test_a_draw_tells_most_where_and_when_one_wants_to_know(fitted):
    found, _, _ = fitted
    ranked = rank_draws(found, 0, [60.0, 200.0, 380.0], ["cd4", "cd19"], "cd4", 380.0)
    assert ranked[0].analyte == "cd4"
    assert [one.sd_after for one in ranked] == sorted(one.sd_after for one in ranked)
    assert all(0.0 <= one.reduction < 1.0 for one in ranked)


def test_a_forecast_has_intervals_and_says_who_does_not_get_there(fitted):
    found, _, _ = fitted
    (subject,) = found.posterior.subjects
    draws = laplace_draws(found, 200, seed=1)
    low, never = forecast(subject, draws, 5.0, [("cd19", "20 cells/uL"), ("cd4", "5000 cells/uL")])
    assert low.share == 1.0
    assert 5.0 <= low.low < low.median < low.high < 390.0
    assert (never.share, never.median) == (0.0, np.inf)


def test_two_optima_with_a_barrier_are_several_and_a_flat_direction_is_not(fitted):
    from dataclasses import replace

    from immunosim.fitting import Estimate
    from immunosim.fitting.conclusions.identifiability import _modes

    found, _, drawn = fitted
    profile = drawn["antibody_clearance"]
    other = found.best.end.copy()
    other[1] += 1.5
    twice = Estimate(found.posterior, (found.best, replace(found.best, end=other)))
    assert len(_modes(twice, 1, profile)) == 2  # the profile rises between them
    assert len(_modes(twice, 1, replace(profile, rise=np.zeros_like(profile.rise)))) == 1
