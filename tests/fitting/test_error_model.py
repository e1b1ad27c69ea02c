"""Each kind of error with each kind of censoring: densities against scipy, slopes against differences."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from immunosim.errors import DataError
from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.error_model import scatter_of, spread_at, standardised
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import log_likelihood
from immunosim.fitting.likelihood.probability import log_normal
from immunosim.observations import Measurement

NOISES = {
    "lognormal": ErrorModel("lognormal", 0.2),
    "proportional": ErrorModel("proportional", 0.15),
    "additive": ErrorModel("additive", 0.0, 30.0),
    "combined": ErrorModel("combined", 0.1, 20.0),
}
ANALYTES, TIMES = ("lymphocytes", "cd4", "cd8", "cd4"), (1.0, 1.0, 1.0, 9.0)
VALUES, PREDICTED = np.array([700.0, 300.0, 120.0, 250.0]), np.array([800.0, 260.0, 150.0, 240.0])
BELOW = (False, False, True, True)
SLOPES = np.array([[1.0, 0.2], [0.5, -0.3], [0.1, 0.9], [-0.4, 0.6]])
"""Derivatives of the logarithms of the predictions by two unknowns."""


def subject(noise, below=BELOW, shared=0.4, factors=(), spreads=(0.0,) * 4):
    rows = zip(TIMES, ANALYTES, VALUES, below, spreads, strict=True)
    measured = [Measurement("a", time, name, v, is_below, spread=s) for time, name, v, is_below, s in rows]
    scatter = scatter_of(measured, dict.fromkeys(ANALYTES, noise), list(factors), shared, {"lymphocytes"})
    return SimpleNamespace(values=VALUES, is_censored=np.array(below), scatter=scatter)


def sd_of(noise, predicted, spread=0.0):
    """Return what the documentation says of each kind."""
    relative = 0.0 if noise.kind == "additive" else noise.relative
    relative = np.hypot(relative, spread)
    if noise.kind == "lognormal":
        return relative
    return np.sqrt((relative * predicted) ** 2 + noise.absolute**2)


def distance(noise, value, predicted):
    return np.log(value / predicted) if noise.kind == "lognormal" else value - predicted


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("is_below", [False, True])
def test_a_single_value_has_the_density_or_the_probability_of_its_kind(kind, is_below):
    noise = NOISES[kind]
    one = [Measurement("a", 1.0, "cd4", 210.0, is_below)]
    scatter = scatter_of(one, {"cd4": noise}, [], 0.5, set())
    found = SimpleNamespace(values=np.array([210.0]), is_censored=np.array([is_below]), scatter=scatter)
    z = distance(noise, 210.0, 260.0) / sd_of(noise, 260.0)
    density = norm.logpdf(z) - np.log(sd_of(noise, 260.0)) - (np.log(210.0) if kind == "lognormal" else 0.0)
    expected = norm.logcdf(z) if is_below else density
    assert log_likelihood(found, np.array([260.0]), np.zeros(0))[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", NOISES)
def test_values_of_a_sample_have_the_joint_density_and_censored_ones_their_probability(kind):
    noise = NOISES[kind]
    z = distance(noise, VALUES, PREDICTED) / sd_of(noise, PREDICTED)
    log_sd = np.log(np.broadcast_to(sd_of(noise, PREDICTED), 4)) + (np.log(VALUES) if kind == "lognormal" else 0.0)
    together = multivariate_normal.logpdf(z[:2], cov=[[1.0, 0.4**0.5], [0.4**0.5, 1.0]]) - log_sd[:2].sum()
    # The third value shares its error with the total of its sample, which is known; the last one is alone.
    expected = together + norm.logcdf((z[2] - 0.4**0.5 * z[0]) / 0.6**0.5) + norm.logcdf(z[3])
    assert log_likelihood(subject(noise), PREDICTED, np.zeros(0))[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("factors", [(), ("cd4",)], ids=["fixed", "estimated"])
def test_the_gradient_is_that_of_differences(kind, factors):
    one = subject(NOISES[kind], factors=factors)
    size = 2 + len(factors)

    def at(unknowns):
        predicted = PREDICTED * np.exp(SLOPES @ unknowns[:2])
        return log_likelihood(one, predicted, unknowns[2:], predicted[:, np.newaxis] * SLOPES)

    here, step = np.array([0.1, -0.2, 0.3])[:size], 1e-6
    _, gradient, _ = at(here)
    numeric = [(at(here + step * row)[0] - at(here - step * row)[0]) / (2 * step) for row in np.eye(size)]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", NOISES)
def test_the_information_of_quantified_values_is_fishers(kind):
    """Of independent normal values with mean m and deviation s: (dm / s)^2 + 2 (d log s)^2."""
    noise = NOISES[kind]
    by_unknown = PREDICTED[:, np.newaxis] * SLOPES
    one = subject(noise, below=(False,) * 4, shared=0.0)
    _, _, found = log_likelihood(one, PREDICTED, np.zeros(0), by_unknown)
    sd = np.broadcast_to(sd_of(noise, PREDICTED), 4)
    mean = (SLOPES if kind == "lognormal" else by_unknown) / sd[:, np.newaxis]
    relative = 0.0 if kind in ("additive", "lognormal") else noise.relative
    log_sd = (relative**2 * PREDICTED**2 / sd**2)[:, np.newaxis] * SLOPES
    np.testing.assert_allclose(found, mean.T @ mean + 2.0 * log_sd.T @ log_sd, rtol=1e-12)


def test_the_information_of_a_censored_value_is_minus_its_second_derivative():
    one = subject(NOISES["lognormal"], below=(True,) * 4)

    def at(unknowns):
        predicted = PREDICTED * np.exp(SLOPES @ unknowns)
        return log_likelihood(one, predicted, np.zeros(0), predicted[:, np.newaxis] * SLOPES)

    here, step = np.array([0.05, 0.1]), 1e-5
    rows = [(at(here + step * row)[1] - at(here - step * row)[1]) / (2 * step) for row in np.eye(2)]
    np.testing.assert_allclose(at(here)[2], -np.array(rows), rtol=1e-6)


@pytest.mark.parametrize("z", [-30.0, -3.0, -0.5, 0.0, 2.0, 8.0])
def test_a_censored_value_has_the_slopes_of_the_normal_probability(z):
    value, ratio, curvature = log_normal(np.array([z]))
    assert value[0] == pytest.approx(norm.logcdf(z), rel=1e-12)
    assert ratio[0] == pytest.approx(np.exp(norm.logpdf(z) - norm.logcdf(z)), rel=1e-10)
    step = 1e-4
    up, down = (log_normal(np.array([z + sign * step]))[1][0] for sign in (1.0, -1.0))
    assert curvature[0] == pytest.approx(-(up - down) / (2 * step), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("z", [-1e8, -1e6, -3e4, -1e4, -1e3, 40.0, 1e8])
def test_the_curvature_of_a_censored_value_stays_between_0_and_1_however_far_it_is(z):
    value, ratio, curvature = log_normal(np.array([z]))
    assert np.isfinite([value[0], ratio[0]]).all()
    assert 0.0 <= curvature[0] <= 1.0


def test_a_prediction_below_zero_or_none_has_no_likelihood():
    for wrong in (-1.0, np.nan, np.inf):
        predicted = np.where(np.arange(4) == 1, wrong, PREDICTED)
        value, gradient, information = log_likelihood(subject(NOISES["additive"]), predicted, np.zeros(0), SLOPES)
        assert value == -np.inf
        assert not gradient.any()
        assert not information.any()


@pytest.mark.parametrize("kind", NOISES)
def test_a_range_adds_its_spread_to_the_relative_error(kind):
    noise = NOISES[kind]
    one = subject(noise, spreads=(0.3, 0.0, 0.0, 0.1))
    expected = [sd_of(noise, m, s) for m, s in zip(PREDICTED, (0.3, 0.0, 0.0, 0.1), strict=True)]
    np.testing.assert_allclose(spread_at(one.scatter, PREDICTED, np.zeros(0)), expected, rtol=1e-12)


def test_a_factor_multiplies_the_errors_of_its_analyte_alone():
    one = subject(NOISES["combined"], factors=("cd8", "cd4"))
    plain = spread_at(one.scatter, PREDICTED, np.zeros(2))
    found = spread_at(one.scatter, PREDICTED, np.log([2.0, 3.0]))
    np.testing.assert_allclose(found / plain, [1.0, 3.0, 2.0, 3.0], rtol=1e-12)
    rows = spread_at(one.scatter, np.stack([PREDICTED, PREDICTED]), np.log([[2.0, 3.0], [1.0, 1.0]]))
    np.testing.assert_allclose(rows, [found, plain], rtol=1e-12)


@pytest.mark.parametrize("kind", NOISES)
def test_standardised_residuals_have_the_slopes_of_differences(kind):
    one = subject(NOISES[kind], factors=("cd4",))
    arguments = (one.scatter, VALUES, one.is_censored)
    z, by_prediction, by_factor, log_sd = standardised(*arguments, PREDICTED, np.array([0.2]))
    step = 1e-4
    up, down = (standardised(*arguments, PREDICTED + sign * step, np.array([0.2])) for sign in (1, -1))
    np.testing.assert_allclose(by_prediction, (up[0] - down[0]) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(log_sd[:, 1], (up[3][:, 0] - down[3][:, 0]) / (2 * step), rtol=1e-6, atol=1e-10)
    wider, narrower = (standardised(*arguments, PREDICTED, np.array([0.2 + sign * step]))[0] for sign in (1, -1))
    has_factor = np.array([False, True, False, True])
    np.testing.assert_allclose(((wider - narrower) / (2 * step))[has_factor], by_factor[has_factor], rtol=1e-6)
    np.testing.assert_array_equal(wider[~has_factor], z[~has_factor])


def test_each_likelihood_is_that_of_the_value_given_those_before_it_in_its_sample():
    noise, shared = NOISES["additive"], 0.4
    found = subject(noise, below=(False,) * 4, shared=shared)
    values = pointwise_likelihood(found.scatter, VALUES, found.is_censored, PREDICTED, np.zeros(0)).values
    z, root = (VALUES - PREDICTED) / 30.0, shared**0.5
    correlation = np.array([[1.0, root, root], [root, 1.0, shared], [root, shared, 1.0]])
    for k in range(3):
        whole = multivariate_normal.logpdf(z[: k + 1], cov=correlation[: k + 1, : k + 1])
        before = multivariate_normal.logpdf(z[:k], cov=correlation[:k, :k]) if k else 0.0
        assert values[k] == pytest.approx(whole - before - np.log(30.0), rel=1e-10)
    assert values[3] == pytest.approx(norm.logpdf(z[3]) - np.log(30.0))  # another day


def test_whitened_residuals_are_those_of_the_explicit_matrix():
    found = subject(NOISES["lognormal"], below=(False, False, True, False), shared=0.3)
    each = pointwise_likelihood(found.scatter, VALUES, found.is_censored, PREDICTED, np.zeros(0))
    root = 0.3**0.5
    factor = np.linalg.cholesky([[1.0, root, 0.0], [root, 1.0, 0.0], [0.0, 0.0, 1.0]])
    z = np.log(VALUES / PREDICTED)[[0, 1, 3]] / 0.2
    np.testing.assert_allclose(each.residuals, np.linalg.solve(factor, z), rtol=1e-12)
    assert each.white[2] == 0.0  # a censored value has no residual


@pytest.mark.parametrize("shared", [1.0, 1.5, -0.1, float("nan")])
def test_a_share_of_the_variance_that_leaves_a_subset_none_of_its_own_is_refused(shared):
    with pytest.raises(DataError, match=r"shared: a subset cannot share .* give a fraction from 0 to 0.99"):
        subject(NOISES["lognormal"], shared=shared)


@pytest.mark.parametrize("text", ["lognormal:0.15:20", "proportional:0.1:5", "additive:20:0.1", "combined:0.1:20:3"])
def test_a_size_that_a_kind_does_not_have_is_refused_and_not_passed_over(text):
    with pytest.raises(DataError, match=f'unknown error model "{text}"'):
        ErrorModel.parse(text)


@pytest.mark.parametrize("size", [float("inf"), float("nan"), 0.0, -0.2])
@pytest.mark.parametrize("kind", NOISES)
def test_an_error_without_a_positive_finite_size_is_refused(kind, size):
    with pytest.raises(DataError, match=f"{kind} noise needs a positive size"):
        ErrorModel(kind, size, size)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("additive:0.02e9/L", "cells/uL", ErrorModel("additive", 0.0, 20.0)),
        ("combined:10%:20", "cells/uL", ErrorModel("combined", 0.1, 20.0)),
        ("combined : 0.1 : 0.5 mg/L", "mg/L", ErrorModel("combined", 0.1, 0.5)),
        ("lognormal:estimated", "1", ErrorModel(is_estimated=True)),
    ],
)
def test_an_absolute_size_may_have_a_unit_of_its_own(text, unit, expected):
    found = ErrorModel.parse(text, unit)
    assert (found.kind, found.is_estimated) == (expected.kind, expected.is_estimated)
    assert (found.relative, found.absolute) == pytest.approx((expected.relative, expected.absolute))
