"""Weighted Kaplan-Meier and Aalen-Johansen curves, against lifelines and closed forms."""

import math

import numpy as np
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from numpy.testing import assert_allclose

from immunosim.cohorts.incidence import aalen_johansen, at_risk, kaplan_meier
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError

EXACT = {"rtol": 0.0, "atol": 1e-10}


def tied(seed: int, n: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return tied days of whom some are censored, causes, and weights."""
    generator = np.random.default_rng(seed)
    days, censoring = generator.integers(1, 30, n), generator.integers(1, 60, n)
    cause = np.where(days <= censoring, generator.integers(1, 4, n), 0)
    return np.minimum(days, censoring).astype(float), cause, generator.uniform(0.2, 3.0, n)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_kaplan_meier_agrees_with_lifelines(seed):
    days, cause, weights = tied(seed)
    found = kaplan_meier(days, cause > 0, weights)
    with pytest.warns(match="weights"):  # lifelines warns that its intervals need robust variances
        fitted = KaplanMeierFitter().fit(days, cause > 0, weights=weights)
    assert_allclose(1.0 - found.probability, fitted.survival_function_at_times(found.days).values, **EXACT)
    assert_allclose(found.at_risk, fitted.event_table["at_risk"].loc[found.days].values, **EXACT)


def test_unweighted_kaplan_meier_agrees_with_the_curve_of_the_package():
    days, cause, _ = tied(5)
    curve = EventTimes(days, cause > 0).curve()
    found = kaplan_meier(days, cause > 0)
    assert_allclose(1.0 - found.probability, curve.probability, **EXACT)
    assert found.quantile(0.5) == curve.quantile(0.5)


@pytest.mark.parametrize("of", [1, 2, 3])
def test_weighted_aalen_johansen_agrees_with_lifelines(of):
    generator = np.random.default_rng(of)
    # Without ties: lifelines displaces tied times at random.
    days, cause = generator.permutation(150) + 1.0, generator.integers(0, 4, 150)
    weights = generator.integers(1, 4, 150)
    found = aalen_johansen(days, cause, of, 3, weights)
    fitted = AalenJohansenFitter(calculate_variance=False).fit(days, cause, event_of_interest=of, weights=weights)
    expected = fitted.cumulative_density_.iloc[:, 0].reindex(found.days).to_numpy()
    assert_allclose(found.probability, expected, **EXACT)


def test_tied_competing_events_share_the_step_of_their_day():
    found = [aalen_johansen([1.0, 1.0, 1.0, 2.0], [1, 2, 0, 1], of, 2) for of in (1, 2)]
    assert_allclose(found[0].probability, [0.25, 0.75], **EXACT)
    assert_allclose(found[1].probability, [0.25, 0.25], **EXACT)


def test_the_causes_together_are_one_minus_kaplan_meier():
    days, cause, weights = tied(9)
    together = sum(aalen_johansen(days, cause, of, 3, weights).probability for of in (1, 2, 3))
    assert_allclose(together, kaplan_meier(days, cause > 0, weights).probability, **EXACT)


def test_without_competing_events_aalen_johansen_is_one_minus_kaplan_meier():
    days, cause, weights = tied(11)
    expected = kaplan_meier(days, cause > 0, weights).probability
    assert_allclose(aalen_johansen(days, (cause > 0).astype(int), 1, 1, weights).probability, expected, **EXACT)


def test_whole_weights_count_as_repeated_patients():
    days, cause, _ = tied(2)
    weights = np.random.default_rng(0).integers(1, 4, len(days))
    repeated = kaplan_meier(np.repeat(days, weights), np.repeat(cause > 0, weights))
    assert_allclose(kaplan_meier(days, cause > 0, weights).probability, repeated.probability, **EXACT)


def test_a_probability_holds_until_the_next_day():
    curve = kaplan_meier([2.0, 5.0, 9.0, np.nan], [True, True, False, False])
    assert [curve.at(day) for day in (1.0, 2.0, 4.9, 5.0, 100.0)] == pytest.approx([0.0, 1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert (curve.quantile(0.5), curve.quantile(0.9)) == (5.0, math.inf)


def test_those_at_risk_have_had_no_event_before():
    days, weights = [2.0, 5.0, 9.0, np.nan], [1.0, 2.0, 4.0, 8.0]
    assert at_risk(days, [0.0, 2.0, 2.5, 9.0, 9.5], weights).tolist() == [7.0, 7.0, 6.0, 4.0, 0.0]


def test_a_curve_of_nobody_knows_nothing():
    curve = kaplan_meier([np.nan], [False])
    assert math.isnan(curve.at(1.0))
    assert math.isnan(curve.quantile(0.5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kaplan_meier([1.0, 2.0], [True]), "one cause for each day"),
        (lambda: aalen_johansen([1.0], [1], 2, 1), "not the number of a cause"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()
