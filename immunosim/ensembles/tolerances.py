"""Solve rows with individual tolerances, grouped by tolerance, so that no row's bits depend on other rows.

A row's absolute tolerances follow from its patient's untreated state. One patient under many regimens forms one group;
many patients form many. Knows neither scenarios nor names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunosim.ensembles.rows import Rows
from immunosim.numerics import Ensemble, Segments, SolverOptions

Places = NDArray[np.int64]

Solve = Callable[[Rows, SolverOptions, int], Ensemble]
"""Function that solves rows with one set of options in a number of threads."""


def solve_by_tolerance(rows: Rows, options: Sequence[SolverOptions], solve: Solve, n_threads: int) -> Ensemble:
    """Solve every row with its own options.

    Parameters
    ----------
    rows : Rows
    options : sequence of SolverOptions
        One for each row, or one for all.
    solve : callable
    n_threads : int
        Distributed over the groups.
    """
    groups = _groups(options)
    if len(groups) == 1:
        return solve(rows, options[0], n_threads)
    n_workers = min(n_threads, len(groups))

    def solve_group(places: Places) -> Ensemble:
        return solve(_taken(rows, places), options[int(places[0])], max(1, n_threads // n_workers))

    pool = ThreadPoolExecutor(n_workers)
    try:
        parts = list(pool.map(solve_group, groups))
    finally:
        pool.shutdown(cancel_futures=True)
    back = np.argsort(np.concatenate(groups))
    return Ensemble(**{field.name: _joined(parts, field.name)[back] for field in fields(Ensemble)})


def _joined(parts: Sequence[Ensemble], name: str) -> Any:
    return np.concatenate([getattr(part, name) for part in parts])


def _groups(options: Sequence[SolverOptions]) -> list[Places]:
    """Return the indices of the rows of each group, in the order of their first rows."""
    places: dict[tuple[object, ...], list[int]] = {}
    for index, row_options in enumerate(options):
        # By bytes: one bit of difference makes other steps, so rows that differ by it must not be solved as one group.
        arrays = (np.asarray(row_options.atol).tobytes(), np.asarray(row_options.negative_tolerance).tobytes())
        key = (
            row_options.method,
            row_options.rtol,
            row_options.max_steps,
            row_options.first_step,
            row_options.max_step,
            *arrays,
        )
        places.setdefault(key, []).append(index)
    return [np.array(group) for group in places.values()]


def _taken(rows: Rows, places: Places) -> Rows:
    segments = rows.segments if isinstance(rows.segments, Segments) else [rows.segments[int(i)] for i in places]
    times = rows.times if rows.times.ndim == 1 else rows.times[places]
    return Rows(rows.vectors[places], rows.states[places], segments, times)
