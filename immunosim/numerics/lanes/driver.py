"""The compiled entry point of the lane core: takes rows from a shared counter until none is left.

Model-independent like the scalar driver, and cached under the same key. A lane that finishes or fails takes the next
row at once; no lane waits for another, and none can change another's numbers.
"""

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, void

from immunosim.numerics.compilation import OPTIONS, inlined, kernel, source_fingerprint
from immunosim.numerics.driver import (
    BATCH_TYPES,
    CONTROL_TYPES,
    INTEGERS,
    MATRIX,
    METHOD_TYPES,
    OUTCOME_TYPES,
    REPORT_TYPES,
    WORK_TYPES,
    is_acceptable,
    record_end,
    record_type,
)
from immunosim.numerics.lanes.control import (
    begin_segment,
    gather,
    has_segment,
    look_at_trial,
    scatter,
    tally,
    worst_pool,
)
from immunosim.numerics.lanes.fallback import mend_trial
from immunosim.numerics.lanes.output import set_output_time, write_outputs
from immunosim.numerics.lanes.records import Engine, Lanes, Vectors
from immunosim.numerics.lanes.tracing import trace_steps
from immunosim.numerics.segments import write_start
from immunosim.numerics.signatures import FACTORISE_TYPE, JACOBIAN_TYPE, RHS_TYPE, SOLVE_TYPE
from immunosim.numerics.status import Status
from immunosim.numerics.stepping import OK, STEP_LIMIT
from immunosim.numerics.summaries import begin_summaries, end_summaries
from immunosim.numerics.workspace import (
    JACOBIAN,
    Batch,
    Control,
    Functions,
    Method,
    Outcome,
    Report,
    Work,
    copy_into,
    fill_with_nan,
    line_of,
)

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

REFUSED_INPUT = int(Status.REFUSED_INPUT)
IDLE = -1

# The functions of machine code take and return addresses and whole numbers.
FRAME_FUNCTION = types.FunctionType(void(int64))
COUNTER_FUNCTION = types.FunctionType(int64(int64))
LANES_TYPES = (*(INTEGERS,) * 6, int64[:, ::1])


