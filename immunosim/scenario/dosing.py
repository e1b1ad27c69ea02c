"""The dose record: one order of a drug, in whichever table of a scenario it is written, with its rules.

Doses are masses, or masses per body weight that the scenario turns into masses. This module knows no dose event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, ValidationInfo, model_validator

from immunosim.errors import InputProblem, QuantityError
from immunosim.model.drug import Drug
from immunosim.scenario.base import Record, Repeats, Text, each_value_stands_alone, ends_before_start
from immunosim.scenario.clock import FARTHEST_TIME, ROUNDING, in_words
from immunosim.scenario.dose_forms import dose_beside_effect, effect_problems, volume_problems, without_concentration
from immunosim.scenario.drug_names import AnyDrug, known_drug, known_drugs
from immunosim.scenario.plausible import check_dose
from immunosim.scenario.quantities import AssumedEffect, Concentration, Duration, Mass, TimePoint, Volume
from immunosim.units import parse_quantity, shown

SHORTEST_INFUSION = 1e-6
"""Shortest infusion, day: the rounding of times distorts shorter ones."""


class Change(Record):
    """What was different from the plan with one dose: late, cut short or skipped."""

    dose_number: Repeats
    late: Duration | None = None
    given: Mass | None = None
    skipped: StrictBool = False

    def problems(self) -> Iterator[InputProblem]:
        """Yield contradictions."""
        different = [name for name in ("late", "given") if getattr(self, name) is not None]
        if self.skipped and different:
            reason = f"is written together with {' and '.join(different)}"
            yield InputProblem(reason, key="skipped", cure="a dose is either skipped or given")
        elif not self.skipped and not different:
            yield InputProblem("changes nothing", cure="write late, given or skipped = true")


class TaperStep(Record):
    """A step of a taper: `doses` doses at the interval of the prescription that it follows."""

    dose: Mass
    doses: Repeats
    problems = each_value_stands_alone


class Premedication(Record):
    """A drug that opens the first `days` days of a course; the infusion follows it."""

    dose: Mass = 1000.0
    days: Repeats = 3
    duration: Duration = 1 / 24
    implausible: StrictBool = False

    def problems(self) -> Iterator[InputProblem]:
        """Yield a duration that is too short; the course checks the dose, since it knows the drug."""
        yield from too_short(self.duration, "duration")


def _premedication(value: object) -> object:
    if isinstance(value, (dict, Premedication)) or value is None:
        return value
    if not isinstance(value, bool):
        raise QuantityError(f"{shown(value)} is neither true or false nor a table", cure="write premedication = true")
    return {} if value else None


PremedicationOrNot = Annotated[Premedication | None, BeforeValidator(_premedication)]
TimesPerDay = Annotated[StrictInt, Field(ge=1, le=24)]


class Treatment(Record):
    """Base of the tables that order a drug, each of which is a way to write a dose record."""

    if TYPE_CHECKING:
        start: TimePoint

    def dosing(self) -> Dosing:
        """Return the dose record that an entry means."""
        raise NotImplementedError

    def problems(self) -> Iterator[InputProblem]:
        """Yield the contradictions in the dose record."""
        return self.dosing().problems()


class Dosing(Treatment):
    """An order of a drug: `doses` doses, one every `every` days, then the steps of the taper at the same interval.

    A continuous drug is taken from `start` to `stop`, or to the horizon where `stop` is not given. A dose that
    is not `followed` is neither a course nor a pulse: no line of a figure and no row of a summary counts from it.
    One that `overlaps` may run beside another infusion of the drug: their rates add. A drug that covers an area may
    have the `volume` of a dose, or its `concentration`; of what takes an effect, the `effect` stands for the dose.
    """

    drug: AnyDrug
    label: Text | None = None
    start: TimePoint
    dose: Mass
    concentration: Concentration | None = None
    volume: Volume | None = None
    effect: AssumedEffect | None = None
    doses: Repeats = 1
    every: Duration | None = None
    infusion: Duration | None = None
    taper: tuple[TaperStep, ...] = ()
    changes: tuple[Change, ...] = ()
    premedication: PremedicationOrNot = None
    stop: TimePoint | None = None
    times_per_day: TimesPerDay | None = None
    followed: StrictBool = True
    overlaps: StrictBool = False
    implausible: StrictBool = False
    superseded: ClassVar[dict[str, str]] = {"time": "start"}

    @model_validator(mode="before")
    @classmethod
    def _take_what_is_usual(cls, data: Any, info: ValidationInfo) -> Any:
        return with_usual(data, data.get("drug"), cls, bool(info.context)) if isinstance(data, dict) else data

    def dosing(self) -> Dosing:
        """Return the record itself."""
        return self

    def problems(self) -> Iterator[InputProblem]:
        """Yield the contradictions, or else the implausible doses."""
        drug = known_drug(self.drug)
        structural = [
            *_misplaced(self, drug),
            *effect_problems(drug, self.effect, self.times_per_day),
            *volume_problems(drug, self.dose, self.concentration, self.volume),
            *too_short(self.infusion, "infusion"),
            *ends_before_start(self.start, self.stop),
            *_repeats(self),
        ]
        yield from structural or _implausible(self, drug)


def with_usual(data: dict[str, Any], name: object, table: type[Record], is_file: bool = False) -> dict[str, Any]:
    """Return the raw data of a table, completed with the usual infusion and dose of the drug of that name."""
    drug = next((drug for drug in known_drugs() if drug.name == name), None)
    if drug is None:
        return data
    usual: dict[str, Any] = {"infusion": drug.usual_infusion or None}
    said = {key: value for key, value in data.items() if value is not None}
    if drug.takes_effect:
        usual |= {"dose": dose_beside_effect(said, drug)}
    elif drug.is_continuous:
        usual |= {"dose": drug.usual_dose, "times_per_day": drug.times_per_day}
    elif {"concentration", "volume"} <= said.keys() and "volume" in table.model_fields:
        said = without_concentration(said, drug, is_file)
    return {key: value for key, value in usual.items() if key in table.model_fields} | said


def usual_infusion(drug: Drug) -> float:
    """Return the usual duration of an infusion, day; 0 for a drug that is given at once."""
    return parse_quantity(drug.usual_infusion, "day") if drug.is_infused else 0.0


@dataclass(frozen=True)
class GivenDose:
    """One of repeated doses as it was given: its number in the plan, when, of what planned mass how much (day, mg)."""

    number: int
    start: float
    planned: float
    given: float


def planned_doses(record: Dosing) -> list[float]:
    """Return the mass of each dose of a record as planned, the steps of a taper included, mg."""
    doses = [record.dose] * record.doses
    for step in record.taper:
        doses += [step.dose] * step.doses
    return doses


def given_doses(record: Dosing) -> list[GivenDose]:
    """Return the doses of a record that were given, in the order of time: late ones late, skipped ones not."""
    changes = {change.dose_number: change for change in record.changes}
    doses = []
    for number, planned in enumerate(planned_doses(record), 1):
        change, start = changes.get(number), record.start + (number - 1) * (record.every or 0.0)
        if change is None:
            doses.append(GivenDose(number, start, planned, planned))
        elif not change.skipped:
            doses.append(GivenDose(number, start + (change.late or 0.0), planned, change.given or planned))
    return sorted(doses, key=attrgetter("start"))


def too_short(length: float | None, key: str) -> Iterator[InputProblem]:
    """Yield a problem where an infusion is shorter than the rounding of its times allows."""
    if length is not None and length < SHORTEST_INFUSION:
        cure = "an infusion takes at least 0.1 s, give it a longer duration"
        yield InputProblem(f"{length:g} days is too short", key=key, cure=cure)


_MEANINGLESS = {True: ("doses", "every", "taper", "changes", "followed", "overlaps"), False: ("stop", "times_per_day")}
"""The keys that mean nothing for a drug that is taken continuously, and for one that is given in single doses."""


def unfit_keys(drug: Drug) -> Iterator[str]:
    """Yield the keys of a dose record that mean nothing for the way in which a drug is given."""
    yield from _MEANINGLESS[drug.is_continuous]
    yield from ("dose", "times_per_day") if drug.takes_effect else ("effect",)
    yield from () if drug.volume_sets else ("concentration", "volume")
    yield from () if drug.is_infused else ("infusion",)
    yield from () if drug.premedication else ("premedication",)


def _misplaced(record: Dosing, drug: Drug) -> Iterator[InputProblem]:
    """Yield the keys that mean nothing for the way in which the drug is given."""
    if record.infusion is not None and not drug.is_infused:
        how = "taken continuously" if drug.is_continuous else "given at once"
        yield InputProblem(f"{drug.name} is not infused but {how}", key="infusion", cure="leave it out")
    if record.premedication is not None and not drug.premedication:
        yield InputProblem(f"{drug.name} has no premedication", key="premedication", cure="leave it out")
    for key in _MEANINGLESS[drug.is_continuous]:
        if getattr(record, key) != type(record).model_fields[key].default:
            how = "is taken continuously, not in single doses" if drug.is_continuous else "is given in single doses"
            cure = "write stop and times_per_day" if drug.is_continuous else "write doses and every"
            yield InputProblem(f"{drug.label} {how}", key=key, cure=cure)


def _repeats(record: Dosing) -> Iterator[InputProblem]:
    every, infusion, doses = record.every, record.infusion, len(planned_doses(record))
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
    yield from _changes(record)


def _changes(record: Dosing) -> Iterator[InputProblem]:
    doses, times = planned_doses(record), Counter(change.dose_number for change in record.changes)
    for index, change in enumerate(record.changes, 1):
        number = change.dose_number
        if number > len(doses):
            cure = "1 dose is planned" if len(doses) == 1 else f"{len(doses)} doses are planned"
            yield InputProblem(f"there is no dose {number}", key=f"changes[{index}].dose_number", cure=cure)
        elif times[number] > 1:
            times[number] = 0  # said once
            cure = "write one change for each dose"
            yield InputProblem(f"dose {number} is changed twice", key=f"changes[{index}].dose_number", cure=cure)
        else:
            yield from _cut_short(change, doses[number - 1], record.infusion, f"changes[{index}].given")
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


def _implausible(record: Dosing, drug: Drug) -> Iterator[InputProblem]:
    """Yield the implausible doses, unless the record insists; doses per body weight are checked by the scenario."""
    if drug.takes_effect:
        return
    before = record.premedication
    if before is not None and not before.implausible:
        yield from check_dose(known_drug(drug.premedication), before.dose, "premedication.dose")
    if record.implausible:
        return
    single = [*check_dose(drug, record.dose, "dose")]
    yield from single
    if record.times_per_day is not None and isinstance(record.dose, float) and not single:
        yield from check_dose(drug, record.dose * record.times_per_day, "times_per_day", " a day")
    for number, step in enumerate(record.taper, 1):
        yield from check_dose(drug, step.dose, f"taper[{number}].dose")
