"""immunosim itself, as ``solve_ensemble`` runs for a user, on one thread unless told otherwise."""

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.work import Array, Integers, Work
from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.core import choose_core
from immunosim.numerics import Kernels, solve_ensemble


@dataclass
class CoreRun:
    """A run that also keeps the counts of its last rows: steps, rejections, evaluations."""

    work: Work
    kernels: Kernels
    method: str
    n_threads: int = 1
    counts: Integers = field(default_factory=lambda: np.zeros((0, 5), np.int64))

    def __call__(self, rtol: float, n_rows: int) -> Array:
        """Solve the first rows."""
        work = self.work
        found = solve_ensemble(
            self.kernels,
            work.states[:n_rows],
            work.parameters[:n_rows],
            work.segments,
            work.times,
            work.options(rtol, self.method),
            n_threads=self.n_threads,
        )
        self.counts = found.counts
        return found.states


def prepare(work: Work, method: str = "rodas5p", width: int | None = None, n_threads: int = 1) -> CoreRun:
    """Return what solves rows of the work.

    Parameters
    ----------
    work : Work
    method : str
        Name of a tableau.
    width : int, optional
        Lanes; by default what this processor has, or the scalar core where there can be none.
    n_threads : int
    """
    lanes = choose_core(work.module).lanes if width is None else lane_functions(work.module, width)
    return CoreRun(work, replace(work.kernels, lanes=lanes), method, n_threads)
