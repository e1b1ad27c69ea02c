"""Neutralising antibody against alemtuzumab: primed cells, memory, and a titre that takes drug out of action.

    dP/dt = k_P (C/(K_P + C) - P)                      primed cells follow the drug                    (A1)
    dM/dt = k_M P (1 - M)                              memory, which does not fade within years        (A2)
    dN/dt = k_P P^2 (1 + b M^2) - d N/(1 + c M^2)      later responses are higher (b) and last (c)     (A3)
    nu    = n a N,   C_free = C/(1 + nu)                                                               (A4)

``anti_drug_antibody`` (a) is the titre of the patient relative to the typical responder, 0 in those who never respond.
Lysis reads the free drug, so antibody raises the counts after a course; an assay with complexes reads all of it. An
assay's threshold makes a status of the titre: that is observation, not model. One rate of loss would give either too
many positive patients at month 12 or too few at month 24 (Dubuisson 2018); persistence with memory repairs both.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import saturating
from immunosim.model.readout_info import ReadoutInfo


def declare_anti_drug_antibody(net: Network) -> None:
    """Add the pools of the response, and the neutralising titre."""
    with net.mechanism("anti_drug_antibody"):
        net.add_pool("ada_priming", "cells primed against alemtuzumab", "1", 0.0, scale=1.0)
        net.add_pool("ada_memory", "memory of alemtuzumab", "1", 0.0, scale=1.0)
        titre = net.add_pool("ada_titre", "antibody against alemtuzumab", "1", 0.0, scale=1.0)
        strength = net["neutralising_strength"] * net["anti_drug_antibody"]
        net.signal("neutralisation", strength * titre, label="neutralising antibody, relative to the free drug")


def add_anti_drug_antibody(net: Network) -> None:
    """Add priming, memory, secretion and loss."""
    with net.mechanism("anti_drug_antibody"):
        primed, memory, titre = net.get("ada_priming", "ada_memory", "ada_titre")
        rate, remembered = net.get("ada_rate", "ada_memory_rate")
        stimulated = saturating(net["antibody_concentration"], net["ada_stimulation"])
        net.gain("priming against alemtuzumab", primed, rate * stimulated)
        net.loss("end of priming against alemtuzumab", primed, rate * primed)
        _add_memory(net, memory, remembered * primed)
        secreted = rate * primed**2 * (1 + net["ada_boost"] * memory**2)
        net.gain("secretion of antibody against alemtuzumab", titre, secreted)
        lost = net["ada_loss_rate"] * titre / (1 + net["ada_persistence"] * memory**2)
        net.loss("loss of antibody against alemtuzumab", titre, lost)


def show_neutralising_titre(net: Network) -> None:
    """Show the neutralising titre."""
    with net.mechanism("anti_drug_antibody"):
        info = ReadoutInfo(short_name="neutralising titre", extreme="highest")
        label = "neutralising antibody, relative to the free drug"
        net.readout("neutralising_titre", net["neutralisation"], "1", label, info)


def _add_memory(net: Network, memory: sp.Symbol, rate: sp.Expr) -> None:
    net.gain("formation of memory of alemtuzumab", memory, rate)
    net.loss("saturation of memory of alemtuzumab", memory, rate * memory)
