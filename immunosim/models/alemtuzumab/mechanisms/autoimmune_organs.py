"""The organs that antibody meets: thyroid hormone under TSH control, platelets, the glomerular basement membrane.

    TSH = (1 + K)/(K + H^3),   d H/dt = k_H (boost(TSH + w (Ab - Ab_0), c) - H)       (O1)
    d Pl/dt = k_P (1 - Pl) - e_P (Ab Pl - Ab_0)                                       (O2)

The titre of a clone at rest, below one hundredth in most people, is part of health: what it does is made good, by less
stimulation from other sources and by more production of platelets. The membrane is a read-out of injury, by the
antibody above that.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, excess, saturating
from immunosim.model.readout_info import ReadoutInfo


def add_autoimmune_organs(net: Network) -> None:
    """Add thyroid hormone, platelets and the injury of the membrane."""
    with net.mechanism("humoral_autoimmunity"):
        add_thyroid(net, net["thyroid_antibody"] - net["thyroid_antibody_0"])
        add_platelets(net, net["platelet_antibody_0"])
        show_membrane(net, excess(net["gbm_antibody"], net["gbm_antibody_0"]))


def show_membrane(net: Network, antibody: sp.Expr) -> None:
    """Show the injury of the membrane by antibody above the harmless titre."""
    injury = saturating(antibody, net["gbm_injury_half_titre"])
    net.readout("gbm_injury", injury, "1", "injury of the glomerular basement membrane")


def add_thyroid(net: Network, antibody: sp.Expr) -> None:
    """Add thyroid hormone, under TSH and antibody above the harmless titre."""
    hormone = net.add_pool("thyroid_hormone", "thyroid hormone (free T4)", "1", 1.0, scale=1.0)
    turnover, half = net.get("thyroid_hormone_turnover_rate", "tsh_feedback")
    tsh = net.signal("tsh", (1 + half) / (half + hormone**3), label="TSH")
    stimulation = tsh + net["thyroid_antibody_strength"] * antibody
    stimulation = net.signal("thyroid_stimulation", stimulation)
    secretion = turnover * boost(stimulation, net["thyroid_reserve"])
    net.gain("secretion of thyroid hormone", hormone, secretion)
    net.loss("clearance of thyroid hormone", hormone, turnover * hormone)
    net.readout("tsh", tsh, "1", "TSH, relative to untreated")
    net.show_pool("thyroid_hormone", ReadoutInfo(short_name="thyroid hormone", extreme="highest"))


def add_platelets(net: Network, harmless: sp.Expr) -> None:
    """Add platelets; production makes good what the harmless titre destroys."""
    platelets = net.add_pool("platelets", "platelets", "1", 1.0, scale=1.0)
    turnover, destruction = net.get("platelet_turnover_rate", "platelet_antibody_loss_rate")
    net.gain("production of platelets", platelets, turnover + destruction * harmless)
    net.loss("ageing of platelets", platelets, turnover * platelets)
    net.loss("destruction of opsonised platelets", platelets, destruction * net["platelet_antibody"] * platelets)
    info = ReadoutInfo(extreme="lowest")
    net.readout("platelet_count", net["untreated_platelet_count"] * platelets, "1e9/L", "platelet count", info)
