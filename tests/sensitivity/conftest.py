"""One-pool problems with second derivatives by hand, a population of the model, and a plain step to compare with."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.loader import Model
from immunosim.codegen.store import MachineStore
from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.slope_build import sensitivity_functions
from immunosim.derivatives import Task
from immunosim.numerics import Ensemble, Kernels, Segments, SolverOptions
from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.tangents import Directions, SegmentSlopes, solve_sensitivities
from immunosim.numerics.tangents.records import SensitivityFunctions
from immunosim.problem import Problem, prepare
from immunosim.scenario import load_scenario

Array = npt.NDArray[np.float64]

if not is_compiling():
    collect_ignore_glob = ["test_*.py"]  # slopes are machine code

# y' = u - p y - q y^2
ONE_POOL = """
POOLS = {"pool": ()}
JACOBIAN_ROWS = [0]
JACOBIAN_COLUMNS = [0]
N_LU = 2

def rhs(y_, p_, u_, out_):
    y = y_[0]
    out_[0] = u_[0] - p_[0]*y - p_[1]*y*y

def jacobian(y_, p_, u_, out_):
    out_[0] = -p_[0] - 2.0*p_[1]*y_[0]

def factorise(jac_, shift, lu_):
    lu_[0] = shift - jac_[0]
    lu_[1] = 1.0/lu_[0]
    return 1.0

def solve(lu_, b_):
    b_[0] = b_[0]*lu_[1]
"""

ONE_POOL_VARIATIONS = """
N_PARAMETERS = 2
N_EXTRA = 1
N_POINTS = 1
SHIFTS_ROWS, SHIFTS_COLUMNS = [0, 0, 0], [0, 1, 2]
CURVATURE_ROWS, CURVATURE_COLUMNS = [0], [0]
TWISTS_ROWS, TWISTS_COLUMNS = [0, 0], [0, 1]

def extra_constants(p_, extra_):
    extra_[0] = -2.0*p_[1]

def points(y_, p_, u_, extra_, point_):
    point_[0] = -2.0*y_[0]

def shifts(y_, p_, u_, extra_, out_):
    y = y_[0]
    out_[0] = -y
    out_[1] = -y*y
    out_[2] = 1.0

def curvature(p_, extra_, point_, along_, out_):
    out_[0] = extra_[0]*along_[0]

def twists(p_, extra_, point_, along_, out_):
    out_[0] = -along_[0]
    out_[1] = point_[0]*along_[0]
"""


@dataclass(frozen=True)
class OnePool:
    """y' = u - p y - q y^2, with kernels in lanes."""

    module: KernelModule
    variations: KernelModule
    store: MachineStore | None

    def solve(
        self,
        initial: Array,
        parameters: Array,
        segments: Segments | Sequence[Segments],
        directions: Directions,
        times: Array,
        options: SolverOptions,
        width: int = 4,
        n_threads: int = 1,
    ) -> tuple[Ensemble, Array]:
        """Solve and differentiate, slopes of shape (n, n_times, n_directions); every direction may move everything."""
        module, functions = self.module, self.functions(directions.parameters.shape[1], width)
        lanes = replace(lane_functions(module, width), store=self.store)
        kernels = Kernels(module.rhs, module.jacobian, module.factorise, module.solve, 1, 1, 2, lanes)
        ensemble, slopes = solve_sensitivities(
            kernels, functions, initial, parameters, segments, directions, times, options, n_threads=n_threads
        )
        return ensemble, slopes[..., 0]

    @functools.cache  # noqa: B019 - one for the session
    def functions(self, n: int, width: int) -> SensitivityFunctions:
        """Compile the derivatives along any n directions."""
        return sensitivity_functions(self.module, self.variations, [(0, 1)] * n, [(0,)] * n, [(0,)] * n, width)


@pytest.fixture(scope="session")
def one_pool(model: Model) -> OnePool:
    """Return the one-pool problem; the loop over the steps is that of the model."""
    return OnePool(KernelModule(ONE_POOL), KernelModule(ONE_POOL_VARIATIONS), model.module.store)


def still(n_directions: int) -> Directions:
    """Return directions of the one-pool problem along which nothing moves."""
    return Directions(np.zeros((1, n_directions, 2)), np.zeros((1, n_directions, 1)))


def with_segments(directions: Directions, **moved: Array) -> Directions:
    """Return directions whose one set of segments moves."""
    return replace(directions, segments=(SegmentSlopes(**moved),))


# Parameters of the drug, of every kind of cell, of the cytokines and of the disease.
TWELVE = (
    *("thymic_export_rate", "blood_lysis_rate", "naive_cd4_lysability", "il7_turnover_rate"),
    *("memory_cd4_turnover_rate", "naive_cd4_division_rate", "antibody_clearance", "lysis_ec50"),
    *("naive_b_turnover_rate", "egress_ic50", "naive_cd4_count", "follicle_attack_rate"),
)
PULSE = '[{start = "6 months", dose = "1 g", doses = 3, every = "24 h"}]'
CHANGES = ("horizon=18 months", f"methylprednisolone={PULSE}")


def at_tolerance(problem: Problem, rtol: float) -> Problem:
    """Return a problem with another relative tolerance, the absolute ones in proportion."""
    options = problem.options
    return replace(problem, options=replace(options, rtol=rtol, atol=options.atol * rtol / options.rtol))


@pytest.fixture(scope="session")
def problem(configs) -> Problem:
    """Return two courses and a steroid pulse, reported every week."""
    made = prepare(load_scenario(configs / "two_courses.toml", CHANGES))
    return replace(made, times=np.arange(0.0, made.segments.boundaries[-1], 7.0))


@dataclass(frozen=True)
class Population:
    """Rows of the model with their directions."""

    model: Model
    problem: Problem
    vectors: Array
    states: Array
    directions: Directions

    def solve(self, rows: slice | Array = slice(None), width: int = 4, n_threads: int = 1) -> tuple[Ensemble, Array]:
        """Solve some rows and differentiate them by the twelve parameters."""
        lanes = lane_functions(self.model.module, width)
        _, functions = Task(self.problem, TWELVE).compiled(lanes)
        kernels = replace(self.model.kernels, lanes=lanes)
        directions = Directions(self.directions.parameters[rows], self.directions.initial_states[rows])
        given = (self.states[rows], self.vectors[rows], self.problem.segments, directions)
        return solve_sensitivities(
            kernels, functions, *given, self.problem.times, self.problem.options, n_threads=n_threads
        )


def draw_vectors(model: Model, vector: Array, n: int) -> Array:
    """Return admissible patients whose rates all scatter around a patient's by 30 %."""
    generator = np.random.default_rng(20)
    rates = [model.position[name] for name in model.module.PARAMETERS if name.endswith("_rate")]
    found: list[Array] = []
    while len(found) < n:
        drawn = vector.copy()
        drawn[rates] *= generator.lognormal(sigma=0.3, size=len(rates))
        model.module.close(drawn)
        if all(drawn[model.position[name]] >= least for name, least, _ in model.module.ADMISSIBLE):
            found.append(drawn)
    return np.array(found)


@pytest.fixture(scope="session")
def population(problem: Problem, model: Model) -> Population:
    """Return nineteen patients of the problem."""
    vectors = draw_vectors(model, problem.vector, 19)
    tasks = [Task(replace(problem, vector=vector), TWELVE) for vector in vectors]
    directions = Directions(
        np.array([task.parameters for task in tasks]), np.array([task.initial_states for task in tasks])
    )
    return Population(model, problem, vectors, np.array([model.baseline(v) for v in vectors]), directions)
