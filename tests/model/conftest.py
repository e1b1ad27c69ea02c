"""The declared model, and a toy network to break on purpose."""

import pytest

from immunosim.model.network import Network
from immunosim.models.alemtuzumab.network import build_network


@pytest.fixture(scope="session")
def network(parameters):
    """Return the whole model, declared; tests must not change it."""
    return build_network(parameters.units())


@pytest.fixture
def toy():
    """Return two pools of two mechanisms, with a few parameters and no process."""
    units = {"decay_rate": "1/day", "half_effect": "mg", "volume": "L", "decline": "1/year", "age": "year"}
    net = Network("toy", units)
    for name in ("kinetics", "response"):
        net.declare_mechanism(name, name, "nothing happens")
    net.add_pool("drug", "drug", "mg", 0.0, scale=1.0, owner="kinetics")
    net.add_pool("depot", "depot", "mg", 0.0, scale=1.0, owner="kinetics")
    net.add_pool("effect", "effect", "1", 0.0, scale=1.0, owner="response")
    net.add_input("infusion", "infusion", "mg/day")
    return net
