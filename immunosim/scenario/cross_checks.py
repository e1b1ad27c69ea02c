"""What must hold between the records of a scenario: doses within the horizon, no overlap, no more outputs than fit.

Keys are relative to the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from immunosim.errors import InputProblem
from immunosim.scenario.clock import ROUNDING, in_words
from immunosim.scenario.dosing import Dosing
from immunosim.scenario.history import History
from immunosim.scenario.regimen import (
    Event,
    Infusion,
    begin_of,
    end_of,
    is_continuous,
    keyed_events,
    start_of,
    treatment_tables,
)
from immunosim.scenario.segments import WATCHED

MOST_OUTPUTS = 1_000_000


def problems_between_records(scenario: History) -> Iterator[InputProblem]:
    """Yield the contradictions between the records of a scenario, each of which is valid."""
    events = list(keyed_events(scenario))
    problems = [*_horizon(scenario), *_courses(scenario), *_outputs(scenario, [event for _, event in events])]
    yield from problems
    if not problems:  # the rest would only repeat them
        yield from (*_beyond_horizon(scenario, events), *_overlaps(scenario, events), *_observed_late(scenario))
        yield from _challenged_late(scenario)


def _horizon(scenario: History) -> Iterator[InputProblem]:
    if scenario.horizon <= 0:
        reason = f"day {scenario.horizon:g} is not after day 0"
        yield InputProblem(reason, key="horizon", cure='write for example horizon = "36 months"')


def _courses(scenario: History) -> Iterator[InputProblem]:
    labels: dict[str, int] = {}
    for number, course in enumerate(scenario.course, 1):
        label = course.label
        if label is not None and (label.isdecimal() or not label.strip()):
            yield InputProblem(
                f'"{label}" is a number or empty', key=f"course[{number}].label", cure="give the course a name"
            )
        elif label in labels:
            reason = f'"{label}" is also the label of course {labels[label]}'
            yield InputProblem(reason, key=f"course[{number}].label", cure="give each course its own name")
        elif label is not None:
            labels[label] = number
        if number > 1 and course.start < scenario.course[number - 2].start:
            reason = f"day {course.start:g} is before course {number - 1}, day {scenario.course[number - 2].start:g}"
            yield InputProblem(reason, key=f"course[{number}].start", cure="list the courses in the order of time")


def _outputs(scenario: History, events: Sequence[Event]) -> Iterator[InputProblem]:
    output = scenario.output
    if not output.visits_only:
        yield from _too_many(output.every, scenario.horizon - start_of(scenario, events), "output.every")
        watched = sum(
            min(end_of(event), scenario.horizon) - begin_of(event) + WATCHED
            for event in events
            if not is_continuous(event)
        )
        yield from _too_many(output.during_treatment, watched, "output.during_treatment", " around the doses")
    for number, rule in enumerate(output.rule, 1):
        yield from _too_many(rule.every, rule.stop - rule.start, f"output.rule[{number}].every")
        yield from _late(scenario, rule.stop, f"output.rule[{number}].stop")
    for number, time in enumerate(output.extra, 1):
        yield from _late(scenario, time, f"output.extra[{number}]")


def _too_many(every: float, span: float, key: str, where: str = "") -> Iterator[InputProblem]:
    if span / every > MOST_OUTPUTS:
        reason = f"{in_words(every)} gives {span / every:.3g} outputs{where}, more than {MOST_OUTPUTS}"
        yield InputProblem(reason, key=key, cure="report less often")


def _late(scenario: History, time: float, key: str) -> Iterator[InputProblem]:
    if time > scenario.horizon:
        reason = f"day {time:g} is after the horizon, day {scenario.horizon:g}"
        yield InputProblem(reason, key=key, cure="raise horizon or leave it out")


def _beyond_horizon(scenario: History, events: Sequence[tuple[str, Event]]) -> Iterator[InputProblem]:
    last: dict[str, Event] = {}
    for key, event in events:
        if key not in last or end_of(event) >= end_of(last[key]):
            last[key] = event
    for key, event in last.items():
        horizon = f"day {scenario.horizon:g}"
        if begin_of(event) >= scenario.horizon - ROUNDING:
            reason = f"{event.label} begins on day {begin_of(event):g}, not before the horizon, {horizon}"
            yield InputProblem(reason, key=key, cure="raise horizon or leave the dose out")
        elif end_of(event) > scenario.horizon + ROUNDING:
            reason = f"{event.label} lasts until day {end_of(event):g}, beyond the horizon, {horizon}"
            yield InputProblem(reason, key=key, cure="raise horizon or leave the dose out")


def _overlaps(scenario: History, events: Sequence[tuple[str, Event]]) -> Iterator[InputProblem]:
    """Yield infusions of one drug that overlap, but for those that are meant to, whose rates add."""
    latest: dict[str, tuple[str, Infusion]] = {}
    reported: set[tuple[str, str]] = set()
    meant = {
        f"{table}[{number}]"
        for table in treatment_tables(scenario)
        for number, entry in enumerate(scenario.entries(table), 1)
        if isinstance(entry, Dosing) and entry.overlaps
    }
    infusions = [(key, event) for key, event in events if isinstance(event, Infusion) and key not in meant]
    for key, event in sorted(infusions, key=lambda item: item[1].start):
        before = latest.get(event.input)
        if before is not None and event.start < before[1].stop - ROUNDING and (before[0], key) not in reported:
            reported.add((before[0], key))
            running = f"{before[1].label} runs until day {before[1].stop:.6g}"
            reason = f"{event.label} starts on day {event.start:.6g} while {running}"
            both = f"both belong to {key}" if before[0] == key else f"{before[0]} and {key} give the same drug"
            yield InputProblem(reason, key=key, cure=f"move one of them ({both})")
        if before is None or event.stop > before[1].stop:
            latest[event.input] = key, event


def _observed_late(scenario: History) -> Iterator[InputProblem]:
    for series, record in enumerate(scenario.observed, 1):
        for number, point in enumerate(record.points, 1):
            yield from _late(scenario, point.time, f"observed[{series}].points[{number}].time")


def _challenged_late(scenario: History) -> Iterator[InputProblem]:
    for number, record in enumerate(scenario.challenge, 1):
        for index, day in enumerate(record.at, 1):
            if day >= scenario.horizon - ROUNDING:
                yield _not_before_horizon(scenario, day, f"challenge[{number}].at[{index}]")
    for number, relapse in enumerate(scenario.relapse, 1):
        if relapse.severity is not None and relapse.time >= scenario.horizon - ROUNDING:
            yield _not_before_horizon(scenario, relapse.time, f"relapse[{number}].time")


def _not_before_horizon(scenario: History, day: float, key: str) -> InputProblem:
    reason = f"day {day:g} is not before the horizon, day {scenario.horizon:g}"
    return InputProblem(reason, key=key, cure="raise horizon or leave it out")
