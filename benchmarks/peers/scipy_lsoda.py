"""SciPy: ``solve_ivp`` and ``odeint``, with the compiled right-hand side or with the same text as plain Python.

Plain Python gets lists and Python numbers, since indexing arrays one number at a time is several times slower. With the
compiled right-hand side goes the compiled analytic Jacobian: on the default model LSODA is a sixth to a quarter faster
with it. Radau, which serves to check the reference, is given it as well.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.pieces import PieceSolver, piecewise
from benchmarks.peers.tool import Run
from benchmarks.work import MAX_STEPS, Array, Work
from immunosim.numerics.compilation import OPTIONS

Derivative = Callable[[float, Array], Any]


def prepare(work: Work, door: str = "solve_ivp", rhs: str = "numba", method: str = "LSODA") -> Run:
    """Return what solves rows of the work.

    Parameters
    ----------
    work : Work
    door : str
        "solve_ivp" or "odeint", which has less Python around LSODA.
    rhs : str
        "numba" or "python".
    method : str
        Of ``solve_ivp``.
    """
    begin, derivative, jacobian = _compiled(work) if rhs == "numba" else _plain(work)
    solve = _odeint(derivative, jacobian) if door == "odeint" else _solve_ivp(derivative, jacobian, method)
    return piecewise(work, begin, solve)


def _compiled(work: Work) -> tuple[Callable[[Array, Array], None], Derivative, Derivative]:
    from numba import njit

    kernel, slopes_kernel = (njit(**OPTIONS)(work.module.python[name]) for name in ("rhs", "jacobian"))
    n = work.n_pools
    rows, columns = np.array(work.module.JACOBIAN_ROWS), np.array(work.module.JACOBIAN_COLUMNS)
    out, held, nonzeros, matrix = np.empty(n), [np.empty(0), np.empty(0)], np.empty(rows.size), np.zeros((n, n))

    @njit(error_model="numpy")
    def fill(y, p, u, nonzeros, matrix):  # type: ignore[no-untyped-def]
        slopes_kernel(y, p, u, nonzeros)
        for k in range(nonzeros.size):
            matrix[rows[k], columns[k]] = nonzeros[k]

    def begin(parameters: Array, inputs: Array) -> None:
        held[:] = parameters, inputs

    def derivative(_: float, y: Array) -> Array:
        # One array serves all calls: the solvers copy what they are given.
        kernel(y, held[0], held[1], out)
        return out

    def jacobian(_: float, y: Array) -> Array:
        fill(y, held[0], held[1], nonzeros, matrix)
        return matrix

    return begin, derivative, jacobian


def _plain(work: Work) -> tuple[Callable[[Array, Array], None], Derivative, None]:
    function = work.module.python["rhs"]
    out: list[float] = [0.0] * work.n_pools
    held: list[list[float]] = [[], []]

    def begin(parameters: Array, inputs: Array) -> None:
        held[:] = parameters.tolist(), inputs.tolist()

    def derivative(_: float, y: Array) -> list[float]:
        function(y.tolist(), held[0], held[1], out)
        return out

    return begin, derivative, None


def _solve_ivp(derivative: Derivative, jacobian: Derivative | None, method: str) -> PieceSolver:
    from scipy.integrate import solve_ivp

    function = derivative
    if method == "Radau" and jacobian is not None:  # which keeps what it is given
        function, jacobian = _copied(derivative), _copied(jacobian)
    options = {"jac": jacobian} if jacobian is not None else {}

    def solve(y: Array, times: Array, rtol: float, atol: Array) -> Array | None:
        span = (times[0], times[-1])
        found = solve_ivp(function, span, y, method=method, t_eval=times, rtol=rtol, atol=atol, **options)
        states: Array = found.y.T
        return states if found.success and len(states) == times.size else None

    return solve


def _copied(function: Derivative) -> Derivative:
    return lambda t, y: np.array(function(t, y))


def _odeint(derivative: Derivative, jacobian: Derivative | None) -> PieceSolver:
    from scipy.integrate import odeint

    def solve(y: Array, times: Array, rtol: float, atol: Array) -> Array | None:
        options: dict[str, Any] = {"tcrit": [times[-1]], "mxstep": MAX_STEPS, "full_output": True, "tfirst": True}
        options["Dfun"] = jacobian
        states, information = odeint(derivative, y, times, rtol=rtol, atol=atol, **options)
        return states if information["message"] == "Integration successful." else None

    return solve
