"""Endpoints that are times to an event: what is censored, what was there at the start, what failed."""

import math

import numpy as np
import pytest
import xarray as xr

from immunosim.ensembles import Endpoint, EnsembleResult, simulate_ensemble
from immunosim.ensembles.columns import outcome
from immunosim.ensembles.endpoints import observed_events
from immunosim.ensembles.event_times import event_times, is_event
from immunosim.errors import DataError
from immunosim.scenario import load_scenario

NAN = math.nan


def ensemble(kind: str, values, status=None) -> EnsembleResult:
    about = {"kind": "endpoint", "units": "day", "measure": kind, "long_name": "t", "event": "cd4 first above 1"}
    about |= {"window_start": 30.0, "window_end": 730.0}
    codes = [0] * len(values) if status is None else status
    data = {"t": ("sample", np.array(values, float), about), "status": ("sample", np.array(codes))}
    return EnsembleResult(xr.Dataset(data, attrs={"varied": "[]"}))


@pytest.mark.parametrize("kind", ["first_above", "first_below"])
def test_a_first_time_that_never_comes_is_censored_at_the_end_of_the_window(kind):
    days, is_observed = observed_events(kind, np.array([40.0, NAN, 730.0]), 30.0, 730.0)
    assert (days.tolist(), is_observed.tolist()) == ([40.0, 730.0, 730.0], [True, False, True])


@pytest.mark.parametrize("kind", ["last_above", "last_below"])
def test_a_last_time_at_the_end_is_censored_and_one_that_never_was_is_an_event_at_the_start(kind):
    days, is_observed = observed_events(kind, np.array([40.0, NAN, 730.0]), 30.0, 730.0)
    assert (days.tolist(), is_observed.tolist()) == ([40.0, 30.0, 730.0], [True, True, False])


def test_patients_who_failed_are_counted_apart_and_those_not_run_not_at_all():
    found = ensemble("first_above", [40.0, NAN, NAN, NAN], [0, 0, 3, -1]).event_times("t")
    assert (len(found), found.n_observed, found.n_failed) == (2, 1, 1)


def test_the_median_over_all_patients_is_not_that_of_those_with_the_event():
    described = ensemble("first_above", [*np.linspace(400.0, 690.0, 25), *[NAN] * 39]).summary()["t"]
    assert (described["median"], described["p95"]) == (math.inf, math.inf)
    assert described["p5"] == pytest.approx(400.0 + 3 * 290.0 / 24)
    assert (described["n"], described["n_reached"], described["n_failed"]) == (64, 25, 0)


def test_an_event_at_the_start_counts_with_the_start():
    described = ensemble("last_below", [NAN, NAN, 50.0]).summary()["t"]
    assert (described["n_at_start"], described["median"], described["n_reached"]) == (2, 30.0, 3)


def test_other_endpoints_and_unknown_names_are_not_times_to_an_event():
    result = ensemble("time_below", [3.0])
    assert not is_event(result.dataset, "t")
    with pytest.raises(DataError, match='"t" is not a time to an event, keep one, such as "first_above'):
        event_times(result.dataset, "t")
    with pytest.raises(DataError, match='"other" is not a time to an event'):
        event_times(ensemble("first_above", [3.0]).dataset, "other")


def test_a_simulated_endpoint_says_event_and_window():
    asked = [Endpoint("last_below", "t_cells", "700 cells/uL", start=2.0, end=9.0, name="recovers")]
    result = simulate_ensemble(load_scenario("teaching_course"), endpoints=asked)
    about = result.dataset["recovers"].attrs
    assert (about["window_start"], about["window_end"]) == (2.0, 9.0)
    assert about["event"].endswith("for good above 700 cells/uL")
    assert len(result.event_times("recovers")) == 1


def test_a_column_of_times_is_infinite_where_the_event_did_not_happen_and_nan_of_those_who_failed():
    data = ensemble("last_below", [40.0, 730.0, NAN, NAN], [0, 0, 0, 2]).dataset
    assert outcome(data, "t").values.tolist() == pytest.approx([40.0, math.inf, 30.0, NAN], nan_ok=True)
