"""The clone of the skin: helpers that escape depletion and expand, effectors that attack hair, memory that stays.

    helpers   E: grow by the law of ``clone_growth`` with constants of their own                           (E2)
    effectors x: seeded by E with help, reseeded by resident memory M, amplified by antigen that shows
                 as immune privilege is lost; d r/dt = k_r (x/(1 + x) - r) acquires regulation,
                 amplification times 1 - omega_r r                                                         (E3)
    resident memory M: follows x over months; a challenge c (infection, stress) wakes it: + c q_M M        (E4)
    steroid: - e_E S act E, act = g/(1 + g), g = amplification antigen L; - (e_X S + k_x l/(1 - l)) x      (E5)

Susceptibility lies in the clone, not in the depth of lymphopenia: the dominant clones were there before (Ruck 2018).
Steroid kills activated cells (Brunetti 1995): a helper by the antigen it sees, so premedication spares the resting
clone; an effector is activated by definition. Local steroid l removes effectors where it lies, no more than the
covered share. Values are assumed, or fitted to cohorts of alopecia areata and one case.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, inhibited_by, restraint, saturating
from immunosim.model.readout_info import ReadoutInfo
from immunosim.models.alemtuzumab.mechanisms.clone_growth import add_growth


def declare_clones(net: Network) -> None:
    """Add the three autoreactive pools."""
    size = net["follicle_clone_size"]
    owner = "autoreactive_escape"
    net.add_pool("autoreactive_cd4", "autoreactive CD4 helpers", "1", 1.0, scale=1.0, owner=owner)
    net.add_pool("autoreactive_cd8_effector", "autoreactive CD8 effectors", "1", size, scale=0.1, owner=owner)
    net.add_pool("autoreactive_resident_memory", "resident memory CD8 cells", "1", size, scale=0.1, owner=owner)


def declare_acquired_regulation(net: Network) -> None:
    """Add the regulation that an attack calls up."""
    size = net["follicle_clone_size"]
    regulation = net.derive("acquired_regulation_0", size / (1 + size), "1", "acquired regulation, untreated")
    label = "acquired regulation of the skin"
    net.add_pool("acquired_regulation", label, "1", regulation, scale=0.1, owner="acquired_regulation")


def add_autoreactive_escape(net: Network) -> None:
    """Add expansion, attack, resident memory, regulation, challenges and steroid loss of the clones."""
    with net.mechanism("autoreactive_escape"):
        add_clone_signals(net)
        add_growth(net, net["autoreactive_cd4"], "clone", "autoreactive CD4 cells", net["treg_release"])
        add_lysis_of_helpers(net)
        _add_steroid_loss_of_helpers(net)
        untreated = net["antigen_amplification"] * _regulated(net, net["acquired_regulation_0"])
        amplification = net["antigen_amplification"] * _regulated(net, net["acquired_regulation"]) * _treated(net)
        acting = net.signal("effective_amplification", amplification, label="amplification by antigen, as acting")
        add_effectors(net, acting, untreated)
        _add_steroid_losses_of_effectors(net)
        add_resident_memory(net)
        show_clones(net)
    with net.mechanism("immune_challenges"):
        challenge = net.add_input(
            "immune_challenge", "challenge that wakes resident memory (infection, stress)", "1/day"
        )
        woken = challenge * net["challenge_gain"] * net["autoreactive_resident_memory"]
        net.gain("awakening of resident memory", net["autoreactive_cd8_effector"], woken)
    with net.mechanism("acquired_regulation"):
        regulation, rate = net.get("acquired_regulation", "acquired_regulation_rate")
        net.gain("rise of acquired regulation", regulation, rate * saturating(net["autoreactive_cd8_effector"], 1))
        net.loss("decay of acquired regulation", regulation, rate * regulation)


def add_clone_signals(net: Network) -> None:
    """Add what regulatory T cells, IL-15 and help do to the clones."""
    net.signal("treg_release", restraint(net.relative(net["treg_lymphoid"]), net["treg_restraint"]))
    net.signal("effector_il15_drive", boost(net["il15"], net["effector_il15_boost"]))
    net.signal("clone_help", boost(net["autoreactive_cd4"], net["clone_help_half_saturation"]))


def add_lysis_of_helpers(net: Network) -> None:
    """Add the lysis of helpers by alemtuzumab."""
    clone = net["autoreactive_cd4"]
    lysis = net["depletion_efficiency"] * net["clone_lysis_rate"] * net["lytic_occupancy"] * clone
    net.loss("lysis of autoreactive CD4 cells", clone, net.on("depletion") * lysis)


def add_effectors(net: Network, amplification: sp.Expr, untreated: sp.Expr) -> None:
    """Add seeding, reseeding, amplification by antigen and natural loss of effectors.

    Parameters
    ----------
    net : Network
    amplification : Expr
        Amplification by antigen as it acts, relative to the natural loss.
    untreated : Expr
        The same in the untreated state.
    """
    effectors, turnover, helpers = net.get("autoreactive_cd8_effector", "effector_loss_rate", "autoreactive_cd4")
    seeding = _derive_seeding(net, untreated)
    release = net["treg_release"] * net["effector_il15_drive"]
    seeded = turnover * seeding * helpers * net["clone_help"] * release * (1 - net["glucocorticoid_effect"])
    net.gain("seeding of effectors", effectors, seeded)
    reseeded = net["resident_memory_reseeding"] * net["field_at_risk"] * net["autoreactive_resident_memory"]
    net.gain("reseeding of effectors from resident memory", effectors, turnover * reseeded)
    crowded = effectors * inhibited_by(effectors, net["effector_capacity"])
    exposed = net["follicle_antigen"] * net["privilege_loss"]
    net.gain("amplification of effectors by antigen", effectors, turnover * amplification * release * exposed * crowded)
    net.loss("loss of effectors", effectors, turnover * effectors)


def add_resident_memory(net: Network) -> None:
    """Add resident memory, which follows effectors over months."""
    memory, rate = net.get("autoreactive_resident_memory", "resident_memory_rate")
    net.gain("settling of resident memory", memory, rate * net["autoreactive_cd8_effector"])
    net.loss("loss of resident memory", memory, rate * memory)


def show_clones(net: Network) -> None:
    """Show the clone and the effectors."""
    clone = ReadoutInfo(group="autoreactivity", curve="CD4 clone", colour="blue", is_compared=False)
    label = "autoreactive CD4 clone, relative to untreated"
    net.readout("clone_size", net["autoreactive_cd4"], "1", label, clone)
    effectors = ReadoutInfo(group="autoreactivity", curve="CD8 effectors", colour="vermilion", is_compared=False)
    net.show_pool("autoreactive_cd8_effector", effectors)


def _add_steroid_loss_of_helpers(net: Network) -> None:
    clone = net["autoreactive_cd4"]
    seen = net["antigen_amplification"] * net["follicle_antigen"] * net["privilege_loss"]
    activation = net.signal("clone_activation", saturating(seen, 1), label="activation of the clone by its antigen")
    killed = net["helper_steroid_loss_rate"] * net["glucocorticoid_effect"] * activation * clone
    net.loss("steroid loss of autoreactive CD4 cells", clone, killed)


def _add_steroid_losses_of_effectors(net: Network) -> None:
    effectors = net["autoreactive_cd8_effector"]
    killed = net["effector_steroid_loss_rate"] * net["glucocorticoid_effect"] * effectors
    net.loss("steroid loss of effectors", effectors, killed)
    removed = net.on("corticosteroids") * net["effector_loss_rate"] * net["local_steroid_loss"] * effectors
    net.loss("loss of effectors to local steroid", effectors, removed)


def _regulated(net: Network, regulation: sp.Symbol) -> sp.Expr:
    """Return the share of amplification that acquired regulation leaves."""
    return 1 - net.on("acquired_regulation") * net["acquired_regulation_effect"] * regulation


def _treated(net: Network) -> sp.Expr:
    """Return the share of amplification that topical immunotherapy leaves; its effect is the user's number."""
    with net.mechanism("topical_immunotherapy"):
        effect = net.add_input("topical_immunotherapy", "effect of topical immunotherapy on amplification", "1")
        return 1 - net.on("topical_immunotherapy") * effect


def _derive_seeding(net: Network, amplification: sp.Expr) -> sp.Symbol:
    """Derive the seeding that keeps the untreated clone at its size."""
    size = net["follicle_clone_size"]
    from_memory = net["resident_memory_reseeding"] * net["field_at_risk"]
    from_antigen = amplification * net["baseline_antigen"] * net["privilege_loss_0"]
    from_antigen *= inhibited_by(size, net["effector_capacity"])
    seeding = net.derive("effector_seeding", size * (1 - from_memory - from_antigen), "1")
    reason = "memory and antigen alone sustain the clone: this patient has no healthy untreated state"
    net.require(seeding, 0.0, reason, is_health=True)
    return seeding
