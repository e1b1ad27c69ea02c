"""Division, death and activation of naive and memory T cells.

    division = r_X drive X,  death = d_X X                                            (N1, N2)
    drive = (1 + c (boost(s, K) - 1)) / (1 + s_X F)                                   (N4)
    activation of naive cells = mu drive N, giving a clonal burst of memory cells     (N3)

Naive division needs IL-7 above the level that survival needs (square of IL-7; Reynolds 2013). Memory CD4 cells are
driven by IL-7, memory CD8 cells by IL-15. ``division_capacity`` (c) is a trait that scales the excess of division over
the untreated rate, which lymphopenia calls up; dimethyl fumarate (F) inhibits division (``prior_therapy``). Death of
naive cells and division of memory cells follow from the untreated steady state. Turnover: Vrisekoop 2008, Westera 2013,
Macallan 2004, Costa del Amo 2018.
"""

from collections.abc import Callable

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, growth
from immunosim.models.alemtuzumab.mechanisms.prior_therapy import inhibition

AddDrives = Callable[[Network, str, sp.Symbol, sp.Symbol], None]
"""Adds the signals naive_X_division_drive and memory_X_division_drive of a lineage; gets its capacity and cytokine."""


def add_t_cell_homeostasis(net: Network) -> None:
    """Add the turnover of naive and memory CD4 and CD8 T cells."""
    add_turnover(net, _add_drives)


def add_turnover(net: Network, add_drives: AddDrives) -> None:
    """Add the turnover for a law of what drives division."""
    with net.mechanism("t_cell_homeostasis"):
        ageing = growth(-net["division_age_decline"], net["years_older"])
        for lineage, cytokine in (("cd4", "il7"), ("cd8", "il15")):
            capacity = net.derive(f"{lineage}_division", net[f"{lineage}_division_capacity"] * ageing, "1")
            add_drives(net, lineage, capacity, net[cytokine])
            _add_naive(net, lineage)
            _add_memory(net, lineage)


def _add_drives(net: Network, lineage: str, capacity: sp.Symbol, cytokine: sp.Symbol) -> None:
    """Capacity scales the excess of division itself, so the untreated state stays put.

    As a factor of the ceiling K it did nothing, for lymphopenia never reaches the ceiling. The drive is positive while
    c (1 - boost) < 1: cytokines fall little below 1, and bounds keep c at most 4.
    """
    naive = 1 + capacity * (boost(net["il7"] ** 2, net["naive_division_boost"]) - 1)
    memory = 1 + capacity * (boost(cytokine, net[f"memory_{lineage}_division_boost"]) - 1)
    net.signal(f"naive_{lineage}_division_drive", naive * inhibition(net, "naive"))
    net.signal(f"memory_{lineage}_division_drive", memory * inhibition(net, f"memory_{lineage}"))


def _add_naive(net: Network, lineage: str) -> None:
    name, cells = f"naive_{lineage}", f"naive {lineage.upper()} T cells"
    pool, division, activation = net.get(f"{name}_lymphoid", f"{name}_division_rate", f"{name}_activation_rate")
    death = net.on("thymopoiesis") * net["thymic_output"] + division - activation
    death = net.derive(f"{name}_death_rate", death, "1/day")
    net.require(death, 0.0, "thymic output and division must cover activation; lower the activation rate")
    net.gain(f"division of {cells}", pool, division * net[f"{name}_division_drive"] * pool)
    net.loss(f"death of {cells}", pool, death * pool)


def _add_memory(net: Network, lineage: str) -> None:
    name, cells = f"memory_{lineage}", f"memory {lineage.upper()} T cells"
    naive, memory, full = net.get(f"naive_{lineage}_lymphoid", f"{name}_lymphoid", f"{name}_lymphoid_0")
    activation, share, turnover = net.get(
        f"naive_{lineage}_activation_rate", f"{name}_from_naive_fraction", f"{name}_turnover_rate"
    )
    produced = net.derive(f"{name}_production", _memory_losses(net, lineage) * full, "cells/uL/day")
    activated = activation * net[f"naive_{lineage}_lymphoid_0"]
    burst = net.derive(f"{name}_burst", share * produced / activated, "1")
    net.require(burst, 1.0, "an activated naive cell must leave at least one memory cell; lower the activation rate")
    division = net.derive(f"{name}_division_rate", (1 - share) * produced / full, "1/day")
    drive = net[f"{name}_division_drive"]
    source = f"naive {lineage.upper()} T cells"
    net.transfer(f"activation of {source}", naive, memory, activation * drive * naive)
    net.gain(f"clonal expansion of activated {source}", memory, (burst - 1) * activation * drive * naive)
    net.gain(f"division of {cells}", memory, division * drive * memory)
    net.loss(f"death of {cells}", memory, turnover * memory)


def _memory_losses(net: Network, lineage: str) -> sp.Expr:
    """Return the untreated losses per memory cell; CD4 memory also converts to regulatory T cells."""
    losses = net[f"memory_{lineage}_turnover_rate"]
    if lineage == "cd4":
        losses += net.on("regulatory_t_cells") * net["treg_conversion_rate"]
    return losses
