"""Amounts of drugs where their kinetics are linear, from closed forms in fifty digits.

Each dose is followed alone, as the sum of exponentials that its compartments give, and the doses are added. Equations:
docs/version_1/equations.md, sections 2 and 5. Nothing here may import immunosim.
"""

from collections.abc import Mapping

from conformance.given import ALEMTUZUMAB, FUMARATE, GUT, PULSE, SAME_TIME, SCALP, Given, Infused, Swallowed
from mpmath import exp, mp, mpf, sqrt

mp.dps = 50

Values = Mapping[str, float]
Exponentials = list[tuple[mpf, mpf]]
"""Coefficient and rate [1/day] of each exponential of what a unit that enters at time 0 leaves at time t."""


def amounts(given: Given, parameters: Values, time: float) -> dict[str, mpf]:
    """Return what every drug pool holds just before a time, mg (of fumarate its effect), and the concentrations."""
    p = {name: mpf(value) for name, value in (parameters | given.patient).items()}
    found = {
        name: sum((held(dose, response, mpf(time)) for dose in given.doses if target_of(dose) == target), mpf(0))
        * share
        for name, target, response, share in responses(p)
    }
    size = p["weight"] / p["reference_weight"]
    return found | {
        "alemtuzumab_serum": found["antibody_central"] / (p["central_volume"] * size),
        "methylprednisolone_plasma": found["methylprednisolone"] / (p["methylprednisolone_volume"] * size),
        "prednisolone_plasma": found["prednisolone"] / (p["prednisolone_volume"] * size),
    }


def responses(p: Mapping[str, mpf]) -> list[tuple[str, str, Exponentials, mpf]]:
    """Return each pool, what enters it, its response to a unit of that, and the share that is available."""
    central, peripheral = two_compartments(p)
    absorption, elimination = p["prednisolone_absorption_rate"], p["prednisolone_elimination_rate"]
    bateman = absorption / (absorption - elimination)
    fumarate = p["fumarate_effect_rate"]
    return [
        ("antibody_central", ALEMTUZUMAB, central, mpf(1)),
        ("antibody_peripheral", ALEMTUZUMAB, peripheral, mpf(1)),
        (
            "methylprednisolone",
            PULSE,
            [(mpf(1), p["methylprednisolone_elimination_rate"])],
            p["methylprednisolone_available_fraction"],
        ),
        ("prednisolone_gut", GUT, [(mpf(1), absorption)], mpf(1)),
        ("prednisolone", GUT, [(bateman, elimination), (-bateman, absorption)], mpf(1)),
        ("triamcinolone_depot", SCALP, [(mpf(1), p["triamcinolone_dissolution_rate"])], mpf(1)),
        ("fumarate_effect", FUMARATE, [(fumarate, fumarate)], mpf(1)),
    ]


def two_compartments(p: Mapping[str, mpf]) -> tuple[Exponentials, Exponentials]:
    """Return the responses of the central and the peripheral compartment to a unit into the central one."""
    size = p["weight"] / p["reference_weight"]
    flow = size ** p["clearance_weight_exponent"]
    clearance = p["antibody_clearance"] * flow * (1 - p["anti_drug_antibody_effect"] * p["anti_drug_antibody"])
    exchange = p["intercompartmental_clearance"] * flow
    out, forth = clearance / (p["central_volume"] * size), exchange / (p["central_volume"] * size)
    back = exchange / (p["peripheral_volume"] * size)
    total = out + forth + back
    root = sqrt(total**2 - 4 * out * back)
    fast, slow = (total + root) / 2, (total - root) / 2
    central = [((fast - back) / (fast - slow), fast), ((back - slow) / (fast - slow), slow)]
    return central, [(forth / (fast - slow), slow), (-forth / (fast - slow), fast)]


def held(dose: Infused | Swallowed, response: Exponentials, time: mpf) -> mpf:
    """Return what a dose leaves in a pool just before a time."""
    if isinstance(dose, Swallowed):
        since = time - mpf(dose.time)
        if since <= SAME_TIME:
            return mpf(0)
        return mpf(dose.amount) * sum((c * exp(-rate * since) for c, rate in response), mpf(0))
    start, stop = mpf(dose.start), mpf(dose.stop)
    if time <= start:
        return mpf(0)
    lasted, since = min(time, stop) - start, max(time - stop, mpf(0))
    rise = sum((c / rate * (1 - exp(-rate * lasted)) * exp(-rate * since) for c, rate in response), mpf(0))
    return mpf(dose.amount) / (stop - start) * rise


def target_of(dose: Infused | Swallowed) -> str:
    """Return the input or pool that a dose enters."""
    return dose.pool if isinstance(dose, Swallowed) else dose.input
