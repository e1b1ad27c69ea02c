"""The loop of the differentiated core: that of the lane core, with slopes carried along.

The steps are those of the lane core, bit for bit: slopes only follow them.
"""

from immunosim.numerics.calling import run
from immunosim.numerics.compilation import kernel
from immunosim.numerics.lanes.control import look_at_trial
from immunosim.numerics.lanes.driver import IDLE, begin_row, settle
from immunosim.numerics.lanes.fallback import mend_trial
from immunosim.numerics.lanes.output import write_outputs
from immunosim.numerics.lanes.records import Engine, Lanes, Vectors
from immunosim.numerics.tangents.control import (
    begin_slopes,
    cross_boundary,
    forget_slopes,
    mark,
    mark_factorisations,
    write_slopes,
)
from immunosim.numerics.tangents.records import SlopeRecords
from immunosim.numerics.workspace import Batch, Control, Functions, Method, Outcome, Report, Work


@kernel
def drive_slopes(
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
    records: SlopeRecords,
) -> None:
    """Solve and differentiate rows until the counter has none left."""
    slope_engine, slopes, marks, tangents = records.engine, records.slopes, records.marks, records.tangents
    busy = 0
    for lane in range(lanes.row.size):
        busy += begin_row(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
        if lanes.row[lane] != IDLE:
            begin_slopes(vectors, lanes, slopes, batch, tangents, lane)
    run(slope_engine.constants, slope_engine.frame)
    while busy > 0:
        n_accepted = 0
        for lane in range(lanes.row.size):
            mark(lanes, marks, lane)
        run(engine.attempt, engine.frame)
        for lane in range(lanes.row.size):
            if lanes.row[lane] == IDLE:
                vectors.accepted[0, lane] = vectors.event[0, lane] = vectors.due[0, lane] = 0.0
            elif vectors.event[0, lane] != 0.0:
                mend_trial(functions, method, control, vectors, lanes, work, batch, lane)
                look_at_trial(functions, method, control, vectors, lanes, work, batch, lane)
            mark_factorisations(lanes, marks, lane)
            n_accepted += vectors.accepted[0, lane] > 0.0
        write_outputs(functions, engine, method, vectors, lanes, work, batch, report, outcome)
        if n_accepted > 0:
            run(slope_engine.differentiate, slope_engine.frame)
            forget_slopes(vectors, slopes)
            write_slopes(vectors, lanes, batch, records)
        # After the slopes were written: what a lane begins or enters next overwrites the start of its step.
        n_begun = 0
        for lane in range(lanes.row.size):
            if vectors.event[0, lane] == 0.0:
                continue
            busy += settle(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
            if lanes.row[lane] != marks.row[lane]:
                if lanes.row[lane] != IDLE:
                    n_begun += 1
                    begin_slopes(vectors, lanes, slopes, batch, tangents, lane)
            elif lanes.segment[lane] != marks.segment[lane]:
                cross_boundary(vectors, lanes, slopes, batch, tangents, lane)
        run(engine.advance, engine.frame)
        run(slope_engine.advance, slope_engine.frame)
        if n_begun > 0:
            run(slope_engine.constants, slope_engine.frame)
