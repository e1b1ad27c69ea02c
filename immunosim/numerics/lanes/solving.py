"""Run the lane core over a batch: one set of lanes a thread, rows from one counter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import CodeStore
from immunosim.numerics.lanes.driver import drive
from immunosim.numerics.lanes.records import LaneFunctions, Vectors, frame_of, new_lanes, new_vectors
from immunosim.numerics.problem import Kernels
from immunosim.numerics.records import words_of
from immunosim.numerics.reporting import new_report
from immunosim.numerics.request import Request
from immunosim.numerics.summaries import N_NODES
from immunosim.numerics.workspace import Batch, Control, Method, Outcome, new_work

Integers = npt.NDArray[np.int64]


def solve_in_lanes(
    kernels: Kernels,
    functions: LaneFunctions,
    method_name: str,
    method: Method,
    control: Control,
    batch: Batch,
    request: Request,
    outcome: Outcome,
    n_threads: int,
    is_compiled: bool = True,
) -> None:
    """Solve every row of the batch into the outcome.

    Which lane and thread solves a row changes no bit of it. Where the loop is not compiled, the machine code of the
    steps is driven by Python: the same to rounding, at once, and slower where rows are many.
    """
    n_rows = len(batch.initial_states)
    counter = np.zeros(1, np.int64)

    def room() -> tuple[Any, ...]:
        """Return the records of one thread."""
        work = new_work(kernels.n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern)
        vectors = vectors_of(kernels, functions.width, method, control, batch)
        lanes = new_lanes(min(functions.width, n_rows))
        report = new_report(request, kernels.n_pools, kernels.n_readouts, vectors.nodes)
        engine = functions.engine(method_name, frame_of(vectors), counter)
        return (functions.scalar, engine, method, control, work, vectors, lanes, batch, report, outcome)

    run_threads(runner(drive, "lanes", room, functions.store, is_compiled), counter, n_rows, n_threads)


def runner(
    loop: Callable[..., None],
    name: str,
    room: Callable[[], tuple[Any, ...]],
    store: CodeStore | None,
    is_compiled: bool,
) -> Callable[[], None]:
    """Return what runs a loop in records of its own, compiled or as plain Python."""

    def run_python() -> None:
        with np.errstate(all="ignore"):  # as compiled code, which is silent
            loop(*room())

    if not is_compiled:
        return run_python
    from immunosim.numerics.lanes.compiled import compiled_loop

    compiled = compiled_loop(loop, name, store, room)

    def run_compiled() -> None:
        records = room()
        words = [words_of(record) for record in records]
        compiled(*(one.ctypes.data for one in words))

    return run_compiled


def vectors_of(kernels: Kernels, width: int, method: Method, control: Control, batch: Batch) -> Vectors:
    """Allocate the arrays of one thread, with the tolerances in place."""
    vectors = new_vectors(
        width,
        kernels.n_pools,
        batch.parameters.shape[1],
        batch.inputs.shape[1],
        kernels.n_lu,
        len(method.A),
        N_NODES * max(kernels.n_readouts, 1),
    )
    vectors.rtol[:] = control.rtol
    vectors.atol[:] = control.atol[:, np.newaxis]
    vectors.max_step[:] = control.max_step
    vectors.max_trials[:] = control.max_steps
    vectors.negative_tolerance[:] = control.negative_tolerance[:, np.newaxis]
    return vectors


def run_threads(run: Callable[[], None], counter: Integers, n_rows: int, n_threads: int) -> None:
    """Run a set of lanes in each thread until the shared counter has reached the last row.

    An interrupt ends the counting, so that lanes stop after their current rows.
    """
    n_workers = max(1, min(n_threads, n_rows))
    with ThreadPoolExecutor(n_workers) as pool:
        futures = [pool.submit(run) for _ in range(n_workers)]
        try:
            wait(futures)
        finally:
            counter[0] = n_rows
        for future in futures:
            future.result()
