"""Lysis of CD52-bearing lymphocytes by the antibody, and the antibody that this consumes.

    loss of X in blood  = efficiency kappa_blood psi_X hill(C1, EC50, 2) X            (D1)
    loss of X in tissue = efficiency kappa_tissue psi_X C2/(EC50_tissue + C2) X       (D2)
    consumption         = q (sum of D1), q (sum of D2)                                (D3)

C1 and C2 are the antibody that is free to kill, in blood and in tissue.
psi_X is the relative lysability (CD52 density; Rao 2012). A cell dies mainly while it passes through blood, so the rate
of blood exchange sets what survives; NK and transitional B cells are spared relatively. ``depletion_efficiency`` is
the trait of poor depleters.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import hill, saturating
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS


def add_depletion(net: Network, free: sp.Symbol, free_in_tissue: sp.Symbol) -> None:
    """Add lysis in blood and tissue for each subset at the free antibody (mg/L) there, and the antibody consumed."""
    with net.mechanism("depletion"):
        in_blood = net.signal("lytic_occupancy", hill(free, net["lysis_ec50"], 2))
        in_tissue = net.signal("tissue_occupancy", saturating(free_in_tissue, net["tissue_lysis_ec50"]))
        efficiency = net["depletion_efficiency"]
        blood_lysis, tissue_lysis = [], []
        for subset in SUBSETS:
            blood, tissue = net.get(f"{subset.name}_blood", f"{subset.name}_lymphoid")
            lysability = net[f"{subset.name}_lysability"]
            rate = efficiency * net["blood_lysis_rate"] * lysability * in_blood * blood
            blood_lysis.append(net.loss(f"lysis of {subset.label} in blood", blood, rate))
            rate = efficiency * net["tissue_lysis_rate"] * lysability * in_tissue * tissue
            tissue_lysis.append(net.loss(f"lysis of {subset.label} in tissue", tissue, rate))
        _spare_innate_and_immature(net, efficiency * in_blood)
        bound = net["antibody_per_cell"]
        central, peripheral = net.get("antibody_central", "antibody_peripheral")
        net.loss("consumption of alemtuzumab in blood", central, bound * sp.Add(*blood_lysis))
        net.loss("consumption of alemtuzumab in tissue", peripheral, bound * sp.Add(*tissue_lysis))


def _spare_innate_and_immature(net: Network, exposure: sp.Expr) -> None:
    nk, immature = net.get("nk_cells", "transitional_b")
    net.loss("lysis of NK cells", nk, net["nk_lysis_rate"] * exposure * nk)
    in_reach = net["transitional_b_blood_fraction"] * immature
    rate = net["blood_lysis_rate"] * net["transitional_b_lysability"] * exposure * in_reach
    net.loss("lysis of transitional B cells", immature, rate)


def add_depletion_of_emigrants(net: Network) -> None:
    """Add the lysis of recent emigrants, a constant share of which is in blood (``thymopoiesis``)."""
    with net.mechanism("depletion"):
        share = net["recent_blood_fraction"]
        for lineage in ("cd4", "cd8"):
            recent, lysability = net.get(f"recent_{lineage}", f"naive_{lineage}_lysability")
            reached = net["blood_lysis_rate"] * net["lytic_occupancy"] * share
            reached += net["tissue_lysis_rate"] * net["tissue_occupancy"]
            rate = net["depletion_efficiency"] * lysability * net["recent_lysability"] * reached * recent
            net.loss(f"lysis of recent {lineage.upper()} emigrants", recent, rate)
