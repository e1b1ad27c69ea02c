"""The likelihood is that of the stated noise, exactly, with its gradient; also censored and correlated."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from immunosim.errors import DataError
from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.error_model import scatter_of
from immunosim.fitting.likelihood.posterior import Posterior, log_likelihood
from immunosim.observations import Measurement

PREDICTED = np.array([1.1, 420.0, 180.0, 95.0])
VALUES = (1.3, 500.0, 150.0, 90.0)
ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")


def subject_with(noise, shared=0.0, below=(), times=(30.0, 30.0, 30.0, 60.0)):
    measured = [
        Measurement("a", time, analyte, value, analyte in below)
        for time, analyte, value in zip(times, ANALYTES, VALUES, strict=True)
    ]
    scatter = scatter_of(measured, noise, [], shared, {"lymphocytes"})
    is_below = np.array([one.is_below for one in measured])
    return SimpleNamespace(values=np.array(VALUES), is_censored=is_below, scatter=scatter, measurements=measured)


def likelihood(subject):
    return log_likelihood(subject, PREDICTED, np.zeros(0))[0]


def test_additive_noise_is_the_normal_density():
    sizes = {"lymphocytes": 0.2, "cd4": 50.0, "cd8": 30.0, "cd19": 10.0}
    noise = {name: ErrorModel("additive", 0.0, size) for name, size in sizes.items()}
    expected = norm.logpdf(VALUES, PREDICTED, list(sizes.values())).sum()
    assert likelihood(subject_with(noise)) == pytest.approx(expected, rel=1e-12)


def test_lognormal_noise_is_the_density_of_the_value_not_of_its_logarithm():
    noise = dict.fromkeys(ANALYTES, ErrorModel("lognormal", 0.2))
    expected = (norm.logpdf(np.log(VALUES), np.log(PREDICTED), 0.2) - np.log(VALUES)).sum()
    assert likelihood(subject_with(noise)) == pytest.approx(expected, rel=1e-12)


def test_combined_noise_adds_squares():
    noise = dict.fromkeys(ANALYTES, ErrorModel("combined", 0.1, 2.0))
    expected = norm.logpdf(VALUES, PREDICTED, np.hypot(0.1 * PREDICTED, 2.0)).sum()
    assert likelihood(subject_with(noise)) == pytest.approx(expected, rel=1e-12)


def test_a_total_and_its_subsets_share_an_error():
    noise, shared = dict.fromkeys(ANALYTES, ErrorModel("additive", 0.0, 10.0)), 0.4
    correlation = np.eye(4)
    correlation[0, 1] = correlation[0, 2] = correlation[1, 0] = correlation[2, 0] = np.sqrt(shared)
    correlation[1, 2] = correlation[2, 1] = shared
    expected = multivariate_normal.logpdf(VALUES, PREDICTED, 100.0 * correlation)
    assert likelihood(subject_with(noise, shared)) == pytest.approx(expected, rel=1e-12)


def test_what_was_measured_twice_in_one_sample_has_a_likelihood():
    times, analytes = (30.0,) * 6, ("cd4", "lymphocytes", "cd4", "cd8", "lymphocytes", "cd8")
    measured = [Measurement("a", time, analyte, 1.0) for time, analyte in zip(times, analytes, strict=True)]
    found = scatter_of(measured, dict.fromkeys(ANALYTES, ErrorModel()), [], 0.7, {"lymphocytes"})
    correlation = np.linalg.inv(found.whitening.T @ found.whitening)
    np.testing.assert_allclose(correlation[0], [1.0, 0.7**0.5, 0.7, 0.7, 0.0, 0.7], atol=1e-12)
    np.testing.assert_allclose(correlation[4], [0.0, 0.0, 0.0, 0.0, 1.0, 0.0], atol=1e-12)


def test_a_value_below_quantification_has_the_probability_of_falling_there():
    noise = dict.fromkeys(ANALYTES, ErrorModel("lognormal", 0.2))
    found = likelihood(subject_with(noise, below=("cd19",), shared=0.5, times=(1.0, 2.0, 3.0, 4.0)))
    known = (norm.logpdf(np.log(VALUES[:3]), np.log(PREDICTED[:3]), 0.2) - np.log(VALUES[:3])).sum()
    assert found == pytest.approx(known + norm.logcdf(np.log(90.0 / 95.0) / 0.2), rel=1e-12)


def test_a_range_scatters_more():
    measured = [Measurement("a", 30.0, "cd4", 500.0, spread=0.3)]
    scatter = scatter_of(measured, {"cd4": ErrorModel("lognormal", 0.4)}, [], 0.0, {"lymphocytes"})
    assert scatter.relative[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "noise",
    [
        ErrorModel(),
        ErrorModel("combined", 0.1, 5.0),
        ErrorModel("proportional", 0.15),
        ErrorModel("lognormal", 0.15, is_estimated=True),
    ],
    ids=lambda noise: f"{noise.kind}{' estimated' if noise.is_estimated else ''}",
)
def test_the_gradient_is_that_of_tight_differences(make_posterior, noise):
    analytes = ("lymphocytes", "cd4", "cd8", "cd19")
    factors = ("cd4",) if noise.is_estimated else ()
    posterior, _ = make_posterior(noise=dict.fromkeys(analytes, noise), limit=60.0, factors=factors)
    point = posterior.start + 0.1
    options = posterior.subjects[0].problem.options
    tight = replace(options, rtol=1e-10, atol=options.atol * 1e-5)
    (subject,) = posterior.subjects
    exact = replace(posterior, subjects=(replace(subject, problem=replace(subject.problem, options=tight)),))
    _, gradient, _ = posterior.evaluate(point[np.newaxis])
    step = 1e-4
    for j in range(len(point)):
        moved = np.zeros(len(point))
        moved[j] = step
        up, down = (exact.evaluate((point + sign * moved)[np.newaxis])[0][0] for sign in (1, -1))
        # The truncation of central differences is some 1e-8; the default tolerance costs a few 1e-6.
        assert gradient[0, j] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-5)


def test_the_density_for_samplers_is_that_of_the_search_with_the_volume(make_posterior):
    posterior, _ = make_posterior()
    points = posterior.start + np.array([[0.0] * 4, [0.2] * 4])
    value, _, _ = posterior.evaluate(points)
    volume = np.log(posterior.coordinates.slopes_at(points) / posterior.natural(points)).sum(axis=1)
    np.testing.assert_allclose(posterior.log_density(points), volume - value, rtol=1e-9)


def test_a_patient_who_cannot_be_is_infinitely_unlikely(make_posterior):
    posterior, _ = make_posterior(names=("memory_cd4_from_naive_fraction", "il7_nonspecific_fraction"))
    broken = np.full((1, 2), np.nan)
    assert posterior.evaluate(broken)[0][0] == np.inf
    assert posterior.log_density(broken)[0] == -np.inf


def test_all_values_below_quantification_make_no_nan(make_posterior):
    posterior, _ = make_posterior()
    (subject,) = posterior.subjects
    measured = tuple(replace(one, value=5000.0, is_below=True) for one in subject.measurements)
    from immunosim.fitting import estimate, subject_of

    noise = dict.fromkeys(ANALYTES, ErrorModel())
    only = subject_of("a", subject.problem, subject.names, measured, noise)
    found = estimate(Posterior((only,), posterior.coordinates), 2)
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.best.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "normal:0.1",
            'noise: unknown error model "normal", choose from proportional, additive, combined, lognormal',
        ),
        (
            "lognormal:a",
            'noise: unknown error model "lognormal:a", write for example lognormal:0.15 or combined:0.1:20',
        ),
        ("combined:0.1", "noise: combined noise needs a positive size, write cd4=lognormal:0.15"),
        ("lognormal:-1", "noise: lognormal noise needs a positive size, write cd4=lognormal:0.15"),
        ("lognormal:15", "noise: lognormal noise of 15 is 1500 %, write a fraction, such as 0.15 for 15 %"),
    ],
)
def test_what_is_no_noise_is_said(text, message):
    with pytest.raises(DataError) as caught:
        ErrorModel.parse(text)
    assert str(caught.value) == message


def test_noise_is_read_as_it_is_written():
    assert ErrorModel.parse("lognormal") == ErrorModel()
    assert ErrorModel.parse("combined:0.1:20") == ErrorModel("combined", 0.1, 20.0)
    assert ErrorModel.parse("additive:20:estimated") == ErrorModel("additive", 0.0, 20.0, is_estimated=True)
