"""Scenarios that several tests of the simulation look at, each simulated once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immunosim.scenario import build_scenario, load_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

# The label's regimen: 12 mg over 4 h on five days, and on three days a year later, after methylprednisolone.
COURSES: list[dict[str, Any]] = [
    {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "infusion": "4 h", "premedication": True},
    {"start": "12 months", "dose": "12 mg", "doses": 3, "every": "24 h", "infusion": "4 h", "premedication": True},
]


@pytest.fixture(scope="session")
def simulated() -> Callable[..., Trajectory]:
    """Return what simulates the tables of a scenario, and remembers it."""
    known: dict[str, Trajectory] = {}

    def run(**tables: Any) -> Trajectory:
        key = repr(sorted(tables.items()))
        if key not in known:
            known[key] = simulate(build_scenario(tables))
        return known[key]

    return run


@pytest.fixture(scope="session")
def treated(simulated: Callable[..., Trajectory]) -> Callable[..., Trajectory]:
    """Return what simulates the two courses for 13 months, with tables added or changed."""
    return lambda **changes: simulated(**({"course": COURSES, "horizon": "13 months"} | changes))


@pytest.fixture(scope="session")
def shipped(configs: Path) -> Callable[[str], Trajectory]:
    """Return what simulates a shipped scenario by name, and remembers it."""
    known: dict[str, Trajectory] = {}

    def run(name: str) -> Trajectory:
        if name not in known:
            known[name] = simulate(load_scenario(configs / f"{name}.toml"))
        return known[name]

    return run
