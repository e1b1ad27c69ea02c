"""What is asked of a cohort: a statistic of one read-out, endpoint or event, in days and the units of the cohort.

Which keys a statistic needs stands in the registry. Knows neither arrays nor files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from immunosim.cohorts.conditions import conditions_of
from immunosim.ensembles.endpoints import Endpoint
from immunosim.errors import DataError, InputProblem, QuantityError
from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.quantities import Duration, Number, Quantity
from immunosim.units import parse_quantity, shown

OF_BASELINE = re.compile(r"(?P<share>.+%)\s+of\s+baseline")
"""A level that is relative to each patient's own untreated value, such as "80 % of baseline"."""


def _noise(value: object) -> object:
    noise = parse_quantity(value, "1", wanted='a coefficient of variation such as "10 %"')
    if not 0.0 <= noise < 1.0:
        raise QuantityError(f"{shown(value)} is not a noise from 0 to 100 %", cure='write for example "10 %"')
    return noise


def _condition(text: str) -> str:
    if text.strip():
        conditions_of(text)
    return text


def _endpoint(text: str) -> str:
    if text and not re.fullmatch(r"\w+", text):
        try:
            Endpoint.of(text)
        except DataError as error:
            raise QuantityError(f"{shown(text)} {error.reason}", cure=error.cure) from None
    return text


def _level(value: object) -> object:
    if not isinstance(value, str):
        cure = 'write a text such as "400 cells/uL" or "100 % of baseline"'
        raise QuantityError(f"{shown(value)} has no unit", cure=cure)
    relative = OF_BASELINE.fullmatch(value.strip())
    if relative:
        parse_quantity(relative["share"], "1", wanted="a percentage")
    return value


DayAfterStart = Annotated[float, Quantity("day", "6 months", may_be_zero=True)]
NoiseShare = Annotated[float, BeforeValidator(_noise)]
ConditionText = Annotated[Text, AfterValidator(_condition)]
EndpointText = Annotated[Text, AfterValidator(_endpoint)]
LevelText = Annotated[Text, BeforeValidator(_level)]
QuantileFraction = Annotated[Number, Field(gt=0, lt=1)]


class VisitDelay(Record):
    """What is added to events before a day, since they are seen at the next visit: half the distance of visits.

    The last delay of a list has no `until`.
    """

    until: Duration | None = None
    add: Duration
    problems = each_value_stands_alone


class StatisticRequest(Record):
    """A statistic of a cohort.

    Attributes
    ----------
    statistic : str
        A name of the registry.
    readout, endpoint, hazard : str
        What it is of: a variable with a course (or one value a patient), an endpoint (its name, or its text), or a
        cumulative hazard from which events are drawn.
    draw : str
        Column with each patient's draw from the standard exponential distribution, by which the model decided on the
        event of the hazard; by default one keyed by the seed of the cohort.
    time, baseline : float, day
        Of the values; the baseline is day 0 where it is not given. The time by which an event happens counts from
        ``since``.
    level : str
        With a unit, or relative to each patient's own baseline: "100 % of baseline".
    direction : str
        Of a passage of the level.
    start, end, since : float, day
        Window of events, the whole course by default, and the day from which their times are counted.
    visits : tuple of float, day
        At which passages are seen; on the whole course where there are none.
    delay : tuple of VisitDelay
        Where the visits are known by their distance only.
    noise : float
        Coefficient of variation of a measurement.
    fraction : float
        Of a quantile.
    condition, exposure, group, reference : str
        Conditions on patients, on their columns or on a read-out on a day ("titre >= 1 at 6 months"): that which a
        share is of; the exposed ones of a ratio; the patients that the statistic is of; those that it is compared with.
    other, other_time : str; float, day
        The second variable of a correlation.
    other_level, other_direction : str
        Of the passage of ``other`` that follows an event; a level as ``level``.
    within : float, day
        Of an event, in which a passage follows.
    competing : tuple of str
        Cumulative hazards, or endpoints, whose events end the observation.
    """

    statistic: Text
    readout: Text = ""
    endpoint: EndpointText = ""
    hazard: Text = ""
    draw: Text = ""
    time: DayAfterStart | None = None
    baseline: DayAfterStart | None = None
    level: LevelText = ""
    direction: Literal["above", "below"] = "above"
    start: DayAfterStart | None = None
    end: DayAfterStart | None = None
    since: DayAfterStart | None = None
    visits: tuple[DayAfterStart, ...] = ()
    delay: tuple[VisitDelay, ...] = ()
    noise: NoiseShare | None = None
    fraction: QuantileFraction | None = None
    condition: ConditionText = ""
    exposure: ConditionText = ""
    group: ConditionText = ""
    reference: ConditionText = ""
    other: Text = ""
    other_time: DayAfterStart | None = None
    other_level: LevelText = ""
    other_direction: Literal["above", "below"] = "below"
    within: Duration | None = None
    competing: tuple[Text, ...] = ()

    def days_of_conditions(self) -> list[tuple[str, float]]:
        """Return the read-outs that conditions on patients read, with the day."""
        texts = (self.condition, self.exposure, self.group, self.reference)
        read = (part for text in texts if text.strip() for part in conditions_of(text))
        return [(part.column, part.day) for part in read if part.day is not None]

    def problems(self) -> Iterator[InputProblem]:
        """Yield a window that ends before it begins, visits out of order, and delays of which not the last is open."""
        if self.start is not None and self.end is not None and self.end <= self.start:
            reason = f"day {self.end:g} is not after the start, day {self.start:g}"
            yield InputProblem(reason, key="end", cure="let end come after start")
        if list(self.visits) != sorted(set(self.visits)):
            yield InputProblem("visits have to rise", key="visits", cure="give each visit once, in order")
        ends = [delay.until for delay in self.delay]
        if ends and (ends[-1] is not None or None in ends[:-1] or ends[:-1] != sorted(ends[:-1])):  # type: ignore[type-var]
            cure = 'write [{ until = "12 months", add = "1.5 months" }, { add = "3 months" }]'
            yield InputProblem("delays have to rise, and the last is without until", key="delay", cure=cure)
