"""The rest of a total count: gamma-delta, double-negative and NK-like T cells.

CD4 + CD8 + CD19 + NK do not add up to the total in reference counts (Chng 2004). A constant source and IL-15-driven
division (as memory CD8 cells); traffic and lysis as for the other subsets. Rates are assumed.
"""

from immunosim.model.network import Network


def add_other_lymphocytes(net: Network) -> None:
    """Add the source, division and death of other lymphocytes."""
    with net.mechanism("other_lymphocytes"):
        pool, turnover, share = net.get("other_lymphoid", "other_turnover_rate", "other_precursor_fraction")
        source = net.derive("other_source", share * turnover * net["other_lymphoid_0"], "cells/uL/day")
        division = net.derive("other_division_rate", (1 - share) * turnover, "1/day")
        net.gain("source of other lymphocytes", pool, source)
        net.gain("division of other lymphocytes", pool, division * net["memory_cd8_division_drive"] * pool)
        net.loss("death of other lymphocytes", pool, turnover * pool)
