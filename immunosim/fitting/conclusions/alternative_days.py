"""Alternative days of treatment: each group of doses that were given together, moved by days, weeks or a month."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from immunosim.errors import ImmunosimError
from immunosim.fitting.conclusions.hypotheses import Hypothesis
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario, to_toml
from immunosim.scenario.regimen import Order, orders_of
from immunosim.units import parse_quantity

SHIFTS = (-30.0, -14.0, -7.0, 7.0, 14.0, 30.0)
"""Days by which doses are moved: a week, two, or a month is misread more often than other intervals."""

SAME_GROUP = 14.0
"""Days between the starts of orders below which they were given together."""

MOST_GROUPS = 8
"""Groups of doses that are moved; of more, the last."""


@dataclass(frozen=True)
class DoseGroup:
    """Orders of drugs that were given together.

    Attributes
    ----------
    start : float, day
    label : str
    keys : tuple of (str, int)
        Table and index of each order in the scenario.
    """

    start: float
    label: str
    keys: tuple[tuple[str, int], ...]


def day_alternatives(posterior: Posterior) -> Iterator[Hypothesis]:
    """Yield the same model with a group of doses of a patient on another day.

    Parameters
    ----------
    posterior : Posterior
    """
    for index, subject in enumerate(posterior.subjects):
        last = max(seen.time for seen in subject.measurements)
        groups = [group for group in dose_groups(subject.problem.scenario) if group.start < last]
        for group in groups[-MOST_GROUPS:]:
            for days in SHIFTS:
                moved = _moved(subject, group, days)
                if moved is not None:
                    subjects = (*posterior.subjects[:index], moved, *posterior.subjects[index + 1 :])
                    whose = "" if len(posterior.subjects) == 1 else f" of patient {subject.name}"
                    yield _hypothesis(replace(posterior, subjects=subjects), group, days, whose)


def _hypothesis(posterior: Posterior, group: DoseGroup, days: float, whose: str) -> Hypothesis:
    there, then = f"{group.start:.4g}", f"{group.start + days:.4g}"
    sentence = f"{group.label}{whose} was given on day {then}, {abs(days):g} days "
    sentence += f"later than day {there}" if days > 0 else f"earlier than day {there}"
    matter = f"{group.label}{whose} on another day than {there}"
    return Hypothesis("dose date", matter, posterior, lambda _: sentence, f"check the date of {group.label}{whose}")


def dose_groups(scenario: Scenario) -> list[DoseGroup]:
    """Return the doses of a scenario that were given together, in the order of time; continuous treatments are none."""
    orders = sorted(
        (order for order in orders_of(scenario) if not order.drug.is_continuous), key=lambda order: order.dosing.start
    )
    groups: list[list[Order]] = [orders[:1]] if orders else []
    for before, order in pairwise(orders):
        if order.dosing.start - before.dosing.start < SAME_GROUP:
            groups[-1].append(order)
        else:
            groups.append([order])
    return [DoseGroup(group[0].dosing.start, group[0].label, tuple(map(_place, group))) for group in groups]


def _place(order: Order) -> tuple[str, int]:
    table, _, number = order.key.removesuffix("]").partition("[")
    return table, int(number) - 1


def _moved(subject: Subject, group: DoseGroup, days: float) -> Subject | None:
    """Return the patient with a group of doses on another day; None where the scenario does not allow it."""
    document = tomllib.loads(to_toml(subject.problem.scenario))
    for table, index in group.keys:
        entry = document[table][index]
        entry["start"] = f"{parse_quantity(entry['start'], 'day') + days!r} day"
    try:
        problem = prepare(build_scenario(document))
    except ImmunosimError:
        return None
    boundaries = problem.segments.boundaries
    if not boundaries[0] <= subject.problem.times[0] <= subject.problem.times[-1] <= boundaries[-1]:
        return None
    return replace(subject, problem=replace(problem, times=subject.problem.times))
