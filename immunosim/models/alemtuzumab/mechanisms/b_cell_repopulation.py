"""B cells: marrow output, transitional, naive and memory B cells, BAFF and CD4 help.

    maturation = g BAFF B_t,  death of naive B = d (1 + k_B)/(k_B + BAFF) B_n         (B1, B2)
    activation = mu_B boost(help, K_h) B_n, giving a clonal burst of memory B         (B3)

The marrow source bears no CD52 and is never depleted. BAFF is used mostly by memory B cells, which return slowly; it
stays high while naive B cells refill, and the total overshoots (Thompson 2010). Turnover: Pan 2019; slow memory: Roll
2006.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, growth


def declare_transitional_b(net: Network) -> None:
    """Add transitional B cells; their number follows from the turnover of the naive B cells that they feed."""
    with net.mechanism("b_cell_repopulation"):
        ageing = growth(-net["b_turnover_age_decline"], net["years_older"])
        death = net.derive("naive_b_death_rate", net["naive_b_turnover_rate"] * ageing, "1/day")
        matured = (death + net["naive_b_activation_rate"]) * net["naive_b_lymphoid_0"]
        untreated = net.derive("transitional_b_0", matured / net["transitional_b_maturation_rate"], "cells/uL")
        counted = net["b_scale"] * net["transitional_b_count"]
        net.derive("transitional_b_blood_fraction", counted / untreated, "1")
        net.add_pool("transitional_b", "transitional B cells", "cells/uL", untreated, scale=1e3)


def add_b_cell_repopulation(net: Network, inhibition: sp.Expr) -> None:
    """Add output, maturation, activation and turnover of B cells; ``inhibition`` is what a drug leaves of output."""
    with net.mechanism("b_cell_repopulation"):
        baff, half = net.get("baff", "baff_survival_half_effect")
        survival = net.signal("baff_survival", (1 + half) / (half + baff), label="effect of BAFF on naive B death")
        _add_immature(net, inhibition)
        naive = net["naive_b_lymphoid"]
        net.loss("death of naive B cells", naive, net["naive_b_death_rate"] * survival * naive)
        _add_memory(net)


def _add_immature(net: Network, inhibition: sp.Expr) -> None:
    immature, maturation, death = net.get(
        "transitional_b", "transitional_b_maturation_rate", "transitional_b_death_rate"
    )
    output = net.derive("transitional_b_output", (maturation + death) * net["transitional_b_0"], "cells/uL/day")
    net.gain("marrow output of transitional B cells", immature, output * inhibition)
    matured = maturation * net["baff"] * immature
    net.transfer("maturation of transitional B cells", immature, net["naive_b_lymphoid"], matured)
    net.loss("death of transitional B cells", immature, death * immature)


def _add_memory(net: Network) -> None:
    naive, memory, activation, turnover, share = net.get(
        "naive_b_lymphoid",
        "memory_b_lymphoid",
        "naive_b_activation_rate",
        "memory_b_turnover_rate",
        "memory_b_from_naive_fraction",
    )
    helped = boost(net.relative(net["memory_cd4_lymphoid"]), net["b_help_half_saturation"])
    drive = net.signal("b_cell_help", helped, label="CD4 help for B cells")
    activated = activation * net["naive_b_lymphoid_0"]
    burst = net.derive("memory_b_burst", share * turnover * net["memory_b_lymphoid_0"] / activated, "1")
    net.require(burst, 1.0, "an activated naive B cell must leave at least one memory cell; lower the activation rate")
    division = net.derive("memory_b_division_rate", (1 - share) * turnover, "1/day")
    net.transfer("activation of naive B cells", naive, memory, activation * drive * naive)
    net.gain("clonal expansion of activated naive B cells", memory, (burst - 1) * activation * drive * naive)
    net.gain("division of memory B cells", memory, division * memory)
    net.loss("death of memory B cells", memory, turnover * memory)