@functools.cache
def compiled_lane_driver() -> Callable[..., int]:
    """Return the entry point, compiled or loaded from numba's cache at the first call."""
    fingerprint = source_fingerprint()
    signature = int64(
        *(RHS_TYPE, JACOBIAN_TYPE, FACTORISE_TYPE, SOLVE_TYPE, RHS_TYPE),
        *(FRAME_FUNCTION,) * 5,
        *(COUNTER_FUNCTION, int64, int64),
        record_type(METHOD_TYPES, Method),
        record_type(CONTROL_TYPES, Control),
        record_type(WORK_TYPES, Work),
        record_type((MATRIX,) * len(Vectors._fields), Vectors),
        record_type(LANES_TYPES, Lanes),
        record_type(BATCH_TYPES, Batch),
        record_type(REPORT_TYPES, Report),
        record_type(OUTCOME_TYPES, Outcome),
    )

    def driver(
        rhs: Callable[..., None],
        jacobian: Callable[..., None],
        factorise: Callable[..., float],
        solve: Callable[..., None],
        readouts: Callable[..., None],
        attempt: Callable[[int], None],
        sample: Callable[[int], None],
        trace: Callable[[int], None],
        defect: Callable[[int], None],
        advance: Callable[[int], None],
        next_row: Callable[[int], int],
        frame: int,
        counter: int,
        method: Method,
        control: Control,
        work: Work,
        vectors: Vectors,
        lanes: Lanes,
        batch: Batch,
        report: Report,
        outcome: Outcome,
    ) -> int:
        functions = Functions(rhs, jacobian, factorise, solve, readouts)
        engine = Engine(attempt, sample, trace, defect, advance, next_row, frame, counter)
        busy = 0
        for lane in range(lanes.row.size):
            busy += begin_row(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
        while busy > 0:
            engine.attempt(engine.frame)
            dues = 0
            for lane in range(lanes.row.size):
                if lanes.row[lane] == IDLE:
                    vectors.accepted[0, lane] = vectors.event[0, lane] = vectors.due[0, lane] = 0.0
                elif vectors.event[0, lane] != 0.0:
                    mend_trial(functions, method, control, vectors, lanes, work, batch, lane)
                    look_at_trial(functions, method, control, vectors, lanes, work, batch, lane)
                dues += vectors.due[0, lane] != 0.0
            if dues > 0:
                write_outputs(functions, engine, method, vectors, lanes, work, batch, report, outcome)
            if report.kind.size:
                trace_steps(functions, engine, method, vectors, lanes, work, batch, report)
            for lane in range(lanes.row.size):
                if vectors.event[0, lane] != 0.0:
                    busy += settle(
                        functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane
                    )
            engine.advance(engine.frame)
        return fingerprint

    compiled: Callable[..., int] = njit(signature, cache=True, **OPTIONS)(driver)
    return compiled


@kernel
def begin_row(
    functions: Functions,
    engine: Engine,
    method: Method,
    control: Control,
    work: Work,
    vectors: Vectors,
    lanes: Lanes,
    batch: Batch,
    report: Report,
    outcome: Outcome,
    lane: int,
) -> int:
    """Give a lane the next row that can be started; return 1, or 0 where there is none and the lane falls idle."""
    while True:
        row = engine.next_row(engine.counter)
        if row >= batch.initial_states.shape[0]:
            lanes.row[lane] = IDLE
            return 0
        lanes.row[lane], lanes.segment[lane] = row, 0
        for k in range(work.counts.size):
            lanes.counts[lane, k] = 0
        copy_into(work.y, batch.initial_states[row])
        p = batch.parameters[row]
        regimen = batch.set_of_row[row]
        first, end = batch.set_start[regimen], batch.set_start[regimen + 1]
        boundaries = batch.boundaries[first + regimen : end + regimen + 1]
        status, pool = REFUSED_INPUT, -1
        line = line_of(batch, row)
        times = batch.times[line, : batch.n_times[line]]
        fill_with_nan(outcome.states[row], times.size)
        fill_with_nan(outcome.readouts[row], times.size)
        if is_acceptable(work.y, p, boundaries, times):
            scatter(p, vectors.p, lane)
            begin_summaries(report, lane)
            u = batch.inputs[first]
            vectors.n_trials[0, lane] = vectors.n_accepted[0, lane] = 0.0
            lanes.i_time[lane] = write_start(functions, report, outcome, row, work.y, p, u, boundaries[0], times)
            set_output_time(vectors, lanes, lane, times)
            status, pool = begin_segment(functions, method, control, vectors, lanes, work, batch, report, lane)
            if status == OK:
                return 1
        record_end(outcome, row, status, boundaries[0], pool, work.y, lanes.counts[lane])


@inlined
def settle(
    functions: Functions,
    engine: Engine,
    method: Method,
    control: Control,
    work: Work,
    vectors: Vectors,
    lanes: Lanes,
    batch: Batch,
    report: Report,
    outcome: Outcome,
    lane: int,
) -> int:
    """Do what follows from an event in a lane; return 0, or -1 where the lane falls idle."""
    row, status, pool, t = lanes.row[lane], lanes.status[lane], lanes.pool[lane], vectors.t[0, lane]
    if status != OK:
        gather(vectors.y, lane, work.y)
    elif vectors.accepted[0, lane] == 0.0:
        return 0
    else:
        t = vectors.t_new[0, lane]
        gather(vectors.y_new, lane, work.y)
        # The lane leaves its vectors here: ``advance`` must not touch what is put there instead.
        vectors.accepted[0, lane] = 0.0
        if t < vectors.end[0, lane]:  # no further trial is allowed
            status, pool = STEP_LIMIT, -1
        else:
            lanes.counts[lane, JACOBIAN] -= 1  # the last step of a segment begins no other
            lanes.segment[lane] += 1
            if has_segment(lanes, batch, lane):
                status, pool = begin_segment(functions, method, control, vectors, lanes, work, batch, report, lane)
                if status == OK:
                    return 0
            else:
                pool = worst_pool(method, control, vectors, work, lane)
                end_summaries(report, outcome, row, lane)
    tally(method, vectors, lanes, lane)
    record_end(outcome, row, status, t, pool, work.y, lanes.counts[lane])
    still_busy: int = begin_row(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
    return still_busy - 1
