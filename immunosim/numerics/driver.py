"""The one compiled entry point: integrates a range of rows, for whatever kernels it is given.

Its signature names no particular kernel, so it is compiled once per installation; the key of its cache holds the
sources of the whole package.
"""

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import float64, int64, njit, types

from immunosim.numerics.compilation import OPTIONS, kernel, source_fingerprint
from immunosim.numerics.segments import integrate_row
from immunosim.numerics.signatures import FACTORISE_TYPE, JACOBIAN_TYPE, RHS_TYPE, SOLVE_TYPE, VECTOR
from immunosim.numerics.status import Status
from immunosim.numerics.step_control import first_non_finite
from immunosim.numerics.workspace import (
    Batch,
    Control,
    Functions,
    Method,
    Outcome,
    Pivoting,
    Report,
    Work,
    copy_into,
    fill_with_nan,
    line_of,
)

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

OK = int(Status.OK)
REFUSED_INPUT = int(Status.REFUSED_INPUT)

MATRIX = float64[:, ::1]
INTEGERS = int64[::1]
CONSTANTS = types.Array(float64, 2, "C", readonly=True)

METHOD_TYPES = (float64, int64, int64, int64, CONSTANTS, CONSTANTS, CONSTANTS)
CONTROL_TYPES = (float64, float64, float64, int64, VECTOR, VECTOR)
BATCH_TYPES = (MATRIX, MATRIX, INTEGERS, INTEGERS, VECTOR, MATRIX, MATRIX, MATRIX, INTEGERS)
CUBE = float64[:, :, ::1]
OUTCOME_TYPES = (CUBE, CUBE, MATRIX, INTEGERS, VECTOR, MATRIX, INTEGERS, int64[:, ::1])
REPORT_TYPES = (int64, INTEGERS, INTEGERS, INTEGERS, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, CUBE, MATRIX)


def record_type(field_types: tuple[types.Type, ...], record: type) -> types.Type:
    """Return the type of a record; numba has another one where all fields are alike."""
    if len(set(field_types)) == 1:
        return types.NamedUniTuple(field_types[0], len(field_types), record)
    return types.NamedTuple(field_types, record)


PIVOTING_TYPES = (INTEGERS, INTEGERS, MATRIX, VECTOR, INTEGERS, INTEGERS)
WORK_TYPES = (*(VECTOR,) * 6, MATRIX, MATRIX, VECTOR, INTEGERS, MATRIX, record_type(PIVOTING_TYPES, Pivoting))


@functools.cache
def compiled_driver() -> Callable[..., int]:
    """Return the entry point, compiled or loaded from numba's cache at the first call.

    It returns the fingerprint of the sources it was compiled from, to keep that in its closure.
    """
    fingerprint = source_fingerprint()
    signature = int64(
        *(RHS_TYPE, JACOBIAN_TYPE, FACTORISE_TYPE, SOLVE_TYPE, RHS_TYPE),
        record_type(METHOD_TYPES, Method),
        record_type(CONTROL_TYPES, Control),
        record_type(WORK_TYPES, Work),
        record_type(BATCH_TYPES, Batch),
        record_type(REPORT_TYPES, Report),
        record_type(OUTCOME_TYPES, Outcome),
        *(int64, int64),
    )

    def driver(
        rhs: Callable[..., None],
        jacobian: Callable[..., None],
        factorise: Callable[..., float],
        solve: Callable[..., None],
        readouts: Callable[..., None],
        method: Method,
        control: Control,
        work: Work,
        batch: Batch,
        report: Report,
        outcome: Outcome,
        first_row: int,
        end_row: int,
    ) -> int:
        functions = Functions(rhs, jacobian, factorise, solve, readouts)
        for row in range(first_row, end_row):
            _solve_row(functions, method, control, work, batch, report, outcome, row)
        return fingerprint

    compiled: Callable[..., int] = njit(signature, cache=True, **OPTIONS)(driver)
    return compiled


@kernel
def _solve_row(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    batch: Batch,
    report: Report,
    outcome: Outcome,
    row: int,
) -> None:
    """Integrate one row and record what became of it; rows share only what they do not change."""
    copy_into(work.y, batch.initial_states[row])
    for k in range(work.counts.size):
        work.counts[k] = 0
    p = batch.parameters[row]
    regimen = batch.set_of_row[row]
    first, end = batch.set_start[regimen], batch.set_start[regimen + 1]
    # Each set has one boundary more than segments, so those of set k start k places later.
    boundaries = batch.boundaries[first + regimen : end + regimen + 1]
    inputs, jumps = batch.inputs[first:end], batch.jumps[first:end]
    status, t, pool = REFUSED_INPUT, boundaries[0], -1
    line = line_of(batch, row)
    times = batch.times[line, : batch.n_times[line]]
    fill_with_nan(outcome.states[row], times.size)
    fill_with_nan(outcome.readouts[row], times.size)
    if is_acceptable(work.y, p, boundaries, times):
        status, t, pool = integrate_row(
            functions, method, control, work, report, outcome, row, p, boundaries, inputs, jumps, times
        )
    record_end(outcome, row, status, t, pool, work.y, work.counts)


@kernel
def record_end(outcome: Outcome, row: int, status: int, t: float, pool: int, y: Array, counts: Integers) -> None:
    """Record how a row ended; one that failed has no states, but the time and state it reached."""
    outcome.status[row] = status
    outcome.worst_pool[row] = pool
    copy_into(outcome.counts[row], counts)
    if status != OK:
        fill_with_nan(outcome.states[row], 0)
        fill_with_nan(outcome.readouts[row], 0)
        outcome.fail_time[row] = t
        copy_into(outcome.fail_state[row], y)


@kernel
def is_acceptable(initial_state: Array, p: Array, boundaries: Array, times: Array) -> bool:
    """Whether a row may start: finite numbers, output times (sorted) inside its boundaries."""
    if first_non_finite(initial_state) >= 0 or first_non_finite(p) >= 0:
        return False
    return times.size == 0 or (boundaries[0] <= times[0] and times[-1] <= boundaries[-1])
