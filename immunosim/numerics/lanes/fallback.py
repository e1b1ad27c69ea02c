"""The trial step of one lane whose factors grew too much, repeated with pivoting in the scratch of a scalar row.

What it computes replaces what the vectors hold of the trial, so that the lane is judged like any other; no other lane's
numbers change.
"""

import numpy as np

from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.lanes.control import gather, jacobian_of_lane, scatter, segment_of
from immunosim.numerics.lanes.records import PIVOTED_GROWTH, Lanes, Vectors
from immunosim.numerics.pivoting import factorise_pivoted
from immunosim.numerics.rosenbrock import GROWTH_LIMIT, compute_stages
from immunosim.numerics.step_control import error_norm, first_non_finite
from immunosim.numerics.workspace import PIVOTED, Batch, Control, Functions, Method, Work


@inlined
def mend_trial(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    lane: int,
) -> None:
    """Repeat the lane's trial with pivoting if its factors grew too much; leave it as it is if that breaks down."""
    if not vectors.growth[0, lane] <= GROWTH_LIMIT:
        repeat_trial(functions, method, control, vectors, lanes, work, batch, lane)


@kernel
def repeat_trial(
    functions: Functions,
    method: Method,
    control: Control,
    vectors: Vectors,
    lanes: Lanes,
    work: Work,
    batch: Batch,
    lane: int,
) -> None:
    """Do the trial as the scalar core would, and put it where the vectors hold that of the lane."""
    jacobian_of_lane(functions, vectors, lanes, work, batch, lane)
    if not factorise_pivoted(work, vectors.shift[0, lane]):
        return
    lanes.counts[lane, PIVOTED] += 1
    gather(vectors.f, lane, work.f)
    p, u = batch.parameters[lanes.row[lane]], batch.inputs[segment_of(lanes, batch, lane)]
    compute_stages(functions, method, work, p, u, lanes.h[lane])
    functions.rhs(work.y_new, p, u, work.f_new)
    error = work.increments[method.n_stages - 1]
    norm, worst = error_norm(control, work.y, work.y_new, error)
    vectors.norm[0, lane], vectors.worst[0, lane] = norm, worst
    everything = (first_non_finite(work.y_new), first_non_finite(error), first_non_finite(work.f_new))
    vectors.validity[0, lane] = 0.0 if max(everything) < 0 else np.nan
    margin = np.inf
    for i in range(work.y_new.size):
        margin = min(margin, work.y_new[i] + control.negative_tolerance[i])
    vectors.margin[0, lane] = margin
    vectors.growth[0, lane] = PIVOTED_GROWTH
    scatter(work.y_new, vectors.y_new, lane)
    scatter(work.f_new, vectors.f_new, lane)
    for stage in range(method.n_stages):
        scatter(work.increments[stage], vectors.increments[stage * work.y.size :], lane)
