"""The hair follicle: immune privilege, the cycle of attacked follicles, visible hair and its pigment, the SALT score.

    d L/dt = k_C hill(G, 1, 3) (1 - L) - k_P L,   L = loss of privilege, G = interferon-gamma        (F1)
    anagen -> dystrophic at k_D L G/(1 + G); dystrophic -> catagen -> resting -> anagen              (F2)
    resting -> dormant at d_L L, back to resting at (1 - L)/t_F                                      (F3)
    d W/dt = k_W (anagen - W),  SALT = 100 phi (1 - W/W_0)                                           (F4)
    d v/dt = (1 - L)(1 - v)/t_v - k_v L v,  d W_p/dt = k_W (anagen v - W_p),  white = 1 - W_p/W      (F5)

Every pool is a share of the follicles in the field at risk; phi is the share of the scalp at risk and separates
patchy from total disease. An attacked follicle sheds over about 4 + 4 + 8 weeks and returns only under restored
privilege. Under a lasting attack it falls dormant, so that later treatment is slower. Melanocytes v go with privilege
and return later than hair, which is white until then. The pull test is positive while dystrophic follicles are above a
tenth of growing ones. Physiological telogen is counted as anagen: only traffic by disease is modelled.
"""

import sympy as sp

from immunosim.model.network import Network
from immunosim.models.alemtuzumab.mechanisms.follicle_cycle import add_cycle, declare_cycle, derive_leaks


def declare_follicles(net: Network) -> None:
    """Add the pools of the cycle, dormant follicles and pigment."""
    with net.mechanism("hair_follicle"):
        derive_leaks(net)
        lost = net["privilege_loss_0"]
        # Dormancy gives back to the resting follicles what it takes, so their number does not depend on it.
        kept = net.on("follicle_dormancy") * net["follicle_dormancy_rate"] * lost * net["dormant_duration"] / (1 - lost)
        dormant = net.derive("dormant_leak", kept * net["resting_leak"], "1", "dormant per anagen follicle")
        # A pulse suppresses in proportion to its effect, a depot where it lies.
        suppressed = 1 - net["interferon_suppression_fraction"] * net["glucocorticoid_effect"]
        drive = net["autoreactive_cd8_effector"] * suppressed * (1 - net.on("corticosteroids") * net["local_steroid"])
        declare_cycle(net, drive, dormant)
    _declare_dormancy_and_pigment(net, net["anagen_0"])


def _declare_dormancy_and_pigment(net: Network, anagen: sp.Symbol) -> None:
    dormant = net["dormant_leak"] * anagen
    net.add_pool("dormant_follicles", "dormant follicles", "1", dormant, scale=1.0, owner="follicle_dormancy")
    lost = net["privilege_loss_0"]
    with net.mechanism("pigmentation"):
        function = 1 / (1 + net["melanocyte_loss_rate"] * net["melanocyte_return_time"] * lost / (1 - lost))
        function = net.derive("melanocyte_function_0", function, "1", "melanocyte function, untreated")
        net.add_pool("melanocyte_function", "function of hair melanocytes", "1", function, scale=1.0)
        net.add_pool("pigmented_hair", "visible pigmented hair", "1", anagen * function, scale=1.0)


def add_hair_follicle(net: Network) -> None:
    """Add the cycle, the pull test, dormancy and pigment."""
    lost, privilege, dystrophic = net.get("privilege_loss", "immune_privilege", "dystrophic_follicles")
    with net.mechanism("hair_follicle"):
        add_cycle(net)
        pulled = dystrophic / (dystrophic + net["anagen_follicles"])
        net.readout("hair_pull", pulled, "1", "hair pull test (dystrophic share)")
    _add_dormancy(net, lost, privilege)
    _add_pigment(net, lost, privilege)


def _add_dormancy(net: Network, lost: sp.Symbol, privilege: sp.Symbol) -> None:
    with net.mechanism("follicle_dormancy"):
        resting, dormant = net.get("resting_follicles", "dormant_follicles")
        net.transfer("onset of dormancy", resting, dormant, net["follicle_dormancy_rate"] * lost * resting)
        net.transfer("end of dormancy", dormant, resting, privilege * dormant / net["dormant_duration"])


def _add_pigment(net: Network, lost: sp.Symbol, privilege: sp.Symbol) -> None:
    with net.mechanism("pigmentation"):
        function, pigmented, growth_rate = net.get("melanocyte_function", "pigmented_hair", "hair_growth_rate")
        net.gain("return of melanocytes", function, privilege * (1 - function) / net["melanocyte_return_time"])
        net.loss("loss of melanocytes", function, net["melanocyte_loss_rate"] * lost * function)
        net.gain("growth of pigmented hair", pigmented, growth_rate * net["anagen_follicles"] * function)
        net.loss("shedding of pigmented hair", pigmented, growth_rate * pigmented)
        white = net.on("pigmentation") * (1 - pigmented / net["hair_cover"])
        net.readout("white_hair", white, "1", "white share of visible hair")
