"""The cycle of attacked follicles: immune privilege, shedding and return, visible hair, the SALT score.

    d L/dt = k_C hill(G, 1, 3) (1 - L) - k_P L,   L = loss of privilege, G = interferon-gamma        (F1)
    anagen -> dystrophic at k_D L G/(1 + G); dystrophic -> catagen -> resting -> anagen              (F2)
    d W/dt = k_W (anagen - W),  SALT = 100 phi (1 - W/W_0)                                           (F4)

Every pool is a share of the follicles in the field at risk; phi is the share of the scalp at risk and separates
patchy from total disease. An attacked follicle sheds over about 4 + 4 + 8 weeks and returns only under restored
privilege. Physiological telogen is counted as anagen: only traffic by disease is modelled. A version of the model adds
what drives interferon, and what else becomes of follicles (``hair_follicle``).
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


def derive_leaks(net: Network) -> None:
    """Derive the untreated follicles outside anagen, each per anagen follicle."""
    size, collapse, restoration = net.get(
        "follicle_clone_size", "privilege_collapse_rate", "privilege_restoration_rate"
    )
    dystrophic, catagen, telogen = net.get("dystrophic_duration", "catagen_duration", "telogen_duration")
    interferon = net.derive("baseline_interferon", hill(size, 1, 3), "1")
    lost = net.derive("privilege_loss_0", collapse * interferon / (restoration + collapse * interferon), "1")
    attack = net["follicle_attack_rate"] * lost * saturating(size, 1)
    leak = net.derive("follicle_leak", attack * dystrophic / (2 - lost), "1", "dystrophic per anagen follicle")
    net.derive("catagen_leak", leak * catagen / dystrophic, "1", "catagen per anagen follicle")
    net.derive("resting_leak", leak * telogen / (dystrophic * (1 - lost)), "1", "resting per anagen follicle")


def declare_cycle(net: Network, drive: sp.Expr, elsewhere: sp.Expr) -> None:
    """Add the follicle pools with their untreated values (an attack too small to see goes on untreated).

    Parameters
    ----------
    net : Network
        With the leaks derived.
    drive : Expr
        Interferon-gamma in the follicle, dimensionless.
    elsewhere : Expr
        Untreated follicles outside the cycle, per anagen follicle.
    """
    total = 1 + net["follicle_leak"] + net["catagen_leak"] + net["resting_leak"] + elsewhere
    anagen = net.derive("anagen_0", 1 / total, "1", "untreated share of anagen follicles")
    hidden = net["antigen_without_anagen"]
    net.derive("baseline_antigen", hidden + (1 - hidden) * anagen, "1")
    for name, label, untreated in (
        ("privilege_loss", "loss of immune privilege", net["privilege_loss_0"]),
        ("anagen_follicles", "anagen follicles", anagen),
        ("dystrophic_follicles", "dystrophic follicles", net["follicle_leak"] * anagen),
        ("catagen_follicles", "catagen follicles", net["catagen_leak"] * anagen),
        ("resting_follicles", "resting follicles", net["resting_leak"] * anagen),
        ("hair_cover", "visible hair", anagen),
    ):
        net.add_pool(name, label, "1", untreated, scale=1.0)
    net.signal("interferon_gamma", drive, label="interferon-gamma in the follicle")
    net.signal("immune_privilege", 1 - net["privilege_loss"], label="immune privilege")
    net.signal("follicle_antigen", hidden + (1 - hidden) * net["anagen_follicles"])


def add_cycle(net: Network) -> None:
    """Add collapse and restoration of privilege, the traffic of follicles, hair, and the SALT score."""
    lost, privilege, interferon = net.get("privilege_loss", "immune_privilege", "interferon_gamma")
    collapse = net["privilege_collapse_rate"] * hill(interferon, 1, 3) * privilege
    net.gain("collapse of immune privilege", lost, collapse)
    net.loss("restoration of immune privilege", lost, net["privilege_restoration_rate"] * lost)
    _add_traffic(net, lost, privilege, interferon)
    cover, anagen, growth_rate = net.get("hair_cover", "anagen_follicles", "hair_growth_rate")
    net.gain("growth of visible hair", cover, growth_rate * anagen)
    net.loss("shedding of visible hair", cover, growth_rate * cover)
    score = 100 * net["field_at_risk"] * (1 - cover / net["anagen_0"])
    net.readout("salt_score", score, "1", "SALT score (0-100)", SALT)
    net.readout("interferon_gamma", interferon, "1", "interferon-gamma in the follicle")
    info = ReadoutInfo(group="autoreactivity", colour="green", is_dashed=True, is_compared=False)
    net.readout("immune_privilege", privilege, "1", "immune privilege", info)


def _add_traffic(net: Network, lost: sp.Symbol, privilege: sp.Symbol, interferon: sp.Symbol) -> None:
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
