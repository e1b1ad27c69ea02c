"""Recurrent events: counts in windows of a cumulative hazard, against the Poisson distribution."""

import math

import numpy as np
import pytest
from cohorts.hand_made import MONTHS, cohort
from scipy.stats import chisquare, poisson

from immunosim.cohorts.recurrent import numbers_of_events
from immunosim.cohorts.registry import STATISTICS, YEAR
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.targets import PublishedTarget, Target, needs
from immunosim.errors import DataError
from immunosim.units import DAYS_PER_MONTH as MONTH

N = 8000
END = float(MONTHS[-1] * MONTH)
ABOUT = {"units": "1", "kind": "endpoint", "measure": "cumulative_hazard", "readout": "hazard"}
PATIENTS = cohort(N)
LAST = PATIENTS["hazard"].isel(time=-1).values
PATIENTS = PATIENTS.assign(at_end=("patient", LAST, ABOUT), weight=("patient", np.where(np.arange(N) % 2, 1.0, 3.0)))
SMOKER = PATIENTS["smoker"].values == 1.0
WELL = PATIENTS["status"].values == 0


def asked(statistic: str = "mean_events", **keys) -> StatisticRequest:
    return StatisticRequest.model_validate({"statistic": statistic, **keys}, context={"file": "targets.toml"})


def counts(**keys) -> np.ndarray:
    return numbers_of_events(CohortSample.of(PATIENTS), asked(**keys))[0]


def computed(statistic: str, **keys) -> float:
    sample = CohortSample.of(PATIENTS)
    return STATISTICS[statistic].prepare(sample, asked(statistic, **keys)).value(sample.weight)


def test_numbers_of_a_constant_hazard_are_those_of_poisson():
    found = counts(hazard="hazard")[WELL & SMOKER].astype(int)
    mean = 2.0 * END / 1000.0  # 2 per 1,000 days of smokers
    observed = np.bincount(np.minimum(found, 5), minlength=6)
    chances = np.append(poisson.pmf(np.arange(5), mean), poisson.sf(4, mean))
    assert chisquare(observed, chances * observed.sum()).pvalue > 0.01


@pytest.mark.parametrize("statistic", ["mean_events", "event_rate"])
def test_weighted_means_and_rates_are_those_of_the_hazard(statistic):
    weight = PATIENTS["weight"].values
    expected = np.average(LAST[WELL], weights=weight[WELL])
    error = math.sqrt(np.sum(weight[WELL] ** 2 * LAST[WELL])) / weight[WELL].sum()
    years = END / YEAR if statistic == "event_rate" else 1.0
    assert computed(statistic, hazard="hazard") == pytest.approx(expected / years, abs=3.0 * error / years)


def test_windows_add_up_and_a_rate_is_by_their_length():
    whole = counts(hazard="hazard")
    first, second = counts(hazard="hazard", end="9 months"), counts(hazard="hazard", start="9 months")
    assert np.array_equal(first + second, whole, equal_nan=True)
    in_first = {"hazard": "hazard", "end": "9 months"}
    assert computed("event_rate", **in_first) == pytest.approx(computed("mean_events", **in_first) / 0.75)


def test_the_first_of_recurrent_events_is_the_event_of_an_incidence():
    weight = PATIENTS["weight"].values[WELL]
    with_any = np.average(counts(hazard="hazard", end="12 months")[WELL] > 0, weights=weight)
    incidence = STATISTICS["incidence"].prepare(CohortSample.of(PATIENTS), asked(hazard="hazard", end="12 months"))
    assert incidence.value(CohortSample.of(PATIENTS).weight) == pytest.approx(with_any)


def test_an_endpoint_that_is_a_cumulative_hazard_has_the_events_of_its_course():
    at_end = counts(endpoint="at_end", start="0 days", end="24 months")
    assert np.array_equal(at_end, counts(hazard="hazard"), equal_nan=True)


def test_a_patient_has_the_same_events_in_any_cohort_and_a_failed_one_none():
    some = PATIENTS.isel(patient=[70, 3, N - 1])
    found, days = numbers_of_events(CohortSample.of(some), asked(hazard="hazard"))
    assert np.array_equal(found, counts(hazard="hazard")[[70, 3, N - 1]], equal_nan=True)
    assert np.isnan(found[2])
    assert days == END


def test_targets_of_recurrent_events_keep_the_course_of_the_hazard():
    published = {"name": "relapses", "value": 0.2, "unit": "1/year", "sigma": 0.1, "end": "2 years"}
    target = Target.model_validate(
        {"statistic": "event_rate", "hazard": "hazard", **published}, context={"file": "targets.toml"}
    )
    needed = needs([PublishedTarget(target, "targets.toml", 1, "Someone 2020", "", "")])
    assert (needed.readouts, needed.over_time) == (("hazard",), True)
    assert needed.times == (2.0 * YEAR,)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"hazard": "hazard", "start": "30 months"}, "outside the cohort's times"),
        ({"hazard": "cd4"}, "more than 1,000 events of a patient"),
        ({"endpoint": "peak", "start": "0 days", "end": "1 year"}, '"peak" is not a cumulative hazard'),
        ({"endpoint": "at_end"}, "window is missing"),
    ],
)
def test_what_is_not_a_cumulative_hazard_is_refused_with_a_cure(keys, message):
    patients = PATIENTS.isel(patient=slice(0, 4))
    patients = patients.assign(cd4=patients["cd4"] * np.arange(1.0, 6.0) * 100.0)
    with pytest.raises(DataError, match=message) as caught:
        numbers_of_events(CohortSample.of(patients), asked(**keys))
    assert caught.value.key
    assert caught.value.cure
