"""One step of a Rosenbrock method, equations (T1) and (T2) of ``tableaus``."""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import kernel
from immunosim.numerics.workspace import LU, RHS, Functions, Method, Work

Array = npt.NDArray[np.float64]

# Elimination without pivoting loses about log10(growth) digits; ten of the sixteen must stay.
GROWTH_LIMIT = 1e6


@kernel
def factorise_shifted(functions: Functions, method: Method, work: Work, h: float) -> bool:
    """Factorise W = I / (gamma h) - J; False if elimination broke down, which a smaller step mends."""
    work.counts[LU] += 1
    growth: float = functions.factorise(work.jacobian, 1.0 / (method.gamma * h), work.lu)
    return growth <= GROWTH_LIMIT  # also False for NaN


@kernel
def compute_stages(functions: Functions, method: Method, work: Work, p: Array, u: Array, h: float) -> None:
    """Fill the increments and ``y_new`` from ``y``, ``f`` = rhs(y) and the factors of W, equations (T1) and (T2).

    The last row of increments is the error estimate.
    """
    n_stages = method.A.shape[0]
    n_pools = work.y.size
    y_new, carried = work.y_new, work.dense[0]
    per_h = 1.0 / h
    first = work.increments[0]
    for i in range(n_pools):
        first[i] = work.f[i]
    functions.solve(work.lu, first)
    for stage in range(1, n_stages):
        out = work.increments[stage]
        combine(method, work, stage, per_h)
        functions.rhs(y_new, p, u, out)
        for i in range(n_pools):
            out[i] += carried[i]
        functions.solve(work.lu, out)
    for i in range(n_pools):
        y_new[i] += out[i]
    work.counts[RHS] += n_stages - 1


@kernel
def combine(method: Method, work: Work, stage: int, per_h: float) -> None:
    """Fill the argument of a stage (into ``y_new``) and its share of earlier increments (into the first dense vector).

    Both sums in one pass over pairs of increments: measured, half of the memory traffic of one pass for each term.
    """
    y, y_new, carried = work.y, work.y_new, work.dense[0]
    for i in range(y.size):
        y_new[i] = y[i]
        carried[i] = 0.0
    for j in range(0, stage - 1, 2):
        a, b = method.A[stage, j], method.A[stage, j + 1]
        c, d = method.C[stage, j] * per_h, method.C[stage, j + 1] * per_h
        u, v = work.increments[j], work.increments[j + 1]
        for i in range(y.size):
            y_new[i] += a * u[i] + b * v[i]
            carried[i] += c * u[i] + d * v[i]
    if stage % 2 == 1:
        a, c = method.A[stage, stage - 1], method.C[stage, stage - 1] * per_h
        u = work.increments[stage - 1]
        for i in range(y.size):
            y_new[i] += a * u[i]
            carried[i] += c * u[i]
