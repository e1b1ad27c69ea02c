"""Antibody-mediated autoimmunity: B cells that return before regulation does, with help from the escaped clone.

    pressure = B hR hill((E - 1)+, K_Z, 2);  d Z/dt = pressure                        (Z1)
    d antibody_k/dt = k (hill(Z, xi_k, 3) - antibody_k),  xi_k = draw_k/(rate_k RH)   (Z2)

Z integrates the breach of tolerance in years of full pressure. An organ makes antibody when Z passes the patient's
own threshold: an exponential draw over the yearly rate times the relative hazard (risk factors). This is a hazard
integrated in the model with one draw a patient and organ, deterministic once drawn. Organs: thyroid (stimulating
antibody, hormone under TSH control), platelets, glomerular basement membrane (an injury read-out). An untreated
patient has no event: background incidence is not represented.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, excess, hill, saturating
from immunosim.model.readout_info import ReadoutInfo

ORGANS = {"thyroid": "thyroid", "platelet": "platelet", "gbm": "anti-GBM"}

RISKS = {
    "thyroid": ReadoutInfo(
        group="autoimmunity",
        short_name="thyroid",
        colour="blue",
        organ="thyroid",
        organ_name="thyroid",
        draw="thyroid",
    ),
    "platelet": ReadoutInfo(
        group="autoimmunity",
        short_name="platelets",
        colour="orange",
        organ="platelet",
        organ_name="platelets",
        draw="platelets",
        is_compared=False,
    ),
    "gbm": ReadoutInfo(
        group="autoimmunity",
        short_name="kidney (GBM)",
        colour="green",
        organ="gbm",
        organ_name="kidney (anti-GBM)",
        draw="glomerulus",
        is_compared=False,
    ),
}
"""How the cumulative hazard of each organ is shown; comparisons show that of the commonest only."""


def add_humoral_autoimmunity(net: Network) -> None:
    """Add the breach of tolerance, an antibody for each organ, and the three organs."""
    with net.mechanism("humoral_autoimmunity"):
        escaped = hill(excess(net["autoreactive_cd4"], 1), net["breach_clone_size"], 2)
        pressure = net.relative(net["naive_b_lymphoid"]) * net["treg_release"] * escaped
        pressure = net.signal("breach_pressure", pressure, label="pressure on B-cell tolerance")
        breach = net.add_pool("autoimmune_breach", "integrated breach of B-cell tolerance", "year", 0.0, scale=1.0)
        net.gain("breach of B-cell tolerance", breach, pressure / net["days_per_year"])
        _derive_relative_hazard(net)
        for organ, label in ORGANS.items():
            _add_antibody(net, organ, label, breach, pressure)
        _add_thyroid(net)
        _add_platelets(net)
        injury = saturating(net["gbm_antibody"], net["gbm_injury_half_titre"])
        net.readout("gbm_injury", injury, "1", "injury of the glomerular basement membrane")


def _derive_relative_hazard(net: Network) -> None:
    hazard = net["autoimmune_frailty"]
    for trait, ratio in (("family_history", "family_history_hazard_ratio"), ("smoker", "smoking_hazard_ratio")):
        hazard *= 1 + net[trait] * (net[ratio] - 1)
    net.derive("relative_hazard", hazard, "1")


def _add_antibody(net: Network, organ: str, label: str, breach: sp.Symbol, pressure: sp.Symbol) -> None:
    hazard = net[f"{organ}_event_rate"] * net["relative_hazard"]
    threshold = net.derive(f"{organ}_threshold", net[f"{organ}_draw"] / hazard, "year")
    antibody = net.add_pool(f"{organ}_antibody", f"{label} antibody", "1", 0.0, scale=1.0)
    rate = net["autoantibody_rate"]
    net.gain(f"secretion of {label} antibody", antibody, rate * hill(breach, threshold, 3))
    net.loss(f"clearance of {label} antibody", antibody, rate * antibody)
    now = net.on("humoral_autoimmunity") * hazard * pressure
    net.readout(f"{organ}_hazard", now, "1/year", f"hazard of {label} autoimmunity")
    words = f"cumulative hazard of {label} autoimmunity"
    net.readout(f"{organ}_cumulative_hazard", hazard * breach, "1", words, RISKS[organ])


def _add_thyroid(net: Network) -> None:
    hormone = net.add_pool("thyroid_hormone", "thyroid hormone (free T4)", "1", 1.0, scale=1.0)
    turnover, half = net.get("thyroid_hormone_turnover_rate", "tsh_feedback")
    tsh = net.signal("tsh", (1 + half) / (half + hormone**3), label="TSH")
    stimulation = tsh + net["thyroid_antibody_strength"] * net["thyroid_antibody"]
    stimulation = net.signal("thyroid_stimulation", stimulation)
    secretion = turnover * boost(stimulation, net["thyroid_reserve"])
    net.gain("secretion of thyroid hormone", hormone, secretion)
    net.loss("clearance of thyroid hormone", hormone, turnover * hormone)
    net.readout("tsh", tsh, "1", "TSH, relative to untreated")
    net.show_pool("thyroid_hormone", ReadoutInfo(short_name="thyroid hormone", extreme="highest"))


def _add_platelets(net: Network) -> None:
    platelets = net.add_pool("platelets", "platelets", "1", 1.0, scale=1.0)
    turnover = net["platelet_turnover_rate"]
    net.gain("production of platelets", platelets, turnover)
    net.loss("ageing of platelets", platelets, turnover * platelets)
    destroyed = net["platelet_antibody_loss_rate"] * net["platelet_antibody"] * platelets
    net.loss("destruction of opsonised platelets", platelets, destroyed)
    info = ReadoutInfo(extreme="lowest")
    net.readout("platelet_count", net["untreated_platelet_count"] * platelets, "1e9/L", "platelet count", info)
