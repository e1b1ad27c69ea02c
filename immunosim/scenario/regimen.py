"""A scenario's treatments as a list of dose events, in the units of the model's inputs and pools.

This module knows which input or pool a drug enters, and nothing of what it does there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immunosim.scenario.records import Course, DimethylFumarate, Methylprednisolone, Prednisolone, Scenario

FULL_DIMETHYL_FUMARATE = 480.0
"""Daily dose of dimethyl fumarate that the model's input counts as one, mg (240 mg twice a day)."""

_DRUG_OF = {
    "alemtuzumab_infusion": "alemtuzumab",
    "methylprednisolone_infusion": "methylprednisolone",
    "dimethyl_fumarate": "dimethyl_fumarate",
    "prednisolone_gut": "prednisolone",
    "triamcinolone_depot": "triamcinolone",
}


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


def start_of(scenario: Scenario) -> float:
    """Return where the simulation starts: the earliest dose, observed point or extra output, day 0 at the latest."""
    extra = [*scenario.output.extra, *(point.time for series in scenario.observed for point in series.points)]
    return min([0.0, *map(begin_of, events_of(scenario)), *extra])


def dose_totals(events: Iterable[Event]) -> dict[str, float]:
    """Return the total amount of each drug that was given, in mg."""
    totals: dict[str, float] = {}
    for event in events:
        drug = _DRUG_OF[event.input if isinstance(event, Infusion) else event.pool]
        amount = event.amount * (FULL_DIMETHYL_FUMARATE if drug == "dimethyl_fumarate" else 1.0)
        totals[drug] = totals.get(drug, 0.0) + amount
    return totals


def _infusion(name: str, start: float, stop: float, amount: float, label: str) -> Infusion:
    # The rate follows from the rounded times, so that rate times duration is the dose and not the dose plus a rounding
    # error.
    return Infusion(name, start, stop, amount / (stop - start), amount, label)


def _starts(start: float, doses: int, every: float | None) -> list[float]:
    return [start + index * (every or 0.0) for index in range(doses)]


def _course(course: Course, label: str) -> Iterator[Infusion]:
    given = course.premedication
    for index, day in enumerate(_starts(course.start, course.doses, course.every), 1):
        start = day + given.duration if given and index <= given.days else day
        text = f"{label}, infusion {index} of {course.doses}"
        yield _infusion("alemtuzumab_infusion", start, start + course.infusion, course.dose, text)


def _premedication(course: Course, label: str) -> Iterator[Infusion]:
    given = course.premedication
    if given is None:
        return
    for index, day in enumerate(_starts(course.start, course.doses, course.every)[: given.days], 1):
        text = f"{label}, premedication {index}"
        yield _infusion("methylprednisolone_infusion", day, day + given.duration, given.dose, text)


def _pulse(pulse: Methylprednisolone, label: str) -> Iterator[Infusion]:
    for index, start in enumerate(_starts(pulse.start, pulse.doses, pulse.every), 1):
        text = f"{pulse.label or label}, infusion {index} of {pulse.doses}"
        yield _infusion("methylprednisolone_infusion", start, start + pulse.infusion, pulse.dose, text)


def _tablets(prescription: Prednisolone, label: str) -> Iterator[Bolus]:
    doses = [prescription.dose] * prescription.doses
    for step in prescription.taper:
        doses += [step.dose] * step.doses
    label = prescription.label or label
    for index, time in enumerate(_starts(prescription.start, len(doses), prescription.every)):
        yield Bolus("prednisolone_gut", time, doses[index], f"{label}, dose {index + 1} of {len(doses)}")


def _fumarate(therapy: DimethylFumarate, horizon: float) -> Infusion:
    stop = horizon if therapy.stop is None else therapy.stop
    fraction = therapy.dose * therapy.times_per_day / FULL_DIMETHYL_FUMARATE
    return Infusion(
        "dimethyl_fumarate",
        therapy.start,
        stop,
        fraction,
        fraction * (stop - therapy.start),
        therapy.label or "dimethyl fumarate",
    )
