"""Forecasts as visits arrive use what was known at the time, and become narrower."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import FitOptions, case_of
from immunosim.fitting.conclusions.recovery_by_visit import ForecastOptions, Goal, update
from immunosim.observations import Measurement, PatientRecord
from immunosim.observations.records import RecordedDose
from tests.fitting.conftest import ANALYTES, DAYS

MANNER = ForecastOptions(2, 0, 1, 0.9)
GOAL = Goal("cd4", "150 cells/uL")


@pytest.fixture(scope="module")
def case(make_posterior, problem):
    posterior, _ = make_posterior()
    (subject,) = posterior.subjects
    free = ("antibody_clearance", "memory_cd4_from_naive_fraction")
    return case_of(problem, [PatientRecord("a", subject.measurements)], FitOptions(free, shared=0.0))


@pytest.fixture(scope="module")
def each_visit(case):
    found, failures = update(case, [GOAL], np.inf, True, MANNER)
    assert failures == {}
    return found


def test_each_visit_adds_its_values_and_the_first_forecast_has_none(each_visit):
    found = each_visit
    assert [one.day for one in found["a"]] == [0.0, *DAYS]
    assert [one.n_measurements for one in found["a"]] == [4 * k for k in range(len(DAYS) + 1)]
    assert len(ANALYTES) == 4


def test_the_interval_becomes_narrower_as_visits_arrive(each_visit):
    found = each_visit
    (first,), (last,) = found["a"][1].returns, found["a"][-1].returns
    assert last.high - last.low < first.high - first.low
    assert last.low < last.median < last.high


def test_a_forecast_from_the_first_visits_is_that_of_these_visits_alone(case, each_visit):
    (early,) = update(case, [GOAL], 100.0, False, MANNER)[0]["a"]
    assert early == each_visit["a"][2]


def test_nobody_measured_so_far_is_said(case):
    with pytest.raises(DataError, match="no patient was measured until day 3, give a later time"):
        update(case, [GOAL], 3.0, False, MANNER)


def test_later_rows_move_no_bit_of_a_forecast(case, problem):
    (patient,) = case.patients
    dose = RecordedDose("a", 0.0, "alemtuzumab", 12.0, 4 / 24)
    later = replace(dose, time=330.0)
    early = tuple(one for one in patient.measurements if one.time < 200.0)
    short = case_of(problem, [replace(patient, measurements=early, doses=(dose,))], FitOptions())
    whole = case_of(problem, [replace(patient, doses=(dose, later))], FitOptions())
    assert update(short, [GOAL], 200.0, False, MANNER) == update(whole, [GOAL], 200.0, False, MANNER)


def test_a_first_visit_that_informs_nothing_has_a_forecast_from_the_priors(problem):
    # An untreated count of B cells tells how many there are; CD4 cells do not depend on it, nor does what is reported.
    untreated = PatientRecord("a", (Measurement("a", -30.0, "cd19", 200.0),))
    unread = case_of(problem, [untreated], FitOptions())
    assert (unread.reported, len(unread.coordinates) > 30) == ((), True)
    updates, failures = update(unread, [GOAL], np.inf, True, ForecastOptions(1, 0, 1, 0.9))
    (priors,), (visit,) = (one.returns for one in updates["a"])
    assert failures == {}
    assert visit.median == pytest.approx(priors.median, rel=0.1)
    assert {one.horizon for one in updates["a"]} == {problem.scenario.horizon}


def test_data_that_inform_nothing_are_refused_where_priors_do_not_count(problem):
    untreated = PatientRecord("a", (Measurement("a", -30.0, "cd4", 900.0),))
    with pytest.raises(DataError, match="do not inform any parameter"):
        case_of(problem, [untreated], FitOptions(priors=False))
