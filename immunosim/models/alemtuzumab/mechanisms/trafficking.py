"""Exchange of lymphocytes between blood and lymphoid tissue.

    homing of X = k_blood X_blood                                                     (T1)
    egress of X = k_X e_X X_lymphoid [boost(X_lymphoid/X_lymphoid_0, K_ret)]          (T2)

k_X balances homing untreated. e_X is the steroid-sensitive permission to leave (see ``corticosteroids``). Memory and
regulatory T cells leave a retention niche: per-cell egress falls as the pool empties (assumed form, fitted constant);
it keeps the second nadir as high as the first. Residence in blood of about 2 h: glucocorticoid lymphopenia models.
"""

from immunosim.model.network import Network
from immunosim.model.rate_laws import boost
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS


def add_trafficking(net: Network) -> None:
    """Add homing and egress of every subset."""
    with net.mechanism("trafficking"):
        homing = net["blood_exit_rate"]
        for subset in SUBSETS:
            name = subset.name
            blood, tissue = net.get(f"{name}_blood", f"{name}_lymphoid")
            fraction = net[f"{name}_blood_fraction"]
            # The ratio of the untreated pools, written so that it depends on no count.
            balance = homing * fraction / (1 - fraction)
            egress = net.derive(f"{name}_egress_rate", balance, "1/day") * net[subset.egress] * tissue
            if subset.retained:
                egress *= boost(net.relative(tissue), net["retention_half_saturation"])
            net.transfer(f"egress of {subset.label}", tissue, blood, egress)
            net.transfer(f"homing of {subset.label}", blood, tissue, homing * blood)
