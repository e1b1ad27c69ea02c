"""HIRES: eight species of phytochrome and its receptor, "high irradiance responses" of plants.

Schaefer (1975), A new approach to explain the high irradiance responses of photomorphogenesis on the basis of
phytochrome; rates, initial state and end of the interval are those of problem HIRES of Hairer and Wanner, Solving
Ordinary Differential Equations II, section IV.10, and of the Test Set for IVP Solvers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problems.compiling import SmallProblem, add_pools, one_segment
from benchmarks.work import Work
from immunosim.model.network import Network

VALUES = {
    "rate_1": 1.71,
    "rate_2": 0.43,
    "rate_3": 8.32,
    "rate_4": 0.69,
    "rate_5": 0.035,
    "rate_6": 8.32,
    "rate_bind": 280.0,
    "rate_release": 0.69,
    "rate_destroy": 0.69,
    "rate_supply": 0.0007,
}
END = 321.8122
RECEPTOR = 0.0057


def network() -> Network:
    """Return the reactions."""
    net = Network("hires", dict.fromkeys(VALUES, "1"))
    net.declare_mechanism("reactions", "Reactions", "nothing happens")
    with net.mechanism("reactions"):
        initial = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, RECEPTOR]
        # All that takes part in the binding is of the size of the receptor.
        add_pools(net, [(f"y{i}", value, RECEPTOR) for i, value in enumerate(initial, 1)])
        y = dict(enumerate(net.get(*(f"y{i}" for i in range(1, 9))), 1))
        k = dict(enumerate(net.get(*(f"rate_{i}" for i in range(1, 7))), 1))
        bind, release, destroy, supply = net.get("rate_bind", "rate_release", "rate_destroy", "rate_supply")
        net.gain("supply", y[1], supply)
        moves = [(1, 2, 1), (2, 1, 2), (3, 1, 6), (2, 4, 3), (3, 4, 1), (4, 3, 2), (5, 3, 5), (4, 6, 4), (5, 6, 1)]
        for source, target, rate in [*moves, (6, 5, 2), (7, 5, 2)]:
            net.transfer(f"y{source} to y{target}", y[source], y[target], k[rate] * y[source])
        net.transfer("binding", y[6], y[7], bind * y[6] * y[8])
        net.loss("receptor bound", y[8], bind * y[6] * y[8])
        net.transfer("release", y[7], y[6], release * y[7])
        net.loss("destruction", y[7], destroy * y[7])
        net.gain("receptor free", y[8], (k[2] + release + destroy) * y[7])
    return net


def problem() -> SmallProblem:
    """Return the problem, with a hundred and one output times."""
    return SmallProblem("HIRES, to 321.8", network(), VALUES, one_segment(END, 8), np.linspace(0.0, END, 101))


def build(n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Return the ensemble."""
    return problem().work(n_rows)
