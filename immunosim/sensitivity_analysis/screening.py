"""Screening of parameters one at a time: the default inputs of an analysis."""

from __future__ import annotations

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.endpoints import are_event_times
from immunosim.ensembles.event_times import restricted_times
from immunosim.sweeps import Base, Factor, Outputs, Recipe, RowPopulation, solve_rows
from immunosim.sweeps.factor_syntax import factor_of, key_factor

USUAL_NUMBER = 12
STEP = 0.1
"""Relative change of each parameter, up and down."""

RANGE_FACTOR = 2.0
"""Factor from the value of a parameter to both ends of its range, within its bounds."""


def most_influential(base: Base, outputs: Outputs, n: int = USUAL_NUMBER, n_threads: int = 1) -> tuple[Factor, ...]:
    """Return the parameters with the largest effect of a change by a tenth, the most influential first.

    The effect is relative to the output, the largest over outputs and times. Each parameter is to be varied
    logarithmically from half to twice its value, within its bounds.

    Parameters
    ----------
    base : Base
    outputs : Outputs
    n : int
    n_threads : int
    """
    candidates = _candidates(base)
    recipe = Recipe(RowPopulation(base, candidates), outputs)
    now = np.array([base.problem.vector[base.problem.model.position[candidate.parameter]] for candidate in candidates])
    rows = np.tile(now, (2 * len(candidates) + 1, 1))
    for j, about in enumerate(base.problem.parameters[candidate.parameter] for candidate in candidates):
        rows[1 + 2 * j, j] = max(now[j] * (1 - STEP), about.lower)
        rows[2 + 2 * j, j] = min(now[j] * (1 + STEP), about.upper)
    solved = solve_rows(recipe, rows, n_threads)
    effects = np.zeros(len(candidates))
    is_well = np.asarray(solved["status"][1]) == 0
    for _, y, described in solved.values():
        if described.get("kind") in ("endpoint", "read-out", "pool"):
            values = np.asarray(y)
            values = restricted_times(described, values, is_well)[0] if are_event_times(described) else values
            effects = np.maximum(effects, _effects(values))
    strongest = np.argsort(-effects, kind="stable")[:n]
    return tuple(_ranged(base, candidates[j]) for j in strongest if effects[j] > 0.0)


def _candidates(base: Base) -> tuple[Factor, ...]:
    """Return every parameter with a positive value that can be varied separately."""
    given = base.scenario.patient.baseline.model_dump(exclude_none=True)
    scaled = {name for name in base.problem.parameters if base.problem.parameters[name].scales} if given else set()
    position = base.problem.model.position
    return tuple(
        key_factor(base, base.problem.parameters.key_of(name))
        for name in base.problem.parameters
        if base.problem.vector[position[name]] > 0.0 and name != "weight" and name not in scaled
    )


def _effects(y: Array) -> Array:
    """Return the largest relative effect of each parameter, shape (n_parameters,)."""
    columns = y.reshape(len(y), -1)
    size = np.abs(columns[0]).max()
    if not size > 0.0 or not np.isfinite(size):
        return np.zeros(len(y) // 2)
    moves = np.nan_to_num(np.abs(columns[1:] - columns[0]), nan=0.0).max(axis=1) / size
    largest: Array = moves.reshape(-1, 2).max(axis=1)
    return largest


def _ranged(base: Base, candidate: Factor) -> Factor:
    about = base.problem.parameters[candidate.parameter]
    now = float(base.problem.vector[base.problem.model.position[candidate.parameter]])
    low, high = max(now / RANGE_FACTOR, about.lower), min(now * RANGE_FACTOR, about.upper)
    return factor_of(base, candidate.key, f"{low!r}:{high!r}:log" if low > 0.0 else f"{low!r}:{high!r}")
