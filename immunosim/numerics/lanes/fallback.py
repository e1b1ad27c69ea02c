"""The trial step of one lane whose factors grew too much, repeated with pivoting in the scratch of a scalar row.

What it computes replaces what the vectors hold of the trial, so that the lane is judged like any other; no other lane's
numbers change.
"""

import numpy as np

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import kernel
from immunosim.numerics.elements import first_non_finite, gather, scatter
from immunosim.numerics.lanes.control import jacobian_of_lane, segment_of
from immunosim.numerics.lanes.records import PIVOTED_GROWTH, Lanes, Vectors
from immunosim.numerics.pivoting import factorise_pivoted
from immunosim.numerics.rosenbrock import GROWTH_LIMIT, compute_stages
from immunosim.numerics.step_control import accepted_factor, error_norm, rejected_factor
from immunosim.numerics.workspace import PIVOTED, Batch, Control, Functions, Method, Work


@kernel
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
        if vectors.growth[0, lane] == PIVOTED_GROWTH:
            judge_again(method, control, vectors, work, lane)


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
    # The growth then stays, by which ``look_at_trial`` tells a singular matrix, as the scalar core does.
    if not factorise_pivoted(work, vectors.shift[0, lane]):
        return
    lanes.counts[lane, PIVOTED] += 1
    gather(vectors.f, lane, work.f)
    p, u = batch.parameters[lanes.row[lane]], batch.inputs[segment_of(lanes, batch, lane)]
    compute_stages(functions, method, work, p, u, vectors.h[0, lane])
    evaluate(functions.rhs, work.y_new, p, u, work.f_new)
    error = work.increments[method.n_stages - 1]
    vectors.norm[0, lane] = error_norm(control, work.y, work.y_new, error)[0]
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


@kernel
def judge_again(method: Method, control: Control, vectors: Vectors, work: Work, lane: int) -> None:
    """Judge the repeated trial as the vectors judge all others, see ``control_ir``; ``h`` holds its step."""
    # By the scalar formulas: the vectors would judge all lanes once more, and the others have chosen their next step.
    h, t, end = vectors.h[0, lane], vectors.t[0, lane], vectors.end[0, lane]
    norm = vectors.norm[0, lane]
    if vectors.validity[0, lane] != 0.0:
        return
    if norm > 1.0:
        vectors.h[0, lane] = h * rejected_factor(method, norm)
        vectors.was_rejected[0, lane] = 1.0
    elif vectors.margin[0, lane] >= 0.0:
        work.memory[0], work.memory[1] = vectors.last_h[0, lane], vectors.last_root[0, lane]
        factor = accepted_factor(method, work.memory, h, norm)
        vectors.last_h[0, lane], vectors.last_root[0, lane] = work.memory[0], work.memory[1]
        vectors.h[0, lane] = h * (min(factor, 1.0) if vectors.was_rejected[0, lane] != 0.0 else factor)
        t_new = end if h == end - t else t + h
        vectors.t_new[0, lane] = t_new
        vectors.accepted[0, lane], vectors.was_rejected[0, lane] = 1.0, 0.0
        vectors.n_accepted[0, lane] += 1.0
        vectors.due[0, lane] = 1.0 if vectors.output_time[0, lane] <= t_new else 0.0
        is_last = vectors.n_trials[0, lane] >= control.max_steps
        vectors.event[0, lane] = 1.0 if t_new >= end or is_last else 0.0
