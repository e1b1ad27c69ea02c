"""The alemtuzumab network with an anti-CD20 antibody that lyses B cells, and only these.

    d A1/dt = infusion - CL C1 - Q C1 + Q C2                                            (O1)
    d A2/dt = Q C1 - Q C2                                                               (O2)
    loss of X in blood  = kappa_blood C1/(EC50 + C1) X,  X naive or memory B cells      (O3)
    loss of X in tissue = kappa_tissue C2/(EC50 + C2) X                                 (O4)
    loss of transitional B cells = kappa_blood C1/(EC50 + C1) f_t B_t                   (O5)

f_t is the share of transitional B cells that is in blood. Plasma cells and the marrow source bear no CD20. The antibody
that binds to cells is left out: it is little beside the dose. Volumes are proportional to body weight and flows to its
power, with the constants of the alemtuzumab network.
"""

from collections.abc import Mapping
from dataclasses import replace

from immunosim.model.network import Network
from immunosim.model.rate_laws import saturating
from immunosim.model.readout_info import DisplayGroup, ReadoutInfo
from immunosim.models.alemtuzumab.network import build_network as build_alemtuzumab_network

KINETICS, DEPLETION = "anti_cd20_kinetics", "anti_cd20_depletion"
DETECTION_LIMIT = 0.1
"""Of an assay, ug/mL; assumed."""
LIMITATION = "The rates of lysis by the anti-CD20 antibody are assumed: the return of B cells was fitted to no data."


def build_network(parameter_units: Mapping[str, str]) -> Network:
    """Declare the network over the parameters whose names and units are given."""
    net = build_alemtuzumab_network(parameter_units)
    net.name = "anti_cd20"
    net.declare_mechanism(KINETICS, "kinetics of the anti-CD20 antibody", "anti-CD20 infusions have no effect")
    net.declare_mechanism(DEPLETION, "lysis by the anti-CD20 antibody", "the anti-CD20 antibody kills nothing")
    net.declare_group("anti_cd20", DisplayGroup("Anti-CD20 antibody in serum", "level"))
    _add_kinetics(net)
    _add_depletion(net)
    asked = net.questions
    net.questions = replace(asked, endpoints=("nadir of cd19", *asked.endpoints), explained="cd19")
    net.scope = replace(net.scope, limitations=(LIMITATION, *net.scope.limitations))
    return net


def _add_kinetics(net: Network) -> None:
    with net.mechanism(KINETICS):
        weight, flow = net.get("relative_weight", "flow_scale")
        infusion = net.add_input("anti_cd20_infusion", "infusion rate of the anti-CD20 antibody", "mg/day")
        central = net.add_pool("anti_cd20_central", "anti-CD20, central", "mg", 0.0, scale=100.0)
        tissue = net.add_pool("anti_cd20_peripheral", "anti-CD20, peripheral", "mg", 0.0, scale=100.0)
        in_blood = net.signal("anti_cd20_concentration", central / (net["anti_cd20_central_volume"] * weight), "mg/L")
        in_tissue = net.signal(
            "anti_cd20_tissue_concentration", tissue / (net["anti_cd20_peripheral_volume"] * weight), "mg/L"
        )
        exchange = net["anti_cd20_intercompartmental_clearance"] * flow
        net.gain("infusion of the anti-CD20 antibody", central, infusion)
        net.loss("clearance of the anti-CD20 antibody", central, net["anti_cd20_clearance"] * flow * in_blood)
        net.transfer("distribution of the anti-CD20 antibody to tissue", central, tissue, exchange * in_blood)
        net.transfer("return of the anti-CD20 antibody from tissue", tissue, central, exchange * in_tissue)
        info = ReadoutInfo(
            group="anti_cd20", curve="anti-CD20", colour="green", drug="anti_cd20", detection_limit=DETECTION_LIMIT
        )
        net.readout("anti_cd20_serum", in_blood, "ug/mL", "anti-CD20 antibody in serum", info)


def _add_depletion(net: Network) -> None:
    with net.mechanism(DEPLETION):
        half = net["anti_cd20_lysis_ec50"]
        in_blood = net.signal("anti_cd20_occupancy", saturating(net["anti_cd20_concentration"], half))
        in_tissue = net.signal("anti_cd20_tissue_occupancy", saturating(net["anti_cd20_tissue_concentration"], half))
        blood_rate, tissue_rate = net.get("anti_cd20_blood_lysis_rate", "anti_cd20_tissue_lysis_rate")
        for name in ("naive", "memory"):
            blood, tissue = net.get(f"{name}_b_blood", f"{name}_b_lymphoid")
            net.loss(f"anti-CD20 lysis of {name} B cells in blood", blood, blood_rate * in_blood * blood)
            net.loss(f"anti-CD20 lysis of {name} B cells in tissue", tissue, tissue_rate * in_tissue * tissue)
        immature, in_reach = net.get("transitional_b", "transitional_b_blood_fraction")
        net.loss("anti-CD20 lysis of transitional B cells", immature, blood_rate * in_blood * in_reach * immature)
