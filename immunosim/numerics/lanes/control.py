"""What a lane does by itself: begin a row and its segments, propose a step, judge a trial, write output.

The formulas are those of the scalar core, called on the values of one lane; whatever needs the whole state of a lane
takes it out of the vectors into the scratch of a scalar row.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.lanes.records import Lanes, Vectors
from immunosim.numerics.rosenbrock import GROWTH_LIMIT
from immunosim.numerics.step_control import (
    accepted_factor,
    estimate_first_step,
    first_below,
    first_non_finite,
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
    fit_step,
)
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
    Work,
    copy_into,
)

Array = npt.NDArray[np.float64]


@inlined
def gather(vector: Array, lane: int, out: Array) -> None:
    """Copy one lane out of a vector."""
    for i in range(out.size):
        out[i] = vector[i, lane]


@inlined
def scatter(values: Array, vector: Array, lane: int) -> None:
    """Copy values into one lane of a vector."""
    for i in range(values.size):
        vector[i, lane] = values[i]


@inlined
def begin_step(control: Control, lanes: Lanes, lane: int) -> int:
    """Note what holds until the lane's next accepted step; return STEP_LIMIT if there may be none."""
    t, end = lanes.t[lane], lanes.end[lane]
    lanes.shortest[lane] = max(SHORTEST_OF_TIME * abs(t), SHORTEST_OF_REST * (end - t))
    lanes.was_rejected[lane] = 0
    counts = lanes.counts[lane]
    counts[JACOBIAN] += 1
    return OK if counts[STEPS] + counts[REJECTED] < control.max_steps else STEP_LIMIT


@inlined
def propose(method: Method, control: Control, vectors: Vectors, lanes: Lanes, lane: int) -> None:
    """Set the step of the lane's next trial."""
    h = max(lanes.shortest[lane], min(lanes.h[lane], control.max_step))
    h = fit_step(lanes.t[lane], lanes.end[lane], h)
    lanes.h[lane] = h
    vectors.shift[0, lane] = 1.0 / (method.gamma * h)
    vectors.per_h[0, lane] = 1.0 / h


@kernel
def jacobian_of_lane(functions: Functions, vectors: Vectors, lanes: Lanes, work: Work, batch: Batch, lane: int) -> None:
    """Compute the Jacobian of one lane at the start of its step: the lanes' factors are made without one in memory."""
    gather(vectors.y, lane, work.y)
    place = segment_of(lanes, batch, lane)
    functions.jacobian(work.y, batch.parameters[lanes.row[lane]], batch.inputs[place], work.jacobian)


@inlined
def segment_of(lanes: Lanes, batch: Batch, lane: int) -> int:
    """Return the place of the lane's segment among those of all sets."""
    place: int = batch.set_start[batch.set_of_row[lanes.row[lane]]] + lanes.segment[lane]
    return place


@inlined
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
    """Return what is wrong with the lane's trial, as ``try_step`` does, and the pool that decided it."""
    norm = vectors.norm[0, lane]
    if vectors.growth[0, lane] <= GROWTH_LIMIT and vectors.validity[0, lane] == 0.0:
        if norm > 1.0 or vectors.margin[0, lane] >= 0.0:
            return OK, int(vectors.worst[0, lane])
        gather(vectors.y_new, lane, work.y_new)
        return NEGATIVE, first_below(work.y_new, control.negative_tolerance)
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
        return OK, int(vectors.worst[0, lane])
    pool = first_below(work.y_new, control.negative_tolerance)
    if pool >= 0:
        return NEGATIVE, pool
    lanes.counts[lane, RHS] += 1  # the one that is not finite was computed at the end of an acceptable step
    gather(vectors.f_new, lane, work.f_new)
    return NON_FINITE, first_non_finite(work.f_new)


@inlined
def judge(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    lane: int,
) -> None:
    """Accept or reject the lane's trial, as ``take_step`` does; note the status and the deciding pool.

    ``accepted`` tells which it was; the next step is left in ``h``.
    """
    h, norm = lanes.h[lane], vectors.norm[0, lane]
    problem, pool = problem_of_trial(functions, method, control, vectors, lanes, work, batch, lane)
    lanes.status[lane], lanes.pool[lane] = OK, pool
    counts = lanes.counts[lane]
    counts[LU] += 1
    if vectors.growth[0, lane] <= GROWTH_LIMIT:
        counts[RHS] += method.n_stages - 1
    vectors.accepted[0, lane] = 0.0
    if problem == OK and norm <= 1.0:
        counts[RHS] += 1
        counts[STEPS] += 1
        factor = accepted_factor(method, lanes.memory[lane], h, norm)
        lanes.h[lane] = h * (min(factor, 1.0) if lanes.was_rejected[lane] else factor)
        vectors.accepted[0, lane] = 1.0
        t, end = lanes.t[lane], lanes.end[lane]
        lanes.t_new[lane] = end if h == end - t else t + h
        return
    counts[REJECTED] += 1
    lanes.was_rejected[lane] = 1
    h *= rejected_factor(method, norm) if problem == OK else BLIND_FACTOR
    lanes.h[lane] = h
    if h < lanes.shortest[lane]:
        lanes.status[lane] = STEP_UNDERFLOW if problem == OK else problem
    elif counts[STEPS] + counts[REJECTED] >= control.max_steps:
        lanes.status[lane] = STEP_LIMIT


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
    lane: int,
) -> tuple[int, int]:
    """Start the lane's next segment from ``work.y``: jump, inputs, first step; return the status and deciding pool."""
    row = lanes.row[lane]
    regimen = batch.set_of_row[row]
    place = batch.set_start[regimen] + lanes.segment[lane]
    p, u = batch.parameters[row], batch.inputs[place]
    # Each set has one boundary more than segments, so those of set k start k places later.
    lanes.t[lane], lanes.end[lane] = batch.boundaries[place + regimen], batch.boundaries[place + regimen + 1]
    lanes.memory[lane, 0] = 0.0
    for i in range(work.y.size):
        work.y[i] += batch.jumps[place, i]
    pool = first_below(work.y, control.negative_tolerance)
    if pool >= 0:
        return NEGATIVE, pool
    copy_into(work.counts, lanes.counts[lane])
    functions.rhs(work.y, p, u, work.f)
    work.counts[RHS] += 1
    pool = first_non_finite(work.f)
    lanes.h[lane] = control.first_step
    if pool < 0 and control.first_step <= 0.0:
        span = lanes.end[lane] - lanes.t[lane]
        lanes.h[lane] = estimate_first_step(functions, method, control, work, p, u, span)
    copy_into(lanes.counts[lane], work.counts)
    scatter(work.y, vectors.y, lane)
    scatter(work.f, vectors.f, lane)
    scatter(u, vectors.u, lane)
    return (begin_step(control, lanes, lane) if pool < 0 else NON_FINITE), pool
