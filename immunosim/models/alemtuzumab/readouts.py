"""What a laboratory reports: counts in blood and their shares. Other read-outs stand with their mechanism."""

from immunosim.model.network import Network


def add_blood_counts(net: Network) -> None:
    """Add total lymphocytes (1e9/L), the subsets (cells/uL) and two shares of CD4 T cells.

    A total is the sum of its parts: CD4 + CD8 + CD19 + NK + other.
    """
    naive, memory, treg = net.get("naive_cd4_blood", "memory_cd4_blood", "treg_blood")
    cd4 = net.signal("cd4_count", naive + memory + treg, "cells/uL", "CD4 T cells")
    cd8 = net.signal("cd8_count", net["naive_cd8_blood"] + net["memory_cd8_blood"], "cells/uL", "CD8 T cells")
    immature = net["transitional_b_blood_fraction"] * net["transitional_b"]
    cd19 = immature + net["naive_b_blood"] + net["memory_b_blood"]
    cd19 = net.signal("cd19_count", cd19, "cells/uL", "B cells (CD19)")
    total = cd4 + cd8 + cd19 + net["nk_cells"] + net["other_blood"]
    per_litre = net.derive("count_conversion", 1000, "cells/uL/(1e9/L)", "cells/uL in 1e9/L")
    net.readout("lymphocytes", total / per_litre, "1e9/L", "lymphocytes")
    net.readout("cd4", cd4, "cells/uL", "CD4 T cells")
    net.readout("cd8", cd8, "cells/uL", "CD8 T cells")
    net.readout("cd19", cd19, "cells/uL", "B cells (CD19)")
    net.readout("nk", net["nk_cells"], "cells/uL", "NK cells")
    net.readout("other_lymphocytes", net["other_blood"], "cells/uL", "other lymphocytes")
    net.readout("treg_fraction_of_cd4", treg / cd4, "1", "regulatory share of CD4 T cells")
    net.readout("naive_fraction_of_cd4", naive / cd4, "1", "naive share of CD4 T cells")
