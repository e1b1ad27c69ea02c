"""Robertson's chemical reactions: three species, rates over nine powers of ten, until equilibrium.

Robertson (1966), The solution of a set of reaction rate equations. Rates, initial state and the interval to 1e11 with
one output time a decade are those of problem ROBER of Hairer and Wanner, Solving Ordinary Differential Equations II,
section IV.10.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problems.compiling import SmallProblem, add_pools, one_segment
from benchmarks.work import Work
from immunosim.model.network import Network

VALUES = {"rate_decay": 0.04, "rate_pair": 3e7, "rate_back": 1e4}
END = 1e11


def network() -> Network:
    """Return the three reactions."""
    net = Network("robertson", dict.fromkeys(VALUES, "1"))
    net.declare_mechanism("reactions", "Reactions", "nothing happens")
    with net.mechanism("reactions"):
        # The second species never exceeds 4e-5.
        add_pools(net, [("a", 1.0, 1.0), ("b", 0.0, 1e-5), ("c", 0.0, 1.0)])
        a, b, c = net.get("a", "b", "c")
        decay, pair, back = net.get(*VALUES)
        net.transfer("decay", a, b, decay * a)
        net.transfer("pairing", b, c, pair * b**2)
        net.transfer("back reaction", b, a, back * b * c)
    return net


def problem() -> SmallProblem:
    """Return the problem."""
    times = np.concatenate([[0.0], np.logspace(0, 11, 12)])
    return SmallProblem("Robertson, to 1e11", network(), VALUES, one_segment(END, 3), times)


def build(n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Return the ensemble."""
    return problem().work(n_rows)
