"""The likelihood of zeros, of samples below quantification and of heavy tails, each against its formula."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, t

from immunosim.errors import DataError
from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.censored_samples import alone, censored_sample
from immunosim.fitting.likelihood.censoring import each_in_turn, log_probability
from immunosim.fitting.likelihood.error_model import scatter_of
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import log_likelihood
from immunosim.observations import Measurement

NOTHING = np.zeros(0)
SAMPLES = [
    # below, quantified, which of them is the total
    ([0], [], None),
    ([0, 1], [], None),
    ([1, 2, 3], [0], 0),
    ([0, 1, 2], [], 0),
    ([0, 1], [2, 3], 0),
    ([2, 3], [0, 1], None),
    ([0], [1], 0),
]


def subject_of(values, noise, below=(), shared=0.0, times=None):
    analytes = list(noise)
    measured = [
        Measurement("a", times[k] if times else 30.0, analyte, value, analyte in below)
        for k, (analyte, value) in enumerate(zip(analytes, values, strict=True))
    ]
    scatter = scatter_of(measured, noise, [], shared, {"lymphocytes"})
    is_below = np.array([one.is_below for one in measured])
    return SimpleNamespace(values=np.array(values), is_censored=is_below, scatter=scatter, measurements=measured)


def correlations(n, total, shared):
    loads = np.full(n, np.sqrt(shared))
    if total is not None:
        loads[total] = 1.0
    found = np.outer(loads, loads)
    np.fill_diagonal(found, 1.0)
    return found


@pytest.mark.parametrize(("below", "known", "total"), SAMPLES)
def test_values_below_in_one_sample_have_their_joint_conditional_probability(below, known, total):
    n, shared = len(below) + len(known), 0.5
    z = np.random.default_rng(n).normal(size=n)
    covariance = correlations(n, total, shared)
    across = covariance[np.ix_(below, known)] @ np.linalg.pinv(covariance[np.ix_(known, known)])
    mean = across @ z[known]
    left = covariance[np.ix_(below, below)] - across @ covariance[np.ix_(known, below)]
    expected = multivariate_normal.logcdf(z[below], mean, left, allow_singular=True, abseps=1e-9, maxpts=10**6)
    found = log_probability(censored_sample(below, known, total, shared), z)[0]
    assert found == pytest.approx(expected, abs=1e-6)  # of SciPy's own integration


@pytest.mark.parametrize(("below", "known", "total"), SAMPLES)
def test_slopes_and_curvature_of_that_probability_are_those_of_its_value(below, known, total):
    n = len(below) + len(known)
    z, sample = np.random.default_rng(n).normal(size=n), censored_sample(below, known, total, 0.4)
    _, gradient, information = log_probability(sample, z)
    for k, index in enumerate([*sample.censored, *sample.known]):
        step = np.zeros(n)
        step[index] = 1e-5
        (high, up, _), (low, down, _) = log_probability(sample, z + step), log_probability(sample, z - step)
        assert gradient[k] == pytest.approx((high - low) / 2e-5, abs=1e-8)
        np.testing.assert_allclose(information[k], -(up - down) / 2e-5, atol=1e-8)
    assert np.linalg.eigvalsh(information).min() > -1e-12


def test_far_tails_stay_finite():
    sample = censored_sample([0, 1, 2], [], 0, 0.5)
    for z in (np.full(3, -30.0), np.array([-25.0, 10.0, 10.0]), np.full(3, 50.0)):
        value, gradient, information = log_probability(sample, z)
        assert np.isfinite([value, *gradient, *information.ravel()]).all()
        assert value <= 1e-12


def test_one_value_by_itself_is_m3():
    value, gradient, _ = log_probability(alone(0), np.array([-1.2]))
    assert value == pytest.approx(norm.logcdf(-1.2), rel=1e-14)
    assert gradient[0] == pytest.approx(norm.pdf(-1.2) / norm.cdf(-1.2), rel=1e-12)


def test_parts_of_a_sample_add_up():
    sample, z = censored_sample([0, 2, 3], [1], None, 0.5), np.array([-0.5, 0.3, 0.1, -1.0])
    parts = list(each_in_turn(sample, z))
    assert [index for index, _ in parts] == [0, 2, 3]
    assert sum(value for _, value in parts) == pytest.approx(log_probability(sample, z)[0], rel=1e-14)


def test_pointwise_likelihoods_of_a_censored_sample_add_up_to_its_total():
    noise = dict.fromkeys(("lymphocytes", "cd4", "cd8"), ErrorModel("lognormal", 0.2))
    subject = subject_of([1.0, 20.0, 30.0], noise, below=("cd4", "cd8"), shared=0.5)
    predicted = np.array([1.1, 25.0, 22.0])
    each = pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, predicted, NOTHING)
    assert each.values.sum() == pytest.approx(each.total, rel=1e-13)


def test_below_any_limit_is_certain_where_nothing_is_predicted():
    for noise in (ErrorModel("lognormal", 0.2), ErrorModel("proportional", 0.2)):
        subject = subject_of([0.06, 0.5], {"level": noise, "other": noise}, below=("level",), times=[0.0, 1.0])
        slopes = np.ones((2, 1))
        value, slope, information = log_likelihood(subject, np.array([0.0, 0.4]), NOTHING, slopes)
        only = subject_of([0.5], {"other": noise}, times=[1.0])
        expected, expected_slope, expected_information = log_likelihood(only, np.array([0.4]), NOTHING, slopes[1:])
        assert value == pytest.approx(expected, rel=1e-14)
        np.testing.assert_allclose(slope, expected_slope)
        np.testing.assert_allclose(information, expected_information)


def test_a_quantified_value_is_impossible_where_exactly_nothing_is_predicted():
    subject = subject_of([0.06], {"level": ErrorModel("lognormal", 0.2)})
    assert log_likelihood(subject, np.zeros(1), NOTHING)[0] == -np.inf


def test_zero_is_a_value_with_additive_noise_and_a_prediction_of_zero_too():
    subject = subject_of([0.0, 2.0], {"score": ErrorModel("additive", 0.0, 3.0), "b": ErrorModel("additive", 0.0, 1.0)})
    found = log_likelihood(subject, np.array([0.0, 0.0]), NOTHING)[0]
    assert found == pytest.approx(norm.logpdf(0.0, 0.0, 3.0) + norm.logpdf(2.0, 0.0, 1.0), rel=1e-14)


def test_zero_with_lognormal_noise_is_refused_with_its_line(problem):
    from immunosim.fitting import subject_of as prepared

    zero = Measurement("a", 30.0, "cd4", 0.0, line=7, column="CD4")
    with pytest.raises(DataError, match=r"line 7: CD4: cd4 of patient a on day 30 is 0") as raised:
        prepared("a", problem, ["antibody_clearance"], [zero], {"cd4": ErrorModel()})
    assert "cd4=additive" in str(raised.value)
    prepared("a", problem, ["antibody_clearance"], [zero], {"cd4": ErrorModel("combined", 0.1, 5.0)})


def test_heavy_tails_have_students_density():
    noise = {"cd4": ErrorModel.parse("additive:2:student"), "cd8": ErrorModel.parse("lognormal:0.2:student")}
    subject = subject_of([10.0, 300.0], noise, times=[1.0, 2.0])
    expected = t.logpdf(10.0, 4, 3.0, 2.0) + t.logpdf(np.log(300.0), 4, np.log(200.0), 0.2) - np.log(300.0)
    assert log_likelihood(subject, np.array([3.0, 200.0]), NOTHING)[0] == pytest.approx(expected, rel=1e-13)


def test_slopes_with_heavy_tails_are_those_of_the_value():
    noise = {"cd4": ErrorModel.parse("combined:0.2:2:student"), "cd8": ErrorModel.parse("lognormal:0.2:student")}
    subject = subject_of([10.0, 300.0], noise, times=[1.0, 2.0], below=("cd8",))
    at, slopes = np.array([3.0, 200.0]), np.eye(2)
    slope = log_likelihood(subject, at, NOTHING, slopes)[1]
    for j in range(2):
        step = np.zeros(2)
        step[j] = 1e-5 * at[j]
        high, low = (log_likelihood(subject, at + side * step, NOTHING)[0] for side in (1, -1))
        assert slope[j] == pytest.approx((high - low) / (2 * step[j]), rel=1e-6)


def test_a_value_below_has_the_probability_of_heavy_tails():
    subject = subject_of([10.0], {"cd4": ErrorModel.parse("additive:2:student")}, below=("cd4",))
    found = log_likelihood(subject, np.array([13.0]), NOTHING)[0]
    assert found == pytest.approx(t.logcdf(-1.5, 4), rel=1e-12)


def test_residuals_with_heavy_tails_are_normal():
    noise = {"cd4": ErrorModel.parse("additive:2:student")}
    subject = subject_of([10.0], noise)
    each = pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, np.array([3.0]), NOTHING)
    assert each.residuals[0] == pytest.approx(norm.ppf(t.cdf(3.5, 4)), rel=1e-12)
