"""A patient to fit: what was measured is found among the read-outs, and what cannot be is refused with its place."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import ErrorModel, subject_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.likelihood.subject import analyte_weights, asked_of
from immunosim.observations import Measurement
from tests.fitting.conftest import ANALYTES

NAMES = ("antibody_clearance", "blood_lysis_rate")


def of(problem, *measured, noise=None):
    return subject_of(
        "a", problem, NAMES, measured, noise or dict.fromkeys({one.analyte for one in measured}, ErrorModel())
    )


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ((), "patient a has no measurements, leave the patient out"),
        (
            (Measurement("a", 400.0, "cd4", 90.0),),
            "horizon: day 400 of patient a is outside the simulated time span, day 0 to 395.688, extend the horizon",
        ),
        (
            (Measurement("a", -1.0, "cd4", 90.0),),
            "output.extra: day -1 of patient a is outside the simulated time span, day 0 to 395.688, add the time",
        ),
        ((Measurement("a", 9.0, "cd5", 90.0),), 'unknown analyte "cd5", did you mean "cd3", "cd4" or "cd8"'),
        (
            (Measurement("a", 9.0, "cd4", 0.0, line=7, column="CD4 [/uL]"),),
            "line 7: CD4 [/uL]: cd4 of patient a on day 9 is 0, give a positive number, or the limit of quantification",
        ),
        ((Measurement("a", 9.0, "cd4", float("nan")),), "cd4 of patient a on day 9 is nan"),
        ((Measurement("a", 9.0, "cd4", float("inf")),), "cd4 of patient a on day 9 is inf"),
        ((Measurement("a", 9.0, "cd4", -3.0, is_below=True),), "cd4 of patient a on day 9 is -3"),
    ],
)
def test_what_cannot_be_fitted_is_refused(problem, measured, message):
    with pytest.raises(DataError) as caught:
        of(problem, *measured)
    assert str(caught.value).startswith(message)


def test_measurements_keep_their_order_and_find_their_times(problem):
    days = (90.0, 30.0, 90.0, 0.0)
    subject = of(problem, *(Measurement("a", day, "cd4", 90.0 + k) for k, day in enumerate(days)))
    assert subject.problem.times.tolist() == [0.0, 30.0, 90.0]
    assert subject.problem.times[subject.places].tolist() == list(days)
    assert subject.values.tolist() == [90.0, 91.0, 92.0, 93.0]


def test_an_analyte_is_a_readout_or_the_sum_of_some(problem):
    weights = analyte_weights(problem, ["cd4", "cd3"])
    names = problem.model.readouts
    assert [names[k] for k in np.flatnonzero(weights[0])] == ["cd4"]
    assert sorted(names[k] for k in np.flatnonzero(weights[1])) == ["cd4", "cd8"]
    assert weights.sum() == 3.0


def test_a_sum_is_predicted_as_the_sum_of_its_parts(problem):
    subject = of(problem, *(Measurement("a", 30.0, name, 90.0) for name in ("cd3", "cd4", "cd8")))
    now = [[problem.vector[problem.model.position[name]] for name in NAMES]]
    (((whole, first, second),),) = predict((subject,), [np.array(now)])
    assert whole == pytest.approx(first + second, rel=1e-12)


def test_what_is_asked_is_every_analyte_at_every_time(problem):
    subject = of(problem, Measurement("a", 30.0, "cd4", 90.0))
    asked = asked_of(subject, np.array([10.0, 20.0]), ["cd4", "cd3"])
    assert [(one.analyte, one.time) for one in asked.measurements] == [
        *(("cd4", 10.0), ("cd4", 20.0), ("cd3", 10.0), ("cd3", 20.0)),
    ]
    assert asked.problem.times.tolist() == [10.0, 20.0]
    with pytest.raises(DataError, match='unknown analyte "cd5"'):
        asked_of(subject, np.array([10.0]), ["cd5"])


def test_patients_with_times_of_their_own_are_predicted_together_as_alone(problem):
    first = of(problem, *(Measurement("a", day, "cd4", 90.0) for day in (30.0, 90.0, 180.0)))
    second = of(problem, Measurement("b", 60.0, "cd8", 90.0), Measurement("b", 10.0, "lymphocytes", 1.0))
    now = np.array([[problem.vector[problem.model.position[name]] for name in NAMES]])
    rows = [now * [[1.0, 1.0], [1.2, 0.9]], now]
    together = predict((first, second), rows)
    for one, own, found in zip((first, second), rows, together, strict=True):
        assert found.shape == (len(own), len(one.measurements))
        np.testing.assert_array_equal(found, predict((one,), [own])[0])


def test_a_row_that_cannot_be_is_nan_and_the_others_stay(problem):
    subject = of(problem, Measurement("a", 30.0, "cd4", 90.0))
    now = np.array([[problem.vector[problem.model.position[name]] for name in NAMES]])
    found = predict((subject,), [np.concatenate([now, now * np.nan, now])])[0]
    assert np.isnan(found[1]).all()
    assert found[0] == found[2] > 0.0


def test_everything_that_can_be_measured_has_a_unit(problem):
    units = of(problem, Measurement("a", 30.0, "cd4", 90.0)).units
    assert units["cd4"] == units["cd3"] == "cells/uL"
    assert units["lymphocytes"] == "1e9/L"
    assert set(ANALYTES) <= set(units)


def test_given_counts_are_differentiated_at_the_values_of_the_row(problem):
    """The scale that a count determines depends on the other parameters: the scenario of a task has the row's."""
    scenario = problem.scenario.model_copy(
        update={
            "patient": problem.scenario.patient.model_copy(
                update={"baseline": problem.scenario.patient.baseline.model_copy(update={"cd4": 800.0})}
            )
        }
    )
    counted = replace(problem, scenario=scenario)
    subject = replace(
        of(problem, Measurement("a", 30.0, "cd4", 90.0)), problem=counted, names=("age", "blood_lysis_rate")
    )
    task = subject.task(np.array([50.0, 90.0]), problem.vector, problem.initial_state)
    assert task.problem.scenario.patient.age == 50.0
    assert task.problem.scenario.parameters["blood_lysis_rate"] == 90.0
    assert scenario.patient.age != 50.0  # the patient's own scenario stays


def test_values_above_a_limit_and_in_intervals_are_kept_with_their_limits(problem):
    subject = of(
        problem,
        Measurement("a", 30.0, "cd4", 20.0, is_above=True),
        Measurement("a", 60.0, "cd4", 20.0, is_below=True, lower=5.0),
        Measurement("a", 90.0, "cd4", 20.0),
    )
    assert subject.is_censored.tolist() == [True, True, False]
    assert subject.scatter.lower.tolist() == [0.0, 5.0, 0.0]


def test_an_interval_without_a_width_is_refused_with_its_line(problem):
    empty = Measurement("a", 30.0, "cd4", 5.0, is_below=True, line=4, column="CD4", lower=5.0)
    with pytest.raises(DataError, match=r"line 4: CD4: cd4 of patient a on day 30 lies in the interval 5 to 5, give"):
        of(problem, empty)
