"""Sweeps: what varies, how patients are drawn, and runs that are stored block by block, resumed and shared out."""

from immunosim.sweep.base import Base, base_from, base_of, read_base
from immunosim.sweep.blocks import solve_rows
from immunosim.sweep.designs import Design, design_of
from immunosim.sweep.factors import Factor
from immunosim.sweep.outputs import Outputs, outputs_of
from immunosim.sweep.plan import Plan, Recipe
from immunosim.sweep.planning import Wishes, plan_of
from immunosim.sweep.population import Population
from immunosim.sweep.quote import Quote, refuse_too_much, run_pilot
from immunosim.sweep.result import SweepResult, digest_of, open_result
from immunosim.sweep.running import Shard
from immunosim.sweep.store import Store
from immunosim.sweep.sweeping import Manner, run_sweep
from immunosim.sweep.varying import factor_of, read_varying

__all__ = [
    "Base",
    "Design",
    "Factor",
    "Manner",
    "Outputs",
    "Plan",
    "Population",
    "Quote",
    "Recipe",
    "Shard",
    "Store",
    "SweepResult",
    "Wishes",
    "base_from",
    "base_of",
    "design_of",
    "digest_of",
    "factor_of",
    "open_result",
    "outputs_of",
    "plan_of",
    "read_base",
    "read_varying",
    "refuse_too_much",
    "run_pilot",
    "run_sweep",
    "solve_rows",
]
