"""The strip of treatments: what was given and when, relapses, and numbered remarks.

Draws a scenario; knows no results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from immunosim.plots.drawing import draw_number
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from immunosim.plots.text import plain
from immunosim.scenario.regimen import given_doses, planned_doses
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.scenario import Scenario
    from immunosim.scenario.regimen import Repeated


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
    rows = [
        ("dimethyl fumarate", GREEN, "s", [*_fumarate(scenario), *_daily_rates(scenario)]),
        ("alemtuzumab", BLUE, "v", [*map(_repeated, scenario.course), *_others(scenario, "alemtuzumab")]),
        ("methylprednisolone", VERMILION, "v", [*_premedication(scenario), *_pulses(scenario)]),
        ("prednisolone", ORANGE, "s", [*_prescriptions(scenario), *_others(scenario, "prednisolone")]),
        ("triamcinolone, scalp", PURPLE, "v", [*_sessions(scenario), *_others(scenario, "triamcinolone")]),
        ("relapse", BLACK, "D", (Mark(relapse.time, relapse.note) for relapse in scenario.relapse)),
        ("notes", GREY, "", notes),
    ]
    found = [TimelineRow(label, colour, marker, tuple(marks)) for label, colour, marker, marks in rows]
    return [row for row in found if row.marks]


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
    found = sorted(marks, key=lambda mark: mark.start)
    waiting: list[str] = []
    for i, mark in enumerate(found):
        waiting.append(mark.text)
        text = ", ".join(f"{n} × {text}" if n > 1 else text for text, n in Counter(waiting).items())
        end = mark.start if mark.stop is None else mark.stop
        has_room = i == len(found) - 1 or end + gap(text) < found[i + 1].start
        found[i] = replace(mark, text=text if has_room else "")
        waiting = [] if has_room else waiting
    return found


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
        place, side, offset = stop, "left", 6
    else:
        place, side, offset = start, "right", -6
    where = (place, height)
    ax.annotate(plain(mark.text), where, (offset, 0), textcoords="offset points", fontsize=7, va="center", ha=side)


def _premedication(scenario: Scenario) -> Iterable[Mark]:
    for course in scenario.course:
        given = course.premedication
        if given is not None:
            days = sum(dose.number <= given.days for dose in given_doses(course))
            yield Mark(course.start, _doses(given.dose, days), is_hollow=True)


def _pulses(scenario: Scenario) -> Iterable[Mark]:
    return (*map(_repeated, scenario.methylprednisolone), *_others(scenario, "methylprednisolone"))


def _prescriptions(scenario: Scenario) -> Iterable[Mark]:
    for prescription in scenario.prednisolone:
        times = [dose.start for dose in given_doses(prescription)]
        yield replace(_repeated(prescription), stop=max(times) if len(times) > 1 else None)


def _sessions(scenario: Scenario) -> Iterable[Mark]:
    return (Mark(session.time, _amount(session.dose)) for session in scenario.triamcinolone)


def _repeated(record: Repeated) -> Mark:
    """Return a mark that says what was planned, and how many doses differed from it."""
    text = _doses(record.dose, len(planned_doses(record)))
    tapered = ", tapered" if getattr(record, "taper", ()) else ""
    changed = f" ({len(record.changes)} changed)" if record.changes else ""
    return Mark(record.start, text + tapered + changed)


def _others(scenario: Scenario, drug: str) -> Iterator[Mark]:
    """Yield the single doses of a drug and what was infused at rates of its own, as one dose each."""
    yield from (Mark(dose.time, _amount(dose.dose)) for dose in scenario.additional_dose if dose.drug == drug)
    for schedule in scenario.input:
        if schedule.drug == drug:
            steps = [step for step in schedule.steps if step.rate > 0]
            total = sum(step.rate * (step.stop - step.start) for step in steps)
            yield Mark(steps[0].start, _amount(total))


def _daily_rates(scenario: Scenario) -> Iterator[Mark]:
    for schedule in scenario.input:
        for step in schedule.steps if schedule.drug == "dimethyl_fumarate" else ():
            if step.rate > 0:
                yield Mark(step.start, f"{_amount(step.rate)} a day", step.stop)


def _fumarate(scenario: Scenario) -> Iterable[Mark]:
    for therapy in scenario.dimethyl_fumarate:
        stop = scenario.horizon if therapy.stop is None else therapy.stop
        yield Mark(therapy.start, f"{_amount(therapy.dose)} × {therapy.times_per_day} a day", stop)


def _doses(dose: float, doses: int) -> str:
    return _amount(dose) if doses == 1 else f"{_amount(dose)} × {doses}"


def _amount(milligrams: float) -> str:
    return f"{milligrams / 1000:g} g" if milligrams >= 1000 else f"{milligrams:g} mg"
