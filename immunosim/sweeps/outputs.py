"""The stored outputs of each patient: endpoints, read-outs over time, and optionally every pool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.endpoints import Endpoint
from immunosim.ensembles.questions import Question, question
from immunosim.errors import DataError
from immunosim.problem import Problem
from immunosim.scenario import Scenario, response_times
from immunosim.units import DAYS_PER_MONTH

MOST_KEPT = 2**20
"""Largest number of values over time per patient: 8 MiB, so that a pilot fits into memory."""


@dataclass(frozen=True)
class Outputs:
    """The stored outputs of a sweep.

    Attributes
    ----------
    endpoints : tuple of Endpoint
    readouts : tuple of str
    times : tuple of float, day
        For read-outs and pools.
    pools : bool
    """

    endpoints: tuple[Endpoint, ...]
    readouts: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    pools: bool = False

    def asked_of(self, problem: Problem) -> Question:
        """Return the request to the integrator.

        Raises
        ------
        DataError
            If a requested output does not exist.
        """
        span = float(problem.segments.boundaries[0]), float(problem.segments.boundaries[-1])
        return question(problem.model, span, self.readouts, self.times, self.endpoints, self.pools)

    @cached_property
    def numbers(self) -> int:
        """Approximate number of stored values per patient, without the pools at failure."""
        return len(self.endpoints) + len(self.times) * len(self.readouts) + 5

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Outputs:
        """Return the outputs that ``as_dict`` described."""
        endpoints = tuple(Endpoint(**endpoint) for endpoint in plain["endpoints"])
        return cls(endpoints, tuple(plain["readouts"]), tuple(plain["times"]), plain["pools"])


def outputs_of(
    problem: Problem,
    endpoints: Iterable[str],
    readouts: Sequence[str],
    at: Sequence[float],
    every: float | None,
    pools: bool,
    dosed: Sequence[Scenario] = (),
) -> Outputs:
    """Return the stored outputs; read-outs without times are stored monthly and around doses.

    Parameters
    ----------
    problem : Problem
    endpoints : iterable of str
        Such as ``time_below cd4 0.2e9/L from 1 month``.
    readouts : sequence of str
    at : sequence of float, day
    every : float, day, or None
        From day 0 to the horizon.
    pools : bool
    dosed : sequence of Scenario
        Scenarios whose doses add output times, so that nadirs are resolved.

    Raises
    ------
    DataError
        If a requested output does not exist, or times are given without one.
    """
    wanted = tuple(Endpoint.of(text) for text in endpoints)
    over_time = bool(readouts) or pools
    if not over_time and (len(at) or every is not None):
        cure = "add `readouts=cd4`, or leave out `at` and `every`"
        raise DataError("are given, but no read-out is stored over time", key="times", cure=cure)
    if every is not None and not every > 0.0:
        raise DataError(f"an interval of {every:g} days", key="every", cure="write for example `every=1 month`")
    if not wanted and not over_time:
        wanted = tuple(Endpoint.of(text) for text in problem.model.questions.endpoints)
    times = np.array(sorted(set(at)))
    if over_time and (every is not None or not times.size):
        interval, horizon = DAYS_PER_MONTH if every is None else every, problem.scenario.horizon
        kept = horizon / interval * (len(readouts) + (len(problem.model.pools) if pools else 0))
        if kept > MOST_KEPT:
            cure = "ask for a longer `every`, or for fewer read-outs"
            raise DataError(f"keeps {kept:,.0f} values per patient", key="every", cure=cure)
        times = np.union1d(times, np.minimum(np.arange(0.0, horizon + 1e-9, interval), horizon))
        if every is None:
            times = _apart(np.union1d(times, np.clip(response_times(dosed), times[0], horizon)))
    outputs = Outputs(wanted, tuple(readouts), tuple(times.tolist()) if over_time else (), pools)
    outputs.asked_of(problem)
    return outputs


def _apart(times: Array) -> Array:
    """Return increasing times without duplicates that differ only by rounding."""
    kept: Array = times[np.concatenate([[True], np.diff(times) > 1e-6])]
    return kept
