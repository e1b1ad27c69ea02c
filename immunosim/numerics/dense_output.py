"""The solution at output times inside a step, equation (T3) of ``tableaus``, as accurate as at the ends of steps.

Interpolation loses order in pools slaved to others by fast rates: steps become long there, and at a tolerance of 1e-8
the interpolated state was wrong by 300 tolerances between ends that were right.  So each interpolated state is checked
by its defect, and replaced by a step of its own where that is too large.  Output changes no step.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate, factorise, substitute
from immunosim.numerics.compilation import inlined, kernel, looped
from immunosim.numerics.elements import add_scaled, clear, copy_into, first_non_finite
from immunosim.numerics.records import reference
from immunosim.numerics.rosenbrock import compute_stage, compute_stages, factorise_shifted
from immunosim.numerics.step_control import error_norm
from immunosim.numerics.summaries import LAST_NODE, fill_node
from immunosim.numerics.workspace import RHS, Control, Functions, Method, Outcome, Report, RowInput, Work

Array = npt.NDArray[np.float64]

# In units of the tolerance, as for a step.  The defect foretold the true error within a tenth on Kaps' problem.
LARGEST_DEFECT = 1.0
# Below this in the middle of a step, where the interpolant is worst, the other outputs in it are trusted unseen.
QUIET_DEFECT = 0.2


@kernel
def prepare_dense(functions: Functions, method: Method, work: Work, p: Array, u: Array, h: float) -> None:
    """Fill the vectors d_1 to d_4 of equation (T3) from the increments of the step, after the stages only it needs."""
    for stage in range(method.n_stages, method.A.shape[0]):
        compute_stage(functions, method, work, work.dense[0], p, u, h, stage)
    for k in range(method.H.shape[0]):
        total = work.dense[k]
        clear(total)
        for j in range(method.H.shape[1]):
            add_scaled(total, method.H[k, j], work.increments[j])


def _interpolate(work: Work, theta: float, out: Array) -> None:
    rest = 1.0 - theta
    dense = work.dense
    for i in range(out.size):
        inner = dense[0, i] + theta * (dense[1, i] + theta * (dense[2, i] + theta * dense[3, i]))
        out[i] = rest * work.y[i] + theta * (work.y_new[i] + rest * inner)


@looped(_interpolate)
def interpolate(work: Work, theta: float, out: Array) -> None:
    """Write the state at the fraction ``theta`` of the step from ``y`` to ``y_new``, equation (T3)."""
    out[:] = interpolated(work, theta)


def interpolated(work: Work, theta: Any) -> Array:
    """Return the state at a fraction of the step, or states at a column of such; Python's form of ``interpolate``."""
    rest, (first, second, third, fourth) = 1.0 - theta, work.dense
    inner = first + theta * (second + theta * (third + theta * fourth))
    states: Array = rest * work.y + theta * (work.y_new + rest * inner)
    return states


@kernel
def defect_of(
    functions: Functions, control: Control, work: Work, p: Array, u: Array, h: float, theta: float, state: Array
) -> float:
    """Return the estimated error of an interpolated state in units of the tolerance; overwrites the first increment.

    It is W^-1 (s' - f(s)) for the interpolant s.  In a slaved pool this is its distance from the state that would
    balance it; in a slow pool, the defect over a fraction of the step.  Uses the factors of the step; the increments
    are free once ``prepare_dense`` has run.
    """
    defect, dense = work.increments[0], work.dense
    evaluate(functions.rhs, state, p, u, defect)
    work.counts[RHS] += 1
    for i in range(state.size):
        inner = dense[0, i] + theta * (dense[1, i] + theta * (dense[2, i] + theta * dense[3, i]))
        bend = dense[1, i] + theta * (2.0 * dense[2, i] + 3.0 * theta * dense[3, i])
        change = work.y_new[i] - work.y[i] + (1.0 - 2.0 * theta) * inner + theta * (1.0 - theta) * bend
        defect[i] = change / h - defect[i]
    substitute(functions.solve, work.lu, defect)
    norm: float = error_norm(control, state, state, defect)[0]
    return norm


