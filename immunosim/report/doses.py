"""The doses of a scenario, a row per order and drug. Knows the scenario and no results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from immunosim.formatting import calendar
from immunosim.scenario import Change, Scenario, dose_totals
from immunosim.scenario.clock import in_words
from immunosim.scenario.drug_names import known_drug, model_read, with_drugs_of
from immunosim.scenario.plausible import DAYS_PER_YEAR
from immunosim.scenario.regimen import Event, Infusion, begin_of, end_of, is_continuous, keyed_events, orders_of
from immunosim.scenario.volumes import set_by_volumes


def dose_headers(scenario: Scenario) -> tuple[str, ...]:
    """Return the headers of ``dose_rows``."""
    when = "month" if scenario.start_date is None else "date"
    return "drug", "given by", "from day", "to day", when, "doses", "mg in all"


def dose_rows(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    """Yield drug, key of the order, first and last day, date or month, number of doses and total of each order."""
    for key, pairs in groupby(keyed_events(scenario), key=lambda pair: pair[0]):
        events = [event for _, event in pairs]
        first, last = min(map(begin_of, events)), max(map(end_of, events))
        when = f"{first:.2f}", f"{last:.2f}", calendar(scenario, first)
        drug = events[0].drug
        if drug is not None and drug.takes_effect:
            yield drug.label, key, *when, f"effect {_level(events[0]):g}, assumed", "-"
        for name, total in dose_totals(events).items():
            count = "daily" if is_continuous(events[0]) else "rate" if ".steps" in key else str(len(events))
            yield known_drug(name, scenario).label, key, *when, count, f"{total:g}"


def assumed_effects(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each order of what takes an effect: the scenario assumes it."""
    for order in orders_of(scenario):
        if order.dosing.effect is not None:
            yield f"Assumed by the scenario: an effect of {order.dosing.effect:g} of {order.label} ({order.key})."


def challenges_in_words(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each relapse with a severity and each challenge: what enters where, and when."""
    with with_drugs_of(scenario):
        pool = model_read().entered_by_relapses
    for number, relapse in enumerate(scenario.relapse, 1):
        if relapse.severity is not None:
            yield f"Relapse {number}: {relapse.severity:g} into {pool} on day {relapse.time:.6g}."
    for number, record in enumerate(scenario.challenge, 1):
        days = ", ".join(f"{day:.6g}" for day in record.at)
        when = f"on day {days}" if record.rate is None else f"at random, {record.rate * DAYS_PER_YEAR:.3g} a year"
        what = f"{record.pool}" if record.pool else f"the input {record.input} for {in_words(record.lasts)}"
        yield f"Challenge {number}: {record.size:g} into {what}, {when}."


def volumes_in_words(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each parameter that the volumes of doses set, or would set."""
    for name, volume in set_by_volumes(scenario).items():
        if name in scenario.parameters:
            kept = f"{scenario.parameters[name]} of [parameters], not the {volume.millilitres:g} mL of {volume.key}"
            yield f"Volume of injections: {name} is {kept}."
        else:
            yield f"Volume of injections: {name} is {volume.millilitres:g} mL, of {volume.key}."


def deviations(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each order with late, skipped or changed doses."""
    for order in orders_of(scenario):
        if order.dosing.changes:
            yield f"Not as planned in {order.key}: {', '.join(map(_deviation, order.dosing.changes))}."


def _level(event: Event) -> float:
    return event.rate if isinstance(event, Infusion) else 0.0


def _deviation(change: Change) -> str:
    if change.skipped:
        return f"dose {change.dose_number} skipped"
    late = f"{in_words(change.late)} late" if change.late else ""
    given = f"{change.given:g} mg given" if change.given else ""
    return f"dose {change.dose_number} {' and '.join(filter(None, (late, given)))}"
