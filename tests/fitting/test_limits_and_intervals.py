"""Values above a limit and in intervals have their probability, with exact slopes, alone and beside others."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm, t

from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.censored_samples import censored_sample
from immunosim.fitting.likelihood.censoring import log_probability
from immunosim.fitting.likelihood.error_model import scatter_of
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import log_likelihood
from immunosim.fitting.likelihood.probability import log_interval, log_probability_of
from immunosim.observations import Measurement

NOTHING = np.zeros(0)
NOISES = {
    "lognormal": ErrorModel("lognormal", 0.2),
    "proportional": ErrorModel("proportional", 0.15),
    "additive": ErrorModel("additive", 0.0, 30.0),
    "combined": ErrorModel("combined", 0.1, 20.0),
    "lognormal student": ErrorModel.parse("lognormal:0.2:student"),
    "combined student": ErrorModel.parse("combined:0.1:20:student"),
}
KINDS = {
    "below": {"is_below": True},
    "above": {"is_above": True},
    "between": {"is_below": True, "lower": 180.0},
    "quantified": {},
}
SLOPES = np.array([[1.0, 0.2], [0.5, -0.3], [0.1, 0.9], [-0.4, 0.6], [0.3, 0.3]])
"""Derivatives of the logarithms of the predictions by two unknowns."""


def subject_of(rows, noise, shared=0.0, factors=()):
    """Return a patient with rows (time, analyte, value, what is known of it)."""
    measured = [Measurement("a", time, analyte, value, **known) for time, analyte, value, known in rows]
    noises = noise if isinstance(noise, dict) else dict.fromkeys({row[1] for row in rows}, noise)
    scatter = scatter_of(measured, noises, list(factors), shared, {"lymphocytes"})
    values = np.array([one.value for one in measured])
    is_censored = np.array([one.is_censored for one in measured])
    return SimpleNamespace(values=values, is_censored=is_censored, scatter=scatter, measurements=measured)


def standardised(noise, value, predicted, factor=1.0):
    if noise.kind == "lognormal":
        return np.log(value / predicted) / (noise.relative * factor)
    relative = 0.0 if noise.kind == "additive" else noise.relative
    return (value - predicted) / (np.hypot(relative * predicted, noise.absolute) * factor)


def ends_of(known, value):
    """Return the interval of values that a row allows."""
    if known.get("is_above"):
        return value, np.inf
    return known.get("lower", -np.inf), value


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("kind", ["below", "above", "between"])
@pytest.mark.parametrize("predicted", [60.0, 200.0, 900.0])
def test_a_limited_value_alone_has_the_probability_of_its_side_or_interval(name, kind, predicted):
    noise, factor = NOISES[name], 1.3
    one = subject_of([(1.0, "cd4", 240.0, KINDS[kind])], noise, factors=("cd4",))
    found = log_likelihood(one, np.array([predicted]), np.log([factor]))[0]
    errors = norm if np.isinf(noise.degrees) else t(noise.degrees)
    low, high = (
        standardised(noise, end, predicted, factor) if np.isfinite(end) else end for end in ends_of(KINDS[kind], 240.0)
    )
    if low > 0.0:  # of the upper tail, in which SciPy does not cancel
        low, high = -high, -low
    logs = errors.logcdf(high), errors.logcdf(low)
    expected = logs[0] + np.log1p(-np.exp(logs[1] - logs[0]))
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("shared", [0.0, 0.5])
@pytest.mark.parametrize("factors", [(), ("cd4", "cd19")], ids=["fixed", "estimated"])
def test_the_gradient_of_all_kinds_together_is_that_of_differences(name, shared, factors):
    rows = [
        (1.0, "lymphocytes", 700.0, {}),
        (1.0, "cd4", 300.0, KINDS["above"]),
        (1.0, "cd8", 240.0, KINDS["between"]),
        (1.0, "cd19", 120.0, KINDS["below"]),
        (9.0, "cd4", 240.0, KINDS["between"]),
    ]
    predicted, size = np.array([800.0, 260.0, 250.0, 150.0, 190.0]), 2 + len(factors)
    one = subject_of(rows, NOISES[name], shared, factors)

    def at(unknowns):
        moved = predicted * np.exp(SLOPES @ unknowns[:2])
        return log_likelihood(one, moved, unknowns[2:], moved[:, np.newaxis] * SLOPES)

    here, step = np.array([0.1, -0.2, 0.3, -0.1])[:size], 1e-5
    gradient, information = at(here)[1:]
    numeric = [(at(here + step * row)[0] - at(here - step * row)[0]) / (2 * step) for row in np.eye(size)]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-7, atol=1e-7)
    assert np.linalg.eigvalsh(information).min() > -1e-9


SAMPLES = [
    # kind of each row: a total first, where there is one
    (("quantified", "below", "above", "between"), True),
    (("below", "above", "between", "quantified"), True),
    (("above", "above", "between", "below"), True),
    (("between", "above", "between", "below"), True),
    (("between", "quantified", "quantified"), True),
    (("above",), True),
    (("quantified", "above", "between"), False),
    (("below", "above", "between", "between"), False),
]


def limits_of(kinds, seed):
    generator = np.random.default_rng(seed)
    z, widths = generator.normal(size=len(kinds)), generator.uniform(0.3, 2.0, size=len(kinds))
    return z, np.where([kind == "between" for kind in kinds], widths, np.inf)


def sample_of(kinds, has_total, shared):
    indices = {name: [k for k, kind in enumerate(kinds) if kind == name] for name in KINDS}
    censored = [k for k, kind in enumerate(kinds) if kind != "quantified"]
    sets = frozenset(indices["above"]), frozenset(indices["between"])
    return censored_sample(censored, indices["quantified"], 0 if has_total else None, shared, *sets)


def interval(kind, z, width):
    return (z, np.inf) if kind == "above" else (z - width, z)


def by_quadrature(kinds, has_total, shared, z, widths):
    """Return the joint probability of the censored values given the others: (C1) by SciPy's adaptive quadrature."""
    load, private = np.sqrt(shared), np.sqrt(1.0 - shared)
    first = int(has_total)
    low, high = (-np.inf, np.inf)
    if has_total and kinds[0] != "quantified":
        low, high = interval(kinds[0], z[0], widths[0])
    known = [k for k in range(first, len(kinds)) if kinds[k] == "quantified"]

    def factor(u, chosen):
        parts = []
        for k in chosen:
            ends = [(end - load * u) / private for end in interval(kinds[k], z[k], widths[k])]
            ends = [-ends[1], -ends[0]] if ends[0] > 0.0 else ends
            parts.append(norm.cdf(ends[1]) - norm.cdf(ends[0]))
        return np.prod(parts)

    censored = [k for k in range(first, len(kinds)) if k not in known]
    if has_total and kinds[0] == "quantified":
        return factor(z[0], censored)
    precision = 1.0 + len(known) * shared / (1.0 - shared)
    mean = load / (1.0 - shared) * sum(z[k] for k in known) / precision
    sd = precision**-0.5
    return quad(
        lambda u: norm.pdf(u, mean, sd) * factor(u, censored),
        max(low, mean - 12.0),
        min(high, mean + 12.0),
        epsabs=0.0,
        epsrel=1e-11,
        limit=400,
    )[0]


