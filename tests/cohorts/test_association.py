"""Hazard ratios, odds ratios and rank correlations, against lifelines, SciPy and closed forms."""

import math

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy.stats import spearmanr

from immunosim.cohorts.association import hazard_ratio, odds_ratio, rank_correlation
from immunosim.errors import DataError

EXACT = {"rel": 0.0, "abs": 1e-10}


def groups(seed: int, rounded: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return days, tied if rounded, whether observed, and whether exposed to twice the hazard."""
    generator = np.random.default_rng(seed)
    exposed = generator.random(300) < 0.4
    event, censoring = generator.exponential(np.where(exposed, 50.0, 100.0)), generator.exponential(120.0, 300)
    days = np.minimum(event, censoring)
    return (np.ceil(days / 10.0) if rounded else days), event <= censoring, exposed


@pytest.mark.parametrize("rounded", [False, True])
def test_the_hazard_ratio_agrees_with_the_cox_model_of_lifelines(rounded):
    days, observed, exposed = groups(1, rounded)
    weights = np.random.default_rng(2).integers(1, 4, 300)
    frame = pd.DataFrame({"days": days, "observed": observed, "exposed": exposed.astype(float), "weight": weights})
    fitted = CoxPHFitter().fit(frame, "days", "observed", weights_col="weight", fit_options={"precision": 1e-12})
    # lifelines damps its Newton steps and stops before the last digits.
    assert math.log(hazard_ratio(days, observed, exposed, weights)) == pytest.approx(
        fitted.params_["exposed"], abs=1e-6
    )


def test_the_hazard_ratio_of_constant_hazards_is_that_of_their_rates():
    days, observed, exposed = groups(3, False)
    assert math.log(hazard_ratio(days, observed, exposed)) == pytest.approx(math.log(2.0), abs=4 * 0.17)


@pytest.mark.parametrize(("days", "expected"), [([1.0, 2.0, 3.0, 3.0], math.inf), ([3.0, 3.0, 1.0, 2.0], 0.0)])
def test_events_in_one_group_only_have_no_finite_ratio(days, expected):
    observed = [day < 3.0 for day in days]
    assert hazard_ratio(days, observed, [1, 1, 0, 0]) == expected


def test_the_hazard_ratio_of_two_events_solves_the_score():
    # 1 - 2r/(2r + 2) - r/(r + 2) = 0
    found = hazard_ratio([1.0, 2.0, 3.0, 3.0], [1, 1, 0, 0], [1, 0, 1, 0])
    assert found == pytest.approx(math.sqrt(2.0), **EXACT)


@pytest.mark.parametrize(("observed", "exposed"), [([0, 0], [1, 0]), ([1, 1], [1, 1]), ([1, 1], [0, 0])])
def test_without_events_or_a_group_there_is_no_hazard_ratio(observed, exposed):
    assert math.isnan(hazard_ratio([1.0, 2.0], observed, exposed))


def test_the_odds_ratio_is_that_of_the_table():
    outcome, exposed = [1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]
    assert odds_ratio(outcome, exposed) == pytest.approx((3 * 3) / (1 * 1), **EXACT)
    assert odds_ratio(outcome, exposed, [2, 1, 1, 1, 1, 1, 1, 1]) == pytest.approx((4 * 3) / (1 * 1), **EXACT)


def test_outcomes_may_be_probabilities():
    assert odds_ratio([0.5, 0.2, np.nan], [1, 0, 1]) == pytest.approx((0.5 * 0.8) / (0.5 * 0.2), **EXACT)


@pytest.mark.parametrize(("outcome", "expected"), [([1, 1, 0, 1], math.inf), ([0, 0, 0, 0], math.nan)])
def test_odds_that_are_not_finite_give_no_finite_ratio(outcome, expected):
    assert odds_ratio(outcome, [1, 1, 0, 0]) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("decimals", [0, 6])
def test_the_rank_correlation_is_spearmans(decimals):
    generator = np.random.default_rng(4)
    first = np.round(generator.normal(size=200), decimals)
    second = np.round(first + generator.normal(size=200), decimals)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic, **EXACT)
    weights = generator.integers(1, 5, 200)
    expected = spearmanr(np.repeat(first, weights), np.repeat(second, weights)).statistic
    assert rank_correlation(first, second, weights) == pytest.approx(expected, **EXACT)


def test_times_that_are_never_reached_rank_last_and_failures_are_left_out():
    assert rank_correlation([1.0, 2.0, 3.0, np.nan], [5.0, 6.0, np.inf, 0.0]) == pytest.approx(1.0, **EXACT)


def test_what_does_not_vary_correlates_with_nothing():
    assert math.isnan(rank_correlation([1.0, 1.0], [1.0, 2.0]))
    with pytest.raises(DataError, match="two values for each patient"):
        rank_correlation([1.0], [1.0, 2.0])
