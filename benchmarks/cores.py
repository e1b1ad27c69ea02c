"""Widths of lanes against a single one, two threads against one, interleaved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.peers import immunosim_core
from benchmarks.work import Work
from immunosim.errors import ModelError

RTOL = 1e-6
ONE = "1 lane"


@dataclass(frozen=True)
class CoreSpeed:
    """A core's median trajectories per second, and the median of its ratios to one lane on one thread."""

    core: str
    rtol: float
    trajectories_per_second: float
    ratio_to_one_lane: float


def compare_cores(
    work: Work, widths: Sequence[int], n_threads: int, n_rounds: int, announce: Callable[[str], Any]
) -> list[CoreSpeed]:
    """Return the speeds of one lane, of lanes of each width, and of the default with several threads.

    Parameters
    ----------
    work : Work
    widths : sequence of int
        A width that cannot be compiled here is left out. The last is also run with several threads.
    n_threads : int
        One leaves the comparison of threads out.
    n_rounds : int
    announce : callable
    """
    announce("lanes, widths and threads")
    runs: dict[str, Any] = {ONE: immunosim_core.prepare(work, width=1)}
    for width in widths:
        try:
            runs[f"{width} lanes"] = immunosim_core.prepare(work, width=width)
        except (ModelError, RuntimeError) as error:
            announce(f"{width} lanes: left out ({error})")
    if n_threads > 1:
        threaded = immunosim_core.prepare(work, width=widths[-1], n_threads=n_threads)
        runs[f"{widths[-1]} lanes, {n_threads} threads"] = threaded
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(RTOL, 1)
    for _ in range(n_rounds):
        for name, run in runs.items():
            # One lane is slower: a quarter of the rows takes about as long.
            n_rows = max(1, work.n_rows // 4) if name == ONE else work.n_rows
            started = time.perf_counter()
            run(RTOL, n_rows)
            seconds[name].append((time.perf_counter() - started) / n_rows)
    return [
        CoreSpeed(
            name,
            RTOL,
            1.0 / median(values),
            median(one / value for one, value in zip(seconds[ONE], values, strict=True)),
        )
        for name, values in seconds.items()
    ]
