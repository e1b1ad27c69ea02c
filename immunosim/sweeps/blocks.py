"""Simulate a block of patients: rows are prepared while the integrator works on earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.result import variables_of
from immunosim.ensembles.rows import Rows
from immunosim.ensembles.solving import ROWS_PER_CHUNK
from immunosim.numerics import Ensemble
from immunosim.numerics.workspace import N_COUNTS
from immunosim.sweeps.plan import Columns, Recipe

Variables = dict[str, tuple[tuple[str, ...], Any, dict[str, Any]]]
"""Dimensions, values and attributes by name."""


def solve_rows(
    recipe: Recipe,
    values: Array,
    n_threads: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Variables:
    """Simulate patients and return their stored results.

    Parameters
    ----------
    recipe : Recipe
    values : ndarray, shape (n, n_factors)
        In the factors' units.
    n_threads : int
    report : callable, optional
        Receives after each chunk the number of additional rows done, and how many of them failed.

    Returns
    -------
    dict
        (dimensions, values, attributes) of every variable by name: the factors, the outputs, the solver's status and
        statistics, and the pools at failure; NaN where a patient failed.
    """
    parts, further = [], []
    for chunk, rows in _prepared_ahead(recipe, values):
        solved, columns = recipe.population.simulate(chunk, rows, recipe.question, n_threads)
        parts.append(solved)
        further.append(columns)
        if report is not None:
            report(len(solved.status), int((solved.status != 0).sum()))
    return _labelled(recipe, values, parts, further)


def template_of(recipe: Recipe) -> Variables:
    """Return the variables of a sweep without any patient: their names, dimensions, types and attributes.

    Nothing is simulated: a store or its metadata can be rebuilt from the plan alone.
    """
    asked, model = recipe.question, recipe.model
    n_pools, n_times = len(model.pools), 0 if asked.times is None else len(asked.times)
    none = np.empty(0)
    nobody = Ensemble(
        states=np.empty((0, n_times if asked.pools else 0, n_pools)),
        readouts=np.empty((0, n_times, len(asked.readouts))),
        summaries=np.empty((0, len(asked.measures))),
        status=np.empty(0, np.int64),
        fail_time=none,
        fail_state=np.empty((0, n_pools)),
        end_state=np.empty((0, n_pools)),
        worst_pool=np.empty(0, np.int64),
        counts=np.empty((0, N_COUNTS), np.int64),
    )
    return _labelled(recipe, np.empty((0, len(recipe.factors))), [nobody], [recipe.population.further(asked)])


def _labelled(recipe: Recipe, values: Array, parts: list[Ensemble], further: list[Columns]) -> Variables:
    states = np.concatenate([np.where(part.status[:, np.newaxis] != 0, part.fail_state, np.nan) for part in parts])
    about = {"long_name": "pools at fail_time of a patient that failed, in their own units and order"}
    coordinates: Variables = {
        factor.name: (("sample",), np.ascontiguousarray(values[:, j]), factor.attributes())
        for j, factor in enumerate(recipe.factors)
    }
    columns: Variables = {
        name: (dimensions, np.concatenate([part[name][1] for part in further]), attributes)
        for name, (dimensions, _, attributes) in further[0].items()
    }
    failed: Variables = {"fail_state": (("sample", "pool"), states, about)}
    return coordinates | variables_of(recipe.question, parts) | columns | failed


def bytes_per_row(variables: Variables) -> int:
    """Return the bytes that the results of a patient take in memory."""
    return sum(int(np.prod(values.shape[1:])) * values.dtype.itemsize for _, values, _ in variables.values())


def _prepared_ahead(recipe: Recipe, values: Array) -> Iterator[tuple[Array, Rows]]:
    chunks = [values[start : start + ROWS_PER_CHUNK] for start in range(0, len(values), ROWS_PER_CHUNK)]
    with ThreadPoolExecutor(1) as ahead:
        future = ahead.submit(recipe.population.rows, chunks[0])
        for chunk, following in zip(chunks, [*chunks[1:], None], strict=True):
            rows = future.result()
            if following is not None:
                future = ahead.submit(recipe.population.rows, following)
            yield chunk, rows
