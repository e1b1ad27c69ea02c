"""How times to an event are printed: "not reached" where too few get there, with counts, months and dates."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.formatting import percentage

if TYPE_CHECKING:
    from immunosim.door.forecasting import Forecast
    from immunosim.fitting.conclusions.recovery import Return
    from immunosim.fitting.conclusions.recovery_by_visit import Update
    from immunosim.scenario.time_reference import TimeReference

Described = Mapping[str, Mapping[str, float | str]]

_OF_ENSEMBLES = ("endpoint", "reached", "median day", "90 % CI", "5 %", "95 %")
_OF_COHORTS = ("event", "reached", "censored", "by day", "incidence", "90 %, patients", "median day", "90 %, patients")


def show_events(described: Described, reference: "TimeReference | None") -> None:
    """Print the times to an event among described endpoints, and what their table leaves open."""
    events = {name: about for name, about in described.items() if "n_reached" in about}
    if not events:
        return
    is_weighted = any("incidence" in about for about in events.values())
    columns, row = (_OF_COHORTS, _weighted_row) if is_weighted else (_OF_ENSEMBLES, _row)
    headers = (*columns, "month", "date")
    has_months = any("median_month" in about for about in events.values())
    n = len(headers) - (not has_months) - (reference is None or reference.day_zero is None)
    rows = [(*row(name, about), *_month_and_date(about))[:n] for name, about in events.items()]
    estimate = "Kaplan-Meier, weighted" if is_weighted else "Kaplan-Meier, day"
    show_table(f"Times to events ({estimate})", headers[:n], rows, "<")
    for sentence in _remarks(events, reference):
        show(sentence)


def show_risks(risks: "Mapping[str, Sequence[str]]") -> None:
    """Print the risks of events of patients; what holds for all is said once."""
    if len({tuple(sentences) for sentences in risks.values()}) == 1:
        for sentence in next(iter(risks.values())):
            show(sentence)
        return
    for name, sentences in risks.items():
        for sentence in sentences:
            show(f"Patient {name}: {sentence}")


def show_returns(title: str, returns: "Sequence[Return]", confidence: float = 0.9) -> None:
    """Print when counts recover: months after the last course, days, dates if known, and in how many draws."""
    has_dates = any(back.reference.day_zero is not None for back in returns)
    rows = [tuple(_recovery(back, has_dates)) for back in returns]
    level = f"{100 * confidence:.3g} %"
    dates = ("date", f"date, {level}") if has_dates else ()
    headers = ("read-out", "level", "month", level, "day", *dates, "recovered", "of variance from others")
    show_table(title, headers, rows, "<<")
    for sentence in _remarks_on(returns):
        show(sentence)


def when_headers(reference: "TimeReference") -> tuple[str, ...]:
    """Return the headers of the cells of ``when``."""
    return ("day", "month", "date") if reference.day_zero is not None else ("day", "month")


def when(reference: "TimeReference", day: float) -> tuple[str, ...]:
    """Return a day as cells: the day, the month after the last course, and the date where it is known."""
    cells = (f"{day:.4g}", month_text(reference.month(day)), reference.date(day))
    return cells[: len(when_headers(reference))]


def show_updates(title: str, updates: "Sequence[Update]") -> None:
    """Print the forecasts after each visit, all in months after the last course that the latest one knows of."""
    reference = updates[-1].returns[0].reference
    headers = [f"visit, {header}" for header in when_headers(reference)]
    goals = [f"{back.readout} over {back.level}" for back in updates[-1].returns]
    rows = [(*_visit(update, reference), str(update.n_visits), *_goals(update, reference)) for update in updates]
    show_table(title, (*headers, "visits", *goals), rows, ">")
    show(f"Months count from {reference.months_in_words}.")


def _visit(update: "Update", reference: "TimeReference") -> tuple[str, ...]:
    cells = when(reference, update.day)
    return cells if update.n_visits else ("none", *[""] * (len(cells) - 1))


def _goals(update: "Update", reference: "TimeReference") -> Iterator[str]:
    for back in update.returns:
        low, median, high = (reference.month(day) for day in (back.low, back.median, back.high))
        yield f"{month_text(median)} ({month_interval(low, high)}), {back.share:.0%}"


def show_pooled(title: str, predictions: "Forecast") -> None:
    """Print the recovery of all patients and draws together, in months after each patient's last course."""
    from immunosim.units import DAYS_PER_MONTH

    rows = []
    for goal, back in enumerate(next(iter(predictions.updates.values()))[-1].returns):
        times = predictions.event_times(goal)
        low, median, high = (times.quantile(fraction) / DAYS_PER_MONTH for fraction in (0.05, 0.5, 0.95))
        draws = f"{times.probability:.0%} ({times.n_observed:,} of {len(times):,})"
        rows.append((back.readout, back.level, month_text(median), month_interval(low, high), draws))
    show_table(title, ("read-out", "level", "month", "90 % of patients and draws", "recovered"), rows, "<<")


