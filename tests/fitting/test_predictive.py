"""New measurements have the stated noise; checks against them count what is censored; likelihoods add up."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from immunosim.fitting import ErrorModel, Posterior, subject_of
from immunosim.fitting.conclusions.predictive import Predictive, joined, limits_of, predictive, upper_limits_of
from immunosim.fitting.conclusions.visual_check import bins_of, visual_checks
from immunosim.fitting.exchange.inference_data import pointwise
from immunosim.fitting.likelihood.error_model import mixing_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.observations import Measurement
from tests.fitting.conftest import ANALYTES

NOISES = (
    ErrorModel("lognormal", 0.2),
    ErrorModel("proportional", 0.1),
    ErrorModel("additive", 0.0, 5.0),
    ErrorModel("combined", 0.1, 5.0),
)


def of_one(posterior, n_draws=4000, seed=1, factors=None):
    (subject,) = posterior.subjects
    values = np.array([one.value for one in posterior.coordinates.parameters])
    factors = np.zeros(0) if factors is None else factors
    draws, many = np.tile(values, (n_draws, 1)), np.tile(factors, (n_draws, 1))
    return predictive((subject,), [values], factors, [draws], many, seed)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.kind)
def test_new_measurements_scatter_as_the_noise_says(make_posterior, noise):
    posterior, _ = make_posterior(noise=dict.fromkeys(ANALYTES, noise))
    found = of_one(posterior)
    if noise.kind == "lognormal":
        spread, expected = np.log(found.replicates).std(axis=0), np.full(len(found.predicted), 0.2)
    else:
        spread = found.replicates.std(axis=0)
        expected = np.hypot(noise.relative * found.predicted, noise.absolute) if noise.kind != "additive" else 5.0
    # The standard error of a standard deviation from 4000 draws is 1.1 %.
    np.testing.assert_allclose(spread, np.broadcast_to(expected, spread.shape), rtol=0.06)


def test_new_measurements_beyond_any_number_are_left_out_without_a_warning(make_posterior):
    posterior, _ = make_posterior(noise=dict.fromkeys(ANALYTES, ErrorModel("lognormal", 4.0, degrees=0.5)))
    assert 0 < len(of_one(posterior).replicates) < 4000


def test_an_estimated_factor_widens_new_measurements(make_posterior):
    posterior, _ = make_posterior(noise=dict.fromkeys(ANALYTES, ErrorModel(is_estimated=True)), factors=ANALYTES)
    factors = np.array([0.0, np.log(2.0), 0.0, 0.0])
    found = of_one(posterior, factors=factors)
    spread = np.log(found.replicates[:, found.of("cd4")]).std(axis=0)
    np.testing.assert_allclose(spread, 0.264, rtol=0.06)


def test_a_total_and_its_subsets_share_an_error_in_new_measurements(make_posterior):
    posterior, _ = make_posterior()
    (subject,) = posterior.subjects
    together = subject_of(
        "a", subject.problem, subject.names, subject.measurements, dict.fromkeys(ANALYTES, ErrorModel())
    )
    found = of_one(replace(posterior, subjects=(together,)))
    correlation = np.corrcoef(np.log(found.replicates[:, :4]).T)
    np.testing.assert_allclose(correlation[0, 1:], np.sqrt(0.5), atol=0.04)
    np.testing.assert_allclose(correlation[1, 2:], 0.5, atol=0.04)
    assert abs(np.corrcoef(np.log(found.replicates[:, [0, 4]]).T)[0, 1]) < 0.06  # another day, another sample


def test_residuals_are_standard_normal_also_where_values_are_censored(make_posterior):
    """Data are made by the model itself, a third of the B cells below quantification."""
    posterior, truth = make_posterior()
    (subject,) = posterior.subjects
    generator, found = np.random.default_rng(3), []
    perfect = predict((subject,), [truth[np.newaxis]])[0][0]
    for _ in range(60):
        seen = perfect * np.exp(0.132 * generator.normal(size=len(perfect)))
        limits = np.where([one.analyte == "cd19" for one in subject.measurements], np.median(perfect[3::4]), 0.0)
        measured = [
            replace(one, value=max(value, limit), is_below=bool(value < limit))
            for one, value, limit in zip(subject.measurements, seen, limits, strict=True)
        ]
        own = subject_of(
            "a", subject.problem, subject.names, measured, dict.fromkeys(ANALYTES, ErrorModel()), shared=0.0
        )
        seed = int(generator.integers(1000))
        found.append(predictive((own,), [truth], np.zeros(0), [truth[np.newaxis]], np.zeros((1, 0)), seed).residuals)
    residuals = np.concatenate(found)
    assert kstest(residuals, "norm").pvalue > 0.01
    assert kstest(np.concatenate([one[3::4] for one in found]), "norm").pvalue > 0.01


def test_the_limit_is_that_of_the_nearest_censored_value_of_the_patient_else_the_lowest_of_others():
    measured = [
        Measurement("a", 10.0, "cd19", 50.0),
        Measurement("a", 1.0, "cd19", 20.0, is_below=True),
        Measurement("a", 12.0, "cd19", 10.0, is_below=True),
        Measurement("b", 5.0, "cd19", 80.0),
        Measurement("b", 5.0, "cd4", 80.0),
    ]
    assert limits_of(measured).tolist() == [10.0, 20.0, 10.0, 10.0, 0.0]


def test_limits_do_not_hold_for_what_was_quantified_beyond_them():
    measured = [
        Measurement("a", 1.0, "cd19", 20.0, is_below=True),
        Measurement("a", 1.0, "cd19", 12.0),
        Measurement("a", 2.0, "cd19", 90.0, is_above=True),
        Measurement("a", 3.0, "cd19", 99.0),
        Measurement("b", 3.0, "cd19", 60.0),
        Measurement("b", 3.0, "cd4", 60.0),
    ]
    assert limits_of(measured).tolist() == [20.0, 0.0, 20.0, 20.0, 20.0, 0.0]
    assert upper_limits_of(measured).tolist() == [90.0, 90.0, 90.0, np.inf, 90.0, np.inf]


@pytest.mark.parametrize("noise", [ErrorModel("lognormal", 0.3), ErrorModel.parse("additive:40:student")])
def test_residuals_are_standard_normal_where_values_are_above_limits_or_in_intervals(make_posterior, noise):
    """A third of the CD4 counts lies above a limit, and a third in an interval."""
    posterior, truth = make_posterior()
    (subject,) = posterior.subjects
    generator, drawn = np.random.default_rng(5), []
    rows = tuple(Measurement("a", 90.0, "cd4", 1.0) for _ in range(400))
    own = subject_of("a", subject.problem, subject.names, rows, {"cd4": noise}, shared=0.0)
    (middle,) = predict((own,), [truth[np.newaxis]])[0][:, 0]
    if noise.kind == "lognormal":
        seen = middle * np.exp(noise.relative * generator.normal(size=400))
    else:
        seen = middle + noise.absolute * generator.standard_t(noise.degrees, size=400)
    low, high = np.quantile(seen, [1 / 3, 2 / 3])
    low = max(low, 1.0)
    for one, value in zip(rows, seen, strict=True):
        if value > high:
            drawn.append(replace(one, value=high, is_above=True))
        elif value > low:
            drawn.append(replace(one, value=high, is_below=True, lower=low))
        else:
            drawn.append(replace(one, value=low, is_below=True))
    limited = subject_of("a", subject.problem, subject.names, drawn, {"cd4": noise}, shared=0.0)
    found = predictive((limited,), [truth], np.zeros(0), [truth[np.newaxis]], np.zeros((1, 0)), 1)
    assert kstest(found.residuals, "norm").pvalue > 0.01
    assert (found.residuals[seen > high].min() > found.residuals[seen <= low].max()).all()


def test_percentiles_count_values_above_a_limit_as_the_highest_and_intervals_below_it_as_the_lowest():
    values, kinds = [10.0, 10.0, 30.0, 50.0, 50.0], ["between", "between", "", "above", "above"]
    known = {"between": {"is_below": True, "lower": 4.0}, "above": {"is_above": True}, "": {}}
    rows = enumerate(zip(values, kinds, strict=True))
    measured = tuple(Measurement(f"P{k}", 30.0, "cd19", value, **known[kind]) for k, (value, kind) in rows)
    replicates = np.array([[5.0, 20.0, 30.0, 40.0, 60.0], [5.0, 6.0, 60.0, 60.0, 60.0]])
    (check,) = visual_checks(Predictive(measured, np.ones(5), np.zeros(5), replicates))
    assert np.isnan(check.observed[[0, 2], 0]).all()
    assert check.observed[1, 0] == 30.0
    assert (check.below[0], check.above[0]) == (0.4, 0.4)
    assert check.simulated_above[:, 0] == pytest.approx([0.22, 0.4, 0.58])  # one in five and three in five
    assert check.simulated[2, 2, 0] == 50.0  # the limit, above which nothing was simulated


def test_percentiles_count_censored_values_as_the_lowest():
    values = [10.0, 10.0, 30.0, 40.0, 50.0]
    measured = tuple(Measurement(f"P{k}", 30.0, "cd19", v, k < 2) for k, v in enumerate(values))
    replicates = np.array([[5.0, 20.0, 30.0, 40.0, 50.0], [5.0, 6.0, 7.0, 40.0, 50.0]])
    found = Predictive(measured, np.ones(5), np.zeros(5), replicates)
    (check,) = visual_checks(found)
    assert np.isnan(check.observed[0, 0])  # the tenth percentile is below quantification
    assert check.observed[1:, 0].tolist() == [30.0, 50.0]
    assert check.below.tolist() == [0.4]
    assert check.simulated_below[1, 0] == pytest.approx(0.4)  # one in five and three in five
    assert check.counts.tolist() == [5]


def test_visits_within_ten_days_are_one_bin_and_many_times_are_twelve():
    assert bins_of(np.array([30.0, 91.0, 33.0, 0.0, 95.0])).tolist() == [1, 2, 1, 0, 2]
    many = bins_of(np.arange(0.0, 6000.0, 20.0))
    assert np.bincount(many).tolist() == [25] * 12


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.kind)
def test_likelihoods_of_measurements_add_up_to_that_of_the_patient(make_posterior, noise):
    posterior, _ = make_posterior(noise=dict.fromkeys(ANALYTES, noise), limit=60.0)
    (subject,) = posterior.subjects
    noises = dict.fromkeys(ANALYTES, noise)
    own = replace(posterior, subjects=(subject_of("a", subject.problem, subject.names, subject.measurements, noises),))
    values = posterior.coordinates.values_at(posterior.start[np.newaxis])
    found = pointwise(own, [values], np.zeros((1, 0)))
    assert found.sum() == pytest.approx(own.log_likelihoods(posterior.start[np.newaxis])[0, 0], rel=1e-12)


def test_errors_of_a_sample_are_mixed_by_the_factor_of_their_correlations():
    measured = [Measurement("a", 1.0, name, 1.0) for name in ("cd4", "lymphocytes", "cd8")]
    mixing = mixing_of(measured, 0.6, {"lymphocytes"})
    expected = [[1.0, 0.6**0.5, 0.6], [0.6**0.5, 1.0, 0.6**0.5], [0.6, 0.6**0.5, 1.0]]
    np.testing.assert_allclose(mixing @ mixing.T, expected, rtol=1e-12)


def test_a_posterior_has_one_likelihood_for_each_patient(make_posterior):
    posterior, _ = make_posterior()
    twice = Posterior(posterior.subjects * 2, posterior.coordinates)
    found = twice.log_likelihoods(posterior.start[np.newaxis])[0]
    assert found[0] == found[1]


def test_joined_checks_have_as_many_new_data_sets_as_the_shortest_and_limits_of_all():
    first = Predictive((Measurement("a", 1.0, "cd19", 50.0),), np.ones(1), np.zeros(1), np.arange(5.0)[:, np.newaxis])
    second = Predictive(
        (Measurement("b", 2.0, "cd19", 10.0, is_below=True),),
        np.full(1, 2.0),
        np.ones(1),
        np.arange(3.0)[:, np.newaxis],
    )
    for parts in ([first, second], [second, first]):
        found = joined(parts)
        assert found.replicates.shape == (3, 2)
        assert sorted(found.predicted) == [1.0, 2.0]
        assert found.limits.tolist() == [10.0, 10.0]  # the limit of one patient is known of the other
