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
    """Add the signal of all T cells of tissue, which compete with a clone for its antigen."""
    total, shared = sp.S.Zero, sp.S.Zero
    for subset in ("memory_cd4", "naive_cd4", "memory_cd8"):
        share = net[f"{subset}_competition_share"]
        total, shared = total + share * net.relative(net[f"{subset}_lymphoid"]), shared + share
    total += (1 - shared) * net.relative(net["naive_cd8_lymphoid"])
    with net.mechanism("self_antigen_competition"):
        net.signal("tissue_t_cells", total, label="T cells of tissue, relative to untreated")


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
    above_normal = hill(excess(net["il7"], 1), net[f"{prefix}_il7_half_effect"], 2)
    answers, competes = net.on("clone_lymphopenia_response"), net.on("self_antigen_competition")
    switch = net.signal(f"{prefix}_il7_switch", 1 + answers * net[f"{prefix}_il7_boost"] * above_normal)
    freed = restraint(net["tissue_t_cells"], net[f"{prefix}_antigen_competition"])
    competition = net.signal(f"{prefix}_competition", 1 + competes * (freed - 1))
    net.gain(f"recruitment of {cells}", pool, recruitment * net.relative(net["naive_cd4_lymphoid"]))
    net.gain(f"division of {cells}", pool, division * switch * release * competition * pool)
    net.loss(f"death of {cells}", pool, turnover * (1 + pool / capacity) * pool)
