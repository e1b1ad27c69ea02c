"""The tables of treatments: courses, tables that are called after a drug, and drugs at rates that change.

``[[dose]]`` holds dose records as they are; the other tables are shorter ways to write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import StrictBool, model_validator

from immunosim.errors import InputProblem
from immunosim.scenario.base import Record, Repeats, Text, ends_before_start
from immunosim.scenario.clock import FARTHEST_TIME, ROUNDING
from immunosim.scenario.dosing import (
    SHORTEST_INFUSION,
    Change,
    Dosing,
    PremedicationOrNot,
    Treatment,
    usual_infusion,
    with_usual,
)
from immunosim.scenario.drug_names import DoseDrug, RateDrug, known_drug, known_drugs
from immunosim.scenario.messages import RecordFault
from immunosim.scenario.plausible import check_dose
from immunosim.scenario.quantities import Duration, Mass, Rate, TimePoint

DOSES_A_DAY = 2
"""Doses at the upper end of the plausible range that a rate may give in a day."""


# Copied rather than constructed: filling in the defaults took a third of the time in which a sweep builds a scenario.
_BLANK = Dosing.model_construct()


def course_drug() -> str:
    """Return the drug of a course without ``drug``: the first drug that depletes; empty where no drug does."""
    return next((drug.name for drug in known_drugs() if drug.depletes), "")


class Course(Treatment):
    """A course of a drug that depletes: `doses` infusions, one every `every` days."""

    label: Text | None = None
    drug: DoseDrug | None = None
    start: TimePoint
    dose: Mass
    doses: Repeats = 1
    every: Duration | None = None
    infusion: Duration | None = usual_infusion(known_drug(course_drug()))
    changes: tuple[Change, ...] = ()
    premedication: PremedicationOrNot = None
    implausible: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def _take_what_is_usual(cls, data: Any) -> Any:
        return with_usual(data, data.get("drug") or course_drug(), cls) if isinstance(data, dict) else data

    def dosing(self) -> Dosing:
        """Return the dose record of the course."""
        return _BLANK.model_copy(update=dict(self) | {"drug": self.drug or course_drug()})

    def problems(self) -> Iterator[InputProblem]:
        """Yield a drug that must be named, or the contradictions in the dose record."""
        if self.drug or course_drug():
            yield from self.dosing().problems()
        else:
            yield InputProblem("is missing", key="drug", cure="no drug of the model depletes: name the drug")


class DrugDosing(Dosing):
    """An entry of a table that is called after a drug: a dose record whose drug is that of its table."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_a_drug(cls, data: Any) -> Any:
        if isinstance(data, dict) and "drug" in data and not isinstance(data["drug"], _DrugOfTable):
            cure = "leave it out, the table names the drug"
            raise RecordFault([InputProblem("stands in the table of a drug", key="drug", cure=cure)])
        return data

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may hold: those of a dose record, but not the drug."""
        return tuple(name for name in super().known_keys() if name != "drug")


class _DrugOfTable(str):
    """The name of a drug that its table gives, not the entry."""

    __slots__ = ()


def with_drug(drug: str, entries: Any) -> Any:
    """Return the raw entries of the table that is called after a drug, each with its drug."""
    if not isinstance(entries, (list, tuple)):
        return entries
    return [_entry_of(entry, _DrugOfTable(drug)) for entry in entries]


def _entry_of(entry: Any, drug: _DrugOfTable) -> Any:
    if isinstance(entry, Dosing):  # which the table refuses where it is of another drug
        return dict(entry) | {"drug": drug if entry.drug == drug else entry.drug}
    return {"drug": drug} | entry if isinstance(entry, dict) else entry


class RateStep(Record):
    """A constant rate from `start` to `stop`."""

    start: TimePoint
    stop: TimePoint
    rate: Rate

    def problems(self) -> Iterator[InputProblem]:
        """Yield a step that ends before it starts."""
        return ends_before_start(self.start, self.stop)


class RegimenInput(Record):
    """A drug that was given at rates that changed with time; between the steps nothing is given."""

    drug: RateDrug
    label: Text | None = None
    steps: tuple[RateStep, ...]
    implausible: StrictBool = False

    def problems(self) -> Iterator[InputProblem]:
        """Yield the contradictions, or else the implausible rates."""
        structural = list(_rates(self))
        yield from structural or ([] if self.implausible else _daily_of_rates(self))


def _rates(record: RegimenInput) -> Iterator[InputProblem]:
    if not any(step.rate > 0 for step in record.steps):
        yield InputProblem(
            "contain no rate above 0", key="steps", cure='write at least one step with a rate such as "3 mg/h"'
        )
    before: float = -FARTHEST_TIME
    for number, step in enumerate(record.steps, 1):
        key = f"steps[{number}]"
        if not isinstance(step.start, float) or not isinstance(step.stop, float):
            return  # dates and offsets from courses, which only the scenario knows
        if step.start < before - ROUNDING:
            reason = f"day {step.start:.6g} is before the end of step {number - 1}, day {before:.6g}"
            yield InputProblem(reason, key=f"{key}.start", cure="list the steps in the order of time, without overlap")
        if step.rate > 0 and step.start < step.stop < step.start + SHORTEST_INFUSION:
            cure = "a step takes at least 0.1 s, let it last longer"
            yield InputProblem(f"the step lasts {step.stop - step.start:g} days", key=f"{key}.stop", cure=cure)
        before = step.stop


def _daily_of_rates(record: RegimenInput) -> Iterator[InputProblem]:
    """Yield rates that give too much in a day; a rate that is too low shows in the sum of all steps."""
    drug, total = known_drug(record.drug), 0.0
    low, high = drug.plausible
    for number, step in enumerate(record.steps, 1):
        if not isinstance(step.start, float) or not isinstance(step.stop, float):
            return
        daily = step.rate * min(step.stop - step.start, 1.0)
        total += step.rate * (step.stop - step.start)
        most = max(daily / DOSES_A_DAY, low)
        yield from check_dose(drug, most, f"steps[{number}].rate", f" {DOSES_A_DAY} times a day")
    if total > 0.0:
        yield from check_dose(drug, min(total, high), "steps", " in all")