def _recovery(back: "Return", has_dates: bool) -> Iterator[str]:
    """Yield the cells of a row."""
    low, median, high = (back.reference.month(day) for day in (back.low, back.median, back.high))
    yield from (back.readout, back.level, month_text(median), month_interval(low, high), reached(back.median))
    if has_dates:
        yield date_text(back.reference, back.median)
        ends = [date_text(back.reference, day) for day in (back.low, back.high)]
        yield ends[0] if ends[0] == ends[1] else " to ".join(ends)
    draws = "" if back.times is None else f" ({back.times.n_observed:,} of {len(back.times):,})"
    yield f"{back.share:.0%}{draws}"
    share = back.share_of_uninformed
    yield "-" if math.isnan(share) else f"{share:.0%}"


def _remarks_on(returns: "Sequence[Return]") -> Iterator[str]:
    for words in dict.fromkeys(back.reference.months_in_words for back in returns):
        yield f"Months count from {words}."
    if any(math.isinf(back.high) for back in returns):
        yield "Not reached: too few of the draws recover before the horizon, at which the others are censored."
    for back in returns:
        if back.times is not None and (n := back.times.n_at_start):
            draws = f"{n:,} draw{'s' * (n != 1)}"
            yield f"{back.readout}: never below {back.level} after the last course in {draws}, recovered at once."
    if n_failed := max((back.times.n_failed for back in returns if back.times is not None), default=0):
        yield f"{n_failed:,} further draws could not be simulated and do not count."


def date_text(reference: "TimeReference", day: float) -> str:
    """Return a day as an ISO date, or that it is not reached."""
    return "not reached" if math.isinf(day) else reference.date(day) or "-"


def month_interval(low: float, high: float) -> str:
    """Return an interval of months as text."""
    return month_text(low) if low == high else f"{month_text(low)} to {month_text(high)}"


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
    number = _numbers(about)
    return (
        name,
        f"{number['n_reached']:,.0f} of {number['n']:,.0f}",
        reached(number["median"]),
        reached_interval(number["median_low"], number["median_high"]),
        reached(number["p5"]),
        reached(number["p95"]),
    )


def _weighted_row(name: str, about: Mapping[str, float | str]) -> tuple[str, ...]:
    number = _numbers(about)
    return (
        name,
        f"{number['n_reached']:,.0f} of {number['n']:,.0f}",
        f"{number['n_censored']:,.0f}",
        f"{number['by_day']:.4g}",
        percentage(number["incidence"]),
        *_intervals(number),
    )


def _intervals(number: Mapping[str, float]) -> Iterator[str]:
    low, high = number["incidence_low"], number["incidence_high"]
    yield "-" if math.isnan(low) else f"{percentage(low)} to {percentage(high)}"
    yield reached(number["median"])
    yield reached_interval(number["median_low"], number["median_high"])


def _month_and_date(about: Mapping[str, float | str]) -> tuple[str, str]:
    return month_text(_numbers(about).get("median_month", math.nan)), str(about.get("median_date", "")) or "-"


def _numbers(about: Mapping[str, float | str]) -> dict[str, float]:
    return {key: float(value) for key, value in about.items() if not isinstance(value, str)}


def _remarks_on_cohort(events: Sequence[Mapping[str, float | str]]) -> Iterator[str]:
    numbers = [_numbers(about) for about in events]
    if n_failed := max((number["n_failed"] for number in numbers), default=0.0):
        yield f"{n_failed:,.0f} failed patients do not count."
    if any(math.isnan(number["median"]) and number["n"] for number in numbers):
        yield "No median where the cumulative hazard is kept only at the end of the window: keep it over time."


def month_text(month: float) -> str:
    """Return months to a tenth, or that they are not reached."""
    return reached(month) if not math.isfinite(month) else f"{round(month, 1) + 0.0:.1f}"


def _remarks(events: Described, reference: "TimeReference | None") -> Iterator[str]:
    if any(about["median"] == math.inf for about in events.values()):
        yield "Not reached: fewer than half of the patients get there by the end of the window."
    yield from _remarks_on_cohort([about for about in events.values() if "incidence" in about])
    for name, about in events.items():
        if n := about["n_at_start"]:
            were, count = ("was", "counts") if n == 1 else ("were", "count")
            yield f"{name}: {n:,} {were} there at the start of the window and {count} from it."
    if reference is None and any("median_month" in about for about in events.values()):
        yield "Median months count from the start of each patient's last course."
    if reference is not None:
        yield f"Median months count from {reference.months_in_words}."
