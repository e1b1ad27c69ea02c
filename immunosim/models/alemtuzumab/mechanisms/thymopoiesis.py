"""New naive T cells from the thymus, fewer with age and more when IL-7 is high: recent emigrants, then naive cells.

    export = theta exp(-k_age (age - 30)) X_lymphoid_0 boost(IL-7, K_T)                             (H1)
    d R/dt = export - m R - lysis,   naive cells gain m R                                           (H2)
    blood count of naive cells = N_blood + f_R e_X R                                                (H3)

Emigrants mature in weeks; a larger share of them than of naive cells is in blood, so that after depletion naive cells
are seen before the pool has refilled. The published untreated naive count is that of both. The thymic share of naive
production in health is 10-20 % (den Braber 2012); the half-life of thymic output is 15.7 y (Steinmann, recalled).
Thymic rebound is contested: seen after chemotherapy, not after alemtuzumab (Ruck 2022).
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, growth

LINEAGES = ("cd4", "cd8")


def derive_thymic_output(net: Network) -> None:
    """Derive the output at the age of the patient, on which untreated naive counts depend."""
    with net.mechanism("thymopoiesis"):
        ageing = growth(-net["thymic_decline_rate"], net["age"] - net["thymus_reference_age"])
        net.derive("thymic_output", net["thymic_export_rate"] * ageing, "1/day")
        # Without the thymus there are no emigrants; switched off themselves, export goes to naive cells directly.
        emigrants = net.on("thymopoiesis") * net.on("recent_emigrants") * net["thymic_output"]
        per_cell = emigrants / net["recent_maturation_rate"]
        net.derive("recent_per_naive", per_cell, "1", "recent emigrants per naive cell in tissue, untreated")


def mature_shares(net: Network) -> dict[str, sp.Expr]:
    """Return which share of each untreated naive count is past the stage of a recent emigrant."""
    in_blood = net["recent_blood_fraction"] * net["recent_per_naive"]
    fractions = {f"naive_{lineage}": net[f"naive_{lineage}_blood_fraction"] for lineage in LINEAGES}
    return {naive: 1 / (1 + in_blood * (1 - fraction) / fraction) for naive, fraction in fractions.items()}


def declare_recent_emigrants(net: Network) -> None:
    """Add the recent emigrants of both lineages."""
    for lineage in LINEAGES:
        untreated = net["recent_per_naive"] * net[f"naive_{lineage}_lymphoid_0"]
        untreated = net.derive(f"recent_{lineage}_0", untreated, "cells/uL")
        label = f"recent {lineage.upper()} emigrants"
        net.add_pool(f"recent_{lineage}", label, "cells/uL", untreated, scale=100.0, owner="t_cell_homeostasis")


def add_naive_counts(net: Network) -> tuple[sp.Expr, sp.Expr]:
    """Return the naive CD4 and CD8 T cells in blood, recent emigrants among them."""
    counts = []
    for lineage in LINEAGES:
        emigrants = net["recent_blood_fraction"] * net[f"{lineage}_egress"] * net[f"recent_{lineage}"]
        counts.append(net[f"naive_{lineage}_blood"] + emigrants)
    cd4, cd8 = counts
    return net.signal("naive_cd4_in_blood", cd4, "cells/uL", "naive CD4 T cells"), cd8


def add_thymopoiesis(net: Network) -> None:
    """Add the export of naive CD4 and CD8 T cells, and the maturation of recent emigrants."""
    with net.mechanism("thymopoiesis"):
        drive = net.signal("thymic_drive", boost(net["il7"], net["thymic_rebound"]))
        for lineage in LINEAGES:
            full, pool = net.get(f"naive_{lineage}_lymphoid_0", f"naive_{lineage}_lymphoid")
            export = net.derive(f"naive_{lineage}_export", net["thymic_output"] * full, "cells/uL/day")
            # A switch enters twice as in what matures, so that a share of a switch leaves the untreated state as well.
            emigrants = net.on("recent_emigrants")
            direct = (1 - emigrants**2) * export * drive
            net.gain(f"thymic export of naive {lineage.upper()} T cells", pool, direct)
            with net.mechanism("recent_emigrants"):
                recent = net[f"recent_{lineage}"]
                exported = emigrants * net.on("thymopoiesis") * export * drive
                net.gain(f"thymic export of recent {lineage.upper()} emigrants", recent, exported)
                matured = net["recent_maturation_rate"] * recent
                net.transfer(f"maturation of recent {lineage.upper()} emigrants", recent, pool, matured)
