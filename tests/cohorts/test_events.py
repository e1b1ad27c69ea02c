"""Events from hazards and levels, against closed forms."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from immunosim.cohorts.events import (
    CohortEvents,
    events_from_hazard,
    first_of,
    first_passage,
    first_visit,
    recurrent_days,
    values_at,
)
from immunosim.cohorts.keyed import exponential
from immunosim.errors import DataError

EXACT = {"rtol": 0.0, "atol": 1e-10}
PATIENTS = np.arange(10_000)


def constant(rate: float, times, n: int) -> np.ndarray:
    return np.tile(rate * np.asarray(times, float), (n, 1))


def test_times_drawn_from_a_constant_hazard_are_exponential():
    from scipy.stats import kstest

    times = np.linspace(0.0, 4000.0, 9)
    found = events_from_hazard(times, constant(0.01, times, 10_000), exponential(1, "event", PATIENTS))
    assert found.is_observed.all()
    assert kstest(found.days, "expon", args=(0.0, 100.0)).pvalue > 0.01


def test_times_drawn_from_a_rising_hazard_have_its_distribution():
    from scipy.stats import kstest

    times = np.linspace(0.0, 100.0, 2001)
    hazard = np.tile((times / 20.0) ** 2, (10_000, 1))
    found = events_from_hazard(times, hazard, exponential(2, "event", PATIENTS))
    assert kstest(found.days, "weibull_min", args=(2.0, 0.0, 20.0)).pvalue > 0.01


def test_an_event_beyond_the_end_is_censored_there():
    found = events_from_hazard([0.0, 10.0], np.array([[0.0, 1.0]] * 2), np.array([0.25, 1.5]))
    assert found.days.tolist() == [2.5, 10.0]
    assert found.is_observed.tolist() == [True, False]
    assert found.days_or_never.tolist() == [2.5, math.inf]


def test_hazard_gathered_before_the_observation_does_not_count():
    found = events_from_hazard([0.0, 10.0], np.array([[5.0, 6.0]]), np.array([0.5]))
    assert found.days.tolist() == [5.0]


def test_a_patient_without_hazard_has_no_event_and_one_who_failed_is_unknown():
    found = events_from_hazard([0.0, 5.0, 10.0], np.array([[0.0, 0.0, 0.0], [0.0, np.nan, np.nan]]), np.ones(2))
    assert found.is_observed.tolist() == [False, False]
    assert found.is_known.tolist() == [True, False]
    assert (len(found.times()), found.times().n_failed) == (1, 1)


def test_recurrent_events_of_a_constant_hazard_are_a_poisson_process():
    times = np.array([0.0, 1000.0])
    gaps = np.column_stack([exponential(4, f"relapse {k}", PATIENTS) for k in range(15)])
    days = recurrent_days(times, constant(0.003, times, 10_000), gaps)
    counts = np.isfinite(days).sum(axis=1)
    # Mean and variance 3; five standard errors of each.
    assert counts.mean() == pytest.approx(3.0, abs=5 * math.sqrt(3 / 10_000))
    assert counts.var() == pytest.approx(3.0, abs=5 * math.sqrt((3 + 2 * 9) / 10_000))
    assert (days[:, 1:] >= days[:, :-1]).all()


@pytest.mark.parametrize(("above", "level", "day"), [(True, 3.0, 15.0), (False, 1.0, 0.0), (True, 1.0, 0.0)])
def test_a_passage_is_interpolated_between_times(above, level, day):
    found = first_passage([0.0, 10.0, 20.0], np.array([[1.0, 2.0, 4.0]]), level, above=above)
    assert_allclose(found.days, [day], **EXACT)


def test_a_passage_counts_from_its_start():
    found = first_passage([0.0, 10.0, 30.0], np.array([[5.0, 1.0, 5.0]]), 4.0, start=5.0)
    assert_allclose(found.days, [25.0], **EXACT)
    assert found.start == 5.0


def test_a_level_may_be_relative_to_the_patients_own_untreated_value():
    courses = np.array([[10.0, 2.0, 10.0], [100.0, 2.0, 10.0]])
    found = first_passage([0.0, 10.0, 20.0], courses, 0.5 * courses[:, 0], start=10.0)
    assert_allclose(found.days_or_never, [13.75, np.inf], **EXACT)


def test_a_passage_at_visits_is_seen_at_the_next_visit_that_was_not_missed():
    visits = np.array([[0.0, 30.0, 60.0, 90.0], [0.0, 31.0, np.nan, 95.0]])
    seen = values_at([0.0, 90.0, 100.0], np.array([[0.0, 9.0, 9.0]] * 2), visits)
    assert_allclose(seen[0], [0.0, 3.0, 6.0, 9.0], **EXACT)
    found = first_visit(visits, seen, 5.0)
    assert found.days.tolist() == [60.0, 95.0]


def test_a_patient_who_is_never_seen_beyond_the_level_is_censored_at_the_last_visit():
    found = first_visit(np.array([0.0, 30.0, 60.0]), np.array([[1.0, 2.0, np.nan], [np.nan] * 3]), 5.0)
    assert found.is_observed.tolist() == [False, False]
    assert found.days[0] == 30.0
    assert found.is_known.tolist() == [True, False]


def test_half_an_interval_of_visits_is_added_to_events_only():
    events = CohortEvents(np.array([100.0, 400.0, 900.0, np.nan]), np.array([1, 1, 0, 0]))
    found = events.delayed([(365.0, 45.0), (math.inf, 90.0)])
    assert found.days[:3].tolist() == [145.0, 490.0, 900.0]
    assert math.isnan(found.days[3])


def test_the_first_of_competing_events_ends_the_observation():
    first = CohortEvents(np.array([5.0, 9.0, 9.0, np.nan, 3.0]), np.array([1, 0, 0, 0, 0]), ("a",))
    second = CohortEvents(np.array([7.0, 4.0, 9.0, 2.0, 8.0]), np.array([1, 1, 1, 1, 1]), ("b",))
    found = first_of([first, second])
    assert found.causes == ("a", "b")
    assert found.days[[0, 1, 2, 4]].tolist() == [5.0, 4.0, 9.0, 3.0]
    assert math.isnan(found.days[3])
    assert found.cause.tolist() == [1, 2, 2, 0, 0]


def test_competing_constant_hazards_share_events_by_their_rates():
    times = np.array([0.0, 1e4])
    parts = [
        events_from_hazard(times, constant(rate, times, 10_000), exponential(7, name, PATIENTS), name)
        for name, rate in (("a", 0.01), ("b", 0.03))
    ]
    found = first_of(parts)
    assert (found.cause == 1).mean() == pytest.approx(0.25, abs=5 * math.sqrt(0.25 * 0.75 / 10_000))
    assert found.days.mean() == pytest.approx(25.0, abs=5 * 25.0 / 100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: first_passage([0.0, 0.0], np.ones((1, 2)), 1.0), "times have to rise"),
        (lambda: first_passage([0.0, 1.0], np.ones((1, 3)), 1.0), "expected patients by 2 times"),
        (lambda: first_passage([0.0, 1.0], np.ones((1, 2)), 1.0, start=4.0), "outside the times"),
        (lambda: first_of([]), "need a name each"),
        (lambda: recurrent_days([0.0, 1.0], np.ones((2, 2)), np.ones((3, 1))), "a row for each patient"),
        (lambda: first_visit(np.ones(2), np.ones(2), 1.0), "a row for each patient"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()
