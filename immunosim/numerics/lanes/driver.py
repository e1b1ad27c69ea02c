"""The loop of the lane core: takes rows from a shared counter until none is left.

It knows no model, and runs as it stands for one patient, or compiled for many, see ``compiled``. A lane that finishes
or fails takes the next row at once; no lane waits for another, and none can change another's numbers.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import run, take_number
from immunosim.numerics.compilation import kernel
from immunosim.numerics.driver import is_acceptable, record_end
from immunosim.numerics.elements import clear_counts, copy_into, fill_with_nan, gather, scatter
from immunosim.numerics.lanes.control import begin_segment, has_segment, look_at_trial, tally, worst_pool
from immunosim.numerics.lanes.fallback import mend_trial
from immunosim.numerics.lanes.output import set_output_time, write_outputs
from immunosim.numerics.lanes.records import Engine, Lanes, Vectors
from immunosim.numerics.lanes.tracing import trace_steps
from immunosim.numerics.segments import write_start
from immunosim.numerics.status import Status
from immunosim.numerics.stepping import OK, STEP_LIMIT
from immunosim.numerics.summaries import begin_summaries, end_summaries
from immunosim.numerics.workspace import JACOBIAN, Batch, Control, Functions, Method, Outcome, Report, Work, line_of

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

REFUSED_INPUT = int(Status.REFUSED_INPUT)
IDLE = -1


@kernel
def drive(
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
) -> None:
    """Solve rows until the counter has none left; there may be fewer lanes at work than the vectors hold."""
    busy = 0
    for lane in range(lanes.row.size):
        busy += begin_row(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
    while busy > 0:
        run(engine.attempt, engine.frame)
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
        # Before lanes are settled: a lane that ends its row takes another one at once, and its step would be lost.
        if report.kind.size:
            trace_steps(functions, engine, method, vectors, lanes, work, batch, report)
        for lane in range(lanes.row.size):
            if vectors.event[0, lane] != 0.0:
                busy += settle(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
        run(engine.advance, engine.frame)


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
        row = take_number(engine.next_row, engine.counter)
        if row >= batch.initial_states.shape[0]:
            lanes.row[lane] = IDLE
            return 0
        lanes.row[lane], lanes.segment[lane] = row, 0
        clear_counts(lanes.counts[lane])
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


@kernel
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
