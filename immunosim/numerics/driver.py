"""The scalar core: rows integrated one after the other, for any kernels, as plain Python.

What the lane core does several rows at once stands here in its simplest form, for readers, for kernels without machine
code, and for the tests to compare with.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import kernel
from immunosim.numerics.elements import clear_counts, copy_into, fill_with_nan, first_non_finite
from immunosim.numerics.segments import integrate_row
from immunosim.numerics.status import Status
from immunosim.numerics.workspace import Batch, Control, Functions, Method, Outcome, Report, RowInput, Work, line_of

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

OK = int(Status.OK)
REFUSED_INPUT = int(Status.REFUSED_INPUT)


def solve_row(
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
    clear_counts(work.counts)
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
            functions, method, control, work, report, outcome, RowInput(row, p, times), boundaries, inputs, jumps
        )
    record_end(outcome, row, status, t, pool, work.y, work.counts)


@kernel
def record_end(outcome: Outcome, row: int, status: int, t: float, pool: int, y: Array, counts: Integers) -> None:
    """Record how a row ended and in which state; one that failed has no other states, but the time it reached."""
    outcome.status[row] = status
    outcome.worst_pool[row] = pool
    copy_into(outcome.counts[row], counts)
    if status != OK:
        fill_with_nan(outcome.states[row], 0)
        fill_with_nan(outcome.readouts[row], 0)
        outcome.fail_time[row] = t
        copy_into(outcome.fail_state[row], y)
    else:
        copy_into(outcome.end_state[row], y)


@kernel
def is_acceptable(initial_state: Array, p: Array, boundaries: Array, times: Array) -> bool:
    """Whether a row may start: finite numbers, output times (sorted) inside its boundaries."""
    if first_non_finite(initial_state) >= 0 or first_non_finite(p) >= 0:
        return False
    return times.size == 0 or (boundaries[0] <= times[0] and times[-1] <= boundaries[-1])
