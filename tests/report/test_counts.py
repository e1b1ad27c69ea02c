"""Recovery after a course is counted from its nadir, not from a crossing of the limit before it."""

from types import SimpleNamespace

import numpy as np
import pytest

from immunosim.report import counts
from immunosim.report.courses import CourseWindow
from immunosim.units import DAYS_PER_MONTH

NAME = "lymphocytes"


class Curve(SimpleNamespace):
    """A curve in place of a trajectory: linear between its times."""

    def __getitem__(self, name):
        return self.values

    def at(self, name, time):
        return float(np.interp(time, self.time, self.values))


def after_course(values, limit):
    time = np.arange(len(values)) * 10.0
    curve, window = Curve(time=time, values=np.array(values)), CourseWindow("second", 0.0, 0.5, float(time[-1]), True)
    return counts._after_course(curve, window, NAME, limit)


def test_recovery_is_looked_for_after_the_nadir():
    """A second course meets counts that are still rising: they pass the limit, fall, and pass it again."""
    found = after_course([400.0, 600.0, 100.0, 300.0, 700.0], 500.0)
    assert (found["nadir"], found["nadir_days_after_start"]) == (100.0, 20.0)
    assert found["days_to_limit"] == pytest.approx(35.0)  # half-way between days 30 and 40, not on day 5
    assert found["months_to_limit"] == pytest.approx(35.0 / DAYS_PER_MONTH)


def test_counts_that_stay_low_do_not_recover():
    found = after_course([400.0, 600.0, 100.0, 300.0, 450.0], 500.0)
    assert found["fell_below_limit"]
    assert found["days_to_limit"] is None
