"""The hair follicle of the first version: the cycle alone, with interferon that systemic and local steroid suppress."""

import sympy as sp

from immunosim.model.network import Network
from immunosim.models.alemtuzumab.mechanisms.follicle_cycle import add_cycle, declare_cycle, derive_leaks


def declare_follicles(net: Network) -> None:
    """Add the pools of the cycle."""
    with net.mechanism("hair_follicle"):
        derive_leaks(net)
        suppressed = 1 - net["interferon_suppression_fraction"] * net["tissue_steroid"]
        declare_cycle(net, net["autoreactive_cd8_effector"] * suppressed, sp.Integer(0))


def add_hair_follicle(net: Network) -> None:
    """Add the cycle."""
    with net.mechanism("hair_follicle"):
        add_cycle(net)