@pytest.mark.parametrize(("kinds", "has_total"), SAMPLES)
@pytest.mark.parametrize("shared", [0.25, 0.5, 0.9])
def test_all_kinds_in_one_sample_have_their_joint_probability(kinds, has_total, shared):
    z, widths = limits_of(kinds, len(kinds))
    found = log_probability(sample_of(kinds, has_total, shared), z, widths)[0]
    assert found == pytest.approx(np.log(by_quadrature(kinds, has_total, shared, z, widths)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shift", [-20.0, -6.0, 6.0, 20.0])
@pytest.mark.parametrize(("kinds", "has_total"), SAMPLES[1:4])
def test_that_probability_is_exact_far_from_what_is_predicted(kinds, has_total, shift):
    z, widths = limits_of(kinds, 2)
    sample, far = sample_of(kinds, has_total, 0.5), z + shift * np.array([kind != "quantified" for kind in kinds])
    value = log_probability(sample, far, widths)[0]
    expected = log_by_sum(kinds, far, widths)
    assert value == pytest.approx(expected, rel=1e-9)


def log_by_sum(kinds, z, widths):
    """Return the same by Gauss-Legendre over many short panels in logarithms: no range to choose, nothing to cancel."""
    root = 0.5**0.5
    low, high = (-60.0, 60.0) if kinds[0] == "quantified" else interval(kinds[0], z[0], widths[0])
    known = [k for k in range(1, len(kinds)) if kinds[k] == "quantified"]
    precision = 1.0 + len(known)
    mean = root / 0.5 * sum(z[k] for k in known) / precision
    edges, (places, weights) = np.linspace(max(low, -60.0), min(high, 60.0), 801), np.polynomial.legendre.leggauss(20)
    half = 0.5 * (edges[1] - edges[0])
    nodes = (edges[:-1, np.newaxis] + half * (places + 1.0)).ravel()
    logs = norm.logpdf(nodes, mean, precision**-0.5)
    for k in range(1, len(kinds)):
        if k not in known:
            ends = np.array([(end - root * nodes) / root for end in interval(kinds[k], z[k], widths[k])])
            near, rest = np.where(ends[0] > 0.0, -ends[::-1], ends)[::-1]
            logs = logs + norm.logcdf(near) + np.log1p(-np.exp(norm.logcdf(rest) - norm.logcdf(near)))
    top = logs.max()
    return top + np.log(half * np.exp(logs - top) @ np.tile(weights, 800))


def test_it_is_the_probability_of_a_box_of_the_joint_normal_distribution():
    kinds, shared = ("between", "above", "below"), 0.5
    z, widths = limits_of(kinds, 4)
    covariance = np.array([[1.0, 0.5**0.5, 0.5**0.5], [0.5**0.5, 1.0, 0.5], [0.5**0.5, 0.5, 1.0]])
    low, high = np.array([interval(*row) for row in zip(kinds, z, widths, strict=True)]).T
    generator = np.random.default_rng(0)
    expected = multivariate_normal.cdf(
        high, cov=covariance, lower_limit=low, abseps=1e-9, releps=1e-9, maxpts=10**6, rng=generator
    )
    found = log_probability(sample_of(kinds, True, shared), z, widths)[0]
    assert found == pytest.approx(np.log(expected), abs=1e-6)  # of SciPy's own integration


@pytest.mark.parametrize(("kinds", "has_total"), SAMPLES)
def test_slopes_and_curvature_of_that_probability_are_those_of_its_value(kinds, has_total):
    z, widths = limits_of(kinds, len(kinds) + 10)
    sample = sample_of(kinds, has_total, 0.4)
    _, gradient, information = log_probability(sample, z, widths)
    step, moves = 1e-5, []
    for index in (*sample.censored, *sample.known):
        moves.append((np.eye(len(z))[index] * step, np.zeros(len(z))))
    for index in sample.censored[sample.is_between]:
        moves.append((np.zeros(len(z)), np.eye(len(z))[index] * step))
    assert len(moves) == len(gradient)
    for k, (by_z, by_width) in enumerate(moves):
        high, up, _ = log_probability(sample, z + by_z, widths + by_width)
        low, down, _ = log_probability(sample, z - by_z, widths - by_width)
        assert gradient[k] == pytest.approx((high - low) / (2 * step), abs=1e-7)
        np.testing.assert_allclose(information[k], -(up - down) / (2 * step), atol=1e-7)
    assert np.linalg.eigvalsh(information).min() > -1e-9


@pytest.mark.parametrize("middle", [-30.0, -3.0, 0.0, 0.4, 3.0, 30.0])
@pytest.mark.parametrize("width", [1e-6, 1e-2, 1.0, 80.0])
def test_an_interval_is_stable_narrow_or_wide_and_in_both_tails(middle, width):
    found = log_interval(np.array([middle + 0.5 * width]), np.array([width]))
    low, high = sorted([abs(middle) - 0.5 * width, abs(middle) + 0.5 * width])
    density = quad(lambda x: np.exp(-0.5 * (x**2 - max(low, 0.0) ** 2)), low, min(high, low + 60.0), epsrel=1e-12)[0]
    expected = np.log(density) - 0.5 * (max(low, 0.0) ** 2 + np.log(2.0 * np.pi))
    assert found.value[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert 0.0 <= found.curvature[0] <= 1.0
    if width < 0.1:  # an interval without a width has the slope of the density
        assert found.slope[0] == pytest.approx(-middle, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(("z", "degrees"), list(product([-50.0, -2.0, 1.0, 50.0], [np.inf, 4.0])))
def test_above_a_limit_is_the_mirror_of_below_it(z, degrees):
    no_width = np.array([np.inf])
    above = log_probability_of(np.array([z]), no_width, np.array([True]), degrees)
    below = log_probability_of(np.array([-z]), no_width, np.array([False]), degrees)
    assert (above.value, above.slope, above.curvature) == (below.value, -below.slope, below.curvature)


def test_a_narrow_interval_tells_as_much_as_the_value_itself():
    noise, slopes = NOISES["lognormal"], np.array([[240.0]])
    narrow = {"is_below": True, "lower": 239.9999}
    found = log_likelihood(subject_of([(1.0, "cd4", 240.0, narrow)], noise), np.array([200.0]), NOTHING, slopes)
    value = log_likelihood(subject_of([(1.0, "cd4", 240.0, {})], noise), np.array([200.0]), NOTHING, slopes)
    assert found[0] == pytest.approx(value[0] + np.log(1e-4), abs=1e-5)
    np.testing.assert_allclose(found[1], value[1], rtol=1e-5)
    np.testing.assert_allclose(found[2], value[2], rtol=1e-5)


@pytest.mark.parametrize("kind", ["above", "between"])
@pytest.mark.parametrize("name", ["lognormal", "proportional"])
def test_more_than_zero_is_impossible_where_exactly_nothing_is_predicted(kind, name):
    one = subject_of([(1.0, "cd4", 240.0, KINDS[kind])], NOISES[name])
    value, gradient, information = log_likelihood(one, np.zeros(1), NOTHING, np.ones((1, 1)))
    assert value == -np.inf
    assert not gradient.any()
    assert not information.any()


@pytest.mark.parametrize("name", ["additive", "combined", "combined student"])
def test_a_prediction_of_zero_with_an_absolute_error_has_the_probability_of_its_limits(name):
    noise = NOISES[name]
    errors = norm if np.isinf(noise.degrees) else t(noise.degrees)
    one = subject_of([(1.0, "cd4", 25.0, KINDS["above"]), (2.0, "cd4", 25.0, {"is_below": True, "lower": 5.0})], noise)
    found = log_likelihood(one, np.zeros(2), NOTHING)[0]
    high, low = 25.0 / noise.absolute, 5.0 / noise.absolute
    assert found == pytest.approx(errors.logsf(high) + np.log(errors.cdf(high) - errors.cdf(low)), rel=1e-9)


@pytest.mark.parametrize("name", ["lognormal", "combined student"])
def test_pointwise_likelihoods_of_all_kinds_add_up_to_the_total(name):
    analytes = ("cd4", "cd8", "cd19", "nk")
    rows = [(1.0, analyte, 240.0, KINDS[kind]) for analyte, kind in zip(analytes, KINDS, strict=True)]
    one = subject_of(rows, NOISES[name], shared=0.5)
    predicted = np.array([200.0, 210.0, 190.0, 230.0])
    each = pointwise_likelihood(one.scatter, one.values, one.is_censored, predicted, NOTHING)
    assert each.values.sum() == pytest.approx(each.total, rel=1e-12)
    assert each.total == pytest.approx(log_likelihood(one, predicted, NOTHING)[0], rel=1e-14)


@pytest.mark.parametrize("name", ["lognormal", "proportional", "additive", "combined"])
def test_replicates_of_one_sample_have_their_joint_density(name):
    noise, values, shared = NOISES[name], np.array([240.0, 270.0]), 0.5
    one = subject_of([(1.0, "cd4", value, {}) for value in values], noise, shared)
    z = standardised(noise, values, 250.0)
    sd = (values - 250.0) / z if noise.kind != "lognormal" else noise.relative * values
    expected = multivariate_normal.logpdf(z, cov=[[1.0, shared], [shared, 1.0]]) - np.log(sd).sum()
    assert log_likelihood(one, np.full(2, 250.0), NOTHING)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["lognormal", "combined student"])
def test_a_patient_of_whom_all_is_below_quantification_has_the_product_of_the_probabilities(name):
    noise, predicted = NOISES[name], np.array([60.0, 0.5, 400.0])
    one = subject_of([(day, "cd4", 50.0, KINDS["below"]) for day in (1.0, 30.0, 90.0)], noise, shared=0.5)
    errors = norm if np.isinf(noise.degrees) else t(noise.degrees)
    expected = sum(errors.logcdf(standardised(noise, 50.0, value)) for value in predicted)
    assert log_likelihood(one, predicted, NOTHING)[0] == pytest.approx(expected, rel=1e-9)
