"""Kaplan-Meier curves and quantiles, against hand calculation and against lifelines."""

import math

import numpy as np
import pytest

from immunosim.ensembles.survival import EventTimes, pooled
from immunosim.errors import DataError

EXACT = {"rel": 0.0, "abs": 1e-10}


def times(days, flags, **about) -> EventTimes:
    return EventTimes(np.array(days, float), np.array(flags, bool), **about)


def random_times(seed: int, n: int) -> EventTimes:
    """Return tied times of whom about a third are censored, some at the day of an event."""
    generator = np.random.default_rng(seed)
    event, censoring = generator.integers(1, 40, n), generator.integers(1, 80, n)
    return times(np.minimum(event, censoring), event <= censoring)


def test_the_curve_of_seven_patients_is_that_of_the_product_limit():
    found = times([1, 2, 2, 3, 5, 5, 5], [1, 1, 0, 1, 0, 0, 0]).curve()
    assert found.days.tolist() == [1.0, 2.0, 3.0, 5.0]
    after = np.cumprod([6 / 7, 5 / 6, 3 / 4, 1.0])
    assert found.probability == pytest.approx(after, **EXACT)


def test_the_band_is_greenwoods_on_the_log_log_scale():
    found = times([1, 2, 2, 3, 5, 5, 5], [1, 1, 0, 1, 0, 0, 0]).curve(0.9)
    survival = 6 / 7 * 5 / 6
    deviation = 1.6448536269514722 * math.sqrt(1 / (7 * 6) + 1 / (6 * 5)) / abs(math.log(survival))
    expected = [survival ** math.exp(deviation), survival ** math.exp(-deviation)]
    assert [found.low[1], found.high[1]] == pytest.approx(expected, **EXACT)


def test_a_median_that_fewer_than_half_reach_is_infinite():
    found = times([10.0] * 25 + [730.0] * 39, [True] * 25 + [False] * 39)
    assert (found.median, found.n_observed, len(found)) == (math.inf, 25, 64)
    assert found.quantile(25 / 64) == 10.0
    assert found.probability == pytest.approx(25 / 64, **EXACT)


def test_the_median_is_reached_where_exactly_half_have_had_the_event():
    assert times([1, 2, 3, 9, 9, 9], [1, 1, 1, 0, 0, 0]).median == 3.0


def test_without_an_event_nothing_is_reached_and_the_curve_stays_at_one():
    found = times([9, 9], [0, 0])
    curve = found.curve()
    assert (found.median, found.probability) == (math.inf, 0.0)
    assert (curve.probability.tolist(), curve.low.tolist(), curve.high.tolist()) == ([1.0], [1.0], [1.0])


def test_a_single_event_leaves_the_upper_end_of_the_interval_of_the_median_open():
    found = times([4], [1])
    assert (found.median, found.curve().quantile_interval(0.5)) == (4.0, (4.0, math.inf))


def test_without_times_there_is_no_quantile_and_no_curve():
    found = times([], [], n_failed=3)
    assert math.isnan(found.median)
    assert math.isnan(found.probability)
    with pytest.raises(DataError, match="no time to an event"):
        found.curve()


def test_numbers_at_risk_count_events_and_censoring_on_the_day_itself():
    assert times([1, 2, 2, 3], [1, 1, 0, 0]).at_risk([0, 1, 1.5, 2, 3, 4]).tolist() == [4, 4, 3, 3, 1, 0]


def test_events_that_were_there_from_the_start_are_counted():
    assert times([30, 30, 31, 30], [1, 1, 1, 0], start=30.0).n_at_start == 2


def test_pooled_times_are_those_of_all_groups_with_all_failures():
    found = pooled([times([1, 2], [1, 0], n_failed=1), times([3], [1], start=-1.0, n_failed=2)])
    assert (found.days.tolist(), found.is_observed.tolist()) == ([1.0, 2.0, 3.0], [True, False, True])
    assert (found.start, found.n_failed) == (-1.0, 3)


@pytest.mark.parametrize(("days", "flags"), [([1.0], [True, False]), ([np.inf], [True]), ([np.nan], [False])])
def test_days_that_are_not_survival_data_are_refused(days, flags):
    with pytest.raises(DataError, match=r"flag for each day|not a finite number"):
        times(days, flags)


@pytest.mark.parametrize("seed", range(5))
def test_curve_band_quantiles_and_interval_are_those_of_lifelines(seed):
    lifelines = pytest.importorskip("lifelines")
    from lifelines.utils import median_survival_times, qth_survival_time

    data = random_times(seed, 61)  # no quantile falls on a step, where their rounding decides
    theirs = lifelines.KaplanMeierFitter(alpha=0.1).fit(data.days, data.is_observed)
    found = data.curve(0.9)
    table = theirs.survival_function_.loc[found.days, "KM_estimate"].to_numpy()
    assert found.probability == pytest.approx(table, **EXACT)
    band = theirs.confidence_interval_.loc[found.days].to_numpy()
    inside = found.probability > 0.0
    assert found.low[inside] == pytest.approx(band[inside, 0], **EXACT)
    assert found.high[inside] == pytest.approx(band[inside, 1], **EXACT)
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert data.quantile(level) == qth_survival_time(1.0 - level, theirs.survival_function_)
    low, high = median_survival_times(theirs.confidence_interval_).to_numpy()[0]
    assert found.quantile_interval(0.5) == (low, high)
    at_risk = theirs.event_table["at_risk"].loc[found.days].to_numpy()
    assert data.at_risk(found.days).tolist() == at_risk.tolist()
