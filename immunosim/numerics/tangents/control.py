"""What the slopes of a lane do by themselves: begin a row, cross a boundary, write output.

Across a boundary at the time b the state y jumps to y + J and the inputs change. Along a direction that moves b by b',
the jump by J' and the state before it by s, the state after it moves, at a fixed time, by

    s + J' + (f(y, before) - f(y + J, after)) b'                                                        (V5)

since the old flow lasts b' longer and the new one starts b' later. Before the first boundary nothing flows: the initial
state is that at the first boundary, whenever it is.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import run
from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.lanes.records import PIVOTED_GROWTH, Lanes, Vectors
from immunosim.numerics.rosenbrock import GROWTH_LIMIT
from immunosim.numerics.tangents.records import Marks, SlopeRecords, SlopeVectors, Tangents
from immunosim.numerics.workspace import LU, Batch, line_of

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@inlined
def mark(lanes: Lanes, marks: Marks, lane: int) -> None:
    """Note where a lane is."""
    marks.row[lane] = lanes.row[lane]
    marks.segment[lane] = lanes.segment[lane]
    marks.i_time[lane] = lanes.i_time[lane]


@inlined
def mark_factorisations(lanes: Lanes, marks: Marks, lane: int) -> None:
    """Note the factorisations of a lane: further ones are those of outputs with a step of their own."""
    marks.n_lu[lane] = lanes.counts[lane, LU]


@inlined
def mark_own_steps(vectors: Vectors, lanes: Lanes, marks: Marks, batch: Batch, lane: int) -> None:
    """Note from which output time on the states inside a lane's step came from steps of their own: the last ones."""
    inside, line = lanes.i_time[lane], line_of(batch, lanes.row[lane])
    while inside > marks.i_time[lane] and batch.times[line, inside - 1] == vectors.t_new[0, lane]:
        inside -= 1
    marks.first_own[lane] = inside - (lanes.counts[lane, LU] - marks.n_lu[lane])


@kernel
def begin_slopes(
    vectors: Vectors, lanes: Lanes, slopes: SlopeVectors, batch: Batch, tangents: Tangents, lane: int
) -> None:
    """Start the slopes of the row that a lane has just begun, in the lane's first segment."""
    row = lanes.row[lane]
    own = row if tangents.parameters.shape[0] > 1 else 0
    for j in range(tangents.parameters.shape[1]):
        slopes.parameter_slopes[j, lane] = tangents.parameters[own, j]
    own = row if tangents.initial_states.shape[0] > 1 else 0
    places = tangents.places
    for k in range(places.shape[0]):
        for i in range(places.shape[1]):
            if places[k, i] >= 0:
                slopes.slopes[places[k, i], lane] = tangents.initial_states[own, k, i]
    for i_time in range(lanes.i_time[lane]):
        take_out(tangents.places, slopes.slopes, lane, tangents.outputs[row, i_time])
    enter_segment(vectors, lanes, slopes, batch, tangents, lane, 0.0)


@kernel
def cross_boundary(
    vectors: Vectors, lanes: Lanes, slopes: SlopeVectors, batch: Batch, tangents: Tangents, lane: int
) -> None:
    """Carry the slopes of a lane from the end of its step over the boundary there, equation (V5)."""
    for i in range(slopes.slopes.shape[0]):
        slopes.slopes[i, lane] = slopes.new_slopes[i, lane]
    enter_segment(vectors, lanes, slopes, batch, tangents, lane, 1.0)


