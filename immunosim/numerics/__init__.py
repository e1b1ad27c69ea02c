"""Stiff integration of many rows by a Rosenbrock method in hand-written numba; it knows no biology."""

from immunosim.numerics.ensemble import solve_ensemble, solve_one, solve_with_history
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.request import Kind, Request, Summary
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.status import Status, advice
from immunosim.numerics.tableaus import METHODS

__all__ = [
    "METHODS",
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
