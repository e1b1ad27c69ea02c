"""How times to an event are printed: "not reached" where too few get there, with counts, months and dates."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table

if TYPE_CHECKING:
    from immunosim.scenario.time_reference import TimeReference

Described = Mapping[str, Mapping[str, float | str]]


def show_events(described: Described, reference: "TimeReference | None") -> None:
    """Print the times to an event among described endpoints, and what their table leaves open."""
    events = {name: about for name, about in described.items() if "n_reached" in about}
    if not events:
        return
    headers = ("endpoint", "reached", "median day", "90 % CI", "5 %", "95 %", "month", "date")
    n = len(headers) - (reference is None) - (reference is None or reference.day_zero is None)
    rows = [_row(name, about)[:n] for name, about in events.items()]
    show_table("Times to events (Kaplan-Meier, day)", headers[:n], rows, "<>>>>>>>")
    for sentence in _remarks(events, reference):
        show(sentence)


def reached(day: float, unit: str = "") -> str:
    """Return a time as text, or that it is not reached."""
    if math.isnan(day):
        return "-"
    return "not reached" if math.isinf(day) else f"{day:.4g}{f' {unit}' if unit else ''}"


def reached_interval(low: float, high: float) -> str:
    """Return an interval of times as text; an open end is not reached."""
    if low == high == math.inf:
        return "not reached"
    return "-" if math.isnan(low) else f"{reached(low)} to {reached(high)}"


def _row(name: str, about: Mapping[str, float | str]) -> tuple[str, ...]:
    number = {key: float(value) for key, value in about.items() if not isinstance(value, str)}
    return (
        name,
        f"{number['n_reached']:,.0f} of {number['n']:,.0f}",
        reached(number["median"]),
        reached_interval(number["median_low"], number["median_high"]),
        reached(number["p5"]),
        reached(number["p95"]),
        month_text(number.get("median_month", math.nan)),
        str(about.get("median_date", "")) or "-",
    )


def month_text(month: float) -> str:
    """Return months to a tenth, or that they are not reached."""
    return reached(month) if not math.isfinite(month) else f"{month + 0.0:.1f}"


def _remarks(events: Described, reference: "TimeReference | None") -> Iterator[str]:
    if any(about["median"] == math.inf for about in events.values()):
        yield "Not reached: fewer than half of the patients get there by the end of the window."
    for name, about in events.items():
        if n := about["n_at_start"]:
            were = "was" if n == 1 else "were"
            yield f"{name}: {n:,} {were} there at the start of the window and count from it."
    if reference is not None:
        yield f"Median months count from {reference.months_in_words}."
