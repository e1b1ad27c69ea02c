"""Every tool that is present solves the dosing problem, restarts at its doses, and says when it failed."""

import numpy as np
import pytest

from benchmarks.errors import errors_of_rows
from benchmarks.peers import immunosim_core
from benchmarks.peers.catalogue import PEERS, TOOLS
from benchmarks.peers.pieces import piecewise
from benchmarks.problems import pharmacokinetics
from immunosim.numerics.compilation import is_compiling

pytestmark = pytest.mark.skipif(not is_compiling(), reason="tools are given compiled right-hand sides")

PRESENT = [tool.name for tool in PEERS if not tool.absence]


@pytest.fixture(scope="module")
def work():
    """Return two rows of the linear problem, which has doses, an infusion and outputs on and between them."""
    return pharmacokinetics.problem().work(2)


@pytest.fixture(scope="module")
def reference(work):
    """Return what our core computes at a tight tolerance; the matrix exponential confirms it elsewhere."""
    return immunosim_core.prepare(work)(1e-11, 2)


@pytest.mark.filterwarnings("ignore")  # what other packages warn of is not ours
@pytest.mark.parametrize("name", PRESENT)
def test_tool_agrees_with_the_reference(name, work, reference):
    states = TOOLS[name].prepare(work)(1e-6, 2)
    assert states.shape == reference.shape
    # A hundred to a thousand tolerances: multistep codes restart at each of 28 doses. A missed dose would give about 1.
    assert errors_of_rows(states, reference, work.scales).max() < 1e-3


def test_row_that_a_tool_gives_up_is_not_a_number_and_others_are_solved(work):
    seen = []

    def begin(parameters, inputs):
        seen.append(parameters)

    def solve(y, times, rtol, atol):
        if np.array_equal(seen[-1], work.parameters[0]) and times[0] > 0.0:
            return None
        return np.ones((times.size, y.size))

    states = piecewise(work, begin, solve)(1e-6, 2)
    assert np.isnan(states[0]).all()
    assert (states[1, 1:] == 1.0).all()


def test_arithmetic_error_of_plain_python_is_a_failed_row(work):
    def solve(y, times, rtol, atol):
        raise ZeroDivisionError

    assert np.isnan(piecewise(work, lambda parameters, inputs: None, solve)(1e-6, 1)).all()
