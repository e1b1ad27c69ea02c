"""Integration of one row over its segments: restarts, jumps, output.

A step never crosses a boundary: each segment starts afresh and ends exactly on its last time.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import kernel
from immunosim.numerics.dense_output import deliver, prepare_dense, trace_step, write_output
from immunosim.numerics.elements import add_into, copy_into, first_below, first_non_finite
from immunosim.numerics.step_control import estimate_first_step
from immunosim.numerics.stepping import NEGATIVE, NON_FINITE, OK, take_step
from immunosim.numerics.summaries import begin_summaries, end_summaries, fill_node, note_step
from immunosim.numerics.workspace import RHS, Control, Functions, Method, Outcome, Report, RowInput, Work

Array = npt.NDArray[np.float64]


@kernel
def integrate_segment(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    report: Report,
    outcome: Outcome,
    row: RowInput,
    u: Array,
    start: float,
    end: float,
    i_time: int,
) -> tuple[int, float, int, int]:
    """Integrate from ``start`` to ``end``; return status, time reached, next output time and the deciding pool."""
    p, times = row.parameters, row.times
    evaluate(functions.rhs, work.y, p, u, work.f)
    work.counts[RHS] += 1
    pool = first_non_finite(work.f)
    if pool >= 0:
        return NON_FINITE, start, i_time, pool
    if report.kind.size:
        fill_node(functions, report, 0, 0, work.y, p, u)
    h = control.first_step
    if h <= 0.0:
        h = estimate_first_step(functions, method, control, work, p, u, end - start)
    # A jump or another input makes another flow: what the controller remembers of the old one would mislead it.
    work.memory[0] = 0.0
    t = start
    while t < end:
        status, h_taken, h, pool = take_step(functions, method, control, work, p, u, t, end, h)
        if status != OK:
            return status, t, i_time, pool
        # The boundary itself: t + h may miss it by the last digit, and would leave a step as short as that.
        t_new = end if h_taken == end - t else t + h_taken
        is_pivoted = work.pivoting.in_use[0] != 0
        if report.kind.size or (i_time < times.size and times[i_time] < t_new):
            prepare_dense(functions, method, work, p, u, h_taken)
        i_time = write_output(functions, method, control, work, report, outcome, row, u, t, t_new, i_time, is_pivoted)
        if report.kind.size:
            trace_step(functions, method, control, work, report, p, u, t_new - t, is_pivoted)
            note_step(report, 0, t, t_new)
        copy_into(work.y, work.y_new)
        copy_into(work.f, work.f_new)
        t = t_new
    return OK, t, i_time, pool


@kernel
def write_start(
    functions: Functions,
    report: Report,
    outcome: Outcome,
    row: int,
    y: Array,
    p: Array,
    u: Array,
    t: float,
    times: Array,
) -> int:
    """Deliver output times that are the very start; return the index of the next output time."""
    i_time = 0
    while i_time < times.size and times[i_time] == t:
        deliver(functions, report, outcome, row, i_time, y, p, u)
        i_time += 1
    return i_time


@kernel
def integrate_row(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    report: Report,
    outcome: Outcome,
    row: RowInput,
    boundaries: Array,
    inputs: Array,
    jumps: Array,
) -> tuple[int, float, int]:
    """Integrate one row from ``work.y`` over all its segments; return status, time reached and the deciding pool.

    An output time on a boundary reports the state before the jump there, the first boundary included.
    """
    pool = -1
    t = boundaries[0]
    begin_summaries(report, 0)
    i_time = write_start(functions, report, outcome, row.place, work.y, row.parameters, inputs[0], t, row.times)
    for segment in range(inputs.shape[0]):
        add_into(work.y, jumps[segment])
        # Checked here: the first trial of the segment would find it as well, but only after its step has shrunk to
        # nothing.
        pool = first_below(work.y, control.negative_tolerance)
        if pool >= 0:
            return NEGATIVE, t, pool
        status, t, i_time, pool = integrate_segment(
            functions,
            method,
            control,
            work,
            report,
            outcome,
            row,
            inputs[segment],
            boundaries[segment],
            boundaries[segment + 1],
            i_time,
        )
        if status != OK:
            return status, t, pool
    end_summaries(report, outcome, row.place, 0)
    return OK, t, pool
