"""Explained courses of the teaching network, which solve in milliseconds."""

from typing import Any

import pytest

from immunosim.attribution import Explanation, explain
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

TEACHING: dict[str, Any] = {
    "model": "teaching",
    "horizon": "60 days",
    "dose": [{"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"}],
}


@pytest.fixture(scope="session")
def taught() -> Trajectory:
    """Return sixty days of the teaching network after one infusion of the antibody."""
    return simulate(build_scenario(TEACHING))


@pytest.fixture(scope="session")
def explained(taught: Trajectory) -> Explanation:
    """Return why the T cells in blood changed in it."""
    return explain(taught, "t_cells", 60.0)
