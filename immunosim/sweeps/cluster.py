"""Run blocks on a Dask cluster: workers write their own blocks into the store, which they must all reach.

A worker that dies loses only the blocks that it was computing; Dask gives them to another one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, ImmunosimError
from immunosim.sweeps.blocks import solve_rows
from immunosim.sweeps.plan import Plan, Recipe, recipe_from
from immunosim.sweeps.running import Report
from immunosim.sweeps.store import SweepStore, open_store

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = "10s"
"""How long to wait for a scheduler."""

AHEAD = 4
"""Blocks that are handed out for each thread of the cluster, so that none waits."""

MOST_GIVEN_UP = 3
"""How often Dask may give up a block, because worker after worker died on it, before it is held to be the cause."""


def run_on_cluster(
    plan: Plan, store: SweepStore, places: Sequence[int], address: str, report: Report | None = None
) -> Iterator[int]:
    """Solve blocks on a cluster, and yield the place of each as soon as it is stored.

    Parameters
    ----------
    plan : Plan
    store : SweepStore
        Its path must mean the same on every worker.
    places : sequence of int
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    report : callable, optional

    Raises
    ------
    DataError
        If dask.distributed is missing, or the cluster cannot be used.
    OutputError
        If a worker cannot write.
    """
    with reached(address) as client:
        yield from _run(client, plan, store, places, report)


@contextmanager
def reached(address: str) -> Iterator[Client]:
    """Give a client of a scheduler.

    Raises
    ------
    DataError
        If dask.distributed is missing, or there is no scheduler.
    """
    try:
        import distributed
    except ImportError as error:
        cure = "run: python -m pip install 'immunosim[dask]'"
        raise DataError("a cluster needs the package distributed", key="scheduler", cure=cure) from error
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        cure = "start one (dask scheduler), or correct the address"
        raise DataError(f"there is no scheduler at {address}", key="scheduler", cure=cure) from error
    with client:
        yield client


def _run(client: Client, plan: Plan, store: SweepStore, places: Sequence[int], report: Report | None) -> Iterator[int]:
    from distributed import KilledWorker, as_completed

    identity = json.dumps(plan.recipe.as_dict())
    path = str(store.path.resolve())
    threads = max(1, sum(client.nthreads().values()))
    waiting = iter(places)
    handed_out: dict[object, int] = {}
    given_up = Counter[int]()

    def hand_out(place: int) -> object:
        values = plan.design.rows(*store.span(place))
        future = client.submit(solve_block, path, identity, place, values, pure=False)
        handed_out[future.key] = place
        return future

    running = as_completed([hand_out(place) for place in islice(waiting, AHEAD * threads)], loop=client.loop)
    for future in running:
        place = handed_out.pop(future.key)
        try:
            n, n_failed = future.result()
        except KilledWorker as error:
            given_up[place] += 1
            if given_up[place] > MOST_GIVEN_UP:
                reason = "workers died again and again on the same block"
                cure = "look at their logs; what is stored is kept, continue with `is_resumed`"
                raise DataError(reason, key="scheduler", cure=cure) from error
            running.add(hand_out(place))
            continue
        for following in islice(waiting, 1):
            running.add(hand_out(following))
        if report is not None:
            report(n, n_failed)
        yield place


def solve_block(path: str, identity: str, place: int, values: Array) -> tuple[int, int]:
    """Solve a block on a worker and write it; return its patients and how many of these failed."""
    store = open_store(Path(path))
    recipe = _recipe(identity)
    if json.dumps(recipe.as_dict()) != identity:
        reason = "this worker has another version of the model, or computes without lanes where the others have them"
        raise ImmunosimError(reason, key="scheduler", cure="install the same immunosim on every worker")
    found = solve_rows(recipe, values)
    store.write(place, found)
    return len(values), int((found["status"][1] != 0).sum())


@lru_cache(maxsize=2)
def _recipe(identity: str) -> Recipe:
    return recipe_from(json.loads(identity), "scenario of the sweep")
