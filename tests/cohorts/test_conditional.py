"""Risks of one patient of whom something is known, against closed forms and repeated populations."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from immunosim.cohorts.conditional import (
    LARGEST_K,
    Likeness,
    conditional_risk,
    effective_size,
    likeness,
    log_kernel,
    log_match,
)
from immunosim.cohorts.intervals import Bootstrap
from immunosim.errors import DataError

NO_INTERVAL = Bootstrap(n=0)

# Two classes of patients by hazard and by smoking, with their shares of the population.
SHARES = np.array([0.3 * 0.6, 0.3 * 0.4, 0.7 * 0.2, 0.7 * 0.8])
HAZARD = np.array([2.0, 2.0, 0.1, 0.1])
SMOKES = np.array([1.0, 0.0, 1.0, 0.0])

NOISE = 0.5
"""Standard deviation of a measurement of the trait, whose standard deviation is 1."""


def told(theta: np.ndarray, seen: float, bootstrap: Bootstrap = NO_INTERVAL) -> tuple[float, float, float]:
    like = likeness(np.ones(len(theta)), norm.logpdf(seen, theta, NOISE))
    risk = conditional_risk(like, np.exp(theta - 1.0), bootstrap=bootstrap)
    return risk.value, risk.low, risk.high


def exact(seen: float) -> float:
    """Return the risk over the normal posterior of the trait."""
    variance = 1.0 / (1.0 + NOISE**-2)
    posterior = norm(variance * seen / NOISE**2, math.sqrt(variance))
    return quad(lambda t: -math.expm1(-math.exp(t - 1.0)) * posterior.pdf(t), -9.0, 9.0, epsabs=1e-12)[0]


def test_nothing_known_gives_the_risk_of_the_population() -> None:
    risk = conditional_risk(likeness(SHARES), HAZARD, bootstrap=NO_INTERVAL)
    assert risk.value == pytest.approx(0.3 * -math.expm1(-2.0) + 0.7 * -math.expm1(-0.1), rel=1e-14)


def test_the_risk_of_a_smoker_follows_from_the_share_of_each_class_among_smokers() -> None:
    share = 0.18 / (0.18 + 0.14)
    risk = conditional_risk(likeness(SHARES, log_match(SMOKES, 1.0)), HAZARD, bootstrap=NO_INTERVAL)
    assert risk.value == pytest.approx(share * -math.expm1(-2.0) + (1.0 - share) * -math.expm1(-0.1), rel=1e-14)


def test_time_without_the_event_speaks_for_the_lower_hazard() -> None:
    before = 0.5 * HAZARD
    risk = conditional_risk(likeness(SHARES, -before), HAZARD, before, NO_INTERVAL)
    well = SHARES @ np.exp(-before)
    assert risk.value == pytest.approx((well - SHARES @ np.exp(-HAZARD)) / well, rel=1e-14)


def test_a_count_moves_a_normal_trait_as_bayes_does() -> None:
    theta = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    like = likeness(np.ones(len(theta)), norm.logpdf(1.0, theta, NOISE))
    mean = like.weight @ theta
    assert mean == pytest.approx(0.8, abs=1e-4)
    assert like.weight @ (theta - mean) ** 2 == pytest.approx(0.2, abs=1e-4)
    assert told(theta, 1.0)[0] == pytest.approx(exact(1.0), abs=1e-4)


def test_intervals_cover_the_risk_in_repeated_populations() -> None:
    generator = np.random.default_rng(1)
    covered = []
    for seed in range(200):
        seen = generator.normal(0.0, math.hypot(1.0, NOISE))
        _, low, high = told(generator.normal(size=800), seen, Bootstrap(seed))
        covered.append(low <= exact(seen) <= high)
    assert 0.83 <= np.mean(covered) <= 0.96


def test_told_risks_add_up_to_the_events_of_simulated_patients() -> None:
    generator = np.random.default_rng(2)
    population, patients = generator.normal(size=4000), generator.normal(size=600)
    seen = patients + generator.normal(0.0, NOISE, size=600)
    fell_ill = generator.exponential(size=600) < np.exp(patients - 1.0)
    risks = np.array([told(population, one)[0] for one in seen])
    spread = math.sqrt(float(risks @ (1.0 - risks)))
    assert abs(risks.sum() - fell_ill.sum()) < 3.0 * spread
    high = risks > np.median(risks)
    assert fell_ill[high].mean() > fell_ill[~high].mean() + 0.1


def test_equal_weights_count_as_their_number_and_one_weight_as_one() -> None:
    assert effective_size(np.full(50, 0.2)) == pytest.approx(50.0)
    assert effective_size([0.0, 3.0, 0.0]) == 1.0
    assert effective_size([0.0]) == 0.0


def test_a_kernel_is_as_wide_as_silverman_says() -> None:
    values = norm.ppf((np.arange(1000) + 0.5) / 1000)
    width = 1.06 * values.std() * 1000**-0.2
    assert log_kernel(values, 0.3, np.ones(1000))[10] == pytest.approx(-0.5 * ((values[10] - 0.3) / width) ** 2)


def test_a_kernel_of_a_lognormal_covariate_measures_ratios() -> None:
    weights = np.ones(5)
    kernel = log_kernel([35.0, 50.0, 70.0, 100.0, 140.0], 70.0, weights, is_log=True)
    assert kernel[0] == pytest.approx(kernel[4])
    with pytest.raises(DataError, match="0 is not positive"):
        log_kernel([35.0, 50.0], 0.0, weights[:2], is_log=True)


def test_a_covariate_that_does_not_vary_is_matched_exactly() -> None:
    assert log_kernel([2.0, 2.0], 2.0, [1.0, 1.0]).tolist() == [0.0, 0.0]
    assert log_kernel([2.0, 2.0], 3.0, [1.0, 1.0]).tolist() == [-math.inf, -math.inf]


def test_patients_who_could_not_be_simulated_count_for_nothing() -> None:
    like = likeness([1.0, 1.0, 0.0], [0.0, math.nan, 0.0])
    assert like.weight.tolist() == [1.0, 0.0, 0.0]
    assert conditional_risk(like, [0.5, math.nan, math.nan], bootstrap=NO_INTERVAL).value == -math.expm1(-0.5)


def test_a_patient_whom_nobody_resembles_is_refused() -> None:
    with pytest.raises(DataError, match="no patient of the population is like this one"):
        likeness([1.0, 1.0], log_match([0.0, 0.0], 1.0))
    with pytest.raises(DataError, match="no patient of the population is like this one"):
        likeness([])


def test_too_few_effective_patients_are_refused_with_their_number() -> None:
    Likeness(np.full(100, 0.01)).refuse_thin()
    with pytest.raises(DataError, match="99 effective patients of the population are like this one, not 100"):
        Likeness(np.full(99, 1.0 / 99.0)).refuse_thin()


def test_a_few_patients_who_decide_are_refused() -> None:
    with pytest.raises(DataError, match=r"a few patients decide: the tail of the weights has shape 0\.90, above 0\.7"):
        Likeness(np.full(200, 0.005), 0.9).refuse_thin()


def test_arviz_tells_a_heavy_tail_of_weights_from_a_light_one_and_from_none() -> None:
    pytest.importorskip("arviz")
    generator = np.random.default_rng(3)
    heavy, light = generator.pareto(1.0, 2000), generator.uniform(0.5, 1.0, 2000)
    levels = np.where(np.arange(2000) < 30, 1.0, 2.0)
    assert math.isnan(likeness(levels).k)
    assert likeness(np.ones(2000), np.log(heavy)).k > LARGEST_K > likeness(np.ones(2000), np.log(light)).k
