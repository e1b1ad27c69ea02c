"""Parameter sweeps and virtual populations: factors, designs, and checkpointed, resumable, distributable runs."""

from immunosim.sweeps.base import Base, base_from, base_of, read_base
from immunosim.sweeps.blocks import solve_rows
from immunosim.sweeps.designs import Design, design_of
from immunosim.sweeps.factor_syntax import factor_of, read_varying
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.outputs import Outputs, outputs_of
from immunosim.sweeps.plan import Plan, Recipe
from immunosim.sweeps.planning import SweepRequest, plan_of
from immunosim.sweeps.population import RowPopulation
from immunosim.sweeps.quote import Quote, refuse_too_much, run_pilot
from immunosim.sweeps.result import SweepResult, digest_of, open_result
from immunosim.sweeps.run import run_sweep
from immunosim.sweeps.running import Shard
from immunosim.sweeps.store import SweepStore
from immunosim.sweeps.sweeping import RunOptions

__all__ = [
    "Base",
    "Design",
    "Factor",
    "Outputs",
    "Plan",
    "Quote",
    "Recipe",
    "RowPopulation",
    "RunOptions",
    "Shard",
    "SweepRequest",
    "SweepResult",
    "SweepStore",
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
