"""Simulate a design and estimate the indices of its outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.endpoints import are_event_times
from immunosim.ensembles.event_times import restricted_times
from immunosim.sensitivity_analysis.designs import Cube, cube_of
from immunosim.sensitivity_analysis.indices import Flags, estimate
from immunosim.sensitivity_analysis.result import AnalysedOutput, Analysis
from immunosim.sweeps import Recipe, solve_rows


def analyse(
    recipe: Recipe,
    method: str,
    n: int,
    seed: int = 0,
    *,
    second_order: bool = False,
    confidence: float = 0.95,
    n_threads: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Estimate global sensitivities.

    Parameters
    ----------
    recipe : Recipe
        Factors and outputs.
    method : str
        ``sobol``, ``morris`` or ``pawn``.
    n : int
        Base points, trajectories or rows.
    seed : int
    second_order : bool
    confidence : float
    n_threads : int
    report : callable, optional
        Receives the number of additional patients done, and how many of them failed.

    Raises
    ------
    DataError
        If SALib is missing, or n does not suit the method.
    """
    factors = recipe.factors
    cube = cube_of(method, len(factors), n, seed, second_order)
    values = np.stack([factor.at(cube.unit[:, j]) for j, factor in enumerate(factors)], axis=1)
    solved = solve_rows(recipe, values, n_threads, report)
    status = np.asarray(solved["status"][1])
    outcomes = [
        _outcome(cube, name, np.asarray(y), about, status == 0, np.array(recipe.outputs.times), confidence, seed)
        for name, (_, y, about) in solved.items()
        if about.get("kind") in ("endpoint", "read-out", "pool")
    ]
    return Analysis(
        method=method,
        names=tuple(factor.name for factor in factors),
        labels=tuple(factor.label for factor in factors),
        ranges=tuple(factor.in_words for factor in factors),
        outcomes=tuple(outcomes),
        n_blocks=cube.n_blocks,
        n_patients=len(values),
        n_patients_failed=int((status != 0).sum()),
        seed=seed,
        confidence=confidence,
    )


def _outcome(
    cube: Cube,
    name: str,
    y: Array,
    about: dict[str, Any],
    is_well: Flags,
    times: Array,
    confidence: float,
    seed: int,
) -> AnalysedOutput:
    over_time, end, n_censored = y.ndim == 2, float("nan"), 0
    if are_event_times(about):
        y, is_censored = restricted_times(about, y, is_well)
        end, n_censored = float(about["window_end"]), int(is_censored.sum())
    columns = y.T if over_time else y[np.newaxis]
    estimates = [estimate(cube, column, is_well & np.isfinite(column), confidence, seed) for column in columns]
    well = is_well.reshape(-1, cube.rows_per_block).all(axis=1)
    used = [estimated.n_blocks for estimated in estimates]
    remarks = {estimated.remark for estimated in estimates if estimated.remark}
    return AnalysedOutput(
        name=name,
        label=about["long_name"],
        unit=about["units"],
        times=times if over_time else None,
        values={
            key: _joined([estimated.values[key] for estimated in estimates], over_time) for key in estimates[0].values
        },
        half_widths={
            key: _joined([estimated.half_widths[key] for estimated in estimates], over_time)
            for key in estimates[0].values
        },
        n_used=min(used),
        n_failed=int((~well).sum()),
        n_not_reached=int(well.sum()) - min(used),
        remark="; ".join(sorted(remarks)),
        n_censored=n_censored,
        censored_at=end,
    )


def _joined(parts: list[Array], over_time: bool) -> Array:
    return np.stack(parts, axis=-1) if over_time else parts[0]
