"""MS activity: a relapse hazard that falls with memory CD4 cells.

    hazard = lambda_0 M/M_0                                                           (M1)

A read-out only. lambda_0 is the rate that remains after regression to the mean; years 1 and 2 lie inside the
published 0.18-0.26 a year, later years come out too high, since a lasting loss of disease-driving clones is not
modelled.
"""

from immunosim.model.network import Network
from immunosim.model.readout_info import ReadoutInfo


def add_relapse(net: Network) -> None:
    """Add the relapse hazard; with the mechanism off it stays at its untreated value."""
    with net.mechanism("relapse"):
        activity = 1 + net.on("relapse") * (net.relative(net["memory_cd4_lymphoid"]) - 1)
        info = ReadoutInfo(group="relapse", curve="relapses", colour="blue")
        net.readout("relapse_rate", net["untreated_relapse_rate"] * activity, "1/year", "relapse hazard", info)
