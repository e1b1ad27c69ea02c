"""Cytokines that are made at a constant rate and cleared by the cells that use them.

    d c/dt = k (1 - (a + (1 - a) demand) c)                                           (C1)

IL-7 is cleared by T cells, IL-15 by memory CD8 and NK cells, BAFF mostly by memory B cells; a is the share cleared by
other cells. Lymphopenia therefore raises them (Fry 2001; Hodge 2011; Thompson 2010 for BAFF). IL-2 is taken as
instantaneous: made by memory CD4 cells, used by regulatory T cells. All relative to the untreated level.
"""

import sympy as sp

from immunosim.model.network import Network

CYTOKINES = {"il7": "IL-7", "il15": "IL-15", "baff": "BAFF"}


def declare_cytokines(net: Network) -> None:
    """Add the three cytokine pools, untreated value 1."""
    for name, label in CYTOKINES.items():
        net.add_pool(name, label, "1", 1.0, scale=1.0, owner="cytokines")


def add_cytokines(net: Network) -> None:
    """Add demand, production and clearance of each cytokine."""
    with net.mechanism("cytokines"):
        for name, demand in (("il7", _il7_demand(net)), ("il15", _il15_demand(net)), ("baff", _baff_demand(net))):
            pool, turnover, other = net.get(name, f"{name}_turnover_rate", f"{name}_nonspecific_fraction")
            used = net.signal(f"{name}_demand", demand, label=f"{CYTOKINES[name]} demand of the cells that use it")
            net.gain(f"production of {CYTOKINES[name]}", pool, turnover)
            net.loss(f"clearance of {CYTOKINES[name]}", pool, turnover * (other + (1 - other) * used) * pool)


def _il7_demand(net: Network) -> sp.Expr:
    naive, cd4 = net.get("il7_naive_share", "il7_cd4_share")

    def lineage_demand(lineage: str) -> sp.Expr:
        naive_cells, memory_cells = net.get(f"naive_{lineage}_lymphoid", f"memory_{lineage}_lymphoid")
        return naive * net.relative(naive_cells) + (1 - naive) * net.relative(memory_cells)

    return cd4 * lineage_demand("cd4") + (1 - cd4) * lineage_demand("cd8")


def _il15_demand(net: Network) -> sp.Expr:
    share = net["il15_memory_cd8_share"]
    return share * net.relative(net["memory_cd8_lymphoid"]) + (1 - share) * net.relative(net["nk_cells"])


def _baff_demand(net: Network) -> sp.Expr:
    share = net["baff_memory_share"]
    naive, memory = net.get("naive_b_lymphoid", "memory_b_lymphoid")
    return (1 - share) * net.relative(naive) + share * net.relative(memory)
