"""Division of naive and memory T cells in the first version: capacity scales the ceiling of division.

    drive = boost(s, c K), of naive cells with s = IL-7 squared, of memory cells with IL-7 (CD4) or IL-15 (CD8)

Turnover, death and activation stand in the present ``t_cell_homeostasis``.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost
from immunosim.models.alemtuzumab.mechanisms.t_cell_homeostasis import add_turnover


def add_t_cell_homeostasis(net: Network) -> None:
    """Add the turnover of naive and memory CD4 and CD8 T cells."""
    add_turnover(net, _add_drives)


def _add_drives(net: Network, lineage: str, capacity: sp.Symbol, cytokine: sp.Symbol) -> None:
    """Capacity scales the greatest excess of division above the untreated rate, so the untreated state stays put.

    Scaling the excess itself, 1 + capacity (boost - 1), would turn negative at low cytokine where capacity exceeds 1.
    """
    naive = boost(net["il7"] ** 2, capacity * net["naive_division_boost"])
    memory = boost(cytokine, capacity * net[f"memory_{lineage}_division_boost"])
    net.signal(f"naive_{lineage}_division_drive", naive)
    net.signal(f"memory_{lineage}_division_drive", memory)
