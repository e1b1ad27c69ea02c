"""The project's own model: two courses and a steroid pulse, five years, weekly read-outs, rates scattered by 30 %."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.work import Array, Work
from immunosim import load_scenario
from immunosim.codegen.loader import Model
from immunosim.simulation import NEGLIGIBLE, prepare

SCENARIO = Path(__file__).parents[2] / "configs" / "two_courses.toml"
CHANGES = (
    "horizon=60 months",
    'methylprednisolone=[{start = "24 months", dose = "1 g", doses = 5, every = "24 h"}]',
)
SPREAD = 0.3
WEEK = 7.0
SEED = 1


def build(n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Draw admissible patients with a fixed seed; tolerances are those of ``immunosim.simulation``."""
    problem = prepare(load_scenario(SCENARIO, CHANGES), announce=announce)
    model, options = problem.model, problem.options
    vectors = _vectors(model, problem.vector, n_rows)
    return Work(
        name="default",
        label="default model, five years",
        module=model.module,
        kernels=model.kernels,
        states=np.array([model.baseline(vector) for vector in vectors]),
        parameters=vectors,
        segments=problem.segments,
        times=np.arange(0.0, problem.segments.boundaries[-1], WEEK),
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
