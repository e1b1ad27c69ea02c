"""New naive T cells from the thymus, fewer with age and more when IL-7 is high.

    export = theta exp(-k_age (age - 30)) X_lymphoid_0 boost(IL-7, K_T)               (H1)

The thymic share of naive production in health is 10-20 % (den Braber 2012); the half-life of thymic output is 15.7 y
(Steinmann, recalled). Thymic rebound is contested: seen after chemotherapy, not after alemtuzumab (Ruck 2022).
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost, growth


def add_thymopoiesis(net: Network) -> None:
    """Add the export of naive CD4 and CD8 T cells."""
    with net.mechanism("thymopoiesis"):
        ageing = growth(-net["thymic_decline_rate"], net["age"] - net["thymus_reference_age"])
        output = net.derive("thymic_output", net["thymic_export_rate"] * ageing, "1/day")
        drive = net.signal("thymic_drive", boost(net["il7"], net["thymic_rebound"]))
        for lineage in ("cd4", "cd8"):
            full, pool = net.get(f"naive_{lineage}_lymphoid_0", f"naive_{lineage}_lymphoid")
            export = net.derive(f"naive_{lineage}_export", output * full, "cells/uL/day")
            net.gain(f"thymic export of naive {lineage.upper()} T cells", pool, export * drive)
