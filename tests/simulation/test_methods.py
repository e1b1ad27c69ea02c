"""Every method that a scenario can choose solves the model to its tolerance, or is refused."""

import numpy as np
import pytest

from immunosim.errors import ScenarioError
from immunosim.numerics import METHODS
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from immunosim.simulation import simulate

# A pulse five months after the second course: the most sudden thing that happens to a patient.
CHANGES = ("horizon=20 months", 'methylprednisolone=[{start = "17 months", dose = "1 g", doses = 5, every = "24 h"}]')


def states_of(configs, method, rtol):
    changes = (*CHANGES, f'solver.method="{method}"', f"solver.rtol={rtol}")
    return simulate(load_scenario(configs / "two_courses.toml", changes)).solution.states


@pytest.fixture(scope="module")
def reference(configs):
    return states_of(configs, "rodas5p", 1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_its_tolerance_on_a_patient(configs, reference, method):
    rtol = max(1e-5, METHODS[method].least_rtol)
    found = states_of(configs, method, rtol)
    peaks = np.abs(reference).max(axis=0)
    errors = np.abs(found - reference) / (np.abs(reference) + 1e-4 * peaks + np.finfo(float).tiny)
    assert errors.max() < 10.0 * rtol  # errors of steps add up


def test_a_tolerance_that_the_lax_method_cannot_keep_is_refused_with_a_cure(configs):
    scenario = load_scenario(configs / "two_courses.toml", ('solver.method="rodas5"', "solver.rtol=5e-5"))
    with pytest.raises(ScenarioError, match="5e-05 is finer than rodas5 can keep") as caught:
        prepare(scenario)
    assert caught.value.key == "solver.rtol"
    assert "rodas5p" in caught.value.cure
