"""The whole model solved by SciPy from the oracle's right-hand side, with a segmentation of its own.

Shares nothing with the package: neither the reader of scenarios, the generated kernels, the integrator nor the table of
segments.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import version_1.oracle as oracle
from conformance.given import SAME_TIME, Given, Infused, Swallowed
from scipy.integrate import solve_ivp

RTOL = 1e-12
# Of a pool's untreated value, or of one where it starts empty.
ATOL = 1e-14


class Patient:
    """The oracle's model of one patient: its pools in order, the untreated state, the right-hand side."""

    def __init__(self, given: Given, parameters: Mapping[str, float]) -> None:
        self.values = {**parameters, **given.patient}
        self.on = dict.fromkeys(oracle.SWITCHES, 1.0) | dict.fromkeys(given.off, 0.0)
        untreated = oracle.baseline(self.values, self.on)
        self.pools = tuple(untreated)
        self.state = np.array(list(untreated.values()))

    def slope(self, state: np.ndarray, inputs: Mapping[str, float]) -> np.ndarray:
        """Return dy/dt, in the order of ``pools``."""
        named = dict(zip(self.pools, state, strict=True))
        return np.array(list(oracle.right_hand_side(named, self.values, inputs, self.on).values()))

    def seen(self, state: np.ndarray) -> dict[str, float]:
        """Return every pool and read-out of a state."""
        named = dict(zip(self.pools, state.tolist(), strict=True))
        return named | oracle.readouts(named, self.values, dict.fromkeys(oracle.INPUTS, 0.0), self.on)


def solve(
    given: Given, parameters: Mapping[str, float], method: str = "DOP853", rtol: float = RTOL
) -> list[dict[str, float]]:
    """Return pools and read-outs just before each time of a scenario, and at both ends of the simulation."""
    patient = Patient(given, parameters)
    state, found = patient.state, {given.start: patient.seen(patient.state)}
    atol = ATOL * (rtol / RTOL) * np.where(state > 0.0, state, 1.0)
    edges = distinct([given.start, given.horizon, *edges_of(given.doses)])
    times = [snapped(time, edges) for time in given.times]
    for start, end in pairwise(edges):
        state = state + [swallowed(given.doses, pool, start) for pool in patient.pools]
        inputs = {name: rate(given.doses, name, start, end) for name in oracle.INPUTS}
        inside = [time for time in times if start < time < end]
        solution = solve_ivp(
            lambda _, y, inputs=inputs: patient.slope(y, inputs),
            *((start, end), state),
            **{"method": method, "t_eval": [*inside, end], "rtol": rtol, "atol": atol},
        )
        assert solution.success, solution.message
        found |= {time: patient.seen(y) for time, y in zip([*inside, end], solution.y.T, strict=True)}
        state = solution.y[:, -1]
    return [found[time] for time in sorted({given.start, *times, given.horizon})]


def distinct(times: Iterable[float]) -> list[float]:
    """Return times in order, of those that differ by rounding only the first."""
    kept: list[float] = []
    for time in sorted(times):
        if not kept or time - kept[-1] > SAME_TIME:
            kept.append(time)
    return kept


def snapped(time: float, edges: Iterable[float]) -> float:
    """Return the edge that a time is but for rounding, or the time."""
    return next((edge for edge in edges if abs(edge - time) <= SAME_TIME), time)


def edges_of(doses: Iterable[Infused | Swallowed]) -> list[float]:
    """Return every time at which an input or a pool changes at once."""
    return [time for dose in doses for time in (dose[1:2] if isinstance(dose, Swallowed) else dose[1:3])]


def swallowed(doses: Iterable[Infused | Swallowed], pool: str, time: float) -> float:
    """Return what enters a pool at once at a time."""
    at_once = (d for d in doses if isinstance(d, Swallowed) and d.pool == pool)
    return sum(d.amount for d in at_once if abs(d.time - time) <= SAME_TIME)


def rate(doses: Iterable[Infused | Swallowed], name: str, start: float, end: float) -> float:
    """Return the rate of an input between two edges."""
    middle = (start + end) / 2
    return sum(
        d.amount / (d.stop - d.start)
        for d in doses
        if isinstance(d, Infused) and d.input == name and d.start < middle < d.stop
    )
