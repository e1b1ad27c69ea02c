"""Regulatory T cells: thymic origin, conversion from memory CD4 cells, IL-2-driven division.

    IL-2 = m / (a + (1 - a) R/R_0),  m = memory CD4 relative to untreated             (R1)
    division = r_R boost(IL-2, K_R) R                                                 (R2)

Turnover of days to weeks: Vukmanovic-Stejic 2006. Shares of the sources are assumed.
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost


def derive_treg_conversion(net: Network) -> None:
    """Derive the conversion of memory CD4 cells, which the balance of memory CD4 cells also needs."""
    with net.mechanism("regulatory_t_cells"):
        share, turnover = net.get("treg_conversion_fraction", "treg_turnover_rate")
        ratio = net["treg_lymphoid_0"] / net["memory_cd4_lymphoid_0"]
        net.derive("treg_conversion_rate", share * turnover * ratio, "1/day")


def add_regulatory_t_cells(net: Network) -> None:
    """Add the sources, division and death of regulatory T cells."""
    with net.mechanism("regulatory_t_cells"):
        turnover, thymic, converted = net.get("treg_turnover_rate", "treg_thymic_fraction", "treg_conversion_fraction")
        treg, memory = net.get("treg_lymphoid", "memory_cd4_lymphoid")
        export = net.derive("treg_export", thymic * turnover * net["treg_lymphoid_0"], "cells/uL/day")
        self_renewed = 1 - thymic - net.on("t_cell_homeostasis") * converted
        division = net.derive("treg_division_rate", self_renewed * turnover, "1/day")
        net.require(division, 0.0, "the thymic and the converted fraction must not exceed 1 together")
        spared = net["il2_nonspecific_fraction"]
        il2 = net.signal("il2", net.relative(memory) / (spared + (1 - spared) * net.relative(treg)), label="IL-2")
        net.gain("thymic export of regulatory T cells", treg, export)
        net.transfer("conversion of memory CD4 T cells", memory, treg, net["treg_conversion_rate"] * memory)
        net.gain("division of regulatory T cells", treg, division * boost(il2, net["treg_division_boost"]) * treg)
        net.loss("death of regulatory T cells", treg, turnover * treg)
