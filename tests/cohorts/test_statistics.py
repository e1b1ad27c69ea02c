"""Weighted statistics, against repeated patients, closed forms and simulated measurements."""

import math

import numpy as np
import pytest

from immunosim.cohorts.statistics import (
    effective_size,
    event_rate,
    geometric_mean,
    median_ratio,
    probabilities_of_hazard,
    probability_ever_above,
    ratio_of_means,
    share_at_or_above,
    share_below,
    standard_deviation,
    weighted_mean,
    weighted_median_of_visits,
    weighted_quantile,
)
from immunosim.errors import DataError

EXACT = {"rel": 0.0, "abs": 1e-10}


@pytest.fixture(scope="module")
def cohort() -> tuple[np.ndarray, np.ndarray]:
    """Return values, of which some are tied, and whole weights."""
    generator = np.random.default_rng(1)
    return np.round(generator.lognormal(5.0, 0.6, 200), 0), generator.integers(0, 5, 200)


def test_whole_weights_count_as_repeated_patients(cohort):
    values, weights = cohort
    repeated = np.repeat(values, weights)
    assert weighted_mean(values, weights) == pytest.approx(repeated.mean(), **EXACT)
    assert standard_deviation(values, weights) == pytest.approx(repeated.std(), **EXACT)
    assert share_at_or_above(values, 150.0, weights) == pytest.approx((repeated >= 150.0).mean(), **EXACT)
    assert geometric_mean(values, weights) == pytest.approx(math.exp(np.log(repeated).mean()), **EXACT)


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.25, 0.5, 0.9, 1.0])
def test_quantiles_are_those_of_repeated_patients(cohort, fraction):
    values, weights = cohort
    expected = np.quantile(np.repeat(values, weights), fraction, method="averaged_inverted_cdf")
    assert weighted_quantile(values, fraction, weights) == pytest.approx(expected, **EXACT)


def test_quantiles_do_not_depend_on_the_scale_of_the_weights(cohort):
    values, weights = cohort
    scaled = [weighted_quantile(values, 0.5, weights * scale) for scale in (1.0, 1e-7 / 3.0, 1e9 / 7.0)]
    assert len(set(scaled)) == 1


def test_a_median_that_fewer_than_half_reach_is_infinite():
    assert weighted_quantile([1.0, np.inf, np.inf], 0.5) == math.inf
    assert weighted_quantile([1.0, 2.0, np.inf], 0.5) == 2.0


def test_patients_who_failed_are_left_out_with_their_weight():
    assert weighted_mean([1.0, np.nan, 3.0], [1.0, 100.0, 1.0]) == 2.0
    assert weighted_quantile([1.0, np.nan, 3.0], 0.5, [1.0, 100.0, 1.0]) == 2.0
    assert ratio_of_means([2.0, np.nan, 4.0], [1.0, 1000.0, 2.0]) == 2.0


@pytest.mark.parametrize(
    "statistic",
    [weighted_mean, standard_deviation, geometric_mean, lambda v: weighted_quantile(v, 0.5)],
)
def test_a_statistic_of_nobody_is_not_a_number(statistic):
    assert math.isnan(statistic([np.nan]))


def test_noise_widens_the_spread_and_smooths_the_share_as_simulated_measurements_do():
    generator = np.random.default_rng(2)
    values = generator.lognormal(0.0, 0.3, 400)
    spread = math.sqrt(math.log1p(0.1**2))
    seen = values * np.exp(spread * generator.standard_normal((4000, 400)) - 0.5 * spread**2)
    # Standard errors of 1.6 million draws are below 0.001.
    assert standard_deviation(values, noise=0.1) == pytest.approx(seen.std(), abs=3e-3)
    assert share_at_or_above(values, 1.1, noise=0.1) == pytest.approx((seen >= 1.1).mean(), abs=3e-3)
    assert share_below(values, 1.1, noise=0.1) == pytest.approx((seen < 1.1).mean(), abs=3e-3)


def test_noise_adds_its_share_of_the_mean_square_to_the_variance():
    assert standard_deviation([3.0, 3.0], noise=0.1) == pytest.approx(0.3, **EXACT)


def test_nobody_without_cells_is_above_a_level_whatever_the_noise():
    assert share_at_or_above([0.0, 0.0], 1.0, noise=0.1) == 0.0
    assert share_at_or_above([0.0, 1.0], 0.0, noise=0.1) == 1.0


def test_a_measurement_at_one_of_the_visits_passes_the_level_as_often_as_simulated_ones():
    generator = np.random.default_rng(3)
    visits, spread = np.array([[0.8, 0.95, 0.7], [0.6, 0.9, np.nan], [np.nan] * 3]), math.sqrt(math.log1p(0.1**2))
    drawn = np.exp(spread * generator.standard_normal((200_000, 3)) - 0.5 * spread**2)
    level = np.exp(spread * generator.standard_normal((200_000, 1)) - 0.5 * spread**2)
    for is_measured, seen in ((True, level), (False, np.ones_like(level))):
        found = probability_ever_above(visits, np.ones(3), 0.1, is_measured)
        expected = [(np.where(np.isnan(row), 0.0, row) * drawn >= seen).any(axis=1).mean() for row in visits[:2]]
        assert found[:2] == pytest.approx(expected, abs=5e-3)  # four standard errors of 200,000 draws
        assert math.isnan(found[2])


def test_without_noise_the_highest_visit_decides():
    assert probability_ever_above([[1.0, 3.0], [1.0, np.nan], [0.0, 2.0]], [2.0, 2.0, 2.0]).tolist() == [1.0, 0.0, 1.0]
    assert probability_ever_above([[0.0, 0.0]], [1.0], 0.1).tolist() == [0.0]


def test_ratios_of_means_and_of_patients_differ():
    values, reference = [10.0, 30.0, 5.0], [10.0, 10.0, 0.0]
    assert ratio_of_means(values, reference) == 2.25
    assert median_ratio(values, reference) == 2.0


def test_a_rate_is_events_by_time_at_risk():
    assert event_rate([1, 0, 3], [2.0, 2.0, 1.0], [1.0, 2.0, 1.0]) == pytest.approx(4 / 7, **EXACT)


def test_a_gathered_hazard_is_a_probability():
    assert probabilities_of_hazard([0.0, math.log(2.0), np.inf]).tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_equal_weights_have_the_size_of_the_cohort():
    assert effective_size(np.full(7, 0.3)) == pytest.approx(7.0, **EXACT)
    assert effective_size([1.0, 0.0]) == 1.0


def test_medians_at_visits_leave_out_who_missed_them():
    assert weighted_median_of_visits([[1.0, 2.0, 3.0], [np.nan, 5.0, 7.0]]).tolist() == [2.0, 6.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: weighted_mean([1.0], [-1.0]), "negative"),
        (lambda: weighted_mean([1.0], [np.nan]), "not a number"),
        (lambda: weighted_mean([1.0], [1.0, 2.0]), "weights for values"),
        (lambda: weighted_quantile([1.0], 50.0), "not between 0 and 1"),
    ],
)
def test_weights_and_fractions_that_are_none_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()
