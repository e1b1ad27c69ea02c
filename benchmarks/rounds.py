"""Timing in rounds: each measurement follows one of the yardstick, and medians are taken over the rounds.

The yardstick is our core in one lane, on fixed rows at a fixed tolerance. A tool's speed is the median over the rounds
of its ratio to the yardstick just before, times the median speed of the yardstick, so that a machine that is busy for a
while slows both. Seconds are of processor time, of all threads of the process together: what others do on the machine
meanwhile does not count, and a tool that keeps two cores busy pays for both.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.errors import Errors, errors_of_rows, summarise
from benchmarks.peers.tool import Run, Tool
from benchmarks.reference import Reference
from benchmarks.work import Array, Work

YARDSTICK_RTOL = 1e-6
YARDSTICK_SECONDS = 0.05

# The first solution, which gives the errors, may take this many times as long as a round: more rows make surer errors.
ERROR_SHARE = 2.0
# Seconds of a run above which a tool takes part in the first round only, and is spared tighter tolerances.
SLOW = 2.0
TOO_LONG = 10.0


@dataclass
class Measurement:
    """A tool at a tolerance: its error, its rows a round, and the ratios of its speed to the yardstick's."""

    tool: Tool
    rtol: float
    run: Run
    errors: Errors
    rows_per_run: int
    runs_per_round: int
    is_slow: bool
    ratios: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median speed in units of the yardstick's."""
        return median(self.ratios)


@dataclass
class Yardstick:
    """The fixed work that speeds are measured in."""

    run: Run
    n_rows: int
    speeds: list[float] = field(default_factory=list)

    def measure(self) -> float:
        """Return its trajectories per second of processor time now, and remember them."""
        _, elapsed = _timed(self.run, YARDSTICK_RTOL, self.n_rows)
        self.speeds.append(self.n_rows / elapsed)
        return self.speeds[-1]


def make_yardstick(run: Run, most_rows: int) -> Yardstick:
    """Return a yardstick of about ``YARDSTICK_SECONDS``."""
    run(YARDSTICK_RTOL, 1)  # compiles, or loads
    _, elapsed = _timed(run, YARDSTICK_RTOL, 1)
    return Yardstick(run, _between(1, YARDSTICK_SECONDS / elapsed, most_rows))


def begin(
    tool: Tool, run: Run, work: Work, reference: Reference, rtols: Sequence[float], seconds: float
) -> list[Measurement]:
    """Solve rows once at each tolerance for the errors, and choose how many make a round of about ``seconds``.

    A tool that takes ``TOO_LONG`` is spared the tighter tolerances, as is one that is not to be used there.
    """
    least = min(getattr(run, "rows_at_once", 1), work.n_rows)
    run(rtols[0], least)  # numba compiles at the first call
    found: list[Measurement] = []
    for rtol in (rtol for rtol in rtols if rtol >= tool.least_rtol):
        states, elapsed = _timed(run, rtol, least)
        n_errors = _between(least, ERROR_SHARE * seconds * least / elapsed, len(reference.states))
        if n_errors > least:
            states, elapsed = _timed(run, rtol, n_errors)
        per_row = elapsed / len(states)
        n_rows = max(least, _between(1, seconds / per_row, work.n_rows))
        repeats = _between(1, seconds / (per_row * n_rows), 1000)
        errors = summarise(errors_of_rows(states[: len(reference.states)], reference.states, work.scales))
        found.append(Measurement(tool, rtol, run, errors, n_rows, repeats, per_row * n_rows > SLOW))
        if elapsed > TOO_LONG:
            break
    return found


def measure(
    measurements: Sequence[Measurement], yardstick: Yardstick, n_rounds: int, announce: Callable[[str], None]
) -> None:
    """Go round all tools and tolerances."""
    for number in range(1, n_rounds + 1):
        announce(f"round {number} of {n_rounds}")
        for measured in measurements:
            if measured.is_slow and number > 1:
                continue
            before = yardstick.measure()
            started = time.process_time()
            for _ in range(measured.runs_per_round):
                measured.run(measured.rtol, measured.rows_per_run)
            elapsed = time.process_time() - started
            measured.ratios.append(measured.rows_per_run * measured.runs_per_round / elapsed / before)


def _timed(run: Run, rtol: float, n_rows: int) -> tuple[Array, float]:
    started = time.process_time()
    states = run(rtol, n_rows)
    return states, time.process_time() - started


def _between(least: int, wanted: float, most: int) -> int:
    return int(np.clip(wanted, least, max(least, most)))
