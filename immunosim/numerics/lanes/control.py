"""What a lane does by itself: begin its segments, and say what is wrong with a trial that no vector can judge.

The formulas are those of the scalar core, called on the values of one lane; whatever needs the whole state of a lane
takes it out of the vectors into the scratch of a scalar row.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.elements import add_into, copy_into, first_below, first_non_finite, gather, scatter
from immunosim.numerics.lanes.records import Lanes, Vectors
from immunosim.numerics.rosenbrock import GROWTH_LIMIT
from immunosim.numerics.step_control import (
    error_norm,
    estimate_first_step,
    rejected_factor,
)
from immunosim.numerics.stepping import (
    BLIND_FACTOR,
    NEGATIVE,
    NON_FINITE,
    OK,
    SHORTEST_OF_REST,
    SHORTEST_OF_TIME,
    SINGULAR_MATRIX,
    STEP_LIMIT,
    STEP_UNDERFLOW,
)
from immunosim.numerics.summaries import fill_node
from immunosim.numerics.workspace import (
    JACOBIAN,
    LU,
    REJECTED,
    RHS,
    STEPS,
    Batch,
    Control,
    Functions,
    Method,
    Report,
    Work,
)

Array = npt.NDArray[np.float64]


@kernel
def jacobian_of_lane(functions: Functions, vectors: Vectors, lanes: Lanes, work: Work, batch: Batch, lane: int) -> None:
    """Compute the Jacobian of one lane at the start of its step: the lanes' factors are made without one in memory."""
    gather(vectors.y, lane, work.y)
    place = segment_of(lanes, batch, lane)
    evaluate(functions.jacobian, work.y, batch.parameters[lanes.row[lane]], batch.inputs[place], work.jacobian)


@inlined
def segment_of(lanes: Lanes, batch: Batch, lane: int) -> int:
    """Return the place of the lane's segment among those of all sets."""
    place: int = batch.set_start[batch.set_of_row[lanes.row[lane]]] + lanes.segment[lane]
    return place


@kernel
def problem_of_trial(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    lane: int,
) -> tuple[int, int]:
    """Return what is wrong with a trial that cannot be judged by its error, as ``try_step`` does, and the pool."""
    norm = vectors.norm[0, lane]
    if not vectors.growth[0, lane] <= GROWTH_LIMIT:
        jacobian_of_lane(functions, vectors, lanes, work, batch, lane)
        return (SINGULAR_MATRIX if first_non_finite(work.jacobian) < 0 else NON_FINITE), -1
    gather(vectors.y_new, lane, work.y_new)
    pool = first_non_finite(work.y_new)
    if pool >= 0:
        return NON_FINITE, pool
    error = work.increments[0]
    gather(vectors.increments[(method.n_stages - 1) * error.size :], lane, error)
    pool = first_non_finite(error)
    if pool >= 0:
        return NON_FINITE, pool
    if norm > 1.0:
        return OK, -1
    pool = first_below(work.y_new, control.negative_tolerance)
    if pool >= 0:
        return NEGATIVE, pool
    lanes.counts[lane, RHS] += 1  # the one that is not finite was computed at the end of an acceptable step
    gather(vectors.f_new, lane, work.f_new)
    return NON_FINITE, first_non_finite(work.f_new)


@kernel
def worst_pool(method: Method, control: Control, vectors: Vectors, work: Work, lane: int) -> int:
    """Return the pool with the largest scaled error in the lane's trial; uses the scratch of a scalar row."""
    error, y = work.increments[0], work.f_new
    gather(vectors.increments[(method.n_stages - 1) * error.size :], lane, error)
    gather(vectors.y_new, lane, work.y_new)
    gather(vectors.y, lane, y)
    pool: int = error_norm(control, y, work.y_new, error)[1]
    return pool


