"""Corticosteroids: kinetics, block of egress, apoptosis of lymphocytes, and a tissue effect with a memory.

    G = C_methylprednisolone + rho C_prednisolone                                     (S1)
    L = w cortisol + G/IC50,   egress permission J = (1 + w)/(1 + R L)                (S2)
    d R/dt = k_R ((1 + a w/(1 + w))/(1 + a L/(1 + L)) - R),   R = 1 untreated          (S6)
    d S_genomic/dt = k_S (G/(EC50 + G) - S_genomic)                                   (S3)
    d S_tissue/dt  = k_on G/(EC_t + G) (1 - S_tissue) - k_off S_tissue                (S4)
    l = coverage m/(m50 + m),  m = depot per injected area                            (S5)

Drug and endogenous cortisol occupy the same receptor R, which falls where it is occupied (tolerance), and inhibit
egress through it; the drug switches cortisol off, so that egress exceeds its untreated rate when the drug has gone
(Fan 1978). Methylprednisolone has a slow compartment, which holds little and returns for days. The tissue effect lasts
about a week, since remission outlasts the drug by far; it needs more drug than apoptosis, so doses of a pulse differ.
Intralesional triamcinolone is a scalp depot that acts on the area into which it was injected.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import excess, inhibited_by, saturating
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS


def add_steroid_kinetics(net: Network) -> None:
    """Add the drugs, cortisol and the signals that other mechanisms read."""
    with net.mechanism("corticosteroids"):
        steroid = add_systemic_drugs(net)
        _add_deep_compartment(net)
        add_cortisol(net, steroid)
        _add_permission(net, steroid)
        occupancy = net.signal("receptor_occupancy", saturating(steroid, net["glucocorticoid_ec50"]))
        add_effects(net, occupancy, saturating(steroid, net["tissue_steroid_ec50"]))
        _add_triamcinolone(net)


def show_steroids(net: Network) -> None:
    """Show both drugs in plasma."""
    with net.mechanism("corticosteroids"):
        for drug in ("methylprednisolone", "prednisolone"):
            net.readout(f"{drug}_plasma", net[f"{drug}_concentration"], "mg/L", f"{drug} in plasma")


def add_steroid_apoptosis(net: Network) -> None:
    """Add the apoptosis of lymphocytes by the genomic signal; other lymphocytes are left out."""
    with net.mechanism("corticosteroids"):
        for subset in SUBSETS:
            if subset.name == "other":
                continue
            kind = {"treg": "treg", "naive_b": "b_cell", "memory_b": "b_cell"}.get(subset.name, "t_cell")
            pool, rate = net.get(f"{subset.name}_lymphoid", f"{kind}_steroid_apoptosis_rate")
            net.loss(f"steroid apoptosis of {subset.label}", pool, rate * net["glucocorticoid_signal"] * pool)


def add_systemic_drugs(net: Network) -> sp.Symbol:
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
    in_equivalents = concentrations[0] + net["prednisolone_relative_potency"] * concentrations[1]
    return net.signal("steroid_concentration", in_equivalents, "mg/L", "steroid, methylprednisolone equivalents")


def add_cortisol(net: Network, steroid: sp.Symbol) -> None:
    """Add cortisol, the secretion of which a drug switches off."""
    cortisol = net.add_pool("cortisol", "cortisol", "1", 1.0, scale=1.0)
    turnover = net["cortisol_turnover_rate"]
    secretion = turnover * inhibited_by(steroid, net["cortisol_secretion_ic50"])
    net.gain("secretion of cortisol", cortisol, secretion)
    net.loss("clearance of cortisol", cortisol, turnover * cortisol)


def add_egress(net: Network, permission: sp.Expr) -> None:
    """Add the egress of each lineage from tissue, a part of which is insensitive to steroid."""
    permission = net.signal("egress_permission", permission)
    for lineage in ("cd4", "cd8", "b"):
        free = net[f"{lineage}_egress_insensitive_fraction"]
        net.signal(f"{lineage}_egress", free + (1 - free) * permission)


def _add_permission(net: Network, steroid: sp.Symbol) -> None:
    weight = net["cortisol_egress_weight"]
    ligand = weight * net["cortisol"] + steroid / net["egress_ic50"]
    ligand = net.signal("receptor_ligand", ligand, label="ligand of the receptor, in units of half occupancy")
    add_egress(net, (1 + weight) / (1 + _add_receptor(net, ligand, weight) * ligand))


def _add_deep_compartment(net: Network) -> None:
    """Add the slow compartment. Its volume and exchange follow body weight as the central ones do, so rates do not."""
    pulse = net["methylprednisolone"]
    deep = net.add_pool("methylprednisolone_deep", "methylprednisolone, slow compartment", "mg", 0.0, scale=100.0)
    flow = net["methylprednisolone_intercompartmental_clearance"]
    out, back = flow / net["methylprednisolone_volume"], flow / net["methylprednisolone_deep_volume"]
    net.transfer("distribution of methylprednisolone", pulse, deep, out * pulse)
    net.transfer("return of methylprednisolone", deep, pulse, back * deep)


def _add_receptor(net: Network, ligand: sp.Symbol, weight: sp.Symbol) -> sp.Symbol:
    """Add the receptor, which falls where it is occupied more than untreated, and return it."""
    with net.mechanism("steroid_tolerance"):
        receptor = net.add_pool("steroid_receptor", "steroid receptor of lymphocytes", "1", 1.0, scale=1.0)
        rate, depth = net.get("receptor_turnover_rate", "receptor_downregulation")
        # (1 + a w/(1 + w))/(1 + a L/(1 + L)), with one division.
        untreated = net.derive("untreated_receptor_fall", 1 + depth * saturating(weight, 1), "1")
        made = untreated * (1 + ligand) / (1 + (1 + depth) * ligand)
        net.gain("synthesis of steroid receptor", receptor, rate * made)
        net.loss("turnover of steroid receptor", receptor, rate * receptor)
    return receptor


def add_effects(net: Network, occupancy: sp.Symbol, in_tissue: sp.Expr) -> None:
    """Add the genomic signal, which follows the occupancy of the receptor, and the effect in tissue."""
    signal = net.add_pool("glucocorticoid_signal", "genomic steroid signal", "1", 0.0, scale=1.0)
    effect = net.add_pool("glucocorticoid_effect", "tissue steroid effect", "1", 0.0, scale=1.0)
    rate, onset, offset = net.get(
        "glucocorticoid_signal_rate", "glucocorticoid_onset_rate", "glucocorticoid_offset_rate"
    )
    net.gain("onset of the genomic steroid signal", signal, rate * occupancy)
    net.loss("offset of the genomic steroid signal", signal, rate * signal)
    net.gain("onset of the tissue steroid effect", effect, onset * in_tissue * (1 - effect))
    net.loss("offset of the tissue steroid effect", effect, offset * effect)


def _add_triamcinolone(net: Network) -> None:
    """Add the scalp depot: it acts in full where it lies, on no more than the covered share of the field at risk."""
    depot = net.add_pool("triamcinolone_depot", "triamcinolone in the scalp", "mg", 0.0, scale=10.0)
    net.loss("dissolution of triamcinolone", depot, net["triamcinolone_dissolution_rate"] * depot)
    area = net.derive("injected_area", net["injected_volume"] / net["injected_volume_per_area"], "cm2")
    ratio = area / (net["scalp_area"] * net["field_at_risk"])
    covered = net.derive(
        "scalp_coverage", ratio - excess(ratio, 1), "1", "share of the field that the injections cover"
    )
    half = net.derive("triamcinolone_half_depot", net["triamcinolone_half_density"] * area, "mg")
    net.signal("local_steroid", covered * saturating(depot, half), label="local steroid effect, share of the field")
    # l/(1 - l) of the local effect l: at this many times the natural loss, effectors fall to the share 1 - l.
    removal = covered * depot / (half + (1 - covered) * depot)
    net.signal("local_steroid_loss", removal, label="loss of effectors to local steroid, times the natural loss")
