"""Dose tables of single patients: those of a regimen, and what rules add to them or take away.

A changed table is the table of a scenario in which the same doses are written: its segments are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.numerics import Segments
from immunosim.problem import Problem, segments_between
from immunosim.scenario.challenges import challenge_events, has_random_challenges
from immunosim.scenario.dosing import Dosing
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.regimen import (
    Bolus,
    Event,
    Order,
    begin_of,
    end_of,
    events_of,
    events_of_order,
    orders_of,
)

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Schedule:
    """The doses of one patient.

    Attributes
    ----------
    problem : Problem
        The regimen before any change.
    events : tuple of Infusion or Bolus
    orders : tuple of (str, float)
        Drug and day of the first dose of each order, in the order of time.
    """

    problem: Problem
    events: tuple[Event, ...]
    orders: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, problem: Problem) -> Schedule:
        """Return the doses of a regimen, with the challenges of a patient alone."""
        starts = [(order.drug.name, order.dosing.start) for order in orders_of(problem.scenario)]
        return cls(problem, events_of(problem.scenario), tuple(sorted(starts, key=_day))).challenged(0)

    def challenged(self, patient: int) -> Schedule:
        """Return the doses with the challenges of a patient in a cohort, in place of those of another one."""
        challenges = (event for _, event in challenge_events(self.problem.scenario, patient))
        return replace(self, events=(*(event for event in self.events if event.drug is not None), *challenges))

    @cached_property
    def segments(self) -> Segments:
        """The inputs and jumps."""
        off = self.problem.scenario.mechanisms.off
        return segments_between(self.events, self.problem.model, self.span, off)

    @property
    def span(self) -> tuple[float, float]:
        """First and last day."""
        boundaries = self.problem.segments.boundaries
        return float(boundaries[0]), float(boundaries[-1])

    def order_days(self, drug: str) -> Array:
        """Return the days of the first doses of the orders of a drug, in the order of time."""
        return np.array([day for name, day in self.orders if name == drug])

    def with_order(self, doses: Sequence[Dosing], label: str, day: float, replaces: bool) -> Schedule:
        """Return the schedule with doses that a rule orders; those that do not fit before the horizon are left out.

        Parameters
        ----------
        doses : sequence of Dosing
            Their starts count from ``day``.
        label : str
        day : float
        replaces : bool
            Whether every planned dose of the same drugs that would begin at ``day`` or later is cancelled.
        """
        records = [record.model_copy(update={"start": day + record.start}) for record in doses]
        drugs = {record.drug for record in records} if replaces else set()
        kept = tuple(event for event in self.events if not _is_cancelled(event, drugs, day))
        orders = [(drug, start) for drug, start in self.orders if drug not in drugs or start < day]
        scenario = self.problem.scenario
        for record in records:
            order = Order(label, known_drug(record.drug, scenario), label, record, numbers_doses=True)
            added = [event for _, event in events_of_order(order, scenario) if self._fits(event)]
            kept += tuple(sorted(added, key=begin_of))
            orders += [(record.drug, record.start)] if added else []
        return Schedule(self.problem, kept, tuple(sorted(orders, key=_day)))

    def _fits(self, event: Event) -> bool:
        horizon = self.span[1]
        return begin_of(event) < horizon if isinstance(event, Bolus) else end_of(event) <= horizon


def planned_schedules(problems: Sequence[Problem], regimens: Integers, patients: Integers) -> list[Schedule]:
    """Return the planned doses of each patient; patients with the same ones share a schedule.

    Parameters
    ----------
    problems : sequence of Problem
        One for each regimen.
    regimens, patients : ndarray of int, shape (n,)
        Index of the regimen and number of each patient.
    """
    by_regimen = [Schedule.of(problem) for problem in problems]
    is_random = [has_random_challenges(problem.scenario) for problem in problems]
    return [
        by_regimen[k].challenged(int(patient)) if is_random[k] else by_regimen[k]
        for k, patient in zip(regimens.tolist(), patients.tolist(), strict=True)
    ]


def _day(order: tuple[str, float]) -> float:
    return order[1]


def _is_cancelled(event: Event, drugs: set[str], day: float) -> bool:
    return event.drug is not None and event.drug.name in drugs and begin_of(event) >= day
