"""scikit-sundae: CVODE's BDF with the analytic Jacobian.

CVODE calls Python for the right-hand side and the Jacobian; these call compiled code at once. The dense linear solver
is used: on the default model the sparse one (SuperLU_MT) was eight times slower at 1e-6 and more at 1e-4. One solver
object serves all rows and doses.
"""

from typing import Any

import numpy as np

from benchmarks.peers.pieces import piecewise
from benchmarks.peers.tool import Run
from benchmarks.work import MAX_STEPS, Array, Work


def prepare(work: Work) -> Run:
    """Return what solves rows of the work."""
    from sksundae.cvode import CVODE  # type: ignore[import-untyped]

    fill_rhs, fill_jacobian = _functions(work)
    held = [np.empty(0), np.empty(0)]
    solvers: dict[float, Any] = {}

    def begin(parameters: Array, inputs: Array) -> None:
        held[:] = parameters, inputs

    def rhs(_: float, y: Array, slopes: Array) -> None:
        fill_rhs(y, held[0], held[1], slopes)

    def jacobian(_: float, y: Array, __: Array, matrix: Array) -> None:
        fill_jacobian(y, held[0], held[1], matrix)

    def solve(y: Array, times: Array, rtol: float, atol: Array) -> Array | None:
        if rtol not in solvers:
            solvers[rtol] = CVODE(rhs, jacfn=jacobian, rtol=rtol, atol=atol, max_num_steps=MAX_STEPS)
        found = solvers[rtol].solve(times, y)
        if not found.success:
            return None
        # With two times CVODE reports every step between them.
        states: Array = found.y if times.size > 2 else found.y[[0, -1]]
        return states

    return piecewise(work, begin, solve)


def _functions(work: Work) -> tuple[Any, Any]:
    """Compile the text of the kernels for the read-only arrays that CVODE hands out."""
    from numba import njit

    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}}
    rhs, jacobian = (njit(**options)(work.module.python[name]) for name in ("rhs", "jacobian"))
    rows, columns = np.array(work.module.JACOBIAN_ROWS), np.array(work.module.JACOBIAN_COLUMNS)
    n_nonzeros = rows.size

    @njit(**options)
    def fill(y, parameters, inputs, matrix):  # type: ignore[no-untyped-def]
        nonzeros = np.empty(n_nonzeros)
        jacobian(y, parameters, inputs, nonzeros)
        for k in range(n_nonzeros):
            matrix[rows[k], columns[k]] = nonzeros[k]

    return rhs, fill
