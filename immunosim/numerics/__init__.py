"""Stiff integration of many rows by a Rosenbrock method in hand-written numba; it knows no biology."""

from immunosim.numerics.ensemble import solve_ensemble, solve_one, solve_with_history
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.request import Kind, Request, Summary
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.signatures import FACTORISE_SIGNATURE, JACOBIAN_SIGNATURE, RHS_SIGNATURE, SOLVE_SIGNATURE
from immunosim.numerics.status import Status, advice
from immunosim.numerics.tableaus import METHODS

__all__ = [
    "FACTORISE_SIGNATURE",
    "JACOBIAN_SIGNATURE",
    "METHODS",
    "RHS_SIGNATURE",
    "SOLVE_SIGNATURE",
    "Ensemble",
    "Kernels",
    "Kind",
    "Request",
    "Segments",
    "Solution",
    "SolverOptions",
    "Status",
    "Summary",
    "advice",
    "solve_ensemble",
    "solve_one",
    "solve_with_history",
]
