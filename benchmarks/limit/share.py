"""The floating point operations of a trajectory, and which share of the processor's peak the core reaches with them.

A trajectory costs its trial steps, the states inside steps that it reports, and the checks of these (``defect``). The
counts come from the solver. Not counted, since it is no part of the method: the states that lanes compute inside steps
that report nothing, the choice of the step, copies. So the share is of what had to be computed.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.limit.operations import Operations, UncountableError, count_operations, optimised_text
from benchmarks.limit.peak import Peak
from benchmarks.peers import immunosim_core
from benchmarks.work import Integers, Work
from immunosim.numerics import METHODS
from immunosim.numerics.workspace import LU, REJECTED, RHS, STEPS


@dataclass(frozen=True)
class Share:
    """What the core reaches at a tolerance.

    Attributes
    ----------
    method : str
    rtol : float
    width : int
    trial_steps : float
        Of a trajectory, mean over rows.
    operations : Operations
        Of a trajectory.
    seconds : float
        Processor time of a trajectory, median.
    fma_flops, mixed_flops : float
        Peak of one core in floating point operations per second: FMA only; sums and products apart. Medians.
    quotients : float
        Peak of one core in quotients per second.
    """

    method: str
    rtol: float
    width: int
    trial_steps: float
    operations: Operations
    seconds: float
    fma_flops: float
    mixed_flops: float
    quotients: float

    @property
    def flops_per_second(self) -> float:
        """Floating point operations that the core does in a second."""
        return self.operations.flops / self.seconds

    @property
    def least_seconds(self) -> float:
        """Time of the operations as they are: FMA and products at the rate of FMA, and quotients.

        Sums are taken to cost nothing, since some processors do them beside products.
        """
        products = self.operations.fma + self.operations.multiply
        return 2 * products / self.fma_flops + (self.operations.divide + self.operations.root) / self.quotients

    def as_record(self) -> dict[str, Any]:
        """Return the numbers as they are written to a file."""
        return {
            **{name: value for name, value in asdict(self).items() if name != "operations"},
            "operations_per_trajectory": asdict(self.operations),
            "flops_per_trajectory": self.operations.flops,
            "flops_per_second": self.flops_per_second,
            "share_of_fma_peak": self.flops_per_second / self.fma_flops,
            "share_of_mixed_peak": self.flops_per_second / self.mixed_flops,
            "share_of_time_for_products_and_quotients": self.least_seconds / self.seconds,
            "trajectories_per_second_at_fma_peak": self.fma_flops / self.operations.flops,
        }


def operations_of_trajectory(
    counted: dict[str, Operations], method: str, counts: Integers, n_segments: int, n_times: int
) -> Operations:
    """Return the mean operations of a row.

    Parameters
    ----------
    counted : dict of str to Operations
        Of the functions of the lane core.
    method : str
    counts : ndarray, shape (n_rows, 5)
        As ``Ensemble.counts``.
    n_segments, n_times : int
    """
    mean = counts.mean(axis=0)
    trials = mean[STEPS] + mean[REJECTED]
    # Beside trials, an output inside a step may have taken a step of its own; both factorise once.
    solved = mean[LU]
    # A factorised step evaluates the right-hand side once a stage but for the first, an accepted one once more; a
    # segment begins with two. What is left are checks of states inside steps.
    checks = mean[RHS] - (METHODS[method].n_stages - 1) * solved - mean[STEPS] - 2 * n_segments
    return (
        counted[f"attempt_{method}"] * float(max(trials, solved))
        + counted["defect"] * float(max(checks, 0.0))
        + counted[f"sample_{method}"] * float(n_times)
    )


def measure_shares(
    work: Work,
    methods: list[str],
    rtols: list[float],
    n_rounds: int,
    width: int | None,
    announce: Callable[[str], Any],
) -> list[Share]:
    """Return the shares of methods and tolerances; the peaks are measured beside each of them.

    Empty where the core has no lanes on this machine, or its instructions cannot be counted.
    """
    runs = {method: immunosim_core.prepare(work, method, width=width) for method in methods}
    lanes = next(iter(runs.values())).kernels.lanes
    if lanes is None:
        return []
    announce("operations of a trajectory, and the peak of a core")
    try:
        counted, peak = count_operations(optimised_text(work.module, lanes.width)), Peak(lanes.width)
    except UncountableError as error:  # compilers write loops as their processor likes them
        announce(f"what was compiled for this processor cannot be counted ({error}): no share of its peak")
        return []
    shares = []
    for method, run in runs.items():
        for rtol in (rtol for rtol in rtols if rtol >= METHODS[method].least_rtol):
            seconds, peaks = [], []
            run(rtol, 1)
            for _ in range(n_rounds):
                started = time.process_time()
                run(rtol, work.n_rows)
                seconds.append((time.process_time() - started) / work.n_rows)
                peaks.append([peak.flops(kind) for kind in ("fma", "add and multiply", "divide")])
            operations = operations_of_trajectory(
                counted, method, run.counts, work.segments.n_segments, work.times.size
            )
            trials = float(run.counts[:, [STEPS, REJECTED]].sum(axis=1).mean())
            medians = [median(values) for values in zip(*peaks, strict=True)]
            shares.append(Share(method, rtol, lanes.width, trials, operations, median(seconds), *medians))
    return shares
