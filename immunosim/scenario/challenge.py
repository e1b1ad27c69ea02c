"""The challenge record: what enters a pool at once, or an input for a while, and is no dose; planned or at random."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StrictInt

from immunosim.errors import InputProblem
from immunosim.scenario.base import Record, Text, ends_before_start
from immunosim.scenario.quantities import Duration, Number, Quantity, TimePoint

MOST_CHALLENGES = 10_000

SHORTEST = 1e-6
"""Shortest challenge of an input, day: the rounding of times distorts shorter ones."""

USUAL_DURATION = 1.0
"""How long an input is challenged where the record does not say so, day."""

PoissonRate = Annotated[float, Quantity("1/day", "0.2/year")]


class Challenge(Record):
    """What enters a pool or an input `at` listed times or at a random `rate`.

    A pool gains the amount `size` at once; an input is `size` higher for the `duration`. Random times are those
    of a Poisson process from `start` to `stop`, by default from day 0 to the horizon.
    """

    pool: Text | None = None
    input: Text | None = None
    duration: Duration | None = None
    label: Text | None = None
    size: Annotated[Number, Field(gt=0)]
    at: tuple[TimePoint, ...] = ()
    rate: PoissonRate | None = None
    start: TimePoint | None = None
    stop: TimePoint | None = None
    seed: Annotated[StrictInt, Field(ge=0, le=2**32 - 1)] = 0

    def problems(self) -> Iterator[InputProblem]:
        """Yield a target or times that are not defined, or defined twice, and keys that mean nothing."""
        yield from self._target()
        if bool(self.at) == (self.rate is not None):
            reason = "is given together with rate" if self.at else "is missing"
            yield InputProblem(reason, key="at", cure='write at = ["6 months"], or rate = "0.2/year"')
        for key in ("start", "stop", "seed"):
            if self.at and self.rate is None and getattr(self, key) != type(self).model_fields[key].default:
                yield InputProblem("means nothing for listed times", key=key, cure="leave it out")
        yield from ends_before_start(self.start, self.stop)

    def _target(self) -> Iterator[InputProblem]:
        if (self.pool is None) == (self.input is None):
            reason = "is missing" if self.pool is None else "is given together with input"
            yield InputProblem(reason, key="pool", cure="name either a pool, or an input of the model")
        elif self.pool is not None and self.duration is not None:
            yield InputProblem("means nothing for a pool, which it enters at once", key="duration", cure="leave it out")
        elif self.duration is not None and self.duration < SHORTEST:
            reason = f"{self.duration:g} days is too short"
            yield InputProblem(reason, key="duration", cure="let it take 0.1 s or longer")

    @property
    def lasts(self) -> float:
        """How long it goes on, day; 0 for a pool."""
        return 0.0 if self.input is None else self.duration or USUAL_DURATION


def random_days(record: Challenge, number: int, horizon: float, patient: int) -> tuple[float, ...]:
    """Return the days of a Poisson process, drawn for a patient.

    Parameters
    ----------
    record : Challenge
        With a rate.
    number : int
        Which challenge of the scenario it is: each has its own stream.
    horizon : float, day
    patient : int
    """
    import numpy as np

    if record.rate is None:
        return ()
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([record.seed, number, patient])))
    days: list[float] = []
    day = 0.0 if record.start is None else record.start
    stop = horizon if record.stop is None else min(record.stop, horizon)
    while len(days) < MOST_CHALLENGES:
        day += float(generator.standard_exponential()) / record.rate
        if day >= stop:
            break
        days.append(day)
    return tuple(days)
