"""The parameters that move a result most, one at a time: what is varied where the user does not say."""

from __future__ import annotations

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.sweeps import Base, Factor, Outputs, Recipe, RowPopulation, solve_rows
from immunosim.sweeps.factor_syntax import factor_of, key_factor

USUAL_NUMBER = 12
STEP = 0.1
"""Share of its value by which each parameter is moved, up and down."""

FACTOR = 2.0
"""A parameter is varied from its value divided by this to its value times this, within its bounds."""


def most_influential(base: Base, outputs: Outputs, n: int = USUAL_NUMBER, n_threads: int = 1) -> tuple[Factor, ...]:
    """Return the parameters whose change by a tenth, alone, moves what is kept most, the strongest first.

    A move counts by its share of the result's own size, the greatest over what is kept and over time. Each is to be
    varied by the logarithm from half to twice its value, within its bounds.

    Parameters
    ----------
    base : Base
    outputs : Outputs
    n : int
    n_threads : int
    """
    candidates = _candidates(base)
    recipe = Recipe(RowPopulation(base, candidates), outputs)
    now = np.array([base.problem.vector[base.problem.model.position[one.parameter]] for one in candidates])
    rows = np.tile(now, (2 * len(candidates) + 1, 1))
    for j, about in enumerate(base.problem.parameters[one.parameter] for one in candidates):
        rows[1 + 2 * j, j] = max(now[j] * (1 - STEP), about.lower)
        rows[2 + 2 * j, j] = min(now[j] * (1 + STEP), about.upper)
    found = solve_rows(recipe, rows, n_threads)
    effects = np.zeros(len(candidates))
    for _, y, described in found.values():
        if described.get("kind") in ("endpoint", "read-out", "pool"):
            effects = np.maximum(effects, _effects(np.asarray(y)))
    strongest = np.argsort(-effects, kind="stable")[:n]
    return tuple(_ranged(base, candidates[j]) for j in strongest if effects[j] > 0.0)


def _candidates(base: Base) -> tuple[Factor, ...]:
    """Return every parameter with a positive value that may be varied by itself."""
    given = base.scenario.patient.baseline.model_dump(exclude_none=True)
    scaled = {name for name in base.problem.parameters if base.problem.parameters[name].scales} if given else set()
    position = base.problem.model.position
    return tuple(
        key_factor(base, base.problem.parameters.key_of(name))
        for name in base.problem.parameters
        if base.problem.vector[position[name]] > 0.0 and name != "weight" and name not in scaled
    )


def _effects(y: Array) -> Array:
    """Return the greatest move of each parameter as a share of the result's size, shape (n_parameters,)."""
    columns = y.reshape(len(y), -1)
    size = np.abs(columns[0]).max()
    if not size > 0.0 or not np.isfinite(size):
        return np.zeros(len(y) // 2)
    moves = np.nan_to_num(np.abs(columns[1:] - columns[0]), nan=0.0).max(axis=1) / size
    found: Array = moves.reshape(-1, 2).max(axis=1)
    return found


def _ranged(base: Base, candidate: Factor) -> Factor:
    about = base.problem.parameters[candidate.parameter]
    now = float(base.problem.vector[base.problem.model.position[candidate.parameter]])
    low, high = max(now / FACTOR, about.lower), min(now * FACTOR, about.upper)
    return factor_of(base, candidate.key, f"{low!r}:{high!r}:log" if low > 0.0 else f"{low!r}:{high!r}")
