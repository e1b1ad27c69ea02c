"""Corticosteroids: kinetics, block of egress, apoptosis of lymphocytes, and a tissue effect with a memory.

    G = C_methylprednisolone + rho C_prednisolone                                     (S1)
    egress permission J = (1 + c_0)/(1 + c_0 cortisol + G/IC50)                       (S2)
    d S_genomic/dt = k_S (G/(EC50 + G) - S_genomic)                                   (S3)
    d S_tissue/dt  = k_on G/(EC50 + G) (1 - S_tissue) - k_off S_tissue                (S4)

Drug and endogenous cortisol inhibit the same egress, and the drug switches cortisol off: when the drug has gone and
cortisol is still low, egress exceeds its untreated rate and the count is back within a day (Fan 1978). The tissue
effect lasts one to two weeks, since remission outlasts the drug by far. Intralesional triamcinolone is a scalp depot
that acts locally.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import inhibited_by, saturating
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS


def add_steroid_kinetics(net: Network) -> None:
    """Add the drugs, cortisol and the signals that other mechanisms read."""
    with net.mechanism("corticosteroids"):
        steroid = _add_systemic_drugs(net)
        _add_cortisol(net, steroid)
        occupancy = net.signal("receptor_occupancy", saturating(steroid, net["glucocorticoid_ec50"]))
        _add_effects(net, occupancy)
        _add_triamcinolone(net)


def add_steroid_apoptosis(net: Network) -> None:
    """Add the apoptosis of lymphocytes by the genomic signal; other lymphocytes are left out."""
    with net.mechanism("corticosteroids"):
        for subset in SUBSETS:
            if subset.name == "other":
                continue
            kind = {"treg": "treg", "naive_b": "b_cell", "memory_b": "b_cell"}.get(subset.name, "t_cell")
            pool, rate = net.get(f"{subset.name}_lymphoid", f"{kind}_steroid_apoptosis_rate")
            net.loss(f"steroid apoptosis of {subset.label}", pool, rate * net["glucocorticoid_signal"] * pool)


def _add_systemic_drugs(net: Network) -> sp.Symbol:
    """Add methylprednisolone (IV) and prednisolone (oral); return their sum in methylprednisolone equivalents."""
    infusion = net.add_input("methylprednisolone_infusion", "infusion rate of methylprednisolone", "mg/day")
    pulse = net.add_pool("methylprednisolone", "methylprednisolone", "mg", 0.0, scale=1e3)
    gut = net.add_pool("prednisolone_gut", "prednisolone in the gut", "mg", 0.0, scale=50.0)
    oral = net.add_pool("prednisolone", "prednisolone", "mg", 0.0, scale=50.0)
    net.gain("infusion of methylprednisolone", pulse, net["methylprednisolone_available_fraction"] * infusion)
    net.loss("elimination of methylprednisolone", pulse, net["methylprednisolone_elimination_rate"] * pulse)
    net.transfer("absorption of prednisolone", gut, oral, net["prednisolone_absorption_rate"] * gut)
    net.loss("elimination of prednisolone", oral, net["prednisolone_elimination_rate"] * oral)
    concentrations = []
    for pool, drug in ((pulse, "methylprednisolone"), (oral, "prednisolone")):
        volume = net.derive(f"scaled_{drug}_volume", net[f"{drug}_volume"] * net["relative_weight"], "L")
        concentrations.append(net.signal(f"{drug}_concentration", pool / volume, "mg/L"))
        net.readout(f"{drug}_plasma", concentrations[-1], "mg/L", f"{drug} in plasma")
    in_equivalents = concentrations[0] + net["prednisolone_relative_potency"] * concentrations[1]
    return net.signal("steroid_concentration", in_equivalents, "mg/L", "steroid, methylprednisolone equivalents")


def _add_cortisol(net: Network, steroid: sp.Symbol) -> None:
    cortisol = net.add_pool("cortisol", "cortisol", "1", 1.0, scale=1.0)
    turnover, weight = net.get("cortisol_turnover_rate", "cortisol_egress_weight")
    secretion = turnover * inhibited_by(steroid, net["cortisol_secretion_ic50"])
    net.gain("secretion of cortisol", cortisol, secretion)
    net.loss("clearance of cortisol", cortisol, turnover * cortisol)
    permission = (1 + weight) / (1 + weight * cortisol + steroid / net["egress_ic50"])
    permission = net.signal("egress_permission", permission)
    for lineage in ("cd4", "cd8", "b"):
        free = net[f"{lineage}_egress_insensitive_fraction"]
        net.signal(f"{lineage}_egress", free + (1 - free) * permission)


def _add_effects(net: Network, occupancy: sp.Symbol) -> None:
    signal = net.add_pool("glucocorticoid_signal", "genomic steroid signal", "1", 0.0, scale=1.0)
    effect = net.add_pool("glucocorticoid_effect", "tissue steroid effect", "1", 0.0, scale=1.0)
    rate, onset, offset = net.get(
        "glucocorticoid_signal_rate", "glucocorticoid_onset_rate", "glucocorticoid_offset_rate"
    )
    net.gain("onset of the genomic steroid signal", signal, rate * occupancy)
    net.loss("offset of the genomic steroid signal", signal, rate * signal)
    net.gain("onset of the tissue steroid effect", effect, onset * occupancy * (1 - effect))
    net.loss("offset of the tissue steroid effect", effect, offset * effect)


def _add_triamcinolone(net: Network) -> None:
    """Add the scalp depot; the same milligrams spread over a larger field do less."""
    depot = net.add_pool("triamcinolone_depot", "triamcinolone in the scalp", "mg", 0.0, scale=10.0)
    net.loss("dissolution of triamcinolone", depot, net["triamcinolone_dissolution_rate"] * depot)
    half = net["triamcinolone_half_effect"] * net["field_at_risk"]
    local, systemic = net.signal("local_steroid", saturating(depot, half)), net["glucocorticoid_effect"]
    net.signal("tissue_steroid", systemic + local - systemic * local, label="steroid effect in the scalp")
