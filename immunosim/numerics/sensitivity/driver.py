"""The compiled entry point of the differentiated core: the loop of the lane core, with slopes carried along.

The steps are those of the lane core, bit for bit: slopes only follow them.
"""

import functools
from collections.abc import Callable

from numba import float64, int64, njit

from immunosim.numerics.compilation import OPTIONS, source_fingerprint
from immunosim.numerics.driver import (
    BATCH_TYPES,
    CONTROL_TYPES,
    INTEGERS,
    MATRIX,
    METHOD_TYPES,
    OUTCOME_TYPES,
    REPORT_TYPES,
    WORK_TYPES,
    record_type,
)
from immunosim.numerics.lanes.control import look_at_trial
from immunosim.numerics.lanes.driver import (
    COUNTER_FUNCTION,
    FRAME_FUNCTION,
    IDLE,
    LANES_TYPES,
    begin_row,
    settle,
)
from immunosim.numerics.lanes.fallback import mend_trial
from immunosim.numerics.lanes.output import write_outputs
from immunosim.numerics.lanes.records import Engine, Lanes, Vectors
from immunosim.numerics.sensitivity.control import (
    begin_slopes,
    cross_boundary,
    forget_slopes,
    mark,
    mark_factorisations,
    write_slopes,
)
from immunosim.numerics.sensitivity.records import Marks, SlopeEngine, SlopeVectors, Tangents
from immunosim.numerics.signatures import FACTORISE_TYPE, JACOBIAN_TYPE, RHS_TYPE, SOLVE_TYPE
from immunosim.numerics.workspace import Batch, Control, Functions, Method, Outcome, Report, Work

CUBE = float64[:, :, ::1]
TANGENT_TYPES = (MATRIX, CUBE, MATRIX, CUBE, MATRIX, float64[:, :, :, ::1], int64[:, ::1])


@functools.cache
def compiled_slope_driver() -> Callable[..., int]:
    """Return the entry point, compiled or loaded from numba's cache at the first call."""
    fingerprint = source_fingerprint()
    signature = int64(
        *(RHS_TYPE, JACOBIAN_TYPE, FACTORISE_TYPE, SOLVE_TYPE, RHS_TYPE),
        *(*(FRAME_FUNCTION,) * 5, COUNTER_FUNCTION, int64, int64),
        *(*(FRAME_FUNCTION,) * 4, int64, int64, int64),
        record_type(METHOD_TYPES, Method),
        record_type(CONTROL_TYPES, Control),
        record_type(WORK_TYPES, Work),
        *(record_type((MATRIX,) * len(Vectors._fields), Vectors),) * 2,
        record_type(LANES_TYPES, Lanes),
        *(record_type((MATRIX,) * len(SlopeVectors._fields), SlopeVectors),) * 2,
        record_type((INTEGERS,) * len(Marks._fields), Marks),
        record_type(BATCH_TYPES, Batch),
        record_type(REPORT_TYPES, Report),
        record_type(TANGENT_TYPES, Tangents),
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
        differentiate: Callable[[int], None],
        sample_slopes: Callable[[int], None],
        fill_constants: Callable[[int], None],
        advance_slopes: Callable[[int], None],
        slope_frame: int,
        side_frame: int,
        side_slope_frame: int,
        method: Method,
        control: Control,
        work: Work,
        vectors: Vectors,
        side_vectors: Vectors,
        lanes: Lanes,
        slopes: SlopeVectors,
        side_slopes: SlopeVectors,
        marks: Marks,
        batch: Batch,
        report: Report,
        tangents: Tangents,
        outcome: Outcome,
    ) -> int:
        functions = Functions(rhs, jacobian, factorise, solve, readouts)
        engine = Engine(attempt, sample, trace, defect, advance, next_row, frame, counter)
        slope_engine = SlopeEngine(
            attempt,
            differentiate,
            sample_slopes,
            fill_constants,
            advance_slopes,
            slope_frame,
            side_frame,
            side_slope_frame,
        )
        busy = 0
        for lane in range(lanes.row.size):
            busy += begin_row(functions, engine, method, control, work, vectors, lanes, batch, report, outcome, lane)
            if lanes.row[lane] != IDLE:
                begin_slopes(vectors, lanes, slopes, batch, tangents, lane)
        slope_engine.constants(slope_engine.frame)
        while busy > 0:
            n_accepted = 0
            for lane in range(lanes.row.size):
                mark(lanes, marks, lane)
            engine.attempt(engine.frame)
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
                slope_engine.differentiate(slope_engine.frame)
                forget_slopes(vectors, slopes)
                write_slopes(
                    slope_engine,
                    method,
                    vectors,
                    side_vectors,
                    lanes,
                    marks,
                    slopes,
                    side_slopes,
                    batch,
                    tangents,
                )
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
            engine.advance(engine.frame)
            slope_engine.advance(slope_engine.frame)
            if n_begun > 0:
                slope_engine.constants(slope_engine.frame)
        return fingerprint

    compiled: Callable[..., int] = njit(signature, cache=True, **OPTIONS)(driver)
    return compiled
