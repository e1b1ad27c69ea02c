"""NK cells: low CD52, quick turnover, IL-15-driven production; first to return.

    d NK/dt = k NK_0 boost(IL-15, K_NK) - k NK - lysis                                (NK1)

Half-life below 10 days: Zhang 2007.
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost


def add_nk_cells(net: Network) -> None:
    """Add production and death of NK cells."""
    with net.mechanism("nk_cells"):
        nk, turnover = net.get("nk_cells", "nk_turnover_rate")
        production = net.derive("nk_production", turnover * net["nk_count_0"], "cells/uL/day")
        net.gain("production of NK cells", nk, production * boost(net["il15"], net["nk_production_boost"]))
        net.loss("death of NK cells", nk, turnover * nk)
