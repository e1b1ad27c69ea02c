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
from immunosim.model.rate_laws import excess, hill
from immunosim.models.alemtuzumab.mechanisms.autoimmune_organs import add_platelets, add_thyroid, show_membrane
from immunosim.models.alemtuzumab.mechanisms.humoral_autoimmunity import ORGANS, RISKS


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
        add_thyroid(net, net["thyroid_antibody"])
        add_platelets(net, sp.Integer(0))
        show_membrane(net, net["gbm_antibody"])


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
