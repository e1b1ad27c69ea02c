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

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, inhibited_by, restraint
from immunosim.model.readout_info import ReadoutInfo


def declare_clones(net: Network) -> None:
    """Add the three autoreactive pools."""
    size = net["follicle_clone_size"]
    owner = "autoreactive_escape"
    net.add_pool("autoreactive_cd4", "autoreactive CD4 helpers", "1", 1.0, scale=1.0, owner=owner)
    net.add_pool("autoreactive_cd8_effector", "autoreactive CD8 effectors", "1", size, scale=0.1, owner=owner)
    net.add_pool("autoreactive_resident_memory", "resident memory CD8 cells", "1", size, scale=0.1, owner=owner)


def add_autoreactive_escape(net: Network) -> None:
    """Add expansion, attack, resident memory and steroid loss of the clones."""
    with net.mechanism("autoreactive_escape"):
        net.signal("clone_il7_drive", boost(net["il7"] ** 2, net["clone_il7_boost"]))
        net.signal("treg_release", restraint(net.relative(net["treg_lymphoid"]), net["treg_restraint"]))
        net.signal("effector_il15_drive", boost(net["il15"], net["effector_il15_boost"]))
        net.signal("clone_help", boost(net["autoreactive_cd4"], net["clone_help_half_saturation"]))
        _add_helpers(net)
        _add_effectors(net)
        _add_resident_memory(net)
        clone = ReadoutInfo(group="autoreactivity", curve="CD4 clone", colour="blue", is_compared=False)
        label = "autoreactive CD4 clone, relative to untreated"
        net.readout("clone_size", net["autoreactive_cd4"], "1", label, clone)
        effectors = ReadoutInfo(group="autoreactivity", curve="CD8 effectors", colour="vermilion", is_compared=False)
        net.show_pool("autoreactive_cd8_effector", effectors)


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
    lysis = net["depletion_efficiency"] * net["clone_lysis_rate"] * net["lytic_occupancy"] * clone
    net.loss("lysis of autoreactive CD4 cells", clone, net.on("depletion") * lysis)
    sensitive = net["glucocorticoid_effect"] * net["privilege_loss"]
    net.loss("steroid loss of autoreactive CD4 cells", clone, net["helper_steroid_loss_rate"] * sensitive * clone)


def _add_effectors(net: Network) -> None:
    effectors, turnover, helpers = net.get("autoreactive_cd8_effector", "effector_loss_rate", "autoreactive_cd4")
    seeding = _derive_seeding(net)
    release = net["treg_release"] * net["effector_il15_drive"]
    seeded = turnover * seeding * helpers * net["clone_help"] * release * (1 - net["glucocorticoid_effect"])
    net.gain("seeding of effectors", effectors, seeded)
    reseeded = net["resident_memory_reseeding"] * net["field_at_risk"] * net["autoreactive_resident_memory"]
    net.gain("reseeding of effectors from resident memory", effectors, turnover * reseeded)
    crowded = effectors * inhibited_by(effectors, net["effector_capacity"])
    exposed = net["follicle_antigen"] * net["privilege_loss"]
    amplified = turnover * net["antigen_amplification"] * release * exposed * crowded
    net.gain("amplification of effectors by antigen", effectors, amplified)
    net.loss("loss of effectors", effectors, turnover * effectors)
    killed = net["effector_steroid_loss_rate"] * net["tissue_steroid"] * net["privilege_loss"] * effectors
    net.loss("steroid loss of effectors", effectors, killed)


def _derive_seeding(net: Network) -> sp.Symbol:
    """Derive the seeding that keeps the untreated clone at its size."""
    size = net["follicle_clone_size"]
    from_memory = net["resident_memory_reseeding"] * net["field_at_risk"]
    from_antigen = net["antigen_amplification"] * net["baseline_antigen"] * net["privilege_loss_0"]
    from_antigen *= inhibited_by(size, net["effector_capacity"])
    seeding = net.derive("effector_seeding", size * (1 - from_memory - from_antigen), "1")
    net.require(seeding, 0.0, "memory and antigen alone sustain the clone: this patient has no healthy untreated state")
    return seeding


def _add_resident_memory(net: Network) -> None:
    memory, rate = net.get("autoreactive_resident_memory", "resident_memory_rate")
    net.gain("settling of resident memory", memory, rate * net["autoreactive_cd8_effector"])
    net.loss("loss of resident memory", memory, rate * memory)
