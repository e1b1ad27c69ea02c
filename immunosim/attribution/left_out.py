"""What a counterfactual leaves out: an order of a drug, all orders of a drug, all treatments, a mechanism.

Premedication belongs to its course. Knows scenarios, not their courses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from immunosim.model.drug import Drug
from immunosim.scenario import Scenario
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.history import COURSES
from immunosim.scenario.regimen import Order, orders_of

Kind = Literal["treatment", "drug", "all treatments", "mechanism"]

ALL = "treatments"
"""Name of all treatments together."""


@dataclass(frozen=True)
class LeftOut:
    """What a counterfactual is without.

    Attributes
    ----------
    kind : str
    name : str
        Key of the order such as ``course[1]``, name of the drug or of the mechanism, or "treatments".
    label : str
        The same in words.
    keys : tuple of str
        Keys of the orders that are left out.
    off : str
        Mechanism that is switched off.
    start : float, day
        Start of the first of these orders; minus infinity for a mechanism.
    drug : Drug, optional
        Drug of the orders, where they have one in common.
    """

    kind: Kind
    name: str
    label: str
    keys: tuple[str, ...] = ()
    off: str = ""
    start: float = -math.inf
    drug: Drug | None = None

    @property
    def pronoun(self) -> str:
        """Return "it" or "them"."""
        return "it" if self.kind in ("treatment", "mechanism") else "them"


def treatments_of(scenario: Scenario) -> list[LeftOut]:
    """Return each order of a drug, each drug with several orders, and all treatments where there are several drugs."""
    orders = [*_orders(scenario), *_schedules(scenario)]
    by_drug: dict[str, list[LeftOut]] = {}
    for order in orders:
        by_drug.setdefault(order.drug.name if order.drug else "", []).append(order)
    together = [_together(same) for same in by_drug.values() if len(same) > 1]
    everything = [_everything(orders)] if len(by_drug) > 1 else []
    return [*orders, *together, *everything]


def mechanisms_of(scenario: Scenario, labels: dict[str, str]) -> list[LeftOut]:
    """Return each mechanism that is on; ``labels`` has all mechanisms by name."""
    on = (name for name in labels if name not in scenario.mechanisms.off)
    return [LeftOut("mechanism", name, labels[name], off=name) for name in on]


def without(scenario: Scenario, keys: Sequence[str] = (), off: Sequence[str] = ()) -> Scenario:
    """Return a scenario without some orders and mechanisms; everything else stays on its day.

    Parameters
    ----------
    scenario : Scenario
    keys : sequence of str
        Of orders, such as ``course[1]``.
    off : sequence of str
        Mechanisms that are switched off besides those that are off in the scenario.
    """
    tables = dict.fromkeys(key.partition("[")[0] for key in keys)
    update: dict[str, object] = {
        table: tuple(
            entry for number, entry in enumerate(scenario.entries(table), 1) if f"{table}[{number}]" not in keys
        )
        for table in tables
    }
    if off:
        stopped = (*scenario.mechanisms.off, *off)
        update["mechanisms"] = scenario.mechanisms.model_copy(update={"off": stopped})
    return scenario.model_copy(update=update)


def _orders(scenario: Scenario) -> Iterator[LeftOut]:
    orders = orders_of(scenario)
    drugs = [order.drug.name for order in orders]
    for order in orders:
        label = _label(order, is_alone=drugs.count(order.drug.name) == 1)
        yield LeftOut("treatment", order.key, label, (order.key,), start=order.dosing.start, drug=order.drug)


def _label(order: Order, is_alone: bool) -> str:
    name = order.drug.label
    if order.dosing.label is None and is_alone and not order.key.startswith(COURSES):
        return name
    return order.label if order.label.startswith(name) else f"{name} ({order.label})"


def _schedules(scenario: Scenario) -> Iterator[LeftOut]:
    """Yield drugs that were given at rates that changed with time."""
    for number, schedule in enumerate(scenario.input, 1):
        drug, key = known_drug(schedule.drug, scenario), f"input[{number}]"
        start = min(step.start for step in schedule.steps if step.rate > 0)
        yield LeftOut(
            "treatment", key, f"{drug.label} ({schedule.label or f'input {number}'})", (key,), "", start, drug
        )


def _together(orders: Sequence[LeftOut]) -> LeftOut:
    drug = orders[0].drug
    assert drug is not None
    count = "both" if len(orders) == 2 else f"all {len(orders)}"
    return LeftOut("drug", drug.name, f"{drug.label} ({count})", _keys(orders), "", _start(orders), drug)


def _everything(orders: Sequence[LeftOut]) -> LeftOut:
    return LeftOut("all treatments", ALL, "all treatments", _keys(orders), "", _start(orders))


def _keys(orders: Sequence[LeftOut]) -> tuple[str, ...]:
    return tuple(key for order in orders for key in order.keys)


def _start(orders: Sequence[LeftOut]) -> float:
    return min(order.start for order in orders)
