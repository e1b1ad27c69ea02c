"""Autoreactive clones that escape depletion, expand in the empty space and attack the follicle.

    helpers   E: recruited from naive cells, divide with IL-7 squared and as regulatory T cells are lost    (E1)
    effectors x: seeded by E with help, reseeded by resident memory M, amplified by antigen that shows
                 as immune privilege is lost                                                                (E2)
    resident memory M: follows x over months                                                                (E3)

Susceptibility lies in the clone (its size, avidity, IL-7 response, restraint), not in the depth of lymphopenia:
patients with autoimmunity are not more lymphopenic (Jones 2013), and the dominant clones were there before (Ruck
2018). The IL-7 drive saturates. Steroid kills activated cells: the loss is proportional to the loss of privilege
(Brunetti 1995), so premedication spares the resting clone. Values of the clone are assumed or fitted to one case: an
existence proof.
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost
from immunosim.models.alemtuzumab.mechanisms.autoreactive_escape import (
    add_clone_signals,
    add_effectors,
    add_lysis_of_helpers,
    add_resident_memory,
    show_clones,
)


def add_autoreactive_escape(net: Network) -> None:
    """Add expansion, attack, resident memory and steroid loss of the clones."""
    with net.mechanism("autoreactive_escape"):
        net.signal("clone_il7_drive", boost(net["il7"] ** 2, net["clone_il7_boost"]))
        add_clone_signals(net)
        _add_helpers(net)
        add_effectors(net, net["antigen_amplification"], net["antigen_amplification"])
        effectors = net["autoreactive_cd8_effector"]
        killed = net["effector_steroid_loss_rate"] * net["tissue_steroid"] * net["privilege_loss"] * effectors
        net.loss("steroid loss of effectors", effectors, killed)
        add_resident_memory(net)
        show_clones(net)


def _add_helpers(net: Network) -> None:
    clone, turnover, capacity, share = net.get(
        "autoreactive_cd4", "clone_turnover_rate", "clone_capacity", "clone_recruitment_fraction"
    )
    crowding = 1 + 1 / capacity
    recruitment = net.derive("clone_recruitment_rate", share * crowding * turnover, "1/day")
    division = net.derive("clone_division_rate", (1 - share) * crowding * turnover, "1/day")
    recruited = recruitment * net.relative(net["naive_cd4_lymphoid"])
    net.gain("recruitment of autoreactive CD4 cells", clone, recruited)
    driven = division * net["clone_il7_drive"] * net["treg_release"] * clone
    net.gain("division of autoreactive CD4 cells", clone, driven)
    net.loss("death of autoreactive CD4 cells", clone, turnover * (1 + clone / capacity) * clone)
    add_lysis_of_helpers(net)
    sensitive = net["glucocorticoid_effect"] * net["privilege_loss"]
    net.loss("steroid loss of autoreactive CD4 cells", clone, net["helper_steroid_loss_rate"] * sensitive * clone)
