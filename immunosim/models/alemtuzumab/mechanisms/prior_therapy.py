"""Earlier treatment with dimethyl fumarate: it inhibits division and the output of B cells, and washes out slowly.

    d F1/dt = k_F (dose - F1),  d F2/dt = k_2 (F1 - F2),  F = (1 - q) F1 + q F2       (F1)
    every division of X, and the marrow output of B cells, times 1/(1 + s s_X F)      (F2)

dose is the fraction of 240 mg twice a day; s is the sensitivity of the patient, a trait. Lymphocytes stay low on the
drug, CD8 cells lowest (Spencer 2015), and return within months, or only after a year or more in patients who were
lymphopenic for years (Chan 2020): F2 is what stays behind. An extra death instead of inhibition would leave homeostasis
intact: cytokines would rise, counts would recover on the drug and overshoot after it, which is not seen.
"""

import sympy as sp

from immunosim.model.network import Network


def declare_prior_therapy(net: Network) -> None:
    """Add the two pools of the effect, and their sum as it acts."""
    with net.mechanism("prior_therapy"):
        dose = net.add_input("dimethyl_fumarate", "dimethyl fumarate, fraction of 240 mg twice a day", "1")
        fast = net.add_pool("fumarate_effect", "effect of dimethyl fumarate", "1", 0.0, scale=1.0)
        slow = net.add_pool("fumarate_slow_effect", "slow effect of dimethyl fumarate", "1", 0.0, scale=1.0)
        rate, slow_rate, share = net.get("fumarate_effect_rate", "fumarate_slow_rate", "fumarate_slow_share")
        net.gain("onset of the fumarate effect", fast, rate * dose)
        net.loss("offset of the fumarate effect", fast, rate * fast)
        net.gain("onset of the slow fumarate effect", slow, slow_rate * fast)
        net.loss("offset of the slow fumarate effect", slow, slow_rate * slow)
        acting = net["fumarate_sensitivity"] * ((1 - share) * fast + share * slow)
        net.signal("fumarate_inhibition", acting, label="effect of dimethyl fumarate, fast and slow")


def inhibition(net: Network, cells: str) -> sp.Expr:
    """Return what dimethyl fumarate leaves of the division of cells, 1 without it."""
    return 1 / (1 + net[f"{cells}_fumarate_sensitivity"] * net["fumarate_inhibition"])
