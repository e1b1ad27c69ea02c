"""The measurements that a scenario itself gives: values, ranges with their spread, and limits."""

import pytest

from immunosim.observations import observed_in
from immunosim.scenario import Scenario


def test_a_scenario_gives_its_own_measurements(model):
    points = [{"time": "30 days", "value": 0.5}, {"time": "60 days", "low": 0.7, "high": 0.8}]
    points += [{"time": "90 days", "below": 0.1}, {"time": "80 days", "low": 0.0, "high": 0.2}]
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": points}
    found = observed_in(Scenario.model_validate({"observed": [series]}), model.units)
    assert [one.is_below for one in found] == [False, False, True, True]
    assert found[1].value == pytest.approx((0.7 * 0.8) ** 0.5)
    assert found[1].spread == pytest.approx(0.1335 / 12**0.5, rel=1e-3)
    assert found[2].value == 0.2


def test_values_are_in_the_unit_of_the_readout_and_in_the_order_of_time(model):
    late = {"readout": "cd4", "unit": "1e9/L", "points": [{"time": "60 days", "value": 0.4}]}
    early = {"readout": "lymphocytes", "unit": "cells/uL", "points": [{"time": "30 days", "value": 500.0}]}
    found = observed_in(Scenario.model_validate({"observed": [late, early]}), model.units, "who")
    assert [(one.patient, one.analyte, one.time) for one in found] == [
        *(("who", "lymphocytes", 30.0), ("who", "cd4", 60.0)),
    ]
    assert [one.value for one in found] == pytest.approx([0.5, 400.0])


def test_a_value_of_zero_says_nothing_without_a_limit(model):
    points = [{"time": "30 days", "value": 0.0}, {"time": "40 days", "low": 0.0, "high": 0.0}]
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": points}
    assert observed_in(Scenario.model_validate({"observed": [series]}), model.units) == []


def test_a_range_of_one_value_is_that_value(model):
    series = {"readout": "cd4", "unit": "cells/uL", "points": [{"time": "30 days", "low": 90.0, "high": 90.0}]}
    (found,) = observed_in(Scenario.model_validate({"observed": [series]}), model.units)
    assert (found.value, found.spread, found.is_below) == (pytest.approx(90.0), 0.0, False)