@kernel
def look_at_trial(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    lane: int,
) -> None:
    """Note status and deciding pool of a lane with an event, as ``take_step`` does, and what the step shrinks to."""
    lanes.status[lane], lanes.pool[lane] = OK, -1
    if vectors.accepted[0, lane] != 0.0:
        return
    norm, t = vectors.norm[0, lane], vectors.t[0, lane]
    is_sound = vectors.growth[0, lane] <= GROWTH_LIMIT and vectors.validity[0, lane] == 0.0
    problem = OK
    # A trial with too large an error has its step from the vectors already; only the others are judged here.
    if not (is_sound and (norm > 1.0 or vectors.margin[0, lane] >= 0.0)):
        problem, pool = problem_of_trial(functions, method, control, vectors, lanes, work, batch, lane)
        lanes.pool[lane] = pool
        vectors.h[0, lane] *= rejected_factor(method, norm) if problem == OK else BLIND_FACTOR
        vectors.was_rejected[0, lane] = 1.0
        if not vectors.growth[0, lane] <= GROWTH_LIMIT:
            lanes.counts[lane, RHS] -= method.n_stages - 1  # without factors there were no stages
    if vectors.h[0, lane] < max(SHORTEST_OF_TIME * abs(t), SHORTEST_OF_REST * (vectors.end[0, lane] - t)):
        lanes.status[lane] = STEP_UNDERFLOW if problem == OK else problem
    elif vectors.n_trials[0, lane] >= control.max_steps:
        lanes.status[lane] = STEP_LIMIT
    if problem == OK and lanes.status[lane] != OK:
        lanes.pool[lane] = worst_pool(method, control, vectors, work, lane)


@inlined
def tally(method: Method, vectors: Vectors, lanes: Lanes, lane: int) -> None:
    """Add to the counts of a lane what follows from its trials and accepted steps."""
    n_trials, n_accepted = int(vectors.n_trials[0, lane]), int(vectors.n_accepted[0, lane])
    counts = lanes.counts[lane]
    counts[STEPS] += n_accepted
    counts[REJECTED] += n_trials - n_accepted
    counts[RHS] += (method.n_stages - 1) * n_trials + n_accepted
    counts[JACOBIAN] += n_accepted
    counts[LU] += n_trials


@inlined
def has_segment(lanes: Lanes, batch: Batch, lane: int) -> bool:
    """Whether the regimen of the lane's row has the segment that the lane is to begin."""
    regimen = batch.set_of_row[lanes.row[lane]]
    more: bool = batch.set_start[regimen] + lanes.segment[lane] < batch.set_start[regimen + 1]
    return more


@kernel
def begin_segment(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    report: Report,
    lane: int,
) -> tuple[int, int]:
    """Start the lane's next segment from ``work.y``: jump, inputs, first step; return the status and deciding pool."""
    row = lanes.row[lane]
    regimen = batch.set_of_row[row]
    place = batch.set_start[regimen] + lanes.segment[lane]
    p, u = batch.parameters[row], batch.inputs[place]
    # Each set has one boundary more than segments, so those of set k start k places later.
    start, end = batch.boundaries[place + regimen], batch.boundaries[place + regimen + 1]
    vectors.t[0, lane], vectors.end[0, lane] = start, end
    vectors.last_h[0, lane] = vectors.was_rejected[0, lane] = 0.0
    add_into(work.y, batch.jumps[place])
    pool = first_below(work.y, control.negative_tolerance)
    if pool >= 0:
        return NEGATIVE, pool
    copy_into(work.counts, lanes.counts[lane])
    evaluate(functions.rhs, work.y, p, u, work.f)
    work.counts[RHS] += 1
    pool = first_non_finite(work.f)
    if report.kind.size:
        fill_node(functions, report, 0, lane, work.y, p, u)
    vectors.h[0, lane] = control.first_step
    if pool < 0 and control.first_step <= 0.0:
        vectors.h[0, lane] = estimate_first_step(functions, method, control, work, p, u, end - start)
    copy_into(lanes.counts[lane], work.counts)
    scatter(work.y, vectors.y, lane)
    scatter(work.f, vectors.f, lane)
    scatter(u, vectors.u, lane)
    if pool >= 0:
        return NON_FINITE, pool
    lanes.counts[lane, JACOBIAN] += 1
    return (OK if vectors.n_trials[0, lane] < control.max_steps else STEP_LIMIT), pool
