"""How to compute a scenario: when to report, how to integrate, and what differs from the default model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from immunosim.errors import InputProblem, QuantityError
from immunosim.scenario.base import Record, Text, each_value_stands_alone, ends_before_start
from immunosim.scenario.quantities import Duration, Number, TimePoint
from immunosim.units import finite, shown

LARGEST_TOLERANCE = 1e-2
"""Largest relative tolerance of a step that is accepted: at 0.9, results are wrong by 47 %."""


def _tolerance(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and finite(value, value) > LARGEST_TOLERANCE:
        reason = f"{shown(value)} is too large for a relative tolerance"
        raise QuantityError(reason, cure=f"set it to {LARGEST_TOLERANCE:g} or less, the default is 1e-05")
    return value


class OutputRule(Record):
    """Report every `every` days from `start` on, until `stop`."""

    every: Duration
    start: TimePoint
    stop: TimePoint

    def problems(self) -> Iterator[InputProblem]:
        """Yield a rule that ends before it starts."""
        return ends_before_start(self.start, self.stop)


class Output(Record):
    """When to report: every `every` days, counted from day 0, more often around doses, by rules and at extra times.

    With `visits_only`, only by rules, at extra times, at observed points and at both ends.
    """

    every: Duration = 1.0
    during_treatment: Duration = 1 / 24
    extra: tuple[TimePoint, ...] = ()
    rule: tuple[OutputRule, ...] = ()
    visits_only: StrictBool = False
    problems = each_value_stands_alone


class Solver(Record):
    """How to integrate."""

    method: Text = "rodas5p"
    rtol: Annotated[Number, Field(gt=0, le=LARGEST_TOLERANCE), BeforeValidator(_tolerance)] = 1e-5
    max_steps: Annotated[StrictInt, Field(ge=1, le=1_000_000_000)] = 1_000_000
    problems = each_value_stands_alone


class Mechanisms(Record):
    """Which mechanisms of the model are switched off."""

    off: tuple[Text, ...] = ()
    problems = each_value_stands_alone


def _parameter(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QuantityError(
            f"{shown(value)} is not a parameter value", cure='write a number or a quantity such as "11 L"'
        )
    return finite(value)


Parameter = Annotated[float | str, BeforeValidator(_parameter)]
