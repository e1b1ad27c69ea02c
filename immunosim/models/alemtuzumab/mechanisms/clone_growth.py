"""Growth of autoreactive CD4 cells in an emptied body: recruitment, division as a switch, competition for antigen.

    T           = memory and naive CD4 and CD8 cells of tissue, relative to untreated     (E1)
    competition = restraint(T, k_C),   switch = 1 + beta hill(excess(IL-7, 1), k_S, 2)
    d E/dt = d [phi (1 + 1/K) N + (1 - phi) (1 + 1/K) switch h_R competition E - (1 + E/K) E]     (E2)

Helpers of B cells and the clone of the skin obey the same law with constants of their own. The answer to IL-7 is a
switch, not a growing law: patients with autoimmunity are not more lymphopenic (Jones 2013), so the depth of
lymphopenia must not count. Every factor is 1 untreated, so a part that is off leaves the untreated state alone.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import excess, hill, restraint


def add_tissue_t_cells(net: Network) -> None:
    """Add what clones share: access to antigen, for which all T cells of tissue compete, and the answer to IL-7."""
    naive = {lineage: net.signal(f"naive_{lineage}_in_tissue", _naive(net, lineage)) for lineage in ("cd4", "cd8")}
    memory = {lineage: net.relative(net[f"memory_{lineage}_lymphoid"]) for lineage in ("cd4", "cd8")}
    memory_cd4, naive_cd4, memory_cd8 = net.get(
        "memory_cd4_competition_share", "naive_cd4_competition_share", "memory_cd8_competition_share"
    )
    total = memory_cd4 * memory["cd4"] + naive_cd4 * naive["cd4"] + memory_cd8 * memory["cd8"]
    total += (1 - memory_cd4 - naive_cd4 - memory_cd8) * naive["cd8"]
    with net.mechanism("self_antigen_competition"):
        total = net.signal("tissue_t_cells", total, label="T cells of tissue, relative to untreated")
        freed = net.on("self_antigen_competition") * (restraint(total, net["antigen_competition"]) - 1)
        net.signal("antigen_access", 1 + freed, label="encounters with self-antigen, relative to untreated")
    with net.mechanism("clone_lymphopenia_response"):
        above_normal = hill(excess(net["il7"], 1), net["clone_il7_half_effect"], 2)
        answer = net.on("clone_lymphopenia_response") * above_normal
        net.signal("lymphopenia_switch", answer, label="answer of clones to lymphopenia, 0 to 1")


def add_growth(net: Network, pool: sp.Symbol, prefix: str, cells: str, release: sp.Symbol) -> None:
    """Add recruitment, division and death of a clone whose constants begin with a prefix.

    Parameters
    ----------
    net : Network
    pool : Symbol
    prefix : str
        Start of the names of its constants, such as "clone".
    cells : str
        What its processes call it.
    release : Symbol
        Division without regulatory T cells, relative to untreated.
    """
    turnover, capacity, share = net.get(
        f"{prefix}_turnover_rate", f"{prefix}_capacity", f"{prefix}_recruitment_fraction"
    )
    crowding = 1 + 1 / capacity
    recruitment = net.derive(f"{prefix}_recruitment_rate", share * crowding * turnover, "1/day")
    division = net.derive(f"{prefix}_division_rate", (1 - share) * crowding * turnover, "1/day")
    switch = net.signal(f"{prefix}_il7_switch", 1 + net[f"{prefix}_il7_boost"] * net["lymphopenia_switch"])
    net.gain(f"recruitment of {cells}", pool, recruitment * net["naive_cd4_in_tissue"])
    net.gain(f"division of {cells}", pool, division * switch * release * net["antigen_access"] * pool)
    net.loss(f"death of {cells}", pool, turnover * (1 + pool / capacity) * pool)


def _naive(net: Network, lineage: str) -> sp.Expr:
    """Return naive cells of tissue relative to untreated; recent emigrants are naive cells here."""
    naive, recent = net.get(f"naive_{lineage}_lymphoid", f"recent_{lineage}")
    untreated = net.derive(
        f"naive_{lineage}_in_tissue_0", net.baseline[naive.name] + net.baseline[recent.name], "cells/uL"
    )
    return (naive + recent) / untreated