@kernel
def step_to_output(functions: Functions, method: Method, work: Work, p: Array, u: Array, h: float, out: Array) -> bool:
    """Write the state a step of its own reaches; False if that breaks down.  Overwrites increments and factors."""
    made = Work(
        work.y,
        out,
        work.f,
        work.f_new,
        work.jacobian,
        work.lu,
        work.increments,
        work.dense,
        work.memory,
        work.counts,
        work.history,
        work.pivoting,
    )
    side = reference(made)
    if not factorise_shifted(functions, method, side, h):
        return False
    compute_stages(functions, method, side, p, u, h)
    broken: int = first_non_finite(out)
    return broken < 0


@inlined
def deliver(
    functions: Functions, report: Report, outcome: Outcome, row: int, i_time: int, state: Array, p: Array, u: Array
) -> None:
    """Write what is asked for at an output time, from the state there."""
    if report.keeps_states:
        copy_into(outcome.states[row, i_time], state)
    if report.chosen.size:
        evaluate(functions.readouts, state, p, u, report.values)
        for j in range(report.chosen.size):
            outcome.readouts[row, i_time, j] = report.values[report.chosen[j]]


@kernel
def write_output(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    report: Report,
    outcome: Outcome,
    row: RowInput,
    u: Array,
    t: float,
    t_new: float,
    i_time: int,
    is_pivoted: bool,
) -> int:
    """Deliver the output times in (t, t_new], after ``prepare_dense``; return the index of the next one.

    Where the step needed pivoting, each output inside takes a step of its own: lanes have no factors to check it with.
    """
    p, times, h = row.parameters, row.times, t_new - t
    trusted = not is_pivoted
    quiet = False
    out = report.state
    if trusted and i_time + 1 < times.size and times[i_time + 1] < t_new:
        interpolate(work, 0.5, out)
        quiet = defect_of(functions, control, work, p, u, h, 0.5, out) <= QUIET_DEFECT
    while i_time < times.size and times[i_time] <= t_new:
        theta = (times[i_time] - t) / h
        # The end was judged with the step: a check of the interpolant there would cost time, and could condemn it.
        if theta == 1.0:
            copy_into(out, work.y_new)
        else:
            interpolate(work, theta, out)
            if trusted and not quiet:
                # Once distrusted, the step is not checked again: each check costs a right-hand side and a solve, and
                # decides nothing for the pool that failed, which stays slaved throughout the step.
                trusted = defect_of(functions, control, work, p, u, h, theta, out) <= LARGEST_DEFECT
            if not trusted and not step_to_output(functions, method, work, p, u, theta * h, out):
                interpolate(work, theta, out)
        deliver(functions, report, outcome, row.place, i_time, out, p, u)
        i_time += 1
    if not (trusted or is_pivoted):
        # A step of its own left its factors; the check of ``trace_step`` needs those of the step.
        factorise(functions.factorise, work.jacobian, 1.0 / (method.gamma * h), work.lu)
    return i_time


@kernel
def trace_step(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    report: Report,
    p: Array,
    u: Array,
    h: float,
    is_pivoted: bool,
) -> None:
    """Fill the nodes of the summaries inside the accepted step and at its end, after ``prepare_dense``.

    Interpolated states are trusted or replaced as in ``write_output``. The first node is there from before.
    """
    state = report.state
    trusted = not is_pivoted
    if trusted:
        interpolate(work, 0.5, state)
        trusted = defect_of(functions, control, work, p, u, h, 0.5, state) <= LARGEST_DEFECT
    # One check in the middle, where the interpolant is worst, stands for all three nodes, so that lanes need one round.
    for k in range(1, LAST_NODE):
        interpolate(work, 0.25 * k, state)
        if not trusted and not step_to_output(functions, method, work, p, u, 0.25 * k * h, state):
            interpolate(work, 0.25 * k, state)
        fill_node(functions, report, k, 0, state, p, u)
    fill_node(functions, report, LAST_NODE, 0, work.y_new, p, u)
