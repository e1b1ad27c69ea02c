"""Six pools that show how lymphocytes come back after depletion, and nothing more.

    d T_blood/dt  = egress - homing - lysis                                           (E1)
    d T_tissue/dt = homing - egress + thymic export + division - death                (E2)
    d P/dt        = maturation in - maturation of precursors                          (E3)
    d c/dt        = k (1 - demand c), demand = T_tissue relative to untreated         (E4)
    d A/dt        = infusion - elimination of the antibody                            (E5)
    d S/dt        = infusion - elimination of the steroid                             (E6)

The untreated state is steady by construction: death follows from export and division, egress from homing. All numbers
are assumed (see the parameter set): the network teaches mechanisms, it predicts no patient. Its laws are those of the
alemtuzumab network in their simplest form.
"""

from collections.abc import Mapping

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, hill, inhibited_by

MECHANISMS = {
    "drug_kinetics": ("antibody and steroid in the body", "infusions have no effect"),
    "depletion": ("lysis by the antibody", "the antibody kills nothing"),
    "trafficking": ("exchange between blood and tissue", "no cell moves between blood and tissue"),
    "thymopoiesis": ("output of the thymus", "no new T cells from the thymus; division balances death"),
    "homeostasis": ("division and death of T cells", "T cells neither divide nor die"),
    "cytokine_feedback": (
        "cytokine that T cells use up",
        "the cytokine stays untreated and drives no division",
    ),
}


def build_network(parameter_units: Mapping[str, str]) -> Network:
    """Declare the network over the parameters whose names and units are given."""
    net = Network("teaching", parameter_units)
    for name, (label, off_means) in MECHANISMS.items():
        net.declare_mechanism(name, label, off_means)
    _declare_pools(net)
    _add_drug_kinetics(net)
    _add_depletion(net)
    _add_trafficking(net)
    _add_thymopoiesis(net)
    _add_homeostasis(net)
    _add_cytokine(net)
    _add_readouts(net)
    return net


def _declare_pools(net: Network) -> None:
    fraction = net["t_cell_blood_fraction"]
    in_tissue = net.derive("t_cell_tissue_0", net["t_cell_count"] * (1 - fraction) / fraction, "cells/uL")
    net.add_pool("t_cells_blood", "T cells in blood", "cells/uL", net["t_cell_count"], scale=1e3, owner="trafficking")
    net.add_pool("t_cells_tissue", "T cells in tissue", "cells/uL", in_tissue, scale=1e4, owner="homeostasis")
    net.add_pool("thymocytes", "precursors in the thymus, relative", "1", 1.0, scale=1.0, owner="thymopoiesis")
    net.add_pool("cytokine", "cytokine, relative", "1", 1.0, scale=1.0, owner="cytokine_feedback")


def _add_drug_kinetics(net: Network) -> None:
    with net.mechanism("drug_kinetics"):
        for name, label in (("antibody", "the antibody"), ("steroid", "the steroid")):
            infusion = net.add_input(f"{name}_infusion", f"infusion rate of {label}", "mg/day")
            pool = net.add_pool(name, label.removeprefix("the "), "mg", 0.0, scale=10.0)
            net.gain(f"infusion of {label}", pool, infusion)
            net.loss(f"elimination of {label}", pool, net[f"{name}_elimination_rate"] * pool)


def _add_depletion(net: Network) -> None:
    with net.mechanism("depletion"):
        antibody, blood = net.get("antibody", "t_cells_blood")
        concentration = net.signal("antibody_concentration", antibody / net["antibody_volume"], "mg/L")
        occupancy = net.signal("occupancy", hill(concentration, net["lysis_ec50"], 2))
        net.loss("lysis of T cells", blood, net["lysis_rate"] * occupancy * blood)


def _add_trafficking(net: Network) -> None:
    """Add homing and egress; the steroid holds cells back in tissue."""
    with net.mechanism("trafficking"):
        blood, tissue, steroid = net.get("t_cells_blood", "t_cells_tissue", "steroid")
        leaving = net["homing_rate"] * net["t_cell_count"] / net["t_cell_tissue_0"]
        leaving = net.derive("egress_rate", leaving, "1/day")
        permitted = net.signal("egress_permission", inhibited_by(steroid, net["steroid_half_effect"]))
        net.transfer("homing of T cells", blood, tissue, net["homing_rate"] * blood)
        net.transfer("egress of T cells", tissue, blood, leaving * permitted * tissue)


def _add_thymopoiesis(net: Network) -> None:
    with net.mechanism("thymopoiesis"):
        precursors, tissue, turnover = net.get("thymocytes", "t_cells_tissue", "thymocyte_turnover_rate")
        export = net.derive("thymic_output", net["thymic_export_rate"] * net["t_cell_tissue_0"], "cells/uL/day")
        net.gain("arrival of thymocytes", precursors, turnover)
        net.loss("maturation of thymocytes", precursors, turnover * precursors)
        net.gain("thymic export of T cells", tissue, export * precursors)


def _add_homeostasis(net: Network) -> None:
    """Add division, which the cytokine drives, and the death that balances it and thymic export."""
    with net.mechanism("homeostasis"):
        tissue, division = net.get("t_cells_tissue", "division_rate")
        drive = net.signal("division_drive", boost(net["cytokine"], net["division_boost"]))
        death = net.derive("death_rate", division + net.on("thymopoiesis") * net["thymic_export_rate"], "1/day")
        net.gain("division of T cells", tissue, division * drive * tissue)
        net.loss("death of T cells", tissue, death * tissue)


def _add_cytokine(net: Network) -> None:
    with net.mechanism("cytokine_feedback"):
        cytokine, tissue, turnover = net.get("cytokine", "t_cells_tissue", "cytokine_turnover_rate")
        demand = net.signal("cytokine_demand", net.relative(tissue))
        net.gain("production of the cytokine", cytokine, turnover)
        net.loss("use of the cytokine", cytokine, turnover * demand * cytokine)


def _add_readouts(net: Network) -> None:
    net.readout("t_cells", net["t_cells_blood"], "cells/uL", "T cells in blood")
    net.readout("antibody_serum", net["antibody_concentration"], "ug/mL", "antibody in serum")
