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
