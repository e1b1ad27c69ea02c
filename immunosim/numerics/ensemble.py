"""Solve many rows (or one): the seam behind which the scalar core and the lane core stand.

A row is an initial state, a parameter vector and a set of segments.  Rows share kernels, output times and options, and
are independent of one another: results are the same bits for any order, number of rows and number of threads.  Kernels
that come with lanes are solved in these, which agrees with the scalar core to rounding.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from immunosim.numerics.driver import compiled_driver
from immunosim.numerics.lanes.solving import solve_in_lanes
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.status import Status
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.workspace import N_COUNTS, Batch, Control, Method, Outcome, new_work

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# One call costs about 0.3 ms: fewer rows would show in the time, more would delay an interrupt and unbalance threads.
ROWS_PER_CHUNK = 32


def solve_ensemble(
    kernels: Kernels,
    initial_states: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments | Sequence[Segments],
    times: npt.ArrayLike,
    options: SolverOptions | None = None,
    out: Array | None = None,
    n_threads: int = 1,
) -> Ensemble:
    """Integrate every row over its segments and report the states at ``times``.

    Parameters
    ----------
    kernels : Kernels
    initial_states : array_like, shape (n, n_pools)
        States before the jump of the first segment.
    parameters : array_like, shape (n, n_parameters)
        Closed parameters: primary, then derived.
    segments : Segments or sequence of n Segments
        Shared by all rows, or one for each.
    times : array_like, shape (n_times,), not decreasing
        A time on a boundary reports the state before the jump there.
    options : SolverOptions, optional
    out : ndarray, shape (n, n_times, n_pools), optional, receives the states
    n_threads : int

    Returns
    -------
    Ensemble

    Raises
    ------
    ValueError
        If shapes disagree or ``times`` decreases; what is wrong with the numbers of a row is its status.
    """
    options = options or SolverOptions()
    batch = _batch(kernels, initial_states, parameters, segments, times)
    n, n_pools = batch.initial_states.shape
    outcome = _empty_outcome(out, n, batch.times.size, n_pools)
    method, control = _method(options), _control(options, n_pools)
    if kernels.lanes is not None:
        solve_in_lanes(kernels, kernels.lanes, options.method, method, control, batch, outcome, n_threads)
        return Ensemble(**outcome._asdict())
    driver, functions = compiled_driver(), (kernels.rhs, kernels.jacobian, kernels.factorise, kernels.solve)

    def solve_chunk(first_row: int, end_row: int) -> None:
        work = new_work(n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern)
        with np.errstate(all="ignore"):  # kernels run as plain Python would warn where compiled ones are silent
            driver(*functions, method, control, work, batch, outcome, first_row, end_row)

    _run_chunks(solve_chunk, n, n_threads)
    return Ensemble(**outcome._asdict())


def solve_one(
    kernels: Kernels,
    initial_state: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments,
    times: npt.ArrayLike,
    options: SolverOptions | None = None,
) -> Solution:
    """Integrate one row: ``solve_ensemble`` with n = 1.

    Parameters
    ----------
    initial_state : array_like, shape (n_pools,)
    parameters : array_like, shape (n_parameters,)
    kernels, segments, times, options
        As in ``solve_ensemble``.
    """
    rows = solve_ensemble(kernels, np.atleast_2d(initial_state), np.atleast_2d(parameters), segments, times, options)
    return rows.row(0)


def _batch(
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
    return Batch(states, p, *_flatten(segments, n, n_pools), _checked_times(times))


def _native(values: npt.ArrayLike) -> Array:
    # Writeable as well: numba would take a read-only array for another type, which the kernels do not accept.
    return np.require(values, np.float64, ["C", "A", "W"])


def _matrix(values: npt.ArrayLike, name: str) -> Array:
    array = _native(values)
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected 2: one row for each solve")
    return array


def _checked_times(times: npt.ArrayLike) -> Array:
    array = _native(times)
    if array.ndim != 1 or not np.isfinite(array).all() or (np.diff(array) < 0.0).any():
        raise ValueError("times must be a vector of finite numbers that does not decrease")
    return array


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


def _empty_outcome(out: Array | None, n: int, n_times: int, n_pools: int) -> Outcome:
    """Allocate the output; until a row is solved it says NaN and REFUSED_INPUT."""
    shape = (n, n_times, n_pools)
    states = np.empty(shape) if out is None else out
    if states.shape != shape or states.dtype != np.float64 or not states.flags.carray:
        raise ValueError(f"out must be a writeable C-contiguous float64 array of shape {shape}")
    states.fill(np.nan)
    return Outcome(
        states=states,
        status=np.full(n, int(Status.REFUSED_INPUT)),
        fail_time=np.full(n, np.nan),
        fail_state=np.full((n, n_pools), np.nan),
        worst_pool=np.full(n, -1),
        counts=np.zeros((n, N_COUNTS), np.int64),
    )


def _method(options: SolverOptions) -> Method:
    """Return what the kernels need of the tableau."""
    tableau = METHODS[options.method]
    orders = (tableau.order, tableau.embedded_order)
    return Method(tableau.gamma, *orders, tableau.n_stages, tableau.A, tableau.C, tableau.H)


def _control(options: SolverOptions, n_pools: int) -> Control:
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


def _run_chunks(solve_chunk: Callable[[int, int], None], n: int, n_threads: int) -> None:
    """Solve the rows chunk by chunk; the kernels release the interpreter lock, an interrupt waits for one chunk."""
    chunks = [(first, min(first + ROWS_PER_CHUNK, n)) for first in range(0, n, ROWS_PER_CHUNK)]
    if n_threads == 1:
        for chunk in chunks:
            solve_chunk(*chunk)
        return
    pool = ThreadPoolExecutor(n_threads)
    try:
        for future in [pool.submit(solve_chunk, *chunk) for chunk in chunks]:
            future.result()
    finally:
        pool.shutdown(cancel_futures=True)
