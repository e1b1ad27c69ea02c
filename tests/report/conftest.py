"""Small simulated courses for the tests of summaries and output files."""

from collections.abc import Callable
from typing import Any

import pytest

from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

ONE_COURSE: dict[str, Any] = {
    "title": "Two infusions",
    "horizon": "100 days",
    "course": [
        {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "infusion": "4 h", "premedication": True}
    ],
}


def simulated(**changes: Any) -> Trajectory:
    """Return one course of two infusions, seen for a hundred days, with top-level keys changed."""
    return simulate(build_scenario(ONE_COURSE | changes))


@pytest.fixture(scope="session")
def simulate_with() -> Callable[..., Trajectory]:
    """Return the function that simulates one course with changes."""
    return simulated


@pytest.fixture(scope="session")
def course() -> Trajectory:
    """Return one course of two infusions, seen for a hundred days."""
    return simulated()


@pytest.fixture(scope="session")
def failed() -> Trajectory:
    """Return a course whose integration ran out of steps."""
    observed = [{"readout": "cd4", "unit": "cells/uL", "points": [{"time": "9 days", "value": 5}]}]
    return simulated(solver={"max_steps": 3}, observed=observed)
