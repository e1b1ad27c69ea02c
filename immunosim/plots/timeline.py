"""The treatment strip: doses over time, relapses, and numbered remarks.

Draws a scenario; knows no results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from immunosim.plots.drawing import draw_number
from immunosim.plots.style import BLACK, GREY
from immunosim.plots.text import plain
from immunosim.scenario.dosing import given_doses, planned_doses
from immunosim.scenario.drug_names import known_drugs
from immunosim.scenario.regimen import Order, orders_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.model.drug import Drug
    from immunosim.scenario import RegimenInput, Scenario


@dataclass(frozen=True)
class Mark:
    """Something on the time line: a point, or a bar where `stop` lies after `start`; times in days."""

    start: float
    text: str = ""
    stop: float | None = None
    is_hollow: bool = False


@dataclass(frozen=True)
class TimelineRow:
    """One line of the strip."""

    label: str
    colour: str
    marker: str
    marks: tuple[Mark, ...]


def rows_of(scenario: Scenario) -> list[TimelineRow]:
    """Return the lines of the strip from top to bottom, without those that stay empty."""
    notes = [Mark(note.time, str(number)) for number, note in enumerate(scenario.note, 1)]
    # What is taken for months lies above the doses.
    drugs = sorted(known_drugs(scenario), key=lambda drug: not drug.is_continuous)
    rows = [
        *((strip_label(drug), drug.colour, _marker(drug), _marks(scenario, drug)) for drug in drugs),
        ("relapse", BLACK, "D", (Mark(relapse.time, relapse.note) for relapse in scenario.relapse)),
        ("notes", GREY, "", notes),
    ]
    timeline_rows = [TimelineRow(label, colour, marker, tuple(marks)) for label, colour, marker, marks in rows]
    return [row for row in timeline_rows if row.marks]


def strip_label(drug: Drug) -> str:
    """Return the label of the row of a drug."""
    return f"{drug.label}, {drug.site}" if drug.site else drug.label


def draw_timeline(ax: Axes, scenario: Scenario) -> Axes:
    """Draw the strip of treatments; time in months after day 0, whose limits must be set.

    Hollow marks are premedication.
    """
    rows = rows_of(scenario)
    days_of = partial(_days_of, ax)
    for height, row in enumerate(reversed(rows)):
        for mark in row.marks if not row.marker else merged(row.marks, days_of):
            _draw(ax, row, mark, float(height), days_of(mark.text))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_yticks(range(len(rows)), [row.label for row in reversed(rows)])
    ax.tick_params(axis="both", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    return ax


def merged(marks: Iterable[Mark], gap: Callable[[str], float]) -> list[Mark]:
    """Return marks in the order of time, each text moved to the last of those marks that leave it no room.

    Parameters
    ----------
    marks : iterable of Mark
    gap : callable
        Days that a text takes.
    """
    ordered = sorted(marks, key=lambda mark: mark.start)
    waiting: list[str] = []
    for i, mark in enumerate(ordered):
        waiting.append(mark.text)
        text = ", ".join(f"{n} × {text}" if n > 1 else text for text, n in Counter(waiting).items())
        end = mark.start if mark.stop is None else mark.stop
        has_room = i == len(ordered) - 1 or end + gap(text) < ordered[i + 1].start
        ordered[i] = replace(mark, text=text if has_room else "")
        waiting = [] if has_room else waiting
    return ordered


def _days_of(ax: Axes, text: str) -> float:
    first, last = ax.get_xlim()
    days_per_point = (last - first) * DAYS_PER_MONTH / (ax.bbox.width * 72.0 / ax.figure.dpi)
    return (len(text) * 4.4 + 12.0) * days_per_point  # a letter of 7 points is about 4.4 wide


def _draw(ax: Axes, row: TimelineRow, mark: Mark, height: float, text_days: float) -> None:
    start = mark.start / DAYS_PER_MONTH
    stop = start if mark.stop is None else mark.stop / DAYS_PER_MONTH
    if not row.marker:
        draw_number(ax, start, height, mark.text)
        return
    if mark.stop is not None:
        ax.plot([start, stop], [height, height], color=row.colour, linewidth=5, solid_capstyle="butt", alpha=0.8)
    else:
        face = "white" if mark.is_hollow else row.colour
        ax.plot(start, height, row.marker, color=row.colour, mfc=face, ms=5, mew=1.0, zorder=3)
    if stop + text_days / DAYS_PER_MONTH <= ax.get_xlim()[1]:
        x, side, offset = stop, "left", 6
    else:
        x, side, offset = start, "right", -6
    where = (x, height)
    ax.annotate(plain(mark.text), where, (offset, 0), textcoords="offset points", fontsize=7, va="center", ha=side)


def _marker(drug: Drug) -> str:
    return "s" if drug.route == "oral" else "v"


def _marks(scenario: Scenario, drug: Drug) -> Iterator[Mark]:
    """Yield the marks of a drug: premedication, orders, and infusions at given rates."""
    orders = list(orders_of(scenario))
    for order in orders:
        if order.drug.premedication == drug.name:
            yield from _premedication(order)
    for order in orders:
        if order.drug == drug:
            yield _daily(order, scenario.horizon) if drug.is_continuous else _repeated(order)
    for schedule in scenario.input:
        if schedule.drug == drug.name:
            yield from _daily_rates(schedule) if drug.is_continuous else _infused(schedule)


def _premedication(order: Order) -> Iterator[Mark]:
    given = order.dosing.premedication
    if given is not None:
        days = sum(dose.number <= given.days for dose in given_doses(order.dosing))
        yield Mark(order.dosing.start, _doses(given.dose, days), is_hollow=True)


def _repeated(order: Order) -> Mark:
    """Return a mark with the planned dose and the number of deviations; a bar for an oral drug."""
    dosing = order.dosing
    text = _doses(dosing.dose, len(planned_doses(dosing)))
    tapered = ", tapered" if dosing.taper else ""
    changed = f" ({len(dosing.changes)} changed)" if dosing.changes else ""
    times = [dose.start for dose in given_doses(dosing)]
    is_bar = order.drug.route == "oral" and len(times) > 1
    return Mark(dosing.start, text + tapered + changed, max(times) if is_bar else None)


def _daily(order: Order, horizon: float) -> Mark:
    dosing = order.dosing
    stop = horizon if dosing.stop is None else dosing.stop
    if dosing.effect is not None:
        return Mark(dosing.start, f"effect {dosing.effect:g} (assumed)", stop)
    return Mark(dosing.start, f"{_amount(dosing.dose)} × {dosing.times_per_day} a day", stop)


def _infused(schedule: RegimenInput) -> Iterator[Mark]:
    """Yield an infusion at given rates, as one dose."""
    steps = [step for step in schedule.steps if step.rate > 0]
    yield Mark(steps[0].start, _amount(sum(step.rate * (step.stop - step.start) for step in steps)))


def _daily_rates(schedule: RegimenInput) -> Iterator[Mark]:
    for step in schedule.steps:
        if step.rate > 0:
            yield Mark(step.start, f"{_amount(step.rate)} a day", step.stop)


def _doses(dose: float, doses: int) -> str:
    return _amount(dose) if doses == 1 else f"{_amount(dose)} × {doses}"


def _amount(milligrams: float) -> str:
    return f"{milligrams / 1000:g} g" if milligrams >= 1000 else f"{milligrams:g} mg"
