"""A scenario's treatments as a list of dose events, in the units of the model's inputs and pools.

This module knows which input or pool a drug enters, and nothing of what it does there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from immunosim.scenario.scenario import Scenario
    from immunosim.scenario.treatments import (
        AdditionalDose,
        Course,
        DimethylFumarate,
        Methylprednisolone,
        Prednisolone,
        RegimenInput,
    )

    Repeated: TypeAlias = Course | Methylprednisolone | Prednisolone

FULL_DIMETHYL_FUMARATE = 480.0
"""Daily dose of dimethyl fumarate that the model's input counts as one, mg (240 mg twice a day)."""

_INPUTS = {
    "alemtuzumab": "alemtuzumab_infusion",
    "methylprednisolone": "methylprednisolone_infusion",
    "dimethyl_fumarate": "dimethyl_fumarate",
}
_POOLS = {"prednisolone": "prednisolone_gut", "triamcinolone": "triamcinolone_depot"}
POOLS_OF_INPUTS = {"alemtuzumab_infusion": "antibody_central", "methylprednisolone_infusion": "methylprednisolone"}
"""The pool that an infused mass enters."""

_DRUGS = {target: drug for drug, target in (_INPUTS | _POOLS).items()}


@dataclass(frozen=True)
class Infusion:
    """An input that is constant from `start` to `stop` (day).

    `rate` is in the input's unit (mg/day; for dimethyl fumarate the fraction of the full dose), `amount` is its
    integral.
    """

    input: str
    start: float
    stop: float
    rate: float
    amount: float
    label: str = ""


@dataclass(frozen=True)
class Bolus:
    """An amount (mg) that is added to a pool at once."""

    pool: str
    time: float
    amount: float
    label: str = ""


Event = Infusion | Bolus


def begin_of(event: Event) -> float:
    """Return when an event begins, in days."""
    return event.start if isinstance(event, Infusion) else event.time


def end_of(event: Event) -> float:
    """Return when an event ends, in days."""
    return event.stop if isinstance(event, Infusion) else event.time


def is_continuous(event: Event) -> bool:
    """Return whether an event is a treatment of months that is given without pause, not a dose."""
    return isinstance(event, Infusion) and event.input == "dimethyl_fumarate"


def events_of(scenario: Scenario) -> tuple[Event, ...]:
    """Return every dose of a scenario in the order of time."""
    events = [event for _, event in keyed_events(scenario)]
    return tuple(sorted(events, key=begin_of))


def keyed_events(scenario: Scenario) -> Iterator[tuple[str, Event]]:
    """Yield every dose with the key path of the record that orders it, record by record."""
    for number, course in enumerate(scenario.course, 1):
        label = course.label or f"course {number}"
        yield from ((f"course[{number}]", event) for event in _course(course, label))
        yield from ((f"course[{number}].premedication", event) for event in _premedication(course, label))
    for number, pulse in enumerate(scenario.methylprednisolone, 1):
        yield from ((f"methylprednisolone[{number}]", event) for event in _pulse(pulse, f"methylprednisolone {number}"))
    for number, prescription in enumerate(scenario.prednisolone, 1):
        yield from ((f"prednisolone[{number}]", event) for event in _tablets(prescription, f"prednisolone {number}"))
    for number, session in enumerate(scenario.triamcinolone, 1):
        label = session.label or f"triamcinolone {number}"
        yield f"triamcinolone[{number}]", Bolus("triamcinolone_depot", session.time, session.dose, label)
    for number, therapy in enumerate(scenario.dimethyl_fumarate, 1):
        yield f"dimethyl_fumarate[{number}]", _fumarate(therapy, scenario.horizon)
    for number, single in enumerate(scenario.additional_dose, 1):
        yield f"additional_dose[{number}]", _single(single, single.label or f"additional dose {number}")
    for number, schedule in enumerate(scenario.input, 1):
        for step, event in _steps(schedule, schedule.label or f"input {number}"):
            yield f"input[{number}].steps[{step}]", event


def start_of(scenario: Scenario, events: Iterable[Event] | None = None) -> float:
    """Return where the simulation starts: the earliest dose, observed point or further output, day 0 at the latest.

    The scenario's events may be given where they are at hand. A first dose that came late or was skipped counts from
    its planned time, from which times after a course count.
    """
    repeated: tuple[Repeated, ...] = (*scenario.course, *scenario.methylprednisolone, *scenario.prednisolone)
    observed = [point.time for series in scenario.observed for point in series.points]
    extra = [*scenario.output.extra, *(rule.start for rule in scenario.output.rule)]
    doses = [event for _, event in keyed_events(scenario)] if events is None else events
    return min([0.0, *map(begin_of, doses), *(record.start for record in repeated), *observed, *extra])


