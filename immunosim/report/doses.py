"""The doses of a scenario, a row per order and drug. Knows the scenario and no results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from immunosim.formatting import calendar
from immunosim.scenario import Change, Scenario, dose_totals
from immunosim.scenario.clock import in_words
from immunosim.scenario.drug_names import known_drug
from immunosim.scenario.regimen import begin_of, end_of, is_continuous, keyed_events, orders_of


def dose_headers(scenario: Scenario) -> tuple[str, ...]:
    """Return the headers of ``dose_rows``."""
    when = "month" if scenario.start_date is None else "date"
    return "drug", "given by", "from day", "to day", when, "doses", "mg in all"


def dose_rows(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    """Yield drug, key of the order, first and last day, date or month, number of doses and total of each order."""
    for key, pairs in groupby(keyed_events(scenario), key=lambda pair: pair[0]):
        events = [event for _, event in pairs]
        first, last = min(map(begin_of, events)), max(map(end_of, events))
        for drug, total in dose_totals(events).items():
            count = "daily" if is_continuous(events[0]) else "rate" if ".steps" in key else str(len(events))
            when = f"{first:.2f}", f"{last:.2f}", calendar(scenario, first)
            yield known_drug(drug, scenario).label, key, *when, count, f"{total:g}"


def deviations(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each order with late, skipped or changed doses."""
    for order in orders_of(scenario):
        if order.dosing.changes:
            yield f"Not as planned in {order.key}: {', '.join(map(_deviation, order.dosing.changes))}."


def _deviation(change: Change) -> str:
    if change.skipped:
        return f"dose {change.dose_number} skipped"
    late = f"{in_words(change.late)} late" if change.late else ""
    given = f"{change.given:g} mg given" if change.given else ""
    return f"dose {change.dose_number} {' and '.join(filter(None, (late, given)))}"
