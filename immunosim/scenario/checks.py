"""What must hold between the values of a scenario: within one record, and between records.

Each check yields problems with key paths relative to what it was given. What is ambiguous is refused here, never
guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from immunosim.errors import Problem, QuantityError
from immunosim.scenario.clock import FARTHEST_TIME
from immunosim.scenario.regimen import Event, Infusion, begin_of, end_of, is_continuous, keyed_events, start_of
from immunosim.scenario.segments import WATCHED
from immunosim.units import check_unit

if TYPE_CHECKING:
    from pydantic import BaseModel

    from immunosim.scenario.records import Baseline, DimethylFumarate, Observed, Point, Scenario

MOST_OUTPUTS = 1_000_000
SHORTEST_INFUSION = 1e-6
"""Infusions shorter than this (day) would drown in the rounding of their times."""

_ROUNDING = 1e-9


def problems_of_record(record: BaseModel) -> list[Problem]:
    """Return what contradicts itself within one record, with keys relative to the record.

    Times that are still text are left to the scenario that the record enters.
    """
    check = _CHECKS.get(type(record).__name__)
    return list(check(record)) if check else []


def _repeats(record: object) -> Iterator[Problem]:
    every: float | None = getattr(record, "every", None)
    doses: int = getattr(record, "doses", 1) + sum(step.doses for step in getattr(record, "taper", ()))
    infusion: float | None = getattr(record, "infusion", None)
    if doses > 1 and every is None:
        yield Problem(
            "is missing", key="every", cure=f'{doses} doses need an interval, write for example every = "24 h"'
        )
    if every is not None and (doses - 1) * every > FARTHEST_TIME:
        reason = f"{doses} doses at this interval last more than a million days"
        yield Problem(reason, key="every", cure="shorten the interval or give fewer doses")
    if every is not None and infusion is not None and doses > 1 and infusion > every + _ROUNDING:
        reason = f"an infusion of {in_words(infusion)} is longer than the interval of {in_words(every)} between doses"
        yield Problem(reason, key="infusion", cure="shorten the infusion or raise every")


def _long_enough(record: object) -> Iterator[Problem]:
    for name in ("infusion", "duration"):
        length: float = getattr(record, name, 1.0)
        if length < SHORTEST_INFUSION:
            cure = "an infusion takes at least 0.1 s, give it a longer duration"
            yield Problem(f"{length:g} days is too short", key=name, cure=cure)


def _infusions(record: object) -> Iterator[Problem]:
    yield from (*_long_enough(record), *_repeats(record))


def _baseline(record: Baseline) -> Iterator[Problem]:
    subsets = [name for name in ("cd4", "cd8", "cd19", "nk") if getattr(record, name) is not None]
    if record.lymphocytes is not None and subsets:
        reason = f"is given together with {', '.join(subsets)}, which it would scale as well"
        yield Problem(reason, key="lymphocytes", cure="give either the total or single subsets")


def _fumarate(record: DimethylFumarate) -> Iterator[Problem]:
    comparable = isinstance(record.start, float) and isinstance(record.stop, float)
    if comparable and record.stop is not None and record.stop <= record.start:
        reason = f"day {record.stop:g} does not lie after the start, day {record.start:g}"
        yield Problem(reason, key="stop", cure="let stop come after start")


def _point(record: Point) -> Iterator[Problem]:
    ranged = record.low is not None, record.high is not None
    if record.value is not None and any(ranged):
        yield Problem("is given together with a range", key="value", cure="give either value or low and high")
    elif record.value is None and not all(ranged):
        yield Problem("has no value", cure="give value, or low and high")
    elif record.low is not None and record.high is not None and record.low > record.high:
        yield Problem(f"{record.low:g} is more than high, {record.high:g}", key="low", cure="exchange low and high")


def _series(record: Observed) -> Iterator[Problem]:
    if not record.points:
        yield Problem("is empty", key="points", cure="give at least one point or leave the series out")
    try:
        check_unit(record.unit)
    except QuantityError as error:
        yield Problem(f'"{record.unit}" is not a unit', key="unit", cure=error.cure)


def _scenario(scenario: Scenario) -> Iterator[Problem]:
    problems = [*_horizon(scenario), *_courses(scenario), *_outputs(scenario)]
    yield from problems
    if not problems:  # the rest would only repeat them
        events = list(keyed_events(scenario))
        yield from (*_beyond_horizon(scenario, events), *_overlaps(events), *_observed_late(scenario))


def _horizon(scenario: Scenario) -> Iterator[Problem]:
    if scenario.horizon <= 0:
        reason = f"day {scenario.horizon:g} does not lie after day 0"
        yield Problem(reason, key="horizon", cure='write for example horizon = "36 months"')


def _courses(scenario: Scenario) -> Iterator[Problem]:
    labels: dict[str, int] = {}
    for number, course in enumerate(scenario.course, 1):
        label = course.label
        if label is not None and (label.isdecimal() or not label.strip()):
            yield Problem(
                f'"{label}" is a number or empty', key=f"course[{number}].label", cure="give the course a name"
            )
        elif label in labels:
            reason = f'"{label}" is also the label of course {labels[label]}'
            yield Problem(reason, key=f"course[{number}].label", cure="give each course its own name")
        elif label is not None:
            labels[label] = number
        if number > 1 and course.start < scenario.course[number - 2].start:
            reason = f"day {course.start:g} lies before course {number - 1}, day {scenario.course[number - 2].start:g}"
            yield Problem(reason, key=f"course[{number}].start", cure="list the courses in the order of time")


def _outputs(scenario: Scenario) -> Iterator[Problem]:
    outputs = (scenario.horizon - start_of(scenario)) / scenario.output.every
    if outputs > MOST_OUTPUTS:
        reason = f"{in_words(scenario.output.every)} makes {outputs:.3g} outputs, more than {MOST_OUTPUTS}"
        yield Problem(reason, key="output.every", cure="report less often")
    watched = sum(
        min(end_of(event), scenario.horizon) - begin_of(event) + WATCHED
        for _, event in keyed_events(scenario)
        if not is_continuous(event)
    )
    if watched / scenario.output.during_treatment > MOST_OUTPUTS:
        reason = f"{in_words(scenario.output.during_treatment)} makes more than {MOST_OUTPUTS} outputs around the doses"
        yield Problem(reason, key="output.during_treatment", cure="report less often")
    for number, time in enumerate(scenario.output.extra, 1):
        if time > scenario.horizon:
            reason = f"day {time:g} lies after the horizon, day {scenario.horizon:g}"
            yield Problem(reason, key=f"output.extra[{number}]", cure="raise horizon or leave it out")


def _beyond_horizon(scenario: Scenario, events: Sequence[tuple[str, Event]]) -> Iterator[Problem]:
    last: dict[str, Event] = {}
    for key, event in events:
        if key not in last or end_of(event) >= end_of(last[key]):
            last[key] = event
    for key, event in last.items():
        horizon = f"day {scenario.horizon:g}"
        if begin_of(event) >= scenario.horizon - _ROUNDING:
            reason = f"{event.label} begins on day {begin_of(event):g}, not before the horizon, {horizon}"
            yield Problem(reason, key=key, cure="raise horizon or leave the dose out")
        elif end_of(event) > scenario.horizon + _ROUNDING:
            reason = f"{event.label} lasts until day {end_of(event):g}, beyond the horizon, {horizon}"
            yield Problem(reason, key=key, cure="raise horizon or leave the dose out")


def _overlaps(events: Sequence[tuple[str, Event]]) -> Iterator[Problem]:
    latest: dict[str, tuple[str, Infusion]] = {}
    reported: set[tuple[str, str]] = set()
    infusions = [(key, event) for key, event in events if isinstance(event, Infusion)]
    for key, event in sorted(infusions, key=lambda item: item[1].start):
        before = latest.get(event.input)
        if before is not None and event.start < before[1].stop - _ROUNDING and (before[0], key) not in reported:
            reported.add((before[0], key))
            running = f"{before[1].label} runs until day {before[1].stop:.6g}"
            reason = f"{event.label} starts on day {event.start:.6g} while {running}"
            yield Problem(reason, key=key, cure=f"move one of them ({before[0]} and {key} give the same drug)")
        if before is None or event.stop > before[1].stop:
            latest[event.input] = key, event


def _observed_late(scenario: Scenario) -> Iterator[Problem]:
    for series, record in enumerate(scenario.observed, 1):
        for number, point in enumerate(record.points, 1):
            if point.time > scenario.horizon:
                reason = f"day {point.time:g} lies after the horizon, day {scenario.horizon:g}"
                yield Problem(
                    reason, key=f"observed[{series}].points[{number}].time", cure="raise horizon or leave it out"
                )


def in_words(days: float) -> str:
    """Return a duration as a person would say it, in minutes, hours or days."""
    for unit, length in (("min", 1 / 1440), ("h", 1 / 24)):
        if days < (1 / 24 if unit == "min" else 2):
            return f"{days / length:.6g} {unit}"
    return f"{days:.6g} days"


_CHECKS: dict[str, Callable[[Any], Iterator[Problem]]] = {
    "Scenario": _scenario,
    "Course": _infusions,
    "Premedication": _long_enough,
    "Methylprednisolone": _infusions,
    "Prednisolone": _repeats,
    "Baseline": _baseline,
    "DimethylFumarate": _fumarate,
    "Point": _point,
    "Observed": _series,
}
