"""The events of a cohort as a page shows them: a table, and the incidences among the main results.

Reads numbers of events; estimates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from immunosim.cohorts.event_table import EventSummary
from immunosim.cohorts.intervals import Interval
from immunosim.formatting import number, percentage, unit_text
from immunosim.report.page.sections import KeyResult
from immunosim.report.page.tables import PageTable
from immunosim.units import DAYS_PER_MONTH

NOTE = (
    "Kaplan-Meier estimates, weighted; failed patients do not count. Events of cumulative hazards are drawn, once for "
    "each patient. Intervals of 90 % are of the bootstrap: they say how far the number of patients limits the numbers, "
    "not how uncertain the model is. A median without a number: only the hazard at the end is kept, so times are not "
    "known."
)


def events_table(events: Sequence[EventSummary]) -> PageTable:
    """Return the events with their numbers, incidences and medians."""
    headers = ("event", "events", "censored", "failed", "by month", "incidence", "90 % interval, patients")
    columns = (*headers, "median month", "90 % interval, patients")
    return PageTable("", columns, [tuple(_cells(event)) for event in events], "<>>>>>>>>", NOTE)


def key_incidences(events: Sequence[EventSummary]) -> Iterator[KeyResult]:
    """Yield the incidence of each event."""
    for event in events:
        words = f"by month {_month(event.end)}"
        remark = words if math.isnan(event.incidence.low) else f"{words}; 90 %, patients: {_ends(event.incidence)}"
        yield _name(event), percentage(event.incidence.value), remark


def _cells(event: EventSummary) -> Iterator[str]:
    yield _name(event)
    yield f"{event.n_events:,} of {event.n:,}"
    yield f"{event.n_censored:,}"
    yield f"{event.n_failed:,}"
    yield _month(event.end)
    yield percentage(event.incidence.value)
    yield "-" if math.isnan(event.incidence.low) else _ends(event.incidence)
    yield _month(event.median.value)
    low, high = event.median.low, event.median.high
    both = "not reached" if low == high == math.inf else f"{_month(low)} to {_month(high)}"
    yield "-" if math.isnan(low) else both


def _name(event: EventSummary) -> str:
    return unit_text(event.description)


def _ends(interval: Interval) -> str:
    return f"{percentage(interval.low)} to {percentage(interval.high)}"


def _month(day: float) -> str:
    if math.isnan(day):
        return "-"
    return "not reached" if day == math.inf else number(day / DAYS_PER_MONTH)
