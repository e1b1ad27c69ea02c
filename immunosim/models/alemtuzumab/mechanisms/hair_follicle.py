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
from immunosim.model.rate_laws import hill, saturating
from immunosim.model.readout_info import ReadoutInfo

SALT = ReadoutInfo(
    group="hair",
    title="Hair loss (SALT score)",
    curve="SALT",
    axis="SALT, 0-100",
    colour="vermilion",
    # With a lower top of the axis hair loss would look larger than it is.
    top=(10.0, 100.0),
    # Nobody sees a twentieth of a point, and half a point is just visible; assumed.
    unseen_below=0.05,
    notable_from=0.5,
    # Hair only grows and falls out: what drives both stands with the clone.
    explained_with="autoreactive_cd8_effector",
)


def declare_follicles(net: Network) -> None:
    """Add the follicle pools with their untreated values (an attack too small to see goes on untreated)."""
    with net.mechanism("hair_follicle"):
        _derive_untreated(net)
        anagen = net["anagen_0"]
        for name, label, untreated in (
            ("privilege_loss", "loss of immune privilege", net["privilege_loss_0"]),
            ("anagen_follicles", "anagen follicles", anagen),
            ("dystrophic_follicles", "dystrophic follicles", net["follicle_leak"] * anagen),
            ("catagen_follicles", "catagen follicles", net["catagen_leak"] * anagen),
            ("resting_follicles", "resting follicles", net["resting_leak"] * anagen),
            ("hair_cover", "visible hair", anagen),
        ):
            net.add_pool(name, label, "1", untreated, scale=1.0)
        # A pulse suppresses in proportion to its effect, a depot where it lies.
        suppressed = 1 - net["interferon_suppression_fraction"] * net["glucocorticoid_effect"]
        drive = net["autoreactive_cd8_effector"] * suppressed * (1 - net.on("corticosteroids") * net["local_steroid"])
        net.signal("interferon_gamma", drive, label="interferon-gamma in the follicle")
        net.signal("immune_privilege", 1 - net["privilege_loss"], label="immune privilege")
        hidden = net["antigen_without_anagen"]
        net.signal("follicle_antigen", hidden + (1 - hidden) * net["anagen_follicles"])
    _declare_dormancy_and_pigment(net, anagen)


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
    """Add collapse and restoration of privilege, the follicle cycle, hair, and the SALT score."""
    with net.mechanism("hair_follicle"):
        lost, privilege, interferon = net.get("privilege_loss", "immune_privilege", "interferon_gamma")
        collapse = net["privilege_collapse_rate"] * hill(interferon, 1, 3) * privilege
        net.gain("collapse of immune privilege", lost, collapse)
        net.loss("restoration of immune privilege", lost, net["privilege_restoration_rate"] * lost)
        _add_cycle(net, lost, privilege, interferon)
        cover, anagen, growth_rate = net.get("hair_cover", "anagen_follicles", "hair_growth_rate")
        net.gain("growth of visible hair", cover, growth_rate * anagen)
        net.loss("shedding of visible hair", cover, growth_rate * cover)
        score = 100 * net["field_at_risk"] * (1 - cover / net["anagen_0"])
        net.readout("salt_score", score, "1", "SALT score (0-100)", SALT)
        net.readout("interferon_gamma", interferon, "1", "interferon-gamma in the follicle")
        info = ReadoutInfo(group="autoreactivity", colour="green", is_dashed=True, is_compared=False)
        net.readout("immune_privilege", privilege, "1", "immune privilege", info)
        dystrophic = net["dystrophic_follicles"]
        net.readout("hair_pull", dystrophic / (dystrophic + anagen), "1", "hair pull test (dystrophic share)")
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


def _add_cycle(net: Network, lost: sp.Symbol, privilege: sp.Symbol, interferon: sp.Symbol) -> None:
    anagen, dystrophic, catagen, resting = net.get(
        "anagen_follicles", "dystrophic_follicles", "catagen_follicles", "resting_follicles"
    )
    attack = net["follicle_attack_rate"] * lost * saturating(interferon, 1) * anagen
    net.transfer("attack on anagen follicles", anagen, dystrophic, attack)
    leaving = dystrophic / net["dystrophic_duration"]
    net.transfer("repair of dystrophic follicles", dystrophic, anagen, privilege * leaving)
    net.transfer("regression of dystrophic follicles", dystrophic, catagen, leaving)
    net.transfer("end of catagen", catagen, resting, catagen / net["catagen_duration"])
    net.transfer("return to anagen", resting, anagen, privilege * resting / net["telogen_duration"])


def _derive_untreated(net: Network) -> None:
    size, collapse, restoration = net.get(
        "follicle_clone_size", "privilege_collapse_rate", "privilege_restoration_rate"
    )
    dystrophic, catagen, telogen = net.get("dystrophic_duration", "catagen_duration", "telogen_duration")
    interferon = net.derive("baseline_interferon", hill(size, 1, 3), "1")
    lost = net.derive("privilege_loss_0", collapse * interferon / (restoration + collapse * interferon), "1")
    attack = net["follicle_attack_rate"] * lost * saturating(size, 1)
    leak = net.derive("follicle_leak", attack * dystrophic / (2 - lost), "1", "dystrophic per anagen follicle")
    in_catagen = net.derive("catagen_leak", leak * catagen / dystrophic, "1", "catagen per anagen follicle")
    at_rest = net.derive("resting_leak", leak * telogen / (dystrophic * (1 - lost)), "1", "resting per anagen follicle")
    # Dormancy gives back to the resting follicles what it takes, so their number does not depend on it.
    kept = net.on("follicle_dormancy") * net["follicle_dormancy_rate"] * lost * net["dormant_duration"] / (1 - lost)
    dormant = net.derive("dormant_leak", kept * at_rest, "1", "dormant per anagen follicle")
    total = 1 + leak + in_catagen + at_rest + dormant
    anagen = net.derive("anagen_0", 1 / total, "1", "untreated share of anagen follicles")
    hidden = net["antigen_without_anagen"]
    net.derive("baseline_antigen", hidden + (1 - hidden) * anagen, "1")
