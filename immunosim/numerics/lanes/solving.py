"""Run the lane core over a batch: one set of lanes a thread, rows from one counter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from immunosim.numerics.lanes.driver import COUNTER_FUNCTION, FRAME_FUNCTION, compiled_lane_driver
from immunosim.numerics.lanes.records import LaneFunctions, frame_of, new_lanes, new_vectors
from immunosim.numerics.problem import Kernels
from immunosim.numerics.reporting import new_report
from immunosim.numerics.request import Request
from immunosim.numerics.summaries import N_NODES
from immunosim.numerics.workspace import Batch, Control, Method, Outcome, new_work

Integers = npt.NDArray[np.int64]


class MachineCode(types.WrapperAddressProtocol):
    """A function of machine code, as numba wants to see it."""

    def __init__(self, address: int, kind: types.FunctionType) -> None:
        self._address = address
        self._kind = kind

    def __wrapper_address__(self) -> int:
        """Return the address."""
        return self._address

    def signature(self) -> Any:
        """Return the signature."""
        return self._kind.signature


def solve_in_lanes(
    kernels: Kernels,
    lane_functions: LaneFunctions,
    method_name: str,
    method: Method,
    control: Control,
    batch: Batch,
    request: Request,
    outcome: Outcome,
    n_threads: int,
) -> None:
    """Solve every row of the batch into the outcome.

    Which lane and thread solves a row changes no bit of it.
    """
    driver = compiled_lane_driver()
    n_rows = len(batch.initial_states)
    counter = np.zeros(1, np.int64)
    code = (
        MachineCode(lane_functions.attempt[method_name], FRAME_FUNCTION),
        MachineCode(lane_functions.sample[method_name], FRAME_FUNCTION),
        # Without read-outs nothing asks for a trace.
        MachineCode(lane_functions.trace.get(method_name, lane_functions.sample[method_name]), FRAME_FUNCTION),
        MachineCode(lane_functions.defect, FRAME_FUNCTION),
        MachineCode(lane_functions.advance, FRAME_FUNCTION),
        MachineCode(lane_functions.next_row, COUNTER_FUNCTION),
    )

    def run() -> None:
        n_increments = len(method.A)
        work = new_work(kernels.n_pools, kernels.n_jacobian, kernels.n_lu, n_increments, kernels.pattern)
        vectors = new_vectors(
            lane_functions.width,
            kernels.n_pools,
            batch.parameters.shape[1],
            batch.inputs.shape[1],
            kernels.n_lu,
            n_increments,
            N_NODES * max(kernels.n_readouts, 1),
        )
        vectors.rtol[:] = control.rtol
        vectors.atol[:] = control.atol[:, np.newaxis]
        vectors.max_step[:] = control.max_step
        vectors.max_trials[:] = control.max_steps
        vectors.negative_tolerance[:] = control.negative_tolerance[:, np.newaxis]
        frame = frame_of(vectors)
        lanes = new_lanes(lane_functions.width)
        addresses = (frame.ctypes.data, counter.ctypes.data)
        report = new_report(request, kernels.n_pools, kernels.n_readouts, vectors.nodes)
        driver(*kernels.functions, *code, *addresses, method, control, work, vectors, lanes, batch, report, outcome)

    run_threads(run, counter, n_rows, n_threads)


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
