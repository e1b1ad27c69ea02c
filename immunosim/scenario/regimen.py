"""A scenario's treatments as orders of drugs and as dose events, in the units of the model's inputs and pools.

This module reads from a drug's declaration which input or pool it enters, and knows no drug in particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from immunosim.model.drug import Drug
from immunosim.scenario.dosing import Dosing, GivenDose, given_doses, planned_doses
from immunosim.scenario.drug_names import known_drug, with_drugs_of
from immunosim.scenario.history import COURSES, History
from immunosim.scenario.treatments import RegimenInput


@dataclass(frozen=True)
class Order:
    """One order of a drug.

    Attributes
    ----------
    key : str
        Key path of the record that orders it: ``course[1]``.
    drug : Drug
    label : str
        What the scenario calls it, or the table with a number.
    dosing : Dosing
    numbers_doses : bool
        Whether the label of each of its doses says which one it is.
    """

    key: str
    drug: Drug
    label: str
    dosing: Dosing
    numbers_doses: bool

    @property
    def is_course(self) -> bool:
        """Return whether it is a course after which counts are followed."""
        return self.drug.depletes and self.key.startswith(f"{COURSES}[")

    @property
    def is_pulse(self) -> bool:
        """Return whether it is a pulse: infusions that do not deplete and after which counts are followed."""
        return self.drug.is_infused and not self.drug.depletes and self.dosing.followed


@dataclass(frozen=True)
class Infusion:
    """An input that is constant from `start` to `stop` (day).

    `rate` is in the input's unit (mg/day; for a continuous drug the fraction of its reference dose), `amount` is its
    integral.
    """

    input: str
    start: float
    stop: float
    rate: float
    amount: float
    label: str = ""
    drug: Drug | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Bolus:
    """An amount (mg) that is added to a pool at once."""

    pool: str
    time: float
    amount: float
    label: str = ""
    drug: Drug | None = field(default=None, compare=False, repr=False)


Event = Infusion | Bolus


def begin_of(event: Event) -> float:
    """Return when an event begins, in days."""
    return event.start if isinstance(event, Infusion) else event.time


def end_of(event: Event) -> float:
    """Return when an event ends, in days."""
    return event.stop if isinstance(event, Infusion) else event.time


def is_continuous(event: Event) -> bool:
    """Return whether an event is a treatment of months that is given without pause, not a dose."""
    return event.drug is not None and event.drug.is_continuous


def events_of(scenario: History) -> tuple[Event, ...]:
    """Return every dose of a scenario in the order of time."""
    events = [event for _, event in keyed_events(scenario)]
    return tuple(sorted(events, key=begin_of))


def treatment_tables(scenario: History) -> tuple[str, ...]:
    """Return the tables that may order drugs in a scenario, in the order in which their orders are counted."""
    return (COURSES, *History.drug_tables(scenario), "dose")


def orders_of(scenario: History) -> list[Order]:
    """Return every order of a drug, table by table; rates that change with time are no orders."""
    with with_drugs_of(scenario):
        return list(_orders(scenario))


def _orders(scenario: History) -> Iterator[Order]:
    for table in treatment_tables(scenario):
        names: dict[str, int] = {}
        for number, record in enumerate(scenario.entries(table), 1):
            dosing = record.dosing()
            drug = known_drug(dosing.drug)
            names[drug.name] = names.get(drug.name, 0) + 1
            label = dosing.label or _usual_label(table, number, drug, names[drug.name])
            numbers_doses = table == COURSES or len(planned_doses(dosing)) > 1
            yield Order(f"{table}[{number}]", drug, label, dosing, numbers_doses)


def courses_of(scenario: History) -> list[Order]:
    """Return the courses after which counts are followed, in the order of time."""
    return [order for order in orders_of(scenario) if order.is_course]


def pulses_of(scenario: History) -> list[Order]:
    """Return the pulses, premedication not counted."""
    return [order for order in orders_of(scenario) if order.is_pulse]


def insisted_drugs(scenario: History) -> set[str]:
    """Return the names of the drugs of which a scenario insists on doses that are not plausible."""
    names = {schedule.drug for schedule in scenario.input if schedule.implausible}
    for order in orders_of(scenario):
        before = order.dosing.premedication
        names |= {order.drug.name} if order.dosing.implausible else set()
        names |= {order.drug.premedication} if before is not None and before.implausible else set()
    return names


def keyed_events(scenario: History) -> Iterator[tuple[str, Event]]:
    """Yield every dose with the key path of the record that orders it, record by record."""
    for order in orders_of(scenario):
        yield from events_of_order(order, scenario)
    for number, schedule in enumerate(scenario.input, 1):
        for step, event in _steps(schedule, known_drug(schedule.drug, scenario), schedule.label or f"input {number}"):
            yield f"input[{number}].steps[{step}]", event


def events_of_order(order: Order, scenario: History) -> Iterator[tuple[str, Event]]:
    """Yield the doses of an order in a scenario, premedication included, with their key paths."""
    yield from ((order.key, event) for event in _events(order, scenario.horizon))
    yield from ((f"{order.key}.premedication", event) for event in _premedication(order, scenario))


def start_of(scenario: History, events: Iterable[Event] | None = None) -> float:
    """Return where the simulation starts: the earliest dose, challenge, relapse with a severity, onset or output.

    That is day 0 at the latest. Observed points and further times count as outputs.

    The scenario's events may be given where they are at hand. A first dose that came late or was skipped counts from
    its planned time, from which times after a course count.
    """
    planned = [entry.start for table in treatment_tables(scenario) for entry in scenario.entries(table)]
    observed = [point.time for series in scenario.observed for point in series.points]
    extra = [*scenario.output.extra, *(rule.start for rule in scenario.output.rule)]
    doses = [event for _, event in keyed_events(scenario)] if events is None else events
    challenges = [day for record in scenario.challenge for day in (*record.at, record.start or 0.0)]
    relapses = [record.time for record in scenario.relapse if record.severity is not None]
    onsets = [-since for since in scenario.patient.onsets().values()]
    return min([0.0, *map(begin_of, doses), *planned, *observed, *extra, *challenges, *relapses, *onsets])


def dose_totals(events: Iterable[Event]) -> dict[str, float]:
    """Return the total amount of each drug that was given, in mg; what takes an effect has none.

    Raises
    ------
    ValueError
        If an event does not say which drug it gives.
    """
    totals: dict[str, float] = {}
    for event in events:
        if event.drug is None:
            raise ValueError(f"{event} names no drug")
        if event.drug.takes_effect:
            continue
        amount = event.amount * (event.drug.reference_dose if event.drug.is_continuous else 1.0)
        totals[event.drug.name] = totals.get(event.drug.name, 0.0) + amount
    return totals


def _usual_label(table: str, number: int, drug: Drug, number_of_drug: int) -> str:
    if drug.is_continuous:
        return drug.label
    return f"{drug.label} {number_of_drug}" if table == "dose" else f"{table.replace('_', ' ')} {number}"


def _events(order: Order, horizon: float) -> Iterator[Event]:
    """Yield the doses of an order."""
    drug, dosing = order.drug, order.dosing
    if drug.is_continuous:
        stop = horizon if dosing.stop is None else dosing.stop
        if dosing.effect is not None:
            yield _at_level(drug, dosing.start, stop, dosing.effect, order.label)
        else:
            yield _at_rate(drug, dosing.start, stop, dosing.dose * (dosing.times_per_day or 1), order.label)
        return
    n_doses = len(planned_doses(dosing))
    for dose in given_doses(dosing):
        kind = "infusion" if drug.is_infused else "dose"
        label = f"{order.label}, {kind} {dose.number} of {n_doses}" if order.numbers_doses else order.label
        if drug.is_infused:
            yield _infused(drug, dose, dosing, label)
        else:
            yield Bolus(drug.enters, dose.start, dose.given, label, drug)


def _infused(drug: Drug, dose: GivenDose, dosing: Dosing, label: str) -> Infusion:
    before, duration = dosing.premedication, dosing.infusion or 0.0
    start = dose.start + before.duration if before and dose.number <= before.days else dose.start
    # What is cut short ends early: the pump ran at the planned rate until then.
    return _infusion(drug, start, start + duration * (dose.given / dose.planned), dose.given, label)


def _infusion(drug: Drug, start: float, stop: float, amount: float, label: str) -> Infusion:
    # The rate follows from the rounded times, so that rate times duration is the dose and not the dose plus a rounding
    # error.
    return Infusion(drug.enters, start, stop, amount / (stop - start), amount, label, drug)


def _premedication(order: Order, scenario: History) -> Iterator[Infusion]:
    before = order.dosing.premedication
    if before is None:
        return
    drug = known_drug(order.drug.premedication, scenario)
    for dose in given_doses(order.dosing):
        if dose.number <= before.days:
            label, stop = f"{order.label}, premedication {dose.number}", dose.start + before.duration
            yield _infusion(drug, dose.start, stop, before.dose, label)


def _steps(schedule: RegimenInput, drug: Drug, label: str) -> Iterator[tuple[int, Infusion]]:
    for number, step in enumerate(schedule.steps, 1):
        if step.rate > 0:
            yield number, _at_rate(drug, step.start, step.stop, step.rate, f"{label}, step {number}")


def _at_rate(drug: Drug, start: float, stop: float, rate: float, label: str) -> Infusion:
    """Return an infusion at a rate in mg/day."""
    return _at_level(drug, start, stop, rate / drug.reference_dose if drug.is_continuous else rate, label)


def _at_level(drug: Drug, start: float, stop: float, level: float, label: str) -> Infusion:
    """Return an infusion that sets the input of its drug to a level, in the unit of the input."""
    return Infusion(drug.enters, start, stop, level, level * (stop - start), label, drug)
