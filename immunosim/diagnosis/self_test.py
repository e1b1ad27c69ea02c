"""A simulation whose answer is known: the integrator runs, and is right.

A person who is untreated stays as she is; then a depot of triamcinolone and a tablet of prednisolone leave where they
are by the exponential law, amount = dose exp(-rate t).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.problem import prepare
from immunosim.scenario import build_scenario
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory

DAY = 5.0
"""When the drugs are given."""

DOSES = {"prednisolone_gut": 50.0, "triamcinolone_depot": 10.0}
"""Doses in mg, by the pool that they enter."""

RATES = {"prednisolone_gut": "prednisolone_absorption_rate", "triamcinolone_depot": "triamcinolone_dissolution_rate"}
"""Parameters, 1/day, by which the pools empty."""

LIMIT = 1e-3
"""Largest error that passes, relative to dose or untreated count: a hundred times the default relative tolerance."""


@dataclass(frozen=True)
class SelfTest:
    """What the self-test measured: seconds to load (or compile) and to solve, the status, the largest error."""

    load_seconds: float
    solve_seconds: float
    status: str
    error: float

    @property
    def passed(self) -> bool:
        """Whether the integration finished with the known answer."""
        return self.status == "OK" and self.error <= LIMIT


def self_test() -> SelfTest:
    """Solve the known problem and compare.

    Raises
    ------
    ImmunosimError
        If the kernels cannot be made, loaded or stored.
    """
    data = {
        "horizon": "20 days",
        "prednisolone": [{"start": f"{DAY:g} days", "dose": f"{DOSES['prednisolone_gut']:g} mg"}],
        "triamcinolone": [{"start": f"{DAY:g} days", "dose": f"{DOSES['triamcinolone_depot']:g} mg"}],
    }
    began = time.perf_counter()
    problem = prepare(build_scenario(data), "self-test", say_nothing)
    solve(problem)  # loads the integrator
    loaded = time.perf_counter()
    trajectory = Trajectory.of(problem, solve(problem))
    solved = time.perf_counter()
    return SelfTest(loaded - began, solved - loaded, trajectory.status.name, largest_error(trajectory))


def largest_error(trajectory: Trajectory) -> float:
    """Return the largest error of a solution of the known problem, relative to dose or untreated count."""
    errors = [np.abs(trajectory[name] - _expected(trajectory, name)) / dose for name, dose in DOSES.items()]
    before = trajectory["lymphocytes"][trajectory.time <= DAY]
    return float(np.max([*map(np.max, errors), np.abs(before / before[0] - 1.0).max()]))


def _expected(trajectory: Trajectory, name: str) -> Array:
    rate = trajectory.problem.vector[trajectory.problem.model.position[RATES[name]]]
    after = trajectory.time - DAY
    # The time of a dose reports the moment before it.
    amount: Array = np.where(after > 0.0, DOSES[name] * np.exp(-rate * np.maximum(after, 0.0)), 0.0)
    return amount
