"""What every tool is given: the same rows, right-hand side, doses, output times and tolerances.

Knows no tool. A tool restarts at every dose, since a solver that steps over a jump is wrong; the output grid is cut
into the same pieces for all of them.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from immunosim.codegen.kernel_module import KernelModule
from immunosim.numerics import Kernels, Segments, SolverOptions

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# The same for every tool: a thousandth of the relative tolerance of the size of each pool that matters. By default
# immunosim itself goes a hundred times lower, see decision 9.
NEGLIGIBLE = 1e-3

# No tool is stopped by a limit that was meant for shorter problems.
MAX_STEPS = 1_000_000


@dataclass(frozen=True, eq=False)
class Pieces:
    """The segments with their output times, one after the other.

    Attributes
    ----------
    first : ndarray of int, shape (n_segments + 1,)
        Where the times of each segment start in ``times``.
    times : ndarray
        For each segment its start, the output times after it, and its end; strictly increasing within a segment.
    place : ndarray of int, shape like ``times``
        Position among the output times, -1 for times that are no output.
    """

    first: Integers
    times: Array
    place: Integers


@dataclass(frozen=True, eq=False)
class Work:
    """An ensemble that every tool solves.

    Attributes
    ----------
    name, label : str
    module : KernelModule
        The text of the kernels, and its functions.
    kernels : Kernels
        The same for our core, without lanes.
    states : ndarray, shape (n_rows, n_pools)
    parameters : ndarray, shape (n_rows, n_parameters)
    segments : Segments
    times : ndarray, shape (n_times,)
    scales : ndarray, shape (n_pools,)
        Size of each pool that matters; sets the absolute tolerance.
    negative_tolerance : float or ndarray, shape (n_pools,)
    """

    name: str
    label: str
    module: KernelModule
    kernels: Kernels
    states: Array
    parameters: Array
    segments: Segments
    times: Array
    scales: Array
    negative_tolerance: float | Array = np.inf

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.states)

    @property
    def n_pools(self) -> int:
        """Number of pools."""
        return int(self.states.shape[1])

    def atol(self, rtol: float) -> Array:
        """Return the absolute tolerance of each pool, shape (n_pools,)."""
        return NEGLIGIBLE * rtol * self.scales

    def options(self, rtol: float, method: str) -> SolverOptions:
        """Return the options of our integrator."""
        return SolverOptions(
            rtol=rtol,
            atol=self.atol(rtol),
            negative_tolerance=self.negative_tolerance,
            max_steps=MAX_STEPS,
            method=method,
        )

    def head(self, n_rows: int) -> "Work":
        """Return the work of the first rows."""
        return replace(self, states=self.states[:n_rows], parameters=self.parameters[:n_rows])

    @cached_property
    def pieces(self) -> Pieces:
        """The segments with their output times."""
        times, first, place = [], [0], []
        bounds = self.segments.boundaries
        for start, end in pairwise(bounds):
            inside = np.flatnonzero((self.times > start) & (self.times <= end))
            grid, places = [start, *self.times[inside]], [-1, *inside]
            if grid[-1] < end:
                grid.append(end)
                places.append(-1)
            times += grid
            place += places
            first.append(len(times))
        return Pieces(np.array(first), np.array(times), np.array(place))

    def empty_states(self, n_rows: int) -> Array:
        """Return the output of some rows: NaN, but for what is reported at the start, before the first jump."""
        states = np.full((n_rows, self.times.size, self.n_pools), np.nan)
        at_start = self.times == self.segments.boundaries[0]
        states[:, at_start] = self.states[:n_rows, np.newaxis]
        return states
