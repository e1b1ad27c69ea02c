"""Linear pharmacokinetics in five pools: twice-daily tablets for two weeks, an infusion in between, output every 2 h.

Gut, plasma, two tissues and an effect site. The rates (per hour) are made up, of the size of those of a small molecule.
Between doses the equations are linear with constant coefficients.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problems.compiling import SmallProblem, add_pools
from benchmarks.work import Array, Work
from immunosim.model.network import Network
from immunosim.numerics import Segments

VALUES = {
    "rate_absorption": 1.0,
    "rate_elimination": 0.15,
    "rate_to_fast": 0.8,
    "rate_from_fast": 0.6,
    "rate_to_slow": 0.1,
    "rate_from_slow": 0.02,
    "rate_effect": 0.3,
}
DOSE = 100.0
BETWEEN_DOSES = 12.0
N_DOSES = 28
INFUSED = (6, 7)  # half days in which the infusion runs as well
INFUSION = 10.0


def network() -> Network:
    """Return the five pools."""
    net = Network("pharmacokinetics", dict.fromkeys(VALUES, "1/hour"))
    net.declare_mechanism("kinetics", "Kinetics", "nothing moves")
    with net.mechanism("kinetics"):
        add_pools(net, [(name, 0.0, DOSE) for name in ("gut", "plasma", "fast_tissue", "slow_tissue", "effect_site")])
        infusion = net.add_input("infusion", "infusion", "mg/hour")
        gut, plasma, fast, slow, effect = net.get("gut", "plasma", "fast_tissue", "slow_tissue", "effect_site")
        absorption, elimination, to_fast, from_fast, to_slow, from_slow, rate_effect = net.get(*VALUES)
        net.transfer("absorption", gut, plasma, absorption * gut)
        net.gain("infusion into plasma", plasma, infusion)
        net.loss("elimination", plasma, elimination * plasma)
        net.transfer("to fast tissue", plasma, fast, to_fast * plasma)
        net.transfer("from fast tissue", fast, plasma, from_fast * fast)
        net.transfer("to slow tissue", plasma, slow, to_slow * plasma)
        net.transfer("from slow tissue", slow, plasma, from_slow * slow)
        net.gain("effect builds up", effect, rate_effect * plasma)
        net.loss("effect wanes", effect, rate_effect * effect)
    return net


def problem() -> SmallProblem:
    """Return the problem."""
    boundaries: Array = BETWEEN_DOSES * np.arange(N_DOSES + 1.0)
    inputs, jumps = np.zeros((N_DOSES, 1)), np.zeros((N_DOSES, 5))
    inputs[slice(*INFUSED)] = INFUSION
    jumps[:, 0] = DOSE
    times = np.arange(0.0, boundaries[-1] + 1.0, 2.0)
    return SmallProblem("linear PK, 28 doses", network(), VALUES, Segments(boundaries, inputs, jumps), times)


def build(n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Return the ensemble."""
    return problem().work(n_rows)
