"""Records that describe a problem to the integrator: kernels, segments, options.

They check shapes and values once, at the border, so that the kernels need not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.lanes.records import LaneFunctions
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.workspace import Functions

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kernels:
    """The functions of one model.

    Attributes
    ----------
    rhs, jacobian : callable
        ``rhs(y_, p_, u_, out_)`` fills dy/dt, ``jacobian`` the structural nonzeros of its derivative by y.
    factorise : callable
        ``factorise(jac_, shift, lu_)``: LU of ``shift * I - J``; returns its growth, infinite or NaN if it broke down.
    solve : callable
        ``solve(lu_, b_)`` replaces ``b_`` by the solution.
    n_pools, n_jacobian, n_lu : int
        Lengths of the state, of the Jacobian's nonzeros and of the factors.
    lanes : LaneFunctions, optional
        The same functions for several rows at once.
    readouts : callable, optional
        Fills the read-outs of a state, with the signature of ``rhs``.
    n_readouts : int
        How many these are.
    pattern : tuple of two sequences of n_jacobian integers
        Rows and columns of the Jacobian's nonzeros. Where elimination without pivoting breaks down they allow one with;
        without them, the default, the step shrinks.
    """

    rhs: Callable[..., Any]
    jacobian: Callable[..., Any]
    factorise: Callable[..., Any]
    solve: Callable[..., Any]
    n_pools: int
    n_jacobian: int
    n_lu: int
    lanes: LaneFunctions | None = None
    pattern: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    readouts: Callable[..., Any] | None = None
    n_readouts: int = 0

    @property
    def functions(self) -> Functions:
        """The functions as the scalar core calls them; without read-outs, something of the same signature."""
        return Functions(self.rhs, self.jacobian, self.factorise, self.solve, self.readouts or self.rhs)

    def __post_init__(self) -> None:
        """Refuse sizes and patterns that cannot be.

        Raises
        ------
        ValueError
            If a length is not positive, the pattern is incomplete or out of range, or nothing computes the read-outs.
        """
        for name in ("n_pools", "n_jacobian", "n_lu"):
            if getattr(self, name) < 1:
                raise ValueError(f"Kernels.{name} is {getattr(self, name)}, expected at least 1")
        if self.n_readouts < 0 or (self.n_readouts > 0 and self.readouts is None):
            raise ValueError(f"Kernels.n_readouts is {self.n_readouts}, and Kernels.readouts computes none")
        for places in self.pattern:
            if places and (len(places) != self.n_jacobian or not 0 <= min(places) <= max(places) < self.n_pools):
                raise ValueError(f"Kernels.pattern must place {self.n_jacobian} nonzeros among {self.n_pools} pools")
        if bool(self.pattern[0]) != bool(self.pattern[1]):
            raise ValueError("Kernels.pattern needs rows and columns, or neither")


@dataclass(frozen=True, eq=False)
class Segments:
    """Piecewise-constant inputs and jumps of the state.

    Attributes
    ----------
    boundaries : ndarray, shape (n_segments + 1,), strictly increasing times
    inputs : ndarray, shape (n_segments, n_inputs), constant on each segment
    jumps : ndarray, shape (n_segments, n_pools), added to the state at the start of each segment
    """

    boundaries: Array
    inputs: Array
    jumps: Array

    def __post_init__(self) -> None:
        """Convert to contiguous float64 arrays and check them.

        Raises
        ------
        ValueError
            If the shapes disagree, a number is not finite, or the boundaries do not increase.
        """
        for name, n_dimensions in (("boundaries", 1), ("inputs", 2), ("jumps", 2)):
            array = np.array(getattr(self, name), dtype=np.float64, order="C")
            if array.ndim != n_dimensions:
                raise ValueError(f"Segments.{name} has {array.ndim} dimensions, expected {n_dimensions}")
            if not np.isfinite(array).all():
                raise ValueError(f"Segments.{name} holds a number that is not finite")
            object.__setattr__(self, name, array)
        if self.boundaries.size < 2:
            raise ValueError("Segments.boundaries needs at least two times, a start and an end")
        late = np.flatnonzero(np.diff(self.boundaries) <= 0.0)
        if late.size:
            i = int(late[0])
            raise ValueError(
                f"Segments.boundaries must increase strictly, but boundaries[{i}] = {self.boundaries[i]} is followed "
                f"by {self.boundaries[i + 1]}"
            )
        for name in ("inputs", "jumps"):
            n_rows = len(getattr(self, name))
            if n_rows != self.n_segments:
                raise ValueError(f"Segments.{name} has {n_rows} rows, expected {self.n_segments}, one for each segment")

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return self.boundaries.size - 1


@dataclass(frozen=True, eq=False)
class SolverOptions:
    """Accuracy and limits of a solve.

    Attributes
    ----------
    rtol : float
        Relative tolerance of one step.
    atol : float or ndarray, shape (n_pools,)
        Absolute tolerance of one step: the amount of each pool that does not matter.
    negative_tolerance : float or ndarray, shape (n_pools,)
        A pool that falls below minus this value ends the solve with NEGATIVE; infinity, the default, allows any value.
    max_steps : int
        Accepted and rejected steps together, over all segments.
    first_step : float or None
        First step tried in each segment; None estimates one.
    max_step : float
        Longest step allowed.
    method : str
        Name of a tableau in ``METHODS``.
    """

    rtol: float = 1e-7
    atol: float | Array = 1e-9
    negative_tolerance: float | Array = np.inf
    max_steps: int = 100_000
    first_step: float | None = None
    max_step: float = np.inf
    method: str = "rodas5p"

    def __post_init__(self) -> None:
        """Refuse options that cannot be.

        Raises
        ------
        ValueError
            If a tolerance or a limit is not positive, or the method is unknown.
        """
        if not (np.isfinite(self.rtol) and self.rtol > 0.0):
            raise ValueError(f"rtol is {self.rtol}, expected a positive number")
        if not (np.all(np.isfinite(self.atol)) and np.all(np.asarray(self.atol) > 0.0)):
            raise ValueError("atol must be positive and finite for every pool")
        if not np.all(np.asarray(self.negative_tolerance) >= 0.0):
            raise ValueError("negative_tolerance must be zero or positive for every pool")
        if not (self.max_steps >= 1 and self.max_steps % 1 == 0):  # both are False for NaN
            raise ValueError(f"max_steps is {self.max_steps}, expected a whole number of at least 1")
        if self.first_step is not None and not self.first_step > 0.0:
            raise ValueError(f"first_step is {self.first_step}, expected a positive number or None")
        if not self.max_step > 0.0:
            raise ValueError(f"max_step is {self.max_step}, expected a positive number")
        if self.method not in METHODS:
            raise ValueError(f"method {self.method!r} is unknown, expected one of {', '.join(METHODS)}")
