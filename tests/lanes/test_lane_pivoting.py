"""A lane whose trial needs pivoting does what the scalar core does, and its neighbours do not notice."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.sparse_lu import assemble_statements, factorise_statements, plan_elimination, solve_statements
from immunosim.numerics import METHODS, Kernels, Segments, SolverOptions, Status, solve_ensemble

N = 11
STEP = 1.0 / 64.0
ENTRIES = [(0, 0), (0, 1), (1, 0), (1, 1)]
SPAN = Segments([0.0, 1.0], [[0.0]], [[0.0, 0.0]])

# y' = a y - b z, z' = b y - a z with p = (a, b): it rotates, and its first pivot cancels where a = 1 / (gamma h).
ROTATION = """
from numpy import sqrt

POOLS = {{"y": (), "z": ()}}
JACOBIAN_ROWS = {rows}
JACOBIAN_COLUMNS = {columns}
N_LU = 6

def rhs(y_, p_, u_, out_):
    y = y_[0]
    z = y_[1]
    a = p_[0]
    b = p_[1]
    out_[0] = a*y - b*z
    out_[1] = b*y - a*z

def jacobian(y_, p_, u_, out_):
    a = p_[0]
    b = p_[1]
    out_[0] = a
    out_[1] = -b
    out_[2] = b
    out_[3] = -a

def factorise(jac_, shift, lu_):
    {assembly}
    before = lu_[0]*lu_[0] + lu_[1]*lu_[1] + lu_[2]*lu_[2] + lu_[3]*lu_[3]
    {elimination}
    return sqrt((lu_[0]*lu_[0] + lu_[1]*lu_[1] + lu_[2]*lu_[2] + lu_[3]*lu_[3])/before)

def solve(lu_, b_):
    {substitution}
"""


@pytest.fixture(scope="module")
def rotation(lanes_of):
    """Return scalar and lane kernels of the rotation, eliminated as the emitter does."""
    plan = plan_elimination(2, ENTRIES)
    text = ROTATION.format(
        rows=[i for i, _ in ENTRIES],
        columns=[j for _, j in ENTRIES],
        assembly="\n    ".join(assemble_statements(plan, ENTRIES, 4)),
        elimination="\n    ".join(factorise_statements(plan, 4)),
        substitution="\n    ".join(solve_statements(plan, 4)),
    )
    module = KernelModule(text)
    pattern = tuple(module.JACOBIAN_ROWS), tuple(module.JACOBIAN_COLUMNS)
    functions = (module.rhs, module.jacobian, module.factorise, module.solve)
    return Kernels(*functions, 2, 4, 6, lanes_of(module, 4), pattern)


def parameters_of(method):
    """Return a row in three whose pivot cancels in every step, and others whose does not."""
    a = np.full(N, 0.7 / (METHODS[method].gamma * STEP))
    a[::3] = 1.0 / (METHODS[method].gamma * STEP)
    return np.stack([a, np.sqrt(a * a + np.linspace(0.5, 1.0, N) ** 2)], axis=1)


def both(kernels, method, times, options=None):
    options = options or SolverOptions(rtol=1.0, atol=1e30, first_step=STEP, max_step=STEP, method=method)
    starts = np.tile([1.0, 0.0], (N, 1))
    inputs = starts, parameters_of(method), SPAN, times, options
    return [solve_ensemble(k, *inputs) for k in (kernels, replace(kernels, lanes=None))]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_times", [65, 157])
def test_rows_that_need_pivoting_agree_with_the_scalar_core(rotation, method, n_times):
    found, expected = both(rotation, method, np.linspace(0.0, 1.0, n_times))
    assert (found.status == Status.OK).all()
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert (found.n_pivoted[::3] >= 64).all()
    assert found.n_pivoted[[i for i in range(N) if i % 3]].max() == 0
    # Rounding of terms a y - b z that cancel to 1e-2 of their size, in 64 steps.
    np.testing.assert_allclose(found.states, expected.states, atol=1e-10)


def test_rows_that_need_pivoting_reach_the_exact_solution(rotation):
    times = np.linspace(0.0, 1.0, 33)
    options = SolverOptions(rtol=1e-9, atol=1e-9, first_step=STEP)
    found, expected = both(rotation, "rodas5p", times, options)
    a, b = parameters_of("rodas5p").T[:, :, np.newaxis]
    frequency = np.sqrt(b * b - a * a)
    y = np.cos(frequency * times) + a / frequency * np.sin(frequency * times)
    assert (found.n_pivoted[::3] >= 1).all()
    # The solution reaches 600 and errors of a tolerance come back as much larger.
    np.testing.assert_allclose(found.states[:, :, 0], y, atol=1e-9 * np.abs(y).max() * 100.0)
    np.testing.assert_array_equal(found.status, expected.status)


def test_pivoting_in_one_lane_changes_no_bit_of_the_others(rotation):
    times = np.linspace(0.0, 1.0, 40)
    options = SolverOptions(rtol=1.0, atol=1e30, first_step=STEP, max_step=STEP)
    starts, parameters = np.tile([1.0, 0.0], (N, 1)), parameters_of("rodas5p")
    together = solve_ensemble(rotation, starts, parameters, SPAN, times, options)
    for row in (0, 1, 2, 3):
        alone = solve_ensemble(rotation, starts[[row]], parameters[[row]], SPAN, times, options)
        np.testing.assert_array_equal(alone.states[0], together.states[row])
        np.testing.assert_array_equal(alone.counts[0], together.counts[row])


def test_no_patient_of_the_population_needs_pivoting(population, host_width):
    assert population.solve(width=host_width).n_pivoted.max() == 0
