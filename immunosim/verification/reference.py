"""An independent reference solution of a prepared problem, by SciPy.

It shares with the integrator only the compiled right-hand side and Jacobian and the table of segments, but neither
step control, nor linear algebra, nor the handling of boundaries and output.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.errors import SolverError
from immunosim.problem import Problem

METHOD = "Radau"

# Five digits below the limit of the comparison. On the shipped scenarios it takes seconds; one at 1e-11 differs from it
# by 1e-9 and takes two and a half times as long.
RTOL = 1e-9

# The comparison forgives errors below 1e-4 of a pool's maximum, so nothing below that has to be known to RTOL.
FLOOR = 1e-4

# A pool that starts empty has no size of its own until something fills it, and may hold rounding meanwhile: the breach
# of tolerance integrates the square of a difference of equal numbers. Below this share of its scale it counts as empty.
EMPTY = 1e-2

Derivative = Callable[[float, Array], Array]


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference states.

    Attributes
    ----------
    times : ndarray, shape (n_times,), day
        Output times and boundaries, increasing.
    states : ndarray, shape (n_times, n_pools)
        Before the jump, where a time is a boundary.
    magnitudes : ndarray, shape (n_pools,)
        As ``magnitudes_of`` gives them.
    label : str
        Method and tolerance.
    """

    times: Array
    states: Array
    magnitudes: Array
    label: str

    def at(self, times: Array) -> Array:
        """Return the states, shape (len(times), n_pools), at times that are among ``self.times``."""
        states: Array = self.states[np.searchsorted(self.times, times)]
        return states


@dataclass(frozen=True, eq=False)
class Piece:
    """One segment with the output times in it.

    Attributes
    ----------
    start, end : float, day
    inputs : ndarray, shape (n_inputs,)
    jumps : ndarray, shape (n_pools,)
        Added to the state at the start.
    times : ndarray, day
        In (start, end]; the last is the end.
    rows : slice
        Indices of the requested ``times`` in the whole output.
    """

    start: float
    end: float
    inputs: Array
    jumps: Array
    times: Array
    rows: slice


def pieces_of(problem: Problem, times: Array) -> list[Piece]:
    """Return the segments of a problem, each with its share of the increasing ``times`` (after the first boundary)."""
    segments, pieces = problem.segments, []
    places = np.searchsorted(times, segments.boundaries, side="right")
    for i, (start, end) in enumerate(pairwise(segments.boundaries)):
        rows = slice(int(places[i]), int(places[i + 1]))
        wanted = times[rows]
        inside = wanted if wanted.size and wanted[-1] == end else np.append(wanted, end)
        pieces.append(Piece(float(start), float(end), segments.inputs[i].copy(), segments.jumps[i], inside, rows))
    return pieces


def magnitudes_of(problem: Problem, states: Array) -> Array:
    """Return the largest magnitude of each pool, shape (n_pools,), by which its errors are measured.

    The maximum is over ``states``, shape (n, n_pools), and the jumps. A pool of 1e-13 that starts at that size is
    judged at that size; one that starts empty is taken for at least ``EMPTY`` of its scale.
    """
    least = np.where(problem.initial_state == 0.0, EMPTY * problem.model.scales, 0.0)
    magnitudes: Array = np.max([np.abs(states).max(axis=0), np.abs(problem.segments.jumps).max(axis=0), least], axis=0)
    return magnitudes


def equations(problem: Problem, inputs: Array) -> tuple[Derivative, Derivative]:
    """Return the right-hand side and the dense Jacobian as SciPy calls them, while ``inputs`` hold."""
    model, vector = problem.model, problem.vector
    rhs_kernel, jacobian_kernel, n = model.kernels.rhs, model.kernels.jacobian, model.kernels.n_pools
    places = (np.array(model.module.JACOBIAN_ROWS), np.array(model.module.JACOBIAN_COLUMNS))
    nonzeros = np.empty(model.kernels.n_jacobian)

    def rhs(_: float, state: Array) -> Array:
        out = np.empty(n)
        rhs_kernel(state, vector, inputs, out)
        return out

    def jacobian(_: float, state: Array) -> Array:
        jacobian_kernel(state, vector, inputs, nonzeros)
        matrix = np.zeros((n, n))
        matrix[places] = nonzeros
        return matrix

    return rhs, jacobian


def solve_reference(
    problem: Problem,
    magnitudes: Array,
    *,
    method: str = METHOD,
    rtol: float = RTOL,
    announce: Callable[[str], None] = say_nothing,
) -> Reference:
    """Solve a problem by SciPy, segment by segment.

    Parameters
    ----------
    problem : Problem
    magnitudes : ndarray, shape (n_pools,)
        Size of each pool, which sets its absolute tolerance: a pool of 1e-13 is resolved like one of 1e3.
    method : str
        A stiff method of ``scipy.integrate.solve_ivp``.
    rtol : float
    announce : callable
        Receives the progress of the solution.

    Raises
    ------
    SolverError
        If SciPy gives up.
    """
    label = f"SciPy {method} at {rtol:.0e}"
    times = np.unique(np.concatenate([problem.times, problem.segments.boundaries]))
    states = np.empty((times.size, magnitudes.size))
    state = states[0] = problem.initial_state
    for piece in _with_progress(pieces_of(problem, times), label, announce):
        state = state + piece.jumps
        states[piece.rows] = _solve_piece(problem, piece, state, method, rtol, FLOOR * rtol * magnitudes, label)
        state = states[piece.rows][-1]
    return Reference(times, states, magnitudes_of(problem, states), label)


def _solve_piece(
    problem: Problem, piece: Piece, state: Array, method: str, rtol: float, atol: Array, label: str
) -> Array:
    from scipy.integrate import solve_ivp

    rhs, jacobian = equations(problem, piece.inputs)
    span = (piece.start, piece.end)
    solution = solve_ivp(rhs, span, state, method=method, t_eval=piece.times, rtol=rtol, atol=atol, jac=jacobian)
    if not solution.success:
        reason = f"the reference ({label}) stopped between day {piece.start:g} and {piece.end:g}: {solution.message}"
        raise SolverError(reason, cure="check the parameters; the scenario cannot be verified with them")
    states: Array = solution.y.T
    return states


def _with_progress(pieces: list[Piece], label: str, announce: Callable[[str], None]) -> Iterator[Piece]:
    """Yield the pieces and announce each tenth of the simulated time."""
    start, end, told = pieces[0].start, pieces[-1].end, -1
    for piece in pieces:
        tenth = int(10 * (piece.start - start) / (end - start))
        if tenth > told:
            announce(f"{label}: day {piece.start:.0f} of {end:.0f}")
            told = tenth
        yield piece
