"""MS activity: a repertoire of disease-driving clones that courses remove for good, and the deficit of relapses.

    d R/dt = renewal (1 - R) - ratio lambda_M4 R,   hazard = lambda_0 R                                  (M1)
    d D/dt = - (1 - f) k (D - D_l),   d D_l/dt = f k (D - D_l),   k = (1 + (u - 1) hill(S, S_50, 2))/t   (M2)

lambda_M4 is the lysis of memory CD4 cells per cell. Relapses need clones, not counts: the count returns, the repertoire
hardly does, so the hazard stays low in later years. lambda_0 is the rate that remains after regression to the mean.

A relapse adds its severity to the deficit D (points of the EDSS); the share f stays. (M2) leaves f of each relapse
whatever the pace of recovery: a pulse, S its tissue effect, hastens recovery and does not change what is left.
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import hill
from immunosim.model.readout_info import ReadoutInfo


def add_relapse(net: Network) -> None:
    """Add repertoire, hazard and deficit; with the mechanism off the hazard stays at its untreated value."""
    with net.mechanism("relapse"):
        _add_repertoire(net)
        _add_deficit(net)


def _add_repertoire(net: Network) -> None:
    repertoire = net.add_pool("relapse_repertoire", "repertoire of relapses", "1", 1.0, scale=1.0)
    blood, tissue = net.get("memory_cd4_blood", "memory_cd4_lymphoid")
    lysed = net["lysis_of_memory_cd4_t_cells_in_blood"] + net["lysis_of_memory_cd4_t_cells_in_tissue"]
    cells = blood + tissue + net["memory_cd4_lymphoid_0"] / 10**12  # never divided by nothing
    per_cell = net.signal("memory_cd4_lysis_per_cell", lysed / cells, "1/day", "lysis of memory CD4, per cell")
    renewal = net["repertoire_renewal_rate"]
    net.gain("renewal of the repertoire of relapses", repertoire, renewal)
    net.loss("ageing of the repertoire of relapses", repertoire, renewal * repertoire)
    deleted = net["repertoire_deletion_ratio"] * per_cell * repertoire
    net.loss("deletion from the repertoire of relapses", repertoire, deleted)
    info = ReadoutInfo(group="relapse", curve="relapses", colour="blue")
    net.readout("relapse_rate", net["untreated_relapse_rate"] * repertoire, "1/year", "relapse hazard", info)


def _add_deficit(net: Network) -> None:
    deficit = net.add_pool("relapse_deficit", "deficit of relapses (EDSS points)", "1", 0.0, scale=1.0)
    lasting = net.add_pool("lasting_deficit", "lasting part of the deficit of relapses", "1", 0.0, scale=1.0)
    share = net["lasting_deficit_fraction"]
    # A soft step: a pulse counts while its effect is above a small share, about a month.
    acting = hill(net["glucocorticoid_effect"], net["recovery_steroid_half_effect"], 2)
    faster = 1 + net.on("corticosteroids") * (net["recovery_steroid_factor"] - 1) * acting
    rate = net.signal("deficit_recovery_rate", faster / net["deficit_recovery_time"], "1/day")
    # Each of the two terms of (M2) is a process of its own, so that every rate is positive.
    net.loss("recovery from relapses", deficit, (1 - share) * rate * deficit)
    net.gain("floor of the recovery from relapses", deficit, (1 - share) * rate * lasting)
    net.gain("settling of the lasting deficit", lasting, share * rate * deficit)
    net.loss("completion of the lasting deficit", lasting, share * rate * lasting)
    net.show_pool("relapse_deficit", ReadoutInfo(short_name="deficit (EDSS points)", extreme="highest"))
