"""Simulated courses for the tests of figures."""

from typing import Any

import pytest

from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

EVERYTHING: dict[str, Any] = {
    "title": "Everything at once",
    "horizon": "100 days",
    "course": [
        {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "infusion": "4 h", "premedication": True}
    ],
    "methylprednisolone": [{"label": "pulse", "start": "50 days", "dose": "500 mg", "doses": 3, "every": "24 h"}],
    "prednisolone": [
        {"start": "60 days", "dose": "50 mg", "doses": 5, "every": "24 h", "taper": [{"dose": "25 mg", "doses": 5}]}
    ],
    "triamcinolone": [{"start": "30 days", "dose": "15 mg"}, {"start": "31 days", "dose": "15 mg"}],
    "dimethyl_fumarate": [{"start": "-60 days", "stop": "-30 days"}],
    "relapse": [{"time": "50 days", "note": "optic neuritis"}],
    "note": [{"time": "20 days", "text": "first patch"}],
    "observed": [
        {
            "readout": "lymphocytes",
            "unit": "cells/uL",
            "points": [{"time": "30 days", "value": 400}, {"time": "60 days", "low": 500, "high": 700}],
        },
        {"readout": "cd4", "unit": "cells/uL", "points": [{"time": "30 days", "value": 90}]},
    ],
    "parameters": {"follicle_clone_size": 0.05, "antigen_amplification": 1.5},
}


@pytest.fixture(scope="session")
def eventful() -> Trajectory:
    """Return a course in which everything that can be drawn happens."""
    return simulate(build_scenario(EVERYTHING))


@pytest.fixture(scope="session")
def uneventful() -> Trajectory:
    """Return thirty days without any treatment."""
    return simulate(build_scenario({"horizon": "30 days"}))


@pytest.fixture(scope="session")
def unfinished() -> Trajectory:
    """Return a course whose integration ran out of steps."""
    return simulate(build_scenario(EVERYTHING | {"solver": {"max_steps": 3}}))
