"""Sweeps: what varies, how patients are drawn, and runs that are stored block by block, resumed and shared out."""

from immunosim.sweep.base import Base, base_from, read_base
from immunosim.sweep.blocks import solve_rows
from immunosim.sweep.designs import Design, design_of
from immunosim.sweep.factors import Factor
from immunosim.sweep.outputs import Outputs, outputs_of
from immunosim.sweep.plan import Plan, Recipe
from immunosim.sweep.population import Population
from immunosim.sweep.varying import factor_of, read_varying

__all__ = [
    "Base",
    "Design",
    "Factor",
    "Outputs",
    "Plan",
    "Population",
    "Recipe",
    "base_from",
    "design_of",
    "factor_of",
    "outputs_of",
    "read_base",
    "read_varying",
    "solve_rows",
]
