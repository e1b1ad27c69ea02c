"""Problems that are prepared and solved once for all tests of the verification."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immunosim.problem import Problem, prepare
from immunosim.scenario import build_scenario, load_scenario
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.verification import Reference, Verification, solve_reference, verify
from immunosim.verification.reference import magnitudes_of

CONFIGS = Path(__file__).parents[2] / "configs"

EVERY_DRUG: dict[str, Any] = {
    "title": "every drug within a month",
    "horizon": "30 days",
    "output": {"every": "6 h"},
    "dimethyl_fumarate": [{"start": "-5 days", "stop": "3 days"}],
    "course": [{"start": "1 day", "dose": "12 mg", "doses": 2, "every": "24 h", "premedication": True}],
    "methylprednisolone": [{"start": "10 days", "dose": "1 g", "doses": 2, "every": "24 h"}],
    "prednisolone": [
        {"start": "12 days", "dose": "50 mg", "doses": 2, "every": "24 h", "taper": [{"dose": "20 mg", "doses": 2}]}
    ],
    "triamcinolone": [{"start": "20 days", "dose": "15 mg"}],
}


@pytest.fixture(scope="session")
def problem_of() -> Callable[[dict[str, Any]], Problem]:
    return lambda tables: prepare(build_scenario(tables))


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Problem]:
    return lambda name: prepare(load_scenario(CONFIGS / f"{name}.toml"))


@pytest.fixture(scope="session")
def every_drug(problem_of: Callable[[dict[str, Any]], Problem]) -> Trajectory:
    """All drugs within a month: doses of every kind and a short reference."""
    problem = problem_of(EVERY_DRUG)
    return Trajectory.of(problem, solve(problem))


@pytest.fixture(scope="session")
def reference(every_drug: Trajectory) -> Reference:
    return solve_reference(every_drug.problem, magnitudes_of(every_drug.problem, every_drug.solution.states))


@pytest.fixture(scope="session")
def announced() -> list[str]:
    """What the verification of ``every_drug`` announces."""
    return []


@pytest.fixture(scope="session")
def verification(every_drug: Trajectory, announced: list[str]) -> Verification:
    return verify(every_drug, announce=announced.append)
