"""Rules by which a protocol gives further doses: at a visit, by a count or after an event, not too soon, not too often.

A rule is a record of the protocol; ``Trigger`` is the rule as numbers. Whether a rule applies depends on one patient
alone, so that patients are the same in any cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, StrictBool

from immunosim.codegen.loader import Array, Model
from immunosim.errors import DataError, InputProblem, QuantityError, did_you_mean
from immunosim.scenario.base import Record, Repeats, Text, ends_before_start
from immunosim.scenario.clock import ROUNDING
from immunosim.scenario.dosing import Dosing
from immunosim.scenario.quantities import Duration, Share, TimePoint
from immunosim.units import convert, parse_quantity


def _from_decision(value: Any) -> Any:
    """Let a dose without a start begin at once."""
    return {"start": "0 days", **value} if isinstance(value, dict) else value


OrderedDose = Annotated[Dosing, BeforeValidator(_from_decision)]


class Rule(Record):
    """Further doses for the patients whose read-out demands them at a visit.

    The read-out is either compared with a level, or a hazard whose events are drawn for each patient. The starts of
    the doses count from the decision.
    """

    name: Text
    readout: Text
    event: StrictBool = False
    below: Text | None = None
    above: Text | None = None
    visits: Repeats = 1
    events: Repeats = 1
    after: TimePoint | None = None
    until: TimePoint | None = None
    since_last: Duration | None = None
    at_most: Repeats = 1
    delay: Duration | None = None
    share: Share = 1.0
    replaces: StrictBool = False
    dose: tuple[OrderedDose, ...] = ()

    def problems(self) -> Iterator[InputProblem]:
        """Yield a rule that has no condition or several, a window that is empty, and doses before the decision."""
        given = [name for name in ("event", "below", "above") if getattr(self, name)]
        if not given:
            cure = 'write below = "200 cells/uL", above, or event = true where the read-out is a hazard'
            yield InputProblem("has no condition", key="below", cure=cure)
        elif len(given) > 1:
            yield InputProblem(f"is given together with {given[0]}", key=given[1], cure="give one of them")
        if self.event and self.visits != 1:
            yield InputProblem("means nothing for events", key="visits", cure="write events = 2 for two events")
        if not self.event and self.events != 1:
            yield InputProblem("means nothing for a level", key="events", cure="write visits = 2 for two visits")
        if not self.dose:
            yield InputProblem("is missing", key="dose", cure="write at least one [[rule.dose]]")
        for problem in ends_before_start(self.after, self.until):
            yield InputProblem(problem.reason, key="until", cure="let until come after after")
        for number, dose in enumerate(self.dose, 1):
            if isinstance(dose.start, float) and dose.start < 0:
                cure = "count it from the decision, 0 days is at once"
                yield InputProblem("lies before the decision", key=f"dose[{number}].start", cure=cure)
            if dose.volume is not None or dose.concentration is not None:
                reason = "sets a parameter, which a decision cannot change"
                yield InputProblem(reason, key=f"dose[{number}].volume", cure="give the dose alone")


@dataclass(frozen=True, eq=False)
class Trigger:
    """A rule as numbers.

    Attributes
    ----------
    rule : Rule
    index : int
        Index of its read-out among those that are reported at visits.
    level : float
        In the unit of the read-out; NaN for events.
    per_day : float
        What turns a hazard into 1/day.
    """

    rule: Rule
    index: int
    level: float
    per_day: float

    @classmethod
    def of(cls, rule: Rule, readouts: tuple[str, ...], model: Model, key: str = "rule") -> Trigger:
        """Return a rule as numbers.

        Raises
        ------
        DataError
            If the model does not have the read-out, or the level or the hazard has another unit.
        """
        if rule.readout not in model.readouts:
            cure = did_you_mean(rule.readout, model.readouts)
            raise DataError(f'unknown read-out "{rule.readout}"', key=f"{key}.readout", cure=cure)
        unit, level, per_day = model.units[rule.readout], np.nan, np.nan
        side = "below" if rule.below else "above"
        what = "readout" if rule.event else side
        try:
            if rule.event:
                per_day = convert(1.0, unit, "1/day")
            else:
                level = parse_quantity(getattr(rule, side), unit)
        except QuantityError as error:
            reason = f"{rule.readout} is not a hazard, its unit is {unit}" if rule.event else error.reason
            hint = "name a read-out in 1/year" if rule.event else error.cure
            raise DataError(reason, key=f"{key}.{what}", cure=hint) from error
        return cls(rule, readouts.index(rule.readout), level, per_day)

    @property
    def delay(self) -> float:
        """Time from the decision to the first dose, day."""
        return self.rule.delay or 0.0

    @property
    def drug(self) -> str:
        """The drug from whose last order ``since_last`` and events count: that of the first dose."""
        return self.rule.dose[0].drug

    def may_apply(self, visits: Array, last_orders: Array) -> NDArray[np.bool_]:
        """Return at which visits the time allows the rule, whatever the read-out.

        Parameters
        ----------
        visits : ndarray, day
            NaN where there was none.
        last_orders : ndarray, of the shape of ``visits``, day
            When the last order of the drug before each visit began; minus infinity where there was none.
        """
        rule = self.rule
        allowed = np.isfinite(visits)
        if rule.after is not None:
            allowed &= visits >= rule.after - ROUNDING
        if rule.until is not None:
            allowed &= visits <= rule.until + ROUNDING
        if rule.since_last is not None:
            allowed &= visits - last_orders >= rule.since_last - ROUNDING
        return allowed

    def is_passed(self, values: Array) -> NDArray[np.bool_]:
        """Return which values lie beyond the level."""
        return np.asarray(values < self.level if self.rule.below else values > self.level)


def placed(rules: tuple[Rule, ...], readouts: tuple[str, ...], model: Model) -> tuple[Trigger, ...]:
    """Return rules as numbers; arguments as ``Trigger.of``."""
    return tuple(Trigger.of(rule, readouts, model, f"rule[{number}]") for number, rule in enumerate(rules, 1))
