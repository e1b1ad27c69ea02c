"""Visits, dropout and assays: what is planned, what happens, and that draws belong to the patient."""

import numpy as np
import pytest
from scipy import stats

from immunosim.cohorts.visits import (
    Assay,
    AssayErrors,
    Dropout,
    Visits,
    assay_draws,
    dropout_days,
    measured,
    visit_days,
)
from immunosim.errors import ScenarioError

PATIENTS = np.arange(4000)


def test_visits_at_an_interval_end_with_the_horizon():
    np.testing.assert_allclose(Visits(every="30 days").planned(90.0), [30, 60, 90])
    np.testing.assert_allclose(Visits(every="30 days", start="10 days", stop="80 days").planned(365.0), [10, 40, 70])


def test_visits_without_jitter_are_as_planned():
    days = visit_days(Visits(at=("30 days", "90 days", "400 days")), 365.0, 0, np.arange(3))
    assert days.tolist() == [[30.0, 90.0]] * 3


def test_jitter_is_uniform_and_keeps_the_order():
    days = visit_days(Visits(every="30 days", jitter="10 days"), 365.0, 5, PATIENTS)
    assert (np.diff(days, axis=1) > 0).all()
    assert days.max() == 365.0
    assert stats.kstest((days[:, 2] - 90.0) / 20.0 + 0.5, "uniform").pvalue > 0.01


def test_a_share_of_the_visits_is_missed():
    days = visit_days(Visits(every="30 days", missed=0.2), 300.0, 5, PATIENTS)
    assert np.isnan(days).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / days.size))


def test_dropout_at_a_constant_rate_is_exponential():
    days = dropout_days(Dropout(rate="0.1/year"), 3, PATIENTS)
    assert stats.kstest(days, "expon", args=(0, 3652.5)).pvalue > 0.01
    assert np.isinf(dropout_days(None, 3, PATIENTS)).all()


def test_an_assay_keeps_the_mean_and_has_its_coefficient_of_variation():
    assay = AssayErrors("cd4", cv=0.2)
    values = measured(np.full((4000, 1), 500.0), assay, assay_draws(assay, 1, 1, PATIENTS))
    assert values.mean() == pytest.approx(500.0, rel=0.02)
    assert values.std() / values.mean() == pytest.approx(0.2, rel=0.05)


def test_a_value_below_the_limit_is_reported_as_half_of_it():
    assay = AssayErrors("cd4", lloq=10.0)
    assert measured(np.array([3.0, 10.0, 12.0]), assay, np.zeros(3)).tolist() == [5.0, 10.0, 12.0]


def test_draws_belong_to_the_patient_and_not_to_the_cohort():
    visits, assay, chosen = Visits(every="30 days", jitter="9 days", missed=0.1), AssayErrors("cd4", cv=0.1), [17, 3]
    alone = np.array(chosen)
    everybody, those = visit_days(visits, 365.0, 7, PATIENTS), visit_days(visits, 365.0, 7, alone)
    assert everybody[chosen].tobytes() == those.tobytes()
    draws = assay_draws(assay, 3, 7, PATIENTS)[chosen]
    assert draws.tobytes() == assay_draws(assay, 3, 7, alone).tobytes()
    leaving = dropout_days(Dropout(rate="0.1/year"), 7, PATIENTS)[chosen]
    assert leaving.tobytes() == dropout_days(Dropout(rate="0.1/year"), 7, alone).tobytes()


@pytest.mark.parametrize(
    ("record", "given", "key"),
    [
        (Visits, {}, "at"),
        (Visits, {"at": ("1 month",), "every": "1 month"}, "at"),
        (Visits, {"at": ("2 months", "1 month")}, r"at\[2\]"),
        (Visits, {"at": ("1 month",), "stop": "2 months"}, "stop"),
        (Visits, {"every": "30 days", "start": "60 days", "stop": "30 days"}, "stop"),
        (Visits, {"every": "30 days", "jitter": "15 days"}, "jitter"),
        (Visits, {"every": "30 days", "missed": 1.5}, "missed"),
        (Visits, {"every": "30 days", "mised": 0.5}, "mised"),
        (Assay, {"readout": "cd4"}, "cv"),
        (Assay, {"readout": "cd4", "cv": 0.1, "sd": "3 cells/uL"}, "sd"),
        (Assay, {"readout": "cd4", "cv": -0.1}, "cv"),
        (Dropout, {"rate": "2 mg"}, "rate"),
        (Dropout, {}, "rate"),
    ],
)
def test_malformed_records_are_refused_by_key(record, given, key):
    with pytest.raises(ScenarioError, match=key):
        record.model_validate(given)
