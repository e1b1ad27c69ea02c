"""Bootstrap intervals: keyed, within strata, and covering."""

import math

import numpy as np
import pytest

from immunosim.cohorts.incidence import kaplan_meier
from immunosim.cohorts.intervals import Bootstrap, percentile_interval
from immunosim.cohorts.statistics import share_at_or_above, standard_deviation, weighted_mean, weighted_quantile
from immunosim.errors import DataError

N_POPULATIONS, N_PATIENTS = 200, 250


def interval_of_mean(values, seed, strata=None, n=50):
    return Bootstrap(seed, n).interval(lambda weights: weighted_mean(values, weights), np.ones(len(values)), strata)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).normal(size=100)
    assert interval_of_mean(values, 3) == interval_of_mean(values, 3)
    assert interval_of_mean(values, 3) != interval_of_mean(values, 4)


def test_patients_are_resampled_within_their_stratum():
    strata = np.repeat([0, 1], [90, 10])
    for counts in Bootstrap(1, 20).counts(100, strata):
        assert (counts[:90].sum(), counts[90:].sum()) == (90.0, 10.0)
    # A mean that differs between strata only has no sampling error.
    interval = interval_of_mean(strata.astype(float), 0, strata)
    assert interval.low == interval.value == interval.high == pytest.approx(0.1)


def test_without_resampled_cohorts_there_is_a_value_and_no_interval():
    interval = Bootstrap(0, 0).interval(lambda weights: weighted_mean([1.0, 3.0], weights), [1.0, 1.0])
    assert interval.value == 2.0
    assert math.isnan(interval.low)


def test_ends_of_an_interval_may_be_infinite():
    assert percentile_interval([1.0, 2.0, np.inf, np.nan], 0.9) == (1.0, math.inf)
    assert all(map(math.isnan, percentile_interval([np.nan])))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bootstrap(confidence=90.0), "not between 0 and 1"),
        (lambda: Bootstrap(n=-1), "negative"),
        (lambda: interval_of_mean(np.ones(3), 0, [1, 2]), "one stratum for each patient"),
    ],
)
def test_what_is_no_bootstrap_is_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()


@pytest.fixture(scope="module")
def misses() -> dict[str, int]:
    """Return how many of the intervals of populations miss the true value of each statistic."""
    truth = {
        "mean": math.exp(0.045),
        "standard deviation": math.exp(0.045) * math.sqrt(math.exp(0.09) * 1.01 - 1.0),
        "median": 1.0,
        "share": 0.5,
        "incidence": 1.0 - math.exp(-0.5),
    }
    missed = dict.fromkeys(truth, 0)
    for seed in range(N_POPULATIONS):
        generator = np.random.default_rng([seed, 16])
        values = np.exp(0.3 * generator.standard_normal(N_PATIENTS))
        event, censoring = generator.exponential(1.0, N_PATIENTS), generator.exponential(2.0, N_PATIENTS)
        days, observed = np.minimum(event, censoring), event <= censoring
        # Patients of two weights, as of a stratum that is sampled more often than it occurs.
        weights = np.where(np.arange(N_PATIENTS) % 2, 1.0, 2.0)
        statistics = {
            "mean": lambda w, v=values: weighted_mean(v, w),
            "standard deviation": lambda w, v=values: standard_deviation(v, w, 0.1),
            "median": lambda w, v=values: weighted_quantile(v, 0.5, w),
            "share": lambda w, v=values: share_at_or_above(v, 1.0, w),
            "incidence": lambda w, d=days, o=observed: kaplan_meier(d, o, w).at(0.5),
        }
        for name, statistic in statistics.items():
            interval = Bootstrap(seed, 120).interval(statistic, weights, np.arange(N_PATIENTS) % 2)
            missed[name] += not interval.low <= truth[name] <= interval.high
    return missed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mean", "standard deviation", "median", "share", "incidence"])
def test_intervals_of_90_percent_cover_in_200_populations(misses, name):
    # 20 misses are expected, with a standard deviation of 4.2: within three of it.
    assert 8 <= misses[name] <= 33
