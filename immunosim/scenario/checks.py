"""What must hold between the values of one record.

Each check yields problems with key paths relative to the record. What is ambiguous is refused, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from immunosim.errors import InputProblem, QuantityError
from immunosim.scenario.clock import FARTHEST_TIME
from immunosim.scenario.cross_checks import ROUNDING, in_words, problems_between_records
from immunosim.scenario.plausible import DOSED, problems_of_doses
from immunosim.scenario.regimen import planned_doses
from immunosim.units import check_unit

if TYPE_CHECKING:
    from pydantic import BaseModel

    from immunosim.scenario.findings import Observed, Point
    from immunosim.scenario.patient import Baseline
    from immunosim.scenario.regimen import Repeated
    from immunosim.scenario.treatments import (
        AdditionalDose,
        Change,
        Course,
        Methylprednisolone,
        RegimenInput,
    )

SHORTEST_INFUSION = 1e-6
"""Infusions shorter than this (day) would drown in the rounding of their times."""


def problems_of_record(record: BaseModel) -> list[InputProblem]:
    """Return what contradicts itself within one record, with keys relative to the record.

    Times that are still text are left to the scenario that the record enters.
    """
    name = type(record).__name__
    found = list(_CHECKS[name](record)) if name in _CHECKS else []
    return found or (list(problems_of_doses(record)) if name in DOSED else [])


def _repeats(record: Repeated) -> Iterator[InputProblem]:
    every, doses = record.every, len(planned_doses(record))
    infusion: float | None = getattr(record, "infusion", None)
    if doses > 1 and every is None:
        yield InputProblem(
            "is missing", key="every", cure=f'{doses} doses need an interval, write for example every = "24 h"'
        )
    if every is not None and (doses - 1) * every > FARTHEST_TIME:
        reason = f"{doses} doses at this interval last more than a million days"
        yield InputProblem(reason, key="every", cure="shorten the interval or give fewer doses")
    if every is not None and infusion is not None and doses > 1 and infusion > every + ROUNDING:
        reason = f"an infusion of {in_words(infusion)} is longer than the interval of {in_words(every)} between doses"
        yield InputProblem(reason, key="infusion", cure="shorten the infusion or raise every")
    yield from _changes(record, infusion)


def _changes(record: Repeated, infusion: float | None) -> Iterator[InputProblem]:
    doses, times = planned_doses(record), Counter(change.dose_number for change in record.changes)
    for place, change in enumerate(record.changes, 1):
        number = change.dose_number
        if number > len(doses):
            cure = "1 dose is planned" if len(doses) == 1 else f"{len(doses)} doses are planned"
            yield InputProblem(f"there is no dose {number}", key=f"changes[{place}].dose_number", cure=cure)
        elif times[number] > 1:
            times[number] = 0  # said once
            cure = "write one change for each dose"
            yield InputProblem(f"dose {number} is changed twice", key=f"changes[{place}].dose_number", cure=cure)
        else:
            yield from _cut_short(change, doses[number - 1], infusion, f"changes[{place}].given")
    skipped = {change.dose_number for change in record.changes if change.skipped}
    if skipped.issuperset(range(1, len(doses) + 1)):
        yield InputProblem("skip every dose", key="changes", cure="leave the whole entry out")


def _cut_short(change: Change, planned: object, infusion: float | None, key: str) -> Iterator[InputProblem]:
    given = change.given
    if not isinstance(given, float) or not isinstance(planned, float):
        return  # per body weight, which only the scenario knows
    if given >= planned:
        reason = f"{given:g} mg is not less than the planned dose, {planned:g} mg"
        yield InputProblem(reason, key=key, cure="write the part that was given, or leave it out")
    elif infusion is not None and infusion * (given / planned) < SHORTEST_INFUSION:
        yield InputProblem(
            f"ends the infusion after {infusion * (given / planned):g} days",
            key=key,
            cure="an infusion takes at least 0.1 s, write skipped = true",
        )


def _change(change: Change) -> Iterator[InputProblem]:
    different = [name for name in ("late", "given") if getattr(change, name) is not None]
    if change.skipped and different:
        reason = f"is written together with {' and '.join(different)}"
        yield InputProblem(reason, key="skipped", cure="a dose is either skipped or given")
    elif not change.skipped and not different:
        yield InputProblem("changes nothing", cure="write late, given or skipped = true")


def _long_enough(record: object) -> Iterator[InputProblem]:
    for name in ("infusion", "duration"):
        length: float | None = getattr(record, name, None)
        if length is not None and length < SHORTEST_INFUSION:
            cure = "an infusion takes at least 0.1 s, give it a longer duration"
            yield InputProblem(f"{length:g} days is too short", key=name, cure=cure)


def _infusions(record: Course | Methylprednisolone) -> Iterator[InputProblem]:
    yield from (*_long_enough(record), *_repeats(record))


def _baseline(record: Baseline) -> Iterator[InputProblem]:
    subsets = [name for name in ("cd4", "cd8", "cd19", "nk") if getattr(record, name) is not None]
    if record.lymphocytes is not None and subsets:
        reason = f"is given together with {', '.join(subsets)}, which it would scale as well"
        yield InputProblem(reason, key="lymphocytes", cure="give either the total or single subsets")


def _span(record: object) -> Iterator[InputProblem]:
    start, stop = getattr(record, "start", None), getattr(record, "stop", None)
    if isinstance(start, float) and isinstance(stop, float) and stop <= start:
        reason = f"day {stop:g} does not lie after the start, day {start:g}"
        yield InputProblem(reason, key="stop", cure="let stop come after start")


def _single_dose(record: AdditionalDose) -> Iterator[InputProblem]:
    if record.infusion is not None and record.drug in ("prednisolone", "triamcinolone"):
        yield InputProblem(f"{record.drug} is not infused but given at once", key="infusion", cure="leave it out")
    yield from _long_enough(record)


def _rates(record: RegimenInput) -> Iterator[InputProblem]:
    if not any(step.rate > 0 for step in record.steps):
        yield InputProblem("give nothing", key="steps", cure='write at least one step with a rate such as "3 mg/h"')
    before: float = -FARTHEST_TIME
    for number, step in enumerate(record.steps, 1):
        key = f"steps[{number}]"
        if not isinstance(step.start, float) or not isinstance(step.stop, float):
            return  # dates and offsets from courses, which only the scenario knows
        if step.start < before - ROUNDING:
            reason = f"day {step.start:.6g} lies before the end of step {number - 1}, day {before:.6g}"
            yield InputProblem(reason, key=f"{key}.start", cure="list the steps in the order of time, without overlap")
        if step.rate > 0 and step.start < step.stop < step.start + SHORTEST_INFUSION:
            cure = "a step takes at least 0.1 s, let it last longer"
            yield InputProblem(f"the step lasts {step.stop - step.start:g} days", key=f"{key}.stop", cure=cure)
        before = step.stop


def _point(record: Point) -> Iterator[InputProblem]:
    ranged = record.low is not None, record.high is not None
    if record.value is not None and any(ranged):
        yield InputProblem("is given together with a range", key="value", cure="give either value or low and high")
    elif record.below is not None and (record.value is not None or any(ranged)):
        other = "a value" if record.value is not None else "a range"
        yield InputProblem(f"is given together with {other}", key="below", cure="give one of them")
    elif record.value is None and record.below is None and not all(ranged):
        yield InputProblem("has no value", cure="give value, or low and high, or below")
    elif record.low is not None and record.high is not None and record.low > record.high:
        yield InputProblem(
            f"{record.low:g} is more than high, {record.high:g}", key="low", cure="exchange low and high"
        )


def _series(record: Observed) -> Iterator[InputProblem]:
    if not record.points:
        yield InputProblem("is empty", key="points", cure="give at least one point or leave the series out")
    try:
        check_unit(record.unit)
    except QuantityError as error:
        yield InputProblem(f'"{record.unit}" is not a unit', key="unit", cure=error.cure)


_CHECKS: dict[str, Callable[[Any], Iterator[InputProblem]]] = {
    "Scenario": problems_between_records,
    "Change": _change,
    "Course": _infusions,
    "Premedication": _long_enough,
    "Methylprednisolone": _infusions,
    "Prednisolone": _repeats,
    "AdditionalDose": _single_dose,
    "RateStep": _span,
    "RegimenInput": _rates,
    "Baseline": _baseline,
    "DimethylFumarate": _span,
    "Point": _point,
    "Observed": _series,
    "OutputRule": _span,
}
