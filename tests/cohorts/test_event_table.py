"""The events of a cohort as survival data, against lifelines with weights and closed forms."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from cohorts.hand_made import MONTHS, cohort
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from numpy.testing import assert_allclose

from immunosim.cohorts.event_requests import requested_events
from immunosim.cohorts.event_table import COLUMNS, event_summaries, incidence_by, table_of
from immunosim.cohorts.events import CohortEvents
from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.kept_events import kept_events
from immunosim.cohorts.keyed import exponential
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.ensembles.endpoints import Endpoint
from immunosim.errors import DataError
from immunosim.units import DAYS_PER_MONTH as MONTH

N, END = 200, float(MONTHS[-1] * MONTH)
HAZARDS = {"hazard": ""}
EXACT = {"rtol": 0.0, "atol": 1e-10}
NO_INTERVALS = Bootstrap(n=0)


def measure(text: str, start: float = 0.0, end: float = END):
    endpoint = Endpoint.of(text)
    summary, kind = SimpleNamespace(start=start, end=end), endpoint.kind.replace("_", " ")
    words = f"{kind} of disease hazard, day {start:g} to {end:g}"
    return SimpleNamespace(endpoint=endpoint, label=endpoint.label, summary=summary, description=words)


def with_last_hazard(**columns):
    """Return patients with the cumulative hazard at the end as two endpoints."""
    dataset = cohort(N)
    last = dataset["hazard"].isel(time=-1).values
    about = {"units": "1", "kind": "endpoint"}
    ends = {"maximum_hazard": ("patient", last, about), "risk_rate": ("patient", 1.0 - np.exp(-last), about)}
    return dataset.assign(**ends, **columns)


PATIENTS = with_last_hazard()
KEPT = kept_events(PATIENTS, [measure("maximum of hazard"), measure("risk rate")], HAZARDS, first=0.0)
WELL = PATIENTS["status"].values == 0
WEIGHT = PATIENTS["weight"].values[WELL]


def by_name(dataset=PATIENTS, kept=KEPT, **options):
    options = {"bootstrap": NO_INTERVALS} | options
    return {event.name: event for event in event_summaries(dataset, kept, **options)}


@pytest.mark.parametrize("name", ["back", "hazard"])
def test_incidence_and_median_are_the_weighted_ones_of_lifelines(name):
    events = requested_events(CohortSample.of(PATIENTS), KEPT.requests[name])
    days, is_observed = events.days[WELL], events.is_observed[WELL]
    with pytest.warns(match="weights"):  # lifelines warns that its intervals need robust variances
        fitted = KaplanMeierFitter().fit(days, is_observed, weights=WEIGHT)
    event = by_name()[name]
    assert_allclose(event.incidence.value, 1.0 - fitted.survival_function_.iloc[-1, 0], **EXACT)
    assert event.median.value == fitted.median_survival_time_
    for day in (110.0, 300.0, 600.0):
        found = incidence_by(PATIENTS, KEPT, name, day, bootstrap=NO_INTERVALS)
        assert_allclose(found.value, 1.0 - fitted.survival_function_at_times(day).item(), **EXACT)


def test_with_competing_events_the_incidence_is_the_weighted_one_of_lifelines():
    request = KEPT.requests["hazard"].model_copy(update={"competing": ("back",)})
    events = requested_events(CohortSample.of(PATIENTS), request)
    fitter = AalenJohansenFitter(calculate_variance=False)
    # lifelines takes whole weights here; those of the patients are 1/20 and 1.
    weights = np.rint(20.0 * WEIGHT).astype(int)
    days = events.days[WELL] + 1e-9 * np.arange(WELL.sum())  # without ties, which lifelines displaces at random
    fitted = fitter.fit(days, events.cause[WELL], event_of_interest=1, weights=weights)
    event = by_name(competing=["back"])["hazard"]
    assert_allclose(event.incidence.value, fitted.cumulative_density_.iloc[-1, 0], rtol=1e-6)  # by the displacement
    assert event.n_competing == int((events.cause == 2).sum()) > 0
    assert event.n_events + event.n_competing + event.n_censored == event.n


def test_failed_patients_do_not_count_and_are_counted():
    event = by_name()["back"]
    assert (event.n, event.n_failed) == (N - 1, 1)
    without = PATIENTS.isel(patient=slice(0, N - 1))
    assert by_name(without)["back"].incidence.value == event.incidence.value


def test_the_hazard_at_the_end_says_who_and_not_when():
    drawn = exponential(0, "event of hazard", PATIENTS["patient"].values)[WELL]
    had_it = drawn <= PATIENTS["maximum_hazard"].values[WELL]
    events = by_name()
    assert events["maximum_hazard"].n_events == had_it.sum() == events["hazard"].n_events
    assert_allclose(events["maximum_hazard"].incidence.value, np.average(had_it, weights=WEIGHT), **EXACT)
    assert_allclose(events["maximum_hazard"].incidence.value, events["hazard"].incidence.value, **EXACT)
    assert math.isnan(events["maximum_hazard"].median.value)
    by_risk = exponential(0, "event of rate", PATIENTS["patient"].values)[WELL] <= PATIENTS["maximum_hazard"][WELL]
    assert events["risk_rate"].n_events == int(by_risk.sum())


def test_the_draws_by_which_the_model_decides_are_taken():
    decided = with_last_hazard(drawn=("patient", np.full(N, 0.1)))
    kept = kept_events(decided, [measure("maximum of hazard")], {"hazard": "drawn"}, first=0.0)
    events = by_name(decided, kept)
    # Hazard 1 per 1,000 days, of a quarter of the patients twice as much.
    assert (events["hazard"].p5, events["hazard"].median.value) == pytest.approx((50.0, 100.0))
    assert events["maximum_hazard"].n_events == N - 1


def test_a_constant_hazard_gives_its_probability_within_the_interval():
    many = cohort(4000)
    event = by_name(many, kept_events(many, [], HAZARDS, 0.0), bootstrap=Bootstrap())["hazard"]
    chance = [1.0 - math.exp(-factor * END / 1000.0) for factor in (1.0, 2.0)]
    expected = np.average(np.where(many["smoker"] == 1.0, chance[1], chance[0])[:-1], weights=many["weight"][:-1])
    assert event.incidence.low < expected < event.incidence.high
    assert event.median.low <= event.median.value <= event.median.high


def test_what_is_kept_is_found_by_what_it_is():
    measures = [measure("maximum of hazard", 10.0), measure("maximum of cd4"), measure("cumulative_hazard rate")]
    kept = kept_events(PATIENTS, measures, HAZARDS, first=0.0)
    # The largest value of a later window is not what the hazard has grown in it.
    assert kept.names == ["back", "hazard", "cumulative_hazard_rate"]
    assert kept.description(PATIENTS, "cumulative_hazard_rate") == "disease"
    assert KEPT.description(PATIENTS, "maximum_hazard") == "disease"


def test_a_course_that_is_read_late_says_who_and_not_when():
    late = PATIENTS.isel(time=[3, 4])
    kept = kept_events(late, [], HAZARDS, 0.0)
    assert (list(kept.requests), list(kept.at_end)) == (["back"], ["hazard"])
    # What is gathered before the first kept day counts.
    assert by_name(late, kept)["hazard"].n_events == by_name()["hazard"].n_events
    assert math.isnan(by_name(late, kept)["hazard"].median.value)


def test_the_table_has_a_row_for_each_event():
    table = table_of(list(by_name().values()))
    assert list(table.columns) == list(COLUMNS)
    assert table["event"].tolist() == ["back", "hazard", "maximum_hazard", "risk_rate"]
    assert (table["events"] + table["censored"] == table["n"]).all()
    assert table_of([]).empty


@pytest.mark.parametrize(
    ("name", "day", "competing", "message"),
    [
        ("hazards", math.inf, (), 'keeps no event "hazards"'),
        ("hazard", END + 1.0, (), "after the observation"),
        ("maximum_hazard", 100.0, (), "times are not known"),
        ("maximum_hazard", math.inf, ("back",), "times are not known"),
        ("hazard", math.inf, ("cd5",), 'unknown endpoint "cd5"'),
    ],
)
def test_an_incidence_that_is_not_known_is_refused_with_a_cure(name, day, competing, message):
    with pytest.raises(DataError, match=message) as caught:
        incidence_by(PATIENTS, KEPT, name, day, competing)
    assert caught.value.cure


def test_a_large_cohort_is_read_in_blocks_with_the_same_events(monkeypatch):
    whole = by_name()
    monkeypatch.setattr("immunosim.cohorts.event_table.BLOCK", 7)
    assert repr(by_name()) == repr(whole)


def test_dropout_ends_the_observation_of_a_patient():
    left = np.where(np.arange(N) % 3 == 0, 200.0 + np.arange(N), np.nan)
    request = KEPT.requests["hazard"]
    everybody = requested_events(CohortSample.of(PATIENTS), request)
    seen = requested_events(CohortSample.of(PATIENTS.assign(dropout_day=("patient", left))), request)
    until = np.where(np.isnan(left), np.inf, left)
    later = WELL & (everybody.days > until)
    assert later.any()
    assert (later & everybody.is_observed).any()
    assert_allclose(seen.days[later], until[later], **EXACT)
    assert not seen.is_observed[later].any()
    for attribute in ("days", "cause"):
        assert_allclose(getattr(seen, attribute)[~later], getattr(everybody, attribute)[~later], **EXACT)


def test_those_who_leave_before_the_observation_begins_have_no_time_in_it():
    events = CohortEvents(np.array([50.0, 80.0]), np.array([1, 1]), start=40.0).until(np.array([10.0, np.nan]))
    assert events.days.tolist() == [40.0, 80.0]
    assert events.cause.tolist() == [0, 1]


def test_a_rate_is_not_taken_for_a_cumulative_hazard():
    rate = PATIENTS["hazard"].diff("time", label="lower")
    dataset = PATIENTS.assign(rate=rate.reindex(time=PATIENTS["time"], fill_value=0.0))
    with pytest.raises(DataError, match='"rate" falls, so it is not a cumulative hazard'):
        requested_events(CohortSample.of(dataset), StatisticRequest(statistic="incidence", hazard="rate"))
