"""A population of the model, and one-pool problems written as the emitter writes kernels."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.loader import Model
from immunosim.codegen.vector.build import lane_functions
from immunosim.numerics import Ensemble, Kernels, Request, Segments, SolverOptions, solve_ensemble
from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.lanes.records import LaneFunctions
from immunosim.problem import prepare
from immunosim.scenario import load_scenario

Array = npt.NDArray[np.float64]

N_ROWS = 64
SPREAD = 0.3

if not is_compiling():
    collect_ignore_glob = ["test_*.py"]  # lanes are machine code

ONE_POOL = """
POOLS = {{"pool": ()}}
READOUTS = {{"pool": (), "square": ()}}
JACOBIAN_ROWS = [0]
N_LU = 2

def rhs(y_, p_, u_, out_):
    y = y_[0]
    p = p_[0]
    u = u_[0]
    out_[0] = {rhs}

def jacobian(y_, p_, u_, out_):
    y = y_[0]
    p = p_[0]
    out_[0] = {jacobian}

def factorise(jac_, shift, lu_):
    lu_[0] = shift - jac_[0]
    lu_[1] = 1.0/lu_[0]
    return {growth}

def solve(lu_, b_):
    b_[0] = b_[0]*lu_[1]

def readouts(y_, p_, u_, out_):
    y = y_[0]
    u = u_[0]
    out_[0] = y
    out_[1] = y*y + 0.0*u
"""


@dataclass(frozen=True)
class Population:
    """Rows of the model and what they share."""

    kernels: Kernels
    states: Array
    parameters: Array
    segments: Segments
    times: Array
    options: SolverOptions

    def solve(
        self,
        rows: slice | Array = slice(None),
        width: int | None = None,
        n_threads: int = 1,
        request: Request | None = None,
        is_compiled: bool = True,
    ) -> Ensemble:
        """Solve some rows, by the scalar core or in lanes of a width."""
        kernels = self.kernels if width is None else replace(self.kernels, lanes=LANES[width])
        states, parameters = self.states[rows], self.parameters[rows]
        arguments = (kernels, states, parameters, self.segments, self.times, self.options)
        return solve_ensemble(*arguments, n_threads=n_threads, request=request, is_compiled=is_compiled)


LANES = {}


@pytest.fixture(scope="session", params=[1, 2, 4, 8])
def width(request, model: Model) -> int:
    """Return each width in turn, compiled for the model."""
    LANES[request.param] = lane_functions(model.module, request.param)
    return int(request.param)


@pytest.fixture(scope="session")
def host_width(model: Model) -> int:
    """Return the width that this machine takes by itself."""
    lanes = model.core.lanes
    assert lanes is not None, model.core.reason
    LANES[lanes.width] = lanes
    return lanes.width


def spread_vectors(model: Model, vector: Array, n: int) -> Array:
    """Return admissible patients whose rates all scatter around a patient's."""
    generator = np.random.default_rng(20)
    rates = [model.position[name] for name in model.module.PARAMETERS if name.endswith("_rate")]
    found: list[Array] = []
    while len(found) < n:
        drawn = vector.copy()
        drawn[rates] *= generator.lognormal(sigma=SPREAD, size=len(rates))
        model.module.close(drawn)
        if all(drawn[model.position[name]] >= least for name, least, _ in model.module.ADMISSIBLE):
            found.append(drawn)
    return np.array(found)


@pytest.fixture(scope="session")
def population(configs) -> Population:
    """Return two courses and a steroid pulse over five years, reported every week."""
    pulse = '[{start = "24 months", dose = "1 g", doses = 5, every = "24 h"}]'
    changes = ("horizon=60 months", f"methylprednisolone={pulse}")
    problem = prepare(load_scenario(configs / "two_courses.toml", changes))
    vectors = spread_vectors(problem.model, problem.vector, N_ROWS)
    return Population(
        kernels=problem.model.kernels,
        states=np.array([problem.model.baseline(vector) for vector in vectors]),
        parameters=vectors,
        segments=problem.segments,
        times=np.arange(0.0, problem.segments.boundaries[-1], 7.0),
        options=problem.options,
    )


@pytest.fixture(scope="session")
def lanes_of(model: Model) -> Callable[..., LaneFunctions]:
    """Return what compiles a text for lanes; the loop over the steps, the same for all, is that of the model."""
    return lambda module, width: replace(lane_functions(module, width), store=model.module.store)


@pytest.fixture(scope="session")
def one_pool(lanes_of) -> Callable[..., Kernels]:
    """Return what makes scalar and lane kernels of y' = f(y, p, u)."""

    @functools.cache
    def make(rhs: str, jacobian: str, growth: str = "1.0", width: int = 4) -> Kernels:
        module = KernelModule(ONE_POOL.format(rhs=rhs, jacobian=jacobian, growth=growth))
        lanes = lanes_of(module, width)
        functions = module.rhs, module.jacobian, module.factorise, module.solve
        return Kernels(*functions, 1, 1, 2, lanes, readouts=module.readouts, n_readouts=2)

    return make
