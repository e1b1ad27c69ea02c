"""One accepted step: trials of shrinking size until one passes, or the reason why none does."""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import kernel
from immunosim.numerics.elements import first_below, first_non_finite
from immunosim.numerics.rosenbrock import compute_stages, factorise_shifted
from immunosim.numerics.status import Status
from immunosim.numerics.step_control import accepted_factor, error_norm, rejected_factor
from immunosim.numerics.workspace import JACOBIAN, REJECTED, RHS, STEPS, Control, Functions, Method, Work

Array = npt.NDArray[np.float64]

# Plain integers: numba would give each member of an enumeration used in a comparison its own conversion.
OK = int(Status.OK)
STEP_LIMIT = int(Status.STEP_LIMIT)
STEP_UNDERFLOW = int(Status.STEP_UNDERFLOW)
NON_FINITE = int(Status.NON_FINITE)
NEGATIVE = int(Status.NEGATIVE)
SINGULAR_MATRIX = int(Status.SINGULAR_MATRIX)

# A trial that cannot be judged by its error (not finite, singular, negative) is repeated with a quarter of the step.
BLIND_FACTOR = 0.25
# A step this much longer lands on the boundary as well: no sliver is left before it.
LANDS = 1.0 + 1e-10
# Shortest step, relative to the time (a few units in the last place) and to what is left of the segment (at time zero).
SHORTEST_OF_TIME = 16.0 * float(np.finfo(np.float64).eps)
SHORTEST_OF_REST = 1e-30


@kernel
def try_step(
    functions: Functions, method: Method, control: Control, work: Work, p: Array, u: Array, h: float
) -> tuple[int, float, int]:
    """Compute one trial step and the right-hand side at its end.

    Returns what is wrong with it (OK: nothing, unless the error norm exceeds one), the norm and the deciding pool.
    """
    if not factorise_shifted(functions, method, work, h):
        return (SINGULAR_MATRIX if first_non_finite(work.jacobian) < 0 else NON_FINITE), np.inf, -1
    compute_stages(functions, method, work, p, u, h)
    error = work.increments[method.n_stages - 1]
    pool = first_non_finite(work.y_new)
    if pool < 0:
        pool = first_non_finite(error)
    if pool >= 0:
        return NON_FINITE, np.inf, pool
    norm, worst = error_norm(control, work.y, work.y_new, error)
    # The error comes first: a trial that misses its tolerance may be negative for that alone, and then shrinks by its
    # error and not blindly.
    if norm > 1.0:
        return OK, norm, worst
    pool = first_below(work.y_new, control.negative_tolerance)
    if pool >= 0:
        return NEGATIVE, norm, pool
    evaluate(functions.rhs, work.y_new, p, u, work.f_new)
    work.counts[RHS] += 1
    pool = first_non_finite(work.f_new)
    return (OK, norm, worst) if pool < 0 else (NON_FINITE, norm, pool)


@kernel
def fit_step(t: float, end: float, h: float) -> float:
    """Return the step that lands on ``end`` or leaves at least as long a step before it, exact in floating point."""
    rest = end - t
    if h * LANDS >= rest:
        return rest
    # Two equal steps: one as long as wished would leave a sliver before the boundary, which costs as many stages.
    if 2.0 * h > rest:
        h = 0.5 * rest
    # t + h is rounded: with h itself the state would advance by another time than t does, by 1e-7 days where t is 1e9.
    return (t + h) - t


@kernel
def note_trial(work: Work, t: float, h: float, norm: float, pool: int, problem: int) -> None:
    """Keep a trial in the ring of the last ones, at the place of its number."""
    trial = work.history[(work.counts[STEPS] + work.counts[REJECTED]) % work.history.shape[0]]
    trial[0], trial[1], trial[2], trial[3], trial[4] = t, h, norm, float(pool), float(problem)


@kernel
def take_step(
    functions: Functions,
    method: Method,
    control: Control,
    work: Work,
    p: Array,
    u: Array,
    t: float,
    end: float,
    h: float,
) -> tuple[int, float, float, int]:
    """Repeat trials from ``t`` until one is accepted; return status, step taken, next step and the deciding pool.

    The Jacobian is kept over rejected trials, only the factors change.
    """
    shortest = max(SHORTEST_OF_TIME * abs(t), SHORTEST_OF_REST * (end - t))
    pool = -1
    was_rejected = False
    evaluate(functions.jacobian, work.y, p, u, work.jacobian)
    work.counts[JACOBIAN] += 1
    # Rejected trials count: a row whose trials are all rejected must end, too.
    while work.counts[STEPS] + work.counts[REJECTED] < control.max_steps:
        h = fit_step(t, end, max(shortest, min(h, control.max_step)))
        problem, norm, pool = try_step(functions, method, control, work, p, u, h)
        note_trial(work, t, h, norm, pool, problem)
        if problem == OK and norm <= 1.0:
            work.counts[STEPS] += 1
            factor = accepted_factor(method, work.memory, h, norm)
            # No growth right after a rejection: the longer step has just failed (Hairer, Norsett and Wanner I, II.4).
            return OK, h, h * (min(factor, 1.0) if was_rejected else factor), pool
        work.counts[REJECTED] += 1
        was_rejected = True
        h *= rejected_factor(method, norm) if problem == OK else BLIND_FACTOR
        if h < shortest:
            return (STEP_UNDERFLOW if problem == OK else problem), h, h, pool
    return STEP_LIMIT, h, h, pool
