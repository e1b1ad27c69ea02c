"""Measure the lane core against the scalar core: trajectories a second and core, interleaved in one run.

Two courses and a steroid pulse, five years, weekly outputs, every rate scattered by 30 %. Rounds alternate between the
cores, so that the ratio also holds on a busy machine.

    python benchmarks/lanes.py [--rows 64] [--rounds 7] [--widths 4,8]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from immunosim import load_scenario
from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.processor import host
from immunosim.numerics import Kernels, solve_ensemble
from immunosim.simulation import Problem, prepare

SCENARIO = Path(__file__).parents[1] / "configs" / "two_courses.toml"
CHANGES = (
    "horizon=60 months",
    'methylprednisolone=[{start = "24 months", dose = "1 g", doses = 5, every = "24 h"}]',
)
TOLERANCES = (1e-4, 1e-5, 1e-6)
SPREAD = 0.3
WEEK = 7.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Patients of one regimen."""

    problem: Problem
    vectors: Array
    states: Array
    times: Array

    def seconds(self, kernels: Kernels, rtol: float, n_rows: int) -> tuple[float, float]:
        """Return the time of one trajectory, and its mean number of steps."""
        given = self.problem.options
        options = replace(given, rtol=rtol, atol=given.atol * rtol / given.rtol)
        started = time.perf_counter()
        found = solve_ensemble(
            kernels, self.states[:n_rows], self.vectors[:n_rows], self.problem.segments, self.times, options
        )
        elapsed = time.perf_counter() - started
        assert (found.status == 0).all()
        return elapsed / n_rows, float(found.n_steps.mean())


def draw_population(n_rows: int) -> Population:
    """Draw admissible patients with a fixed seed."""
    problem = prepare(load_scenario(SCENARIO, CHANGES), announce=print)
    model, generator = problem.model, np.random.default_rng(1)
    rates = [model.position[name] for name in model.module.PARAMETERS if name.endswith("_rate")]
    vectors: list[Array] = []
    while len(vectors) < n_rows:
        vector = problem.vector.copy()
        vector[rates] *= generator.lognormal(sigma=SPREAD, size=len(rates))
        model.module.close(vector)
        if all(vector[model.position[name]] >= least for name, least, _ in model.module.ADMISSIBLE):
            vectors.append(vector)
    states = np.array([model.baseline(vector) for vector in vectors])
    return Population(problem, np.array(vectors), states, np.arange(0.0, problem.segments.boundaries[-1], WEEK))


def measure(population: Population, cores: dict[str, Kernels], rtol: float, n_rows: int, n_rounds: int) -> None:
    """Print one line a core: best and median trajectories a second, and the median of the ratios to the scalar core."""
    seconds: dict[str, list[float]] = {name: [] for name in cores}
    steps = 0.0
    for _ in range(n_rounds):
        for name, kernels in cores.items():
            # The scalar core is slower: a quarter of the rows takes about as long.
            elapsed, steps = population.seconds(kernels, rtol, n_rows if kernels.lanes else max(1, n_rows // 4))
            seconds[name].append(elapsed)
    for name, values in seconds.items():
        best, median = 1.0 / min(values), 1.0 / float(np.median(values))
        ratio = float(np.median(np.divide(seconds["scalar"], values)))
        per_step = min(values) / steps * 1e6
        print(f"{rtol:8.0e} {name:>9} {best:9.0f} {median:9.0f} {ratio:9.2f} {per_step:12.2f} {steps:7.0f}")


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--widths", default=str(host().width), help="lanes, with commas between")
    arguments = parser.parse_args()
    population = draw_population(arguments.rows)
    kernels = population.problem.model.kernels
    cores = {"scalar": kernels}
    for width in map(int, arguments.widths.split(",")):
        cores[f"{width} lanes"] = replace(kernels, lanes=lane_functions(population.problem.model.module, width))
    for core in cores.values():
        population.seconds(core, TOLERANCES[0], 1)  # compile or load first
    announce(f"{host().name}: trajectories a second on one core, {arguments.rows} rows, {arguments.rounds} rounds")
    announce("    rtol      core      best    median  x scalar  us per step   steps")
    for rtol in TOLERANCES:
        measure(population, cores, rtol, arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
