"""Input of a solve, checked and put in the form that the kernels read."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.workspace import Batch, Control, Method

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def batch_of(
    kernels: Kernels,
    initial_states: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments | Sequence[Segments],
    times: npt.ArrayLike,
) -> Batch:
    """Check the input and put it in the form the kernels read."""
    states, p = _matrix(initial_states, "initial_states"), _matrix(parameters, "parameters")
    n, n_pools = states.shape
    if n_pools != kernels.n_pools:
        raise ValueError(f"initial_states has {n_pools} columns, expected one for each of {kernels.n_pools} pools")
    if len(p) != n:
        raise ValueError(f"parameters has {len(p)} rows, initial_states {n}: give one of each for every solve")
    return Batch(states, p, *_flatten(segments, n, n_pools), *_checked_times(times, n))


def _native(values: npt.ArrayLike, name: str) -> Array:
    if np.iscomplexobj(values):  # numpy would drop the imaginary parts with a warning
        raise ValueError(f"{name} holds complex numbers, expected real ones")
    # Writeable as well: numba would take a read-only array for another type, which the kernels do not accept.
    return np.require(values, np.float64, ["C", "A", "W"])


def _matrix(values: npt.ArrayLike, name: str) -> Array:
    array = _native(values, name)
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected 2: one row for each solve")
    return array


def _checked_times(times: npt.ArrayLike, n: int) -> tuple[Array, Integers]:
    """Return the output times as a line for all rows or one for each, and how many of each line count."""
    given = _native(times, "times")
    array = np.atleast_2d(given)
    is_time = np.isfinite(array)
    n_times = is_time.sum(axis=1)
    is_at_the_end = (is_time == (np.arange(array.shape[1]) < n_times[:, np.newaxis])).all()
    if given.ndim == 1 and not is_time.all():
        raise ValueError("times must be finite numbers")
    if given.ndim == 2 and (len(array) != n or not is_at_the_end or np.isinf(array).any()):
        raise ValueError(f"times has {len(array)} lines of numbers, expected {n}, which may end in NaN")
    if given.ndim not in (1, 2) or (np.diff(array) < 0.0).any():
        raise ValueError("times must be a vector of numbers that does not decrease, or one for each row")
    return array, n_times


def _flatten(
    segments: Segments | Sequence[Segments], n: int, n_pools: int
) -> tuple[Integers, Integers, Array, Array, Array]:
    """Put the segments of all sets one after the other, as ``Batch`` wants them."""
    if isinstance(segments, Segments):
        sets, set_of_row = [segments], np.zeros(n, np.int64)
    else:
        sets, set_of_row = list(segments), np.arange(n)
        if len(sets) != n:
            raise ValueError(f"{len(sets)} sets of segments for {n} rows: give one for all, or one for each")
    if not sets:  # for no rows
        return set_of_row, np.zeros(1, np.int64), np.zeros(0), np.zeros((0, 0)), np.zeros((0, n_pools))
    if len({one.inputs.shape[1] for one in sets}) > 1:
        raise ValueError("all sets of segments must have the same inputs")
    for one in sets:
        if one.jumps.shape[1] != n_pools:
            raise ValueError(f"Segments.jumps has {one.jumps.shape[1]} columns, expected {n_pools}, one for each pool")
    return (
        set_of_row,
        np.cumsum([0] + [one.n_segments for one in sets]),
        np.concatenate([one.boundaries for one in sets]),
        np.concatenate([one.inputs for one in sets]),
        np.concatenate([one.jumps for one in sets]),
    )


def method_of(options: SolverOptions) -> Method:
    """Return what the kernels need of the tableau."""
    tableau = METHODS[options.method]
    orders = (tableau.order, tableau.embedded_order)
    return Method(tableau.gamma, *orders, tableau.n_stages, tableau.A, tableau.C, tableau.H)


def control_of(options: SolverOptions, n_pools: int) -> Control:
    """Give every pool its own tolerances."""
    return Control(
        rtol=float(options.rtol),
        first_step=float(options.first_step or 0.0),
        max_step=float(options.max_step),
        max_steps=int(options.max_steps),
        atol=_for_every_pool(options.atol, "atol", n_pools),
        negative_tolerance=_for_every_pool(options.negative_tolerance, "negative_tolerance", n_pools),
    )


def _for_every_pool(value: npt.ArrayLike, name: str, n_pools: int) -> Array:
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (n_pools,)):
        raise ValueError(f"{name} has shape {array.shape}, expected one number or one for each of {n_pools} pools")
    return np.broadcast_to(array, n_pools).copy()
