"""The measurements that a scenario file itself gives, in its ``[[observed]]`` series."""

from __future__ import annotations

import math
from collections.abc import Mapping

from immunosim.observations.records import Measurement
from immunosim.scenario import Scenario
from immunosim.units import convert


def observed_in(scenario: Scenario, units: Mapping[str, str], patient: str = "patient") -> list[Measurement]:
    """Return the measurements of a scenario in the order of time.

    A range counts as its geometric mean, with the spread of a value that lies anywhere in it (by the logarithm). Values
    of zero and ranges from zero are left to `below`: nothing is known of how far below they are.

    Parameters
    ----------
    scenario : Scenario
    units : mapping of str to str
        Unit of every read-out.
    patient : str
    """
    measurements = []
    for series in scenario.observed:
        factor = convert(1.0, series.unit, units[series.readout])
        for point in series.points:
            low, high = (end * factor for end in point.ends)
            is_below = point.below is not None or low <= 0.0
            value = high if is_below else math.sqrt(low * high)
            spread = 0.0 if is_below or low == high else math.log(high / low) / math.sqrt(12.0)
            if value > 0.0:
                measurements.append(Measurement(patient, point.time, series.readout, value, is_below, spread=spread))
    return sorted(measurements, key=lambda measurement: measurement.time)
