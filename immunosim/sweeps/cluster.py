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
from immunosim.sweeps.running import ReportProgress
from immunosim.sweeps.store import SweepStore, open_store

if TYPE_CHECKING:
    from distributed import Client

SCHEDULER_TIMEOUT = "10s"
"""How long to wait for a scheduler."""

BLOCKS_PER_THREAD = 4
"""Blocks submitted per thread of the cluster, so that no thread waits."""

MAX_FAILURES_PER_BLOCK = 3
"""Failures of workers on one block after which the run stops: the block is then the likely cause."""


def run_on_cluster(
    plan: Plan, store: SweepStore, places: Sequence[int], address: str, report: ReportProgress | None = None
) -> Iterator[int]:
    """Solve blocks on a cluster, and yield the index of each as soon as it is stored.

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
    """Connect to a scheduler.

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
        client = distributed.Client(address, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        cure = "start one (dask scheduler), or correct the address"
        raise DataError(f"there is no scheduler at {address}", key="scheduler", cure=cure) from error
    with client:
        yield client


def _run(
    client: Client, plan: Plan, store: SweepStore, places: Sequence[int], report: ReportProgress | None
) -> Iterator[int]:
    from distributed import KilledWorker, as_completed

    identity = json.dumps(plan.recipe.as_dict())
    path = str(store.path.resolve())
    threads = max(1, sum(client.nthreads().values()))
    waiting = iter(places)
    handed_out: dict[object, int] = {}
    given_up = Counter[int]()

    def hand_out(block: int) -> object:
        values = plan.design.rows(*store.span(block))
        future = client.submit(solve_block, path, identity, block, values, pure=False)
        handed_out[future.key] = block
        return future

    running = as_completed(
        [hand_out(block) for block in islice(waiting, BLOCKS_PER_THREAD * threads)], loop=client.loop
    )
    for future in running:
        block = handed_out.pop(future.key)
        try:
            n, n_failed = future.result()
        except KilledWorker as error:
            given_up[block] += 1
            if given_up[block] > MAX_FAILURES_PER_BLOCK:
                reason = "workers died repeatedly on the same block"
                cure = "read their logs; stored blocks are kept, continue with `is_resumed`"
                raise DataError(reason, key="scheduler", cure=cure) from error
            running.add(hand_out(block))
            continue
        for following in islice(waiting, 1):
            running.add(hand_out(following))
        if report is not None:
            report(n, n_failed)
        yield block


def solve_block(path: str, identity: str, block: int, values: Array) -> tuple[int, int]:
    """Simulate and write a block on a worker; return its number of patients and of failures."""
    store = open_store(Path(path))
    recipe = _recipe(identity)
    if json.dumps(recipe.as_dict()) != identity:
        reason = "this worker has another version of the model, or lacks the vector instructions of the others"
        raise ImmunosimError(reason, key="scheduler", cure="install the same immunosim on every worker")
    variables = solve_rows(recipe, values)
    store.write(block, variables)
    return len(values), int((variables["status"][1] != 0).sum())


@lru_cache(maxsize=2)
def _recipe(identity: str) -> Recipe:
    return recipe_from(json.loads(identity), "scenario of the sweep")