@kernel
def enter_segment(
    vectors: Vectors, lanes: Lanes, slopes: SlopeVectors, batch: Batch, tangents: Tangents, lane: int, flowing: float
) -> None:
    """Add what the boundary does to the slopes; ``flowing`` is 0 where nothing flowed before it, else 1.

    ``f_new`` still holds the right-hand side before the boundary, ``f`` that after it.
    """
    regimen = batch.set_of_row[lanes.row[lane]]
    segment = batch.set_start[regimen] + lanes.segment[lane]
    places = tangents.places
    for k in range(places.shape[0]):
        moved = tangents.boundary_times[segment + regimen, k]
        for i in range(places.shape[1]):
            if places[k, i] >= 0:
                change = tangents.jumps[segment, k, i]
                if moved != 0.0:
                    before = vectors.f_new[i, lane] if flowing > 0.0 else 0.0
                    change += (before - vectors.f[i, lane]) * moved
                slopes.slopes[places[k, i], lane] += change
    for j in range(tangents.inputs.shape[1]):
        slopes.input_slopes[j, lane] = tangents.inputs[segment, j]


@kernel
def write_slopes(
    vectors: Vectors,
    lanes: Lanes,
    batch: Batch,
    records: SlopeRecords,
) -> None:
    """Write the slopes at the output times whose states the accepted steps wrote, in rounds of one for each lane.

    Where the state came from a step of its own, so does the slope.
    """
    engine, marks, tangents, side_vectors = records.engine, records.marks, records.tangents, records.side_vectors
    for lane in range(lanes.row.size):
        if lanes.row[lane] >= 0:
            mark_own_steps(vectors, lanes, marks, batch, lane)
    while True:
        wishes, own_steps = 0, 0
        for lane in range(lanes.row.size):
            t = vectors.t[0, lane]
            i_time, h = marks.i_time[lane], vectors.t_new[0, lane] - t
            if i_time < lanes.i_time[lane]:
                wishes += 1
                vectors.theta[0, lane] = (batch.times[line_of(batch, lanes.row[lane]), i_time] - t) / h
                if has_own_step(vectors, lanes, marks, batch, lane):
                    own_steps += 1
                    h *= vectors.theta[0, lane]
            # A segment of its own, which the side's step lands on.
            side_vectors.t[0, lane] = 0.0
            side_vectors.end[0, lane] = side_vectors.h[0, lane] = h
        if wishes == 0:
            return
        run(engine.sample, engine.frame)
        if own_steps > 0:
            run(engine.attempt, engine.side_frame)
            run(engine.differentiate, engine.side_slope_frame)
        for lane in range(lanes.row.size):
            i_time = marks.i_time[lane]
            if i_time < lanes.i_time[lane]:
                source = records.slopes.sampled
                holds = side_vectors.growth[0, lane] <= GROWTH_LIMIT and side_vectors.validity[0, lane] == 0.0
                if holds and has_own_step(vectors, lanes, marks, batch, lane):
                    source = records.side_slopes.new_slopes
                take_out(tangents.places, source, lane, tangents.outputs[lanes.row[lane], i_time])
                marks.i_time[lane] = i_time + 1


@inlined
def has_own_step(vectors: Vectors, lanes: Lanes, marks: Marks, batch: Batch, lane: int) -> bool:
    """Whether the lane's next output came from a step of its own."""
    i_time, line = marks.i_time[lane], line_of(batch, lanes.row[lane])
    own: bool = i_time >= marks.first_own[lane] and batch.times[line, i_time] < vectors.t_new[0, lane]
    return own


@inlined
def forget_slopes(vectors: Vectors, slopes: SlopeVectors) -> None:
    """Lose the slopes of lanes whose step needed pivoting: they have no factors to go by, and NaN says so."""
    for lane in range(vectors.growth.shape[1]):
        if vectors.growth[0, lane] == PIVOTED_GROWTH:
            for i in range(slopes.new_slopes.shape[0]):
                slopes.new_slopes[i, lane] = np.nan


@kernel
def take_out(places: Integers, vector: Array, lane: int, out: Array) -> None:
    """Copy the slopes of one lane out of a vector, as (direction, pool)."""
    for k in range(out.shape[0]):
        for i in range(out.shape[1]):
            place = places[k, i]
            out[k, i] = vector[place, lane] if place >= 0 else 0.0
