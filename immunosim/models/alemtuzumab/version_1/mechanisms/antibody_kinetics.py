"""Alemtuzumab in the body: infusion, two compartments, linear clearance.

    d A1/dt = infusion - CL C1 - Q C1 + Q C2 - consumption          (K1)
    d A2/dt = Q C1 - Q C2 - consumption in tissue                   (K2)

Volumes are proportional to body weight, flows to weight^0.75. Anti-drug antibodies slow the clearance. Consumption by
the CD52 that the antibody binds stands in ``depletion``: clearance falls as the lymphocytes go. Structure: two
compartments with clearance depending on lymphocyte count (Li 2018; Mould 2007 for the idea, whose values do not apply).
"""

from immunosim.model.network import Network
from immunosim.models.alemtuzumab.mechanisms.antibody_kinetics import (
    add_two_compartments,
    derive_body_size,
    show_alemtuzumab,
)


def add_antibody_kinetics(net: Network) -> None:
    """Add the two antibody pools and their linear kinetics."""
    with net.mechanism("antibody_kinetics"):
        derive_body_size(net)
        antibodies = 1 - net["anti_drug_antibody_effect"] * net["anti_drug_antibody"]
        clearance = net["antibody_clearance"] * net["flow_scale"] * antibodies
        add_two_compartments(net, net.derive("scaled_clearance", clearance, "L/day"))
    show_alemtuzumab(net)
