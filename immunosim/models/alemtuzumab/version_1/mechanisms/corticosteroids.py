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

from immunosim.model.network import Network
from immunosim.model.rate_laws import saturating
from immunosim.models.alemtuzumab.mechanisms.corticosteroids import (
    add_cortisol,
    add_effects,
    add_egress,
    add_systemic_drugs,
    show_steroids,
)


def add_steroid_kinetics(net: Network) -> None:
    """Add the drugs, cortisol and the signals that other mechanisms read."""
    with net.mechanism("corticosteroids"):
        steroid = add_systemic_drugs(net)
        add_cortisol(net, steroid)
        weight = net["cortisol_egress_weight"]
        add_egress(net, (1 + weight) / (1 + weight * net["cortisol"] + steroid / net["egress_ic50"]))
        occupancy = net.signal("receptor_occupancy", saturating(steroid, net["glucocorticoid_ec50"]))
        add_effects(net, occupancy, occupancy)
        _add_triamcinolone(net)
    show_steroids(net)


def _add_triamcinolone(net: Network) -> None:
    """Add the scalp depot; the same milligrams spread over a larger field do less."""
    depot = net.add_pool("triamcinolone_depot", "triamcinolone in the scalp", "mg", 0.0, scale=10.0)
    net.loss("dissolution of triamcinolone", depot, net["triamcinolone_dissolution_rate"] * depot)
    half = net["triamcinolone_half_effect"] * net["field_at_risk"]
    local, systemic = net.signal("local_steroid", saturating(depot, half)), net["glucocorticoid_effect"]
    net.signal("tissue_steroid", systemic + local - systemic * local, label="steroid effect in the scalp")
