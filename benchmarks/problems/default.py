"""The project's own model: two courses and a steroid pulse, five years, weekly read-outs, rates scattered by 30 %."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.work import Array, Work
from immunosim import load_scenario
from immunosim.codegen.loader import Model
from immunosim.problem import NEGLIGIBLE, Problem, prepare

SCENARIO = Path(__file__).parents[2] / "configs" / "two_courses.toml"
CHANGES = (
    "horizon=60 months",
    'methylprednisolone=[{start = "24 months", dose = "1 g", doses = 5, every = "24 h"}]',
)
SPREAD = 0.3
WEEK = 7.0
SEED = 1


@dataclass(frozen=True)
class Population:
    """Patients of one regimen, with the times of their outputs."""

    problem: Problem
    vectors: Array
    states: Array
    times: Array


def draw_population(n_rows: int, announce: Callable[[str], Any] = print) -> Population:
    """Draw admissible patients with a fixed seed."""
    problem = prepare(load_scenario(SCENARIO, CHANGES), announce=announce)
    vectors = _vectors(problem.model, problem.vector, n_rows)
    states = np.array([problem.model.baseline(vector) for vector in vectors])
    return Population(problem, vectors, states, np.arange(0.0, problem.segments.boundaries[-1], WEEK))


def build(n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Return the patients as work for every tool; absolute tolerances have the sizes of ``immunosim.simulation``."""
    population = draw_population(n_rows, announce)
    problem, options = population.problem, population.problem.options
    model = problem.model
    return Work(
        name="default",
        label="default model, five years",
        module=model.module,
        kernels=model.kernels,
        states=population.states,
        parameters=population.vectors,
        segments=problem.segments,
        times=population.times,
        scales=np.asarray(options.atol) / (NEGLIGIBLE * options.rtol),
        negative_tolerance=options.negative_tolerance,
    )


def _vectors(model: Model, vector: Array, n_rows: int) -> Array:
    generator = np.random.default_rng(SEED)
    rates = [model.position[name] for name in model.module.PARAMETERS if name.endswith("_rate")]
    found: list[Array] = []
    while len(found) < n_rows:
        drawn = vector.copy()
        drawn[rates] *= generator.lognormal(sigma=SPREAD, size=len(rates))
        model.module.close(drawn)
        if all(drawn[model.position[name]] >= least for name, least, _ in model.module.ADMISSIBLE):
            found.append(drawn)
    return np.array(found)
