"""What a laboratory reports: counts in blood and their shares. Other read-outs stand with their mechanism."""

import sympy as sp

from immunosim.model.network import Network
from immunosim.model.readout_info import Analyte, ReadoutInfo

NOISE = "lognormal:0.132"
"""Week-to-week variation of repeated counts (ajcp1978)."""


def _headers(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


TOTAL = ReadoutInfo(
    group="lymphocytes",
    short_name="lymphocytes",
    curve="total",
    colour="blue",
    lower_limit=1.0,
    headers=_headers(
        "lymphocytes|lymphocyte|lymphs|lymph|lym|alc|total|total lymphocytes|absolute lymphocytes|lymphozyten|lympho|"
        "lymphos|lymphozytenzahl|ly|lymphozyten gesamt|gesamtlymphozyten|lymphocytes totaux|linfociti|linfocitos|"
        "linfociti totali|linfocitos totales|lymphoz|lymfocyter"
    ),
    dvid=1,
    noise=NOISE,
    is_key=True,
    # A hundredth of the lower limit of normal; assumed.
    notable_from=0.01,
)
CD3 = Analyte(
    # The few T cells that are neither CD4 nor CD8 are left out.
    unit="cells/uL",
    parts=("cd4", "cd8"),
    part_of="lymphocytes",
    headers=_headers(
        "cd3|t cell|t cells|t lymphocytes|total t|cd3 t|cd3 t lymphocytes|t zellen|t lymphozyten|cd3 t lymphozyten|"
        "gesamt t|lymphocytes t|linfociti t|linfocitos t|t lymfocyter|t zellen cd3|cd3 t zellen|cd3 gesamt"
    ),
    dvid=6,
)
CD4 = ReadoutInfo(
    group="t_cells",
    short_name="CD4",
    colour="blue",
    lower_limit=400.0,
    # Opportunistic infections are expected below it, and prophylaxis against them is usual.
    severe_limit=200.0,
    part_of="lymphocytes",
    headers=_headers(
        "cd4|cd4 t|cd3 cd4|cd4 t lymphocytes|t helper|helper t|cd3 cd4 t|cd4 t lymphozyten|t helferzellen|helferzellen|"
        "cd4 helferzellen|cd4 t helferzellen|cd4 lymphocytes|cd4 lymphozyten|lymphocytes cd4|lymphocytes t cd4|"
        "t helferzellen cd4|helferzellen cd4|linfociti cd4|linfociti t cd4|linfocitos cd4|linfocitos t cd4|t cd4|"
        "t helper cd4|t hjälpar|cd4 helper"
    ),
    dvid=2,
    noise=NOISE,
    is_key=True,
)
CD8 = ReadoutInfo(
    group="t_cells",
    short_name="CD8",
    colour="vermilion",
    lower_limit=200.0,
    part_of="lymphocytes",
    headers=_headers(
        "cd8|cd8 t|cd3 cd8|cd8 t lymphocytes|cytotoxic t|cd3 cd8 t|cd8 t lymphozyten|cd8 lymphocytes|cd8 lymphozyten|"
        "lymphocytes cd8|lymphocytes t cd8|zytotoxische t|t cd8|linfociti cd8|linfociti t cd8|linfocitos cd8|"
        "linfocitos t cd8|t suppressor|suppressor t|zytotoxische t cd8|t suppressorzellen|suppressorzellen"
    ),
    dvid=3,
    noise=NOISE,
)
CD19 = ReadoutInfo(
    group="b_and_nk_cells",
    short_name="CD19 (B)",
    colour="green",
    lower_limit=100.0,
    part_of="lymphocytes",
    headers=_headers(
        "cd19|b cell|b cells|b lymphocytes|cd19 b|b cd19|cd19 b lymphocytes|b zellen|b lymphozyten|cd19 b lymphozyten|"
        "lymphocytes b|linfociti b|linfocitos b|b lymfocyter|b cell cd19|b zellen cd19|cd19 b zellen"
    ),
    dvid=4,
    noise=NOISE,
)
NK = ReadoutInfo(
    # There is no lower limit of normal for NK cells.
    group="b_and_nk_cells",
    short_name="NK",
    colour="purple",
    part_of="lymphocytes",
    headers=_headers(
        "nk|natural killer|cd16 56|cd16 cd56|cd56|nk cd56|nk cd16 56|nk cd16 cd56|cd56 nk|cd16 56 nk|cd16 cd56 nk|"
        "natürliche killer|nk zellen|linfociti nk|linfocitos nk|lymphocytes nk|nk zellen cd56|natürliche killer nk"
    ),
    dvid=5,
    noise=NOISE,
)


def add_blood_counts(net: Network, naive_cd4: sp.Expr, naive_cd8: sp.Expr) -> None:
    """Add total lymphocytes (1e9/L), the subsets (cells/uL) and two shares of CD4 T cells, from naive cells in blood.

    A total is the sum of its parts: CD4 + CD8 + CD19 + NK + other.
    """
    memory, treg = net.get("memory_cd4_blood", "treg_blood")
    cd4 = net.signal("cd4_count", naive_cd4 + memory + treg, "cells/uL", "CD4 T cells")
    cd8 = net.signal("cd8_count", naive_cd8 + net["memory_cd8_blood"], "cells/uL", "CD8 T cells")
    immature = net["transitional_b_blood_fraction"] * net["transitional_b"]
    cd19 = immature + net["naive_b_blood"] + net["memory_b_blood"]
    cd19 = net.signal("cd19_count", cd19, "cells/uL", "B cells (CD19)")
    total = cd4 + cd8 + cd19 + net["nk_cells"] + net["other_blood"]
    per_litre = net.derive("count_conversion", 1000, "cells/uL/(1e9/L)", "cells/uL in 1e9/L")
    net.readout("lymphocytes", total / per_litre, "1e9/L", "lymphocytes", TOTAL)
    net.add_measured_sum("cd3", CD3)
    net.readout("cd4", cd4, "cells/uL", "CD4 T cells", CD4)
    net.readout("cd8", cd8, "cells/uL", "CD8 T cells", CD8)
    net.readout("cd19", cd19, "cells/uL", "B cells (CD19)", CD19)
    net.readout("nk", net["nk_cells"], "cells/uL", "NK cells", NK)
    net.readout("other_lymphocytes", net["other_blood"], "cells/uL", "other lymphocytes")
    net.readout("treg_fraction_of_cd4", treg / cd4, "1", "regulatory share of CD4 T cells")
    net.readout("naive_fraction_of_cd4", naive_cd4 / cd4, "1", "naive share of CD4 T cells")
