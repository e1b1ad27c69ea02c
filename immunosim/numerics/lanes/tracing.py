"""What the summaries of all lanes see of their accepted steps: read-outs at five places, checked by one defect."""

from immunosim.numerics.calling import run
from immunosim.numerics.compilation import kernel
from immunosim.numerics.dense_output import LARGEST_DEFECT
from immunosim.numerics.lanes.control import segment_of
from immunosim.numerics.lanes.output import step_of_lane
from immunosim.numerics.lanes.records import PIVOTED_GROWTH, Engine, Lanes, Vectors
from immunosim.numerics.summaries import LAST_NODE, fill_node, note_step
from immunosim.numerics.workspace import RHS, Batch, Functions, Method, Report, Work


@kernel
def trace_steps(
    functions: Functions,
    engine: Engine,
    method: Method,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    report: Report,
) -> None:
    """Take the accepted steps into the summaries of their rows."""
    for lane in range(lanes.row.size):
        vectors.theta[0, lane] = 0.5
    run(engine.sample, engine.frame)
    run(engine.defect, engine.frame)
    run(engine.trace, engine.frame)
    for lane in range(lanes.row.size):
        if vectors.accepted[0, lane] != 0.0:
            lanes.counts[lane, RHS] += method.A.shape[0] - method.n_stages
            is_pivoted = vectors.growth[0, lane] == PIVOTED_GROWTH
            if not is_pivoted:
                lanes.counts[lane, RHS] += 1
            if is_pivoted or not vectors.norm[0, lane] <= LARGEST_DEFECT:
                retrace_lane(functions, method, vectors, lanes, work, batch, report, lane)
            note_step(report, lane, vectors.t[0, lane], vectors.t_new[0, lane])


@kernel
def retrace_lane(
    functions: Functions,
    method: Method,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    report: Report,
    lane: int,
) -> None:
    """Fill the nodes inside the step again, by steps of their own; a node whose step breaks down stays interpolated."""
    p, u = batch.parameters[lanes.row[lane]], batch.inputs[segment_of(lanes, batch, lane)]
    for k in range(1, LAST_NODE):
        if step_of_lane(functions, method, vectors, lanes, work, batch, lane, 0.25 * k, report.state):
            fill_node(functions, report, k, lane, report.state, p, u)
