"""Each kernel over lanes does the arithmetic of the scalar kernel, whose text it is translated from."""

import ast
import ctypes

import numpy as np
import pytest
from llvmlite import ir

from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.translate import add_rhs, add_solve
from immunosim.errors import ModelError
from immunosim.numerics.lanes.records import aligned

# Rounding of differently contracted products; the sums have up to twenty terms.
ROUNDING = 1e-13


class Draws:
    """Random patients, states and inputs, one of each for every lane."""

    def __init__(self, model, population, width, seed=5):
        generator = np.random.default_rng(seed)
        self.rows = generator.integers(len(population.states), size=width)
        self.p, self.y, self.u = (
            aligned(n, width) for n in (population.parameters.shape[1], len(model.pools), len(model.inputs))
        )
        self.p[:] = population.parameters[self.rows].T
        size = np.where(population.states > 0.0, population.states, model.scales)[self.rows].T
        self.y[:] = size * generator.lognormal(sigma=0.8, size=size.shape)
        self.y[generator.uniform(size=size.shape) < 0.1] = 0.0
        self.u[:] = generator.uniform(0.0, 50.0, self.u.shape)
        self.shift = aligned(1, width)
        self.shift[:] = generator.uniform(0.5, 50.0, width)

    def of(self, lane):
        """Return parameters, state and inputs of a lane as vectors."""
        return tuple(np.ascontiguousarray(array[:, lane]) for array in (self.y, self.p, self.u))


@pytest.fixture
def draws(model, population, width):
    return Draws(model, population, width)


def call(address, *arrays):
    """Call machine code with the addresses of arrays."""
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
    kind(address)(*(array.ctypes.data for array in arrays))


@pytest.fixture
def compiled(model, width):
    return lane_functions(model.module, width)  # whole: it owns the machine code


def assert_close(found, expected):
    """Compare with the largest of its terms in mind: a difference of large rates may be small."""
    np.testing.assert_allclose(found, expected, rtol=ROUNDING, atol=ROUNDING * np.abs(expected).max())


def test_the_right_hand_side_is_added_to_what_is_there(model, draws, width, compiled):
    out, start = aligned(len(model.pools), width), np.random.default_rng(1).normal(size=(len(model.pools), width))
    for before in (np.zeros_like(start), start):
        out[:] = before
        call(compiled.kernels["rhs"], draws.y, draws.p, draws.u, out)
        for lane in range(width):
            expected = np.empty(len(model.pools))
            model.module.rhs(*draws.of(lane), expected)
            assert_close(out[:, lane], before[:, lane] + expected)


def test_the_factors_are_those_of_the_scalar_jacobian(model, draws, width, compiled):
    lu, growth = aligned(model.kernels.n_lu, width), aligned(1, width)
    call(compiled.kernels["factorise"], draws.y, draws.p, draws.u, draws.shift, lu, growth)
    for lane in range(width):
        jacobian, expected = np.empty(model.kernels.n_jacobian), np.empty(model.kernels.n_lu)
        model.module.jacobian(*draws.of(lane), jacobian)
        expected_growth = model.module.factorise(jacobian, draws.shift[0, lane], expected)
        assert growth[0, lane] == pytest.approx(expected_growth, rel=ROUNDING)
        # Entry by entry: each is a short sum of products.
        np.testing.assert_allclose(lu[:, lane], expected, rtol=1e-11, atol=1e-290)


def test_the_solution_is_that_of_the_scalar_factors(model, draws, width, compiled):
    lu, growth = aligned(model.kernels.n_lu, width), aligned(1, width)
    call(compiled.kernels["factorise"], draws.y, draws.p, draws.u, draws.shift, lu, growth)
    b = aligned(len(model.pools), width)
    b[:] = np.random.default_rng(2).normal(size=b.shape)
    given = b.copy()
    call(compiled.kernels["solve"], lu, b)
    for lane in range(width):
        expected = np.ascontiguousarray(given[:, lane])
        model.module.solve(np.ascontiguousarray(lu[:, lane]), expected)
        assert_close(b[:, lane], expected)


def test_a_lane_does_not_depend_on_the_others(model, draws, width, compiled):
    first, second = aligned(len(model.pools), width), aligned(len(model.pools), width)
    call(compiled.kernels["rhs"], draws.y, draws.p, draws.u, first)
    draws.y[:, 1:] = np.nan
    draws.p[:, 1:] = np.inf
    call(compiled.kernels["rhs"], draws.y, draws.p, draws.u, second)
    np.testing.assert_array_equal(second[:, 0], first[:, 0])


@pytest.mark.parametrize(
    "line",
    ["out_[0] = tanh(y_[0])", "while y_[0]:\n        pass", "out_[0] = y_[0] if y_[0] else 1.0", "out_[k] = 1.0"],
)
def test_text_that_cannot_be_said_over_lanes_is_refused_by_name(line):
    kernel = ast.parse(f"def rhs(y_, p_, u_, out_):\n    {line}\n").body[0]
    with pytest.raises(ModelError, match="cannot be computed for several patients at once"):
        add_rhs(ir.Module("refused"), kernel, 4)


def test_a_missing_name_is_refused():
    kernel = ast.parse("def solve(lu_, b_):\n    b_[0] = unknown*lu_[0]\n").body[0]
    with pytest.raises(ModelError, match="unknown"):
        add_solve(ir.Module("refused"), kernel, 4)
