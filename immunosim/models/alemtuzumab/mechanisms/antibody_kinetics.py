"""Alemtuzumab in the body: infusion, two compartments, linear clearance.

    d A1/dt = infusion - CL (1 - e nu/(1 + nu)) C1 - Q C1 + Q C2 - consumption       (K1)
    d A2/dt = Q C1 - Q C2 - consumption in tissue                                      (K2)

Volumes are proportional to body weight, flows to weight^0.75. Anti-drug antibody (nu, ``anti_drug_antibody``) slows the
clearance (Li 2018; the size is assumed) and leaves C/(1 + nu) free to kill. Consumption by
the CD52 that the antibody binds stands in ``depletion``: clearance falls as the lymphocytes go. Structure: two
compartments with clearance depending on lymphocyte count (Li 2018; Mould 2007 for the idea, whose values do not apply).
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import power, saturating
from immunosim.model.readout_info import ReadoutInfo


def add_antibody_kinetics(net: Network) -> None:
    """Add the two antibody pools and their linear kinetics, and what antibody against alemtuzumab leaves free."""
    with net.mechanism("antibody_kinetics"):
        neutralised = saturating(net["neutralisation"], 1)
        derive_body_size(net)
        clearance = net.derive("scaled_clearance", net["antibody_clearance"] * net["flow_scale"], "L/day")
        slowed = 1 - net["ada_clearance_effect"] * neutralised
        in_blood, in_tissue = add_two_compartments(net, clearance * slowed)
        net.signal("free_antibody", in_blood * (1 - neutralised), "mg/L", "free alemtuzumab in blood")
        net.signal("free_tissue_antibody", in_tissue * (1 - neutralised), "mg/L", "free alemtuzumab in tissue")


def derive_body_size(net: Network) -> None:
    """Derive volumes and the exchange between them from body weight, and the factor of flows."""
    weight = net.derive("relative_weight", net["weight"] / net["reference_weight"], "1")
    flow = net.derive("flow_scale", power(weight, net["clearance_weight_exponent"]), "1")
    net.derive("scaled_central_volume", net["central_volume"] * weight, "L")
    net.derive("scaled_peripheral_volume", net["peripheral_volume"] * weight, "L")
    net.derive("scaled_intercompartmental_clearance", net["intercompartmental_clearance"] * flow, "L/day")


def add_two_compartments(net: Network, clearance: sp.Expr) -> tuple[sp.Symbol, sp.Symbol]:
    """Add the two pools for a clearance (L/day), and return their concentrations (mg/L)."""
    infusion = net.add_input("alemtuzumab_infusion", "infusion rate of alemtuzumab", "mg/day")
    central = net.add_pool("antibody_central", "alemtuzumab, central", "mg", 0.0, scale=10.0)
    tissue = net.add_pool("antibody_peripheral", "alemtuzumab, peripheral", "mg", 0.0, scale=10.0)
    in_blood = net.signal("antibody_concentration", central / net["scaled_central_volume"], "mg/L")
    in_tissue = net.signal("tissue_antibody_concentration", tissue / net["scaled_peripheral_volume"], "mg/L")
    exchange = net["scaled_intercompartmental_clearance"]
    net.gain("infusion of alemtuzumab", central, infusion)
    net.loss("clearance of alemtuzumab", central, clearance * in_blood)
    net.transfer("distribution of alemtuzumab to tissue", central, tissue, exchange * in_blood)
    net.transfer("return of alemtuzumab from tissue", tissue, central, exchange * in_tissue)
    return in_blood, in_tissue


def show_alemtuzumab(net: Network) -> None:
    """Show alemtuzumab in serum, neutralised or not, as an assay with complexes reads it."""
    with net.mechanism("antibody_kinetics"):
        # The label calls alemtuzumab undetectable below 0.06 ug/mL.
        info = ReadoutInfo(
            group="antibody", curve="alemtuzumab", colour="blue", drug="alemtuzumab", detection_limit=0.06
        )
        net.readout("alemtuzumab_serum", net["antibody_concentration"], "ug/mL", "alemtuzumab in serum", info)