def dose_totals(events: Iterable[Event]) -> dict[str, float]:
    """Return the total amount of each drug that was given, in mg."""
    totals: dict[str, float] = {}
    for event in events:
        drug = _DRUGS[event.input if isinstance(event, Infusion) else event.pool]
        amount = event.amount * (FULL_DIMETHYL_FUMARATE if drug == "dimethyl_fumarate" else 1.0)
        totals[drug] = totals.get(drug, 0.0) + amount
    return totals


@dataclass(frozen=True)
class GivenDose:
    """One of repeated doses as it was given: its number in the plan, when, of what planned mass how much (day, mg)."""

    number: int
    start: float
    planned: float
    given: float


def planned_doses(record: Repeated) -> list[float]:
    """Return the mass of each dose of a record as planned, the steps of a taper included, mg."""
    doses = [record.dose] * record.doses
    for step in getattr(record, "taper", ()):
        doses += [step.dose] * step.doses
    return doses


def given_doses(record: Repeated) -> list[GivenDose]:
    """Return the doses of a record that were given, in the order of time: late ones late, skipped ones not."""
    changes = {change.dose_number: change for change in record.changes}
    doses = []
    for number, planned in enumerate(planned_doses(record), 1):
        change, start = changes.get(number), record.start + (number - 1) * (record.every or 0.0)
        if change is None:
            doses.append(GivenDose(number, start, planned, planned))
        elif not change.skipped:
            doses.append(GivenDose(number, start + (change.late or 0.0), planned, change.given or planned))
    return sorted(doses, key=attrgetter("start"))


def _infusion(name: str, start: float, stop: float, amount: float, label: str) -> Infusion:
    # The rate follows from the rounded times, so that rate times duration is the dose and not the dose plus a rounding
    # error.
    return Infusion(name, start, stop, amount / (stop - start), amount, label)


def _infused(drug: str, dose: GivenDose, start: float, duration: float, label: str) -> Infusion:
    # What is cut short ends early: the pump ran at the planned rate until then.
    stop = start + duration * (dose.given / dose.planned)
    return _infusion(_INPUTS[drug], start, stop, dose.given, label)


def _course(course: Course, label: str) -> Iterator[Infusion]:
    before, doses = course.premedication, len(planned_doses(course))
    for dose in given_doses(course):
        start = dose.start + before.duration if before and dose.number <= before.days else dose.start
        yield _infused("alemtuzumab", dose, start, course.infusion, f"{label}, infusion {dose.number} of {doses}")


def _premedication(course: Course, label: str) -> Iterator[Infusion]:
    before = course.premedication
    for dose in given_doses(course):
        if before and dose.number <= before.days:
            text, stop = f"{label}, premedication {dose.number}", dose.start + before.duration
            yield _infusion("methylprednisolone_infusion", dose.start, stop, before.dose, text)


def _pulse(pulse: Methylprednisolone, label: str) -> Iterator[Infusion]:
    doses = len(planned_doses(pulse))
    for dose in given_doses(pulse):
        text = f"{pulse.label or label}, infusion {dose.number} of {doses}"
        yield _infused("methylprednisolone", dose, dose.start, pulse.infusion, text)


def _tablets(prescription: Prednisolone, label: str) -> Iterator[Bolus]:
    doses, label = len(planned_doses(prescription)), prescription.label or label
    for dose in given_doses(prescription):
        yield Bolus("prednisolone_gut", dose.start, dose.given, f"{label}, dose {dose.number} of {doses}")


def _fumarate(therapy: DimethylFumarate, horizon: float) -> Infusion:
    stop = horizon if therapy.stop is None else therapy.stop
    label = therapy.label or "dimethyl fumarate"
    return _at_rate("dimethyl_fumarate", therapy.start, stop, therapy.dose * therapy.times_per_day, label)


def _single(dose: AdditionalDose, label: str) -> Event:
    if dose.infusion is None:
        return Bolus(_POOLS[dose.drug], dose.time, dose.dose, label)
    return _infusion(_INPUTS[dose.drug], dose.time, dose.time + dose.infusion, dose.dose, label)


def _steps(schedule: RegimenInput, label: str) -> Iterator[tuple[int, Infusion]]:
    for number, step in enumerate(schedule.steps, 1):
        if step.rate > 0:
            yield number, _at_rate(schedule.drug, step.start, step.stop, step.rate, f"{label}, step {number}")


def _at_rate(drug: str, start: float, stop: float, rate: float, label: str) -> Infusion:
    """Return an infusion at a rate in mg/day."""
    level = rate / FULL_DIMETHYL_FUMARATE if drug == "dimethyl_fumarate" else rate
    return Infusion(_INPUTS[drug], start, stop, level, level * (stop - start), label)
