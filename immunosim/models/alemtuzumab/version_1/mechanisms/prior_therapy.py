"""Earlier treatment with dimethyl fumarate: a slow effect on memory T, naive B and other lymphocytes, and its washout.

    d F/dt = k_F (dose - F),  extra death of X = delta_X F X                          (F1, F2)

dose is the fraction of 240 mg twice a day. Total lymphocytes fall by 30-44 % in a year, CD8 cells most; recovery 2-4
months after stopping (Spencer 2015; Chan 2020).
"""

from immunosim.model.network import Network


def add_prior_therapy(net: Network) -> None:
    """Add the effect of dimethyl fumarate and the extra deaths it causes; naive T cells are spared."""
    with net.mechanism("prior_therapy"):
        dose = net.add_input("dimethyl_fumarate", "dimethyl fumarate, fraction of 240 mg twice a day", "1")
        effect = net.add_pool("fumarate_effect", "effect of dimethyl fumarate", "1", 0.0, scale=1.0)
        rate = net["fumarate_effect_rate"]
        net.gain("onset of the fumarate effect", effect, rate * dose)
        net.loss("offset of the fumarate effect", effect, rate * effect)
        for name, cells in (
            ("memory_cd4", "memory CD4 T cells"),
            ("memory_cd8", "memory CD8 T cells"),
            ("naive_b", "naive B cells"),
            ("other", "other lymphocytes"),
        ):
            pool, death = net.get(f"{name}_lymphoid", f"{name}_fumarate_death_rate")
            net.loss(f"fumarate death of {cells}", pool, death * effect * pool)
