"""The lymphocyte subsets: who they are, how many there are untreated, and how they divide between blood and tissue.

Declares pools only; what happens to them stands in the other mechanisms. Lymphoid pools are blood-equivalents (cells
in tissue divided by the blood volume), so that a cell keeps its weight when it moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.rate_laws import growth


@dataclass(frozen=True)
class Subset:
    """A lymphocyte subset that circulates between blood and lymphoid tissue."""

    name: str
    label: str
    owner: str
    scale_by: str
    egress: str
    ageing: bool = False
    retained: bool = False


SUBSETS = (
    Subset("naive_cd4", "naive CD4 T cells", "t_cell_homeostasis", "cd4_scale", "cd4_egress", ageing=True),
    Subset("memory_cd4", "memory CD4 T cells", "t_cell_homeostasis", "cd4_scale", "cd4_egress", retained=True),
    Subset("treg", "regulatory T cells", "regulatory_t_cells", "cd4_scale", "cd4_egress", retained=True),
    Subset("naive_cd8", "naive CD8 T cells", "t_cell_homeostasis", "cd8_scale", "cd8_egress", ageing=True),
    Subset("memory_cd8", "memory CD8 T cells", "t_cell_homeostasis", "cd8_scale", "cd8_egress", retained=True),
    Subset("naive_b", "naive B cells", "b_cell_repopulation", "b_scale", "b_egress"),
    Subset("memory_b", "memory B cells", "b_cell_repopulation", "b_scale", "b_egress"),
    Subset("other", "other lymphocytes", "other_lymphocytes", "other_scale", "cd8_egress"),
)


def declare_subsets(net: Network, mature: Mapping[str, sp.Expr]) -> None:
    """Add the blood and lymphoid pool of each subset with their untreated values.

    X_lymphoid_0 = X_count_0 (1 - f_X) / f_X, with f_X the share of the subset that is in blood. Naive counts fall with
    age. Where a part of a published count has a pool of its own (recent emigrants of the thymus), ``mature`` gives the
    share that is left for this one. Transitional B cells are declared with B-cell repopulation, which sets how many.
    """
    years_older = net.derive("years_older", net["age"] - net["reference_age"], "year")
    for subset in SUBSETS:
        count = net[f"{subset.name}_count"] * net[subset.scale_by] * mature.get(subset.name, 1)
        if subset.ageing:
            count *= growth(-net[f"{subset.name}_age_decline"], years_older)
        _declare_pools(net, subset, count)


def declare_nk_cells(net: Network) -> None:
    """Add NK cells, which are counted in blood only."""
    nk_count = net.derive("nk_count_0", net["nk_scale"] * net["nk_count"], "cells/uL")
    net.add_pool("nk_cells", "NK cells", "cells/uL", nk_count, scale=1e3, owner="nk_cells")


def _declare_pools(net: Network, subset: Subset, count: sp.Expr) -> None:
    fraction = net[f"{subset.name}_blood_fraction"]
    in_blood = net.derive(f"{subset.name}_count_0", count, "cells/uL")
    in_tissue = net.derive(f"{subset.name}_lymphoid_0", in_blood * (1 - fraction) / fraction, "cells/uL")
    name, label = subset.name, subset.label
    net.add_pool(f"{name}_blood", f"{label} in blood", "cells/uL", in_blood, scale=1e3, owner=subset.owner)
    net.add_pool(f"{name}_lymphoid", f"{label} in tissue", "cells/uL", in_tissue, scale=1e4, owner=subset.owner)
