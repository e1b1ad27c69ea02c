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
    WORK_TYPES,
    is_acceptable,
    record_end,
    record_type,
)
from immunosim.numerics.lanes.control import (
    begin_segment,
    begin_step,
    gather,
    has_segment,
    judge,
    propose,
    scatter,
)
from immunosim.numerics.lanes.fallback import mend_trial
from immunosim.numerics.lanes.output import write_outputs
from immunosim.numerics.lanes.records import Engine, Lanes, Vectors
from immunosim.numerics.segments import write_start
from immunosim.numerics.signatures import FACTORISE_TYPE, JACOBIAN_TYPE, RHS_TYPE, SOLVE_TYPE, VECTOR
from immunosim.numerics.status import Status
from immunosim.numerics.stepping import OK
from immunosim.numerics.workspace import Batch, Control, Functions, Method, Outcome, Work, copy_into

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

REFUSED_INPUT = int(Status.REFUSED_INPUT)
IDLE = -1

# The functions of machine code take and return addresses and whole numbers.
FRAME_FUNCTION = types.FunctionType(void(int64))
COUNTER_FUNCTION = types.FunctionType(int64(int64))
LANES_TYPES = (*(INTEGERS,) * 7, *(VECTOR,) * 5, MATRIX, int64[:, ::1])


@functools.cache
def compiled_lane_driver() -> Callable[..., int]:
    """Return the entry point, compiled or loaded from numba's cache at the first call."""
    fingerprint = source_fingerprint()
    signature = int64(
        *(RHS_TYPE, JACOBIAN_TYPE, FACTORISE_TYPE, SOLVE_TYPE),
        *(FRAME_FUNCTION, FRAME_FUNCTION, FRAME_FUNCTION, FRAME_FUNCTION, COUNTER_FUNCTION, int64, int64),
        record_type(METHOD_TYPES, Method),
        record_type(CONTROL_TYPES, Control),
        record_type(WORK_TYPES, Work),
        record_type((MATRIX,) * len(Vectors._fields), Vectors),
        record_type(LANES_TYPES, Lanes),
        record_type(BATCH_TYPES, Batch),
        record_type(OUTCOME_TYPES, Outcome),
    )

    def driver(
        rhs: Callable[..., None],
        jacobian: Callable[..., None],
        factorise: Callable[..., float],
        solve: Callable[..., None],
        attempt: Callable[[int], None],
        sample: Callable[[int], None],
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
        outcome: Outcome,
    ) -> int:
        functions = Functions(rhs, jacobian, factorise, solve)
        engine = Engine(attempt, sample, defect, advance, next_row, frame, counter)
        busy = 0
        for lane in range(lanes.row.size):
            busy += begin_row(functions, engine, method, control, work, vectors, lanes, batch, outcome, lane)
        while busy > 0:
            for lane in range(lanes.row.size):
                propose(method, control, vectors, lanes, lane)
            engine.attempt(engine.frame)
            for lane in range(lanes.row.size):
                if lanes.row[lane] != IDLE:
                    mend_trial(functions, method, control, vectors, lanes, work, batch, lane)
                    judge(functions, method, control, vectors, lanes, work, batch, lane)
            write_outputs(functions, engine, method, vectors, lanes, work, batch, outcome)
            for lane in range(lanes.row.size):
                if lanes.row[lane] != IDLE:
                    busy += settle(functions, engine, method, control, work, vectors, lanes, batch, outcome, lane)
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
        if is_acceptable(work.y, p, boundaries, batch.times):
            scatter(p, vectors.p, lane)
            lanes.i_time[lane] = write_start(work.y, boundaries[0], batch.times, outcome.states[row])
            status, pool = begin_segment(functions, method, control, vectors, lanes, work, batch, lane)
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
    outcome: Outcome,
    lane: int,
) -> int:
    """Do what follows from a lane's trial; return 0, or -1 where the lane falls idle."""
    status, pool = lanes.status[lane], lanes.pool[lane]
    if status != OK:
        gather(vectors.y, lane, work.y)
    elif vectors.accepted[0, lane] == 0.0:
        return 0
    else:
        lanes.t[lane] = lanes.t_new[lane]
        status, pool = go_on(functions, method, control, work, vectors, lanes, batch, lane)
        if status == OK and has_segment(lanes, batch, lane):
            return 0
    # The lane leaves its vectors here: ``advance`` must not touch what is put there instead.
    vectors.accepted[0, lane] = 0.0
    record_end(outcome, lanes.row[lane], status, lanes.t[lane], pool, work.y, lanes.counts[lane])
    still_busy: int = begin_row(functions, engine, method, control, work, vectors, lanes, batch, outcome, lane)
    return still_busy - 1


@inlined
def go_on(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    vectors: Vectors,
    lanes: Lanes,
    batch: Batch,
    lane: int,
) -> tuple[int, int]:
    """After an accepted step begin the next one, in the same segment or the next; return status and deciding pool.

    Where the lane does not simply go on, the state reached is in ``work.y``.
    """
    if lanes.t[lane] < lanes.end[lane]:
        status = begin_step(control, lanes, lane)
        if status != OK:
            gather(vectors.y_new, lane, work.y)
        return status, -1
    vectors.accepted[0, lane] = 0.0
    gather(vectors.y_new, lane, work.y)
    lanes.segment[lane] += 1
    if not has_segment(lanes, batch, lane):
        return OK, lanes.pool[lane]
    status, pool = begin_segment(functions, method, control, vectors, lanes, work, batch, lane)
    return status, pool
