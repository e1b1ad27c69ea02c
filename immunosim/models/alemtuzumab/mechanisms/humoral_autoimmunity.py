"""Antibody-mediated autoimmunity: a clone of B cells in each organ, help, and the pressure of lymphopenia on tolerance.

    helpers E: grow by the law of ``clone_growth``; one pool, for help is a state of the body               (Z1)
    pressure = b (1 + w_b (b - 1)) (1 + w_r (h_R - 1)) boost(E, K_H),
               b = naive B cells, h_R = restraint(Treg, k_R); 1 untreated                                   (Z2)
    d c/dt = delta_k [s + (a_k pressure - 1 - c/K_c - omega_k (q - q_0)) c] - lysis                         (Z3)
    d A/dt = k_A (c/(1 + c) - A),   d q/dt = k_q (A - q)                                                    (Z4)
    a_k = median avidity exp(s_a (Z_k + beta_F family history + beta_S smoker)),   a_k < 1                  (Z5)
    d illness/dt = hill(excess(A, disease titre), margin, 2),   hazard of the diagnosis = rate d illness/dt (Z6)

A clone with an avidity below 1 rests; under pressure those with a pressure > 1 grow. Each course lyses the clone and
starts one wave of the same shape, so risk does not add up over courses and the clock restarts with the last. Who is
susceptible is a fixed trait, the liability Z. Later the antibody calls up regulation q and the clone declines.

Regulation acts on what exceeds its untreated value. Then the clone at rest solves the quadratic
s + (a - 1 - c/K_c) c = 0, whose positive root is exact for every avidity below 1; with omega q it would be a cubic.
The two differ by omega q_0, which is 0.003 at the median and matters only where a comes close to 1.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, excess, growth, hill, restraint, saturating, square_root
from immunosim.model.readout_info import ReadoutInfo
from immunosim.models.alemtuzumab.mechanisms.clone_growth import add_growth

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
    """Add helpers, the pressure on tolerance, and clone, antibody, regulation and illness of each organ."""
    with net.mechanism("humoral_autoimmunity"):
        helpers = net.add_pool("autoreactive_helpers", "helpers of autoreactive B cells", "1", 1.0, scale=1.0)
        regulated = restraint(net.relative(net["treg_lymphoid"]), net["helper_treg_restraint"])
        release = net.signal("helper_treg_release", regulated)
        add_growth(net, helpers, "helper", "helpers of autoreactive B cells", release)
        pressure = _add_pressure(net, release)
        for organ, label in ORGANS.items():
            clone = _add_clone(net, organ, label, pressure)
            antibody = _add_antibody(net, organ, label, clone)
            _add_illness(net, organ, label, antibody)


def _add_pressure(net: Network, release: sp.Symbol) -> sp.Symbol:
    """Add the pressure on B-cell tolerance: none without naive B cells, and 1 in the untreated state."""
    naive = net.relative(net["naive_b_lymphoid"])
    # Without overshoot B cells return and do no more than that.
    capped = naive - (1 - net.on("b_cell_overshoot")) * excess(naive, 1)
    overshoot = capped * (1 + net["b_clone_overshoot_weight"] * (capped - 1))
    unrestrained = 1 + net["b_clone_release_weight"] * (release - 1)
    helped = boost(net["autoreactive_helpers"], net["b_clone_help_boost"])
    return net.signal("tolerance_pressure", overshoot * unrestrained * helped, label="pressure on B-cell tolerance")


def _derive_avidity(net: Network, organ: str) -> sp.Symbol:
    liability = net[f"{organ}_liability"]
    if organ == "thyroid":
        liability += net["family_history"] * net["family_history_liability"]
        liability += net["smoker"] * net["smoking_liability"]
    relative = growth(net["avidity_spread"], liability)
    avidity = net[f"{organ}_median_avidity"] * relative
    avidity = net.derive(f"{organ}_avidity", avidity, "1", f"avidity of the {organ} clone")
    margin = net.derive(f"{organ}_tolerance", 1 - avidity, "1", f"what the {organ} clone lacks to grow untreated")
    reason = f"a clone of this liability grows untreated: {ORGANS[organ]} disease before treatment"
    net.require(margin, 1e-9, reason, is_health=True)
    return avidity


def _add_clone(net: Network, organ: str, label: str, pressure: sp.Symbol) -> sp.Symbol:
    avidity = _derive_avidity(net, organ)
    seed, capacity, turnover = net.get("b_clone_seed", "b_clone_capacity", "b_clone_turnover_rate")
    rate = net.derive(f"{organ}_b_clone_rate", turnover * net[f"{organ}_tempo"], "1/day")
    lacking = net[f"{organ}_tolerance"]
    # The positive root, written without a difference of nearly equal numbers.
    resting = 2 * seed / (lacking + square_root(lacking**2 + 4 * seed / capacity))
    resting = net.derive(f"{organ}_b_clone_0", resting, "1", f"untreated {label} B clone")
    titre = net.derive(f"{organ}_antibody_0", resting / (1 + resting), "1", f"untreated {label} antibody")
    health = net.derive(f"{organ}_health", net["disease_titre"] - titre, "1", f"what {label} antibody lacks to be ill")
    reason = f"the untreated antibody is above the titre of disease: {ORGANS[organ]} disease before treatment"
    net.require(health, 0.0, reason, is_health=True)
    clone = net.add_pool(f"{organ}_b_clone", f"{label} B clone", "1", resting, scale=0.1)
    net.add_pool(f"{organ}_antibody", f"{label} antibody", "1", titre, scale=0.1)
    regulation = net.add_pool(
        f"{organ}_regulation", f"regulation of the {label} B clone", "1", titre, scale=0.1, owner="acquired_regulation"
    )
    net.gain(f"seeding of the {label} B clone", clone, rate * seed)
    net.gain(f"proliferation of the {label} B clone", clone, rate * avidity * pressure * clone)
    net.loss(f"death of the {label} B clone", clone, rate * (1 + clone / capacity) * clone)
    strength = net[f"{organ}_regulation_strength"]
    with net.mechanism("acquired_regulation"):
        net.loss(f"regulation of the {label} B clone", clone, rate * strength * regulation * clone)
        net.gain(f"tolerated regulation of the {label} B clone", clone, rate * strength * titre * clone)
    lysis = net["depletion_efficiency"] * net["b_clone_lysis_rate"] * net["lytic_occupancy"] * clone
    net.loss(f"lysis of the {label} B clone", clone, net.on("depletion") * lysis)
    return clone


def _add_antibody(net: Network, organ: str, label: str, clone: sp.Symbol) -> sp.Symbol:
    antibody, regulation, rate = net.get(f"{organ}_antibody", f"{organ}_regulation", "autoantibody_rate")
    net.gain(f"secretion of {label} antibody", antibody, rate * saturating(clone, 1))
    net.loss(f"clearance of {label} antibody", antibody, rate * antibody)
    follow = net["humoral_regulation_rate"]
    with net.mechanism("acquired_regulation"):
        net.gain(f"rise of the regulation of the {label} B clone", regulation, follow * antibody)
        net.loss(f"decay of the regulation of the {label} B clone", regulation, follow * regulation)
    return antibody


def _add_illness(net: Network, organ: str, label: str, antibody: sp.Symbol) -> None:
    """Add time in illness, and the hazard of its diagnosis, which takes weeks and meets each patient by one draw."""
    ill = hill(excess(antibody, net["disease_titre"]), net["diagnosis_margin"], 2)
    ill = net.signal(f"{organ}_disease", ill, label=f"{label} antibody above the titre of disease")
    illness = net.add_pool(f"{organ}_illness", f"time with {label} illness", "year", 0.0, scale=10.0)
    net.gain(f"time with {label} illness", illness, ill / net["days_per_year"])
    rate = net["diagnosis_rate"]
    net.readout(f"{organ}_hazard", rate * ill, "1/year", f"hazard of {label} autoimmunity")
    words = f"cumulative hazard of {label} autoimmunity"
    net.readout(f"{organ}_cumulative_hazard", rate * illness, "1", words, RISKS[organ])
    diagnosed = hill(rate * illness, net[f"{organ}_draw"], 3)
    words = f"diagnosis of {label} autoimmunity (a half as the hazard reaches the draw)"
    net.readout(f"{organ}_diagnosis", diagnosed, "1", words)
