"""Dose tables of single patients: those of a regimen, and what rules add to them or take away.

A changed table is that of a scenario in which the same doses are written, so its segments are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.doses_left_out import without_doses, without_doses_from
from immunosim.numerics import Segments
from immunosim.problem import Problem, segments_between
from immunosim.scenario import Scenario
from immunosim.scenario.challenges import challenge_events, has_random_challenges
from immunosim.scenario.dosing import Dosing, given_doses
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
    treatment_tables,
)

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Schedule:
    """The doses of one patient.

    Attributes
    ----------
    problem : Problem
        The regimen before any change.
    scenario : Scenario
        Of the regimen, with the doses that are given.
    challenges : tuple of Infusion or Bolus
        What enters inputs or pools without being a dose.
    """

    problem: Problem
    scenario: Scenario
    challenges: tuple[Event, ...]

    @classmethod
    def of(cls, problem: Problem, patient: int = 0) -> Schedule:
        """Return the doses of a regimen, with the challenges of a patient."""
        challenges = tuple(event for _, event in challenge_events(problem.scenario, patient))
        return cls(problem, problem.scenario, challenges)

    @cached_property
    def segments(self) -> Segments:
        """The inputs and jumps."""
        off = self.scenario.mechanisms.off
        return segments_between((*events_of(self.scenario), *self.challenges), self.problem.model, self.span, off)

    @property
    def span(self) -> tuple[float, float]:
        """First and last day."""
        boundaries = self.problem.segments.boundaries
        return float(boundaries[0]), float(boundaries[-1])

    def order_days(self, drug: str) -> Array:
        """Return the days of the first doses of the orders of a drug, in the order of time."""
        return np.array([day for name, day in self._orders if name == drug])

    @cached_property
    def _orders(self) -> list[tuple[str, float]]:
        starts = [(order.drug.name, order.dosing.start) for order in orders_of(self.scenario)]
        return sorted(starts, key=lambda order: order[1])

    def with_order(self, doses: Sequence[Dosing], label: str, day: float, replaces: bool) -> Schedule:
        """Return the schedule with doses that a rule orders; those that do not fit before the horizon are left out.

        Parameters
        ----------
        doses : sequence of Dosing
            Their starts count from ``day``.
        label : str
            Of doses without one.
        day : float
        replaces : bool
            Whether every planned dose of the same drugs that would begin at ``day`` or later is cancelled.
        """
        drugs = {record.drug for record in doses} if replaces else set()
        planned = without_doses_from(self.scenario, drugs, day)
        ordered = (self._fitting(_begun(record, label, day)) for record in doses)
        records = (*planned.dose, *(record for record in ordered if record is not None))
        return replace(self, scenario=planned.model_copy(update={"dose": records}))

    def written_into(self, scenario: Scenario) -> Scenario:
        """Return a patient's scenario with these doses."""
        tables = {table: self.scenario.entries(table) for table in treatment_tables(scenario)}
        changed = {table: entries for table, entries in tables.items() if entries != scenario.entries(table)}
        return scenario.model_copy(update=changed | {"input": self.scenario.input})

    def _fitting(self, record: Dosing) -> Dosing | None:
        """Return an order without the doses that do not fit before the horizon; None where none fits."""
        order = Order("order", known_drug(record.drug, self.scenario), "", record, numbers_doses=True)
        events = [event for key, event in events_of_order(order, self.scenario) if key == order.key]
        if order.drug.is_continuous:
            return record if all(map(self._fits, events)) else None
        doses = zip(given_doses(record), events, strict=True)
        return without_doses(record, {dose.number for dose, event in doses if not self._fits(event)})

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
        Schedule.of(problems[k], int(patient)) if is_random[k] else by_regimen[k]
        for k, patient in zip(regimens.tolist(), patients.tolist(), strict=True)
    ]


def _begun(record: Dosing, label: str, day: float) -> Dosing:
    """Return an order whose times count from a day as one of a scenario."""
    stop = None if record.stop is None else day + record.stop
    return record.model_copy(update={"start": day + record.start, "stop": stop, "label": record.label or label})
