"""One step of a Rosenbrock method, equations (T1) and (T2) of ``tableaus``."""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate, factorise
from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.elements import add_into, add_scaled, copy_into
from immunosim.numerics.pivoting import factorise_pivoted, solve_shifted
from immunosim.numerics.workspace import LU, RHS, Functions, Method, Work

Array = npt.NDArray[np.float64]

# Elimination without pivoting loses about log10(growth) digits; ten of the sixteen must stay.
GROWTH_LIMIT = 1e6


@kernel
def factorise_shifted(functions: Functions, method: Method, work: Work, h: float) -> bool:
    """Factorise W = I / (gamma h) - J, with pivoting where need be; False if that breaks down too."""
    work.counts[LU] += 1
    work.pivoting.in_use[0] = 0
    shift = 1.0 / (method.gamma * h)
    growth: float = factorise(functions.factorise, work.jacobian, shift, work.lu)
    if growth <= GROWTH_LIMIT:  # also False for NaN
        return True
    pivoted: bool = factorise_pivoted(work, shift)
    return pivoted


@inlined
def compute_stage(
    functions: Functions, method: Method, work: Work, state: Array, p: Array, u: Array, h: float, stage: int
) -> None:
    """Fill one increment from those before it, equation (T1); ``state`` is overwritten by where f is taken."""
    per_h = 1.0 / h
    out = work.increments[stage]
    copy_into(state, work.y)
    for j in range(stage):
        add_scaled(state, method.A[stage, j], work.increments[j])
    evaluate(functions.rhs, state, p, u, out)
    for j in range(stage):
        add_scaled(out, method.C[stage, j] * per_h, work.increments[j])
    solve_shifted(functions, work, out)
    work.counts[RHS] += 1


@kernel
def compute_stages(functions: Functions, method: Method, work: Work, p: Array, u: Array, h: float) -> None:
    """Fill the increments and ``y_new`` from ``y``, ``f`` = rhs(y) and the factors of W, equations (T1) and (T2).

    The increment of the last stage is the error estimate.
    """
    first, last = work.increments[0], work.increments[method.n_stages - 1]
    # f(y) is there since the step before, which had to see whether it is finite: one right-hand side less for each
    # step.
    copy_into(first, work.f)
    solve_shifted(functions, work, first)
    for stage in range(1, method.n_stages):
        compute_stage(functions, method, work, work.y_new, p, u, h, stage)
    add_into(work.y_new, last)
