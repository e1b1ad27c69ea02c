"""Solve many rows (or one): the seam behind which the scalar core and the lane core stand.

A row is an initial state, a parameter vector, a set of segments and its output times.  Rows share kernels, options and
what is asked of them, and are independent of one another: results are the same bits for any order, number of rows and
number of threads.  Kernels that come with lanes are solved in these, which agrees with the scalar core to rounding.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from immunosim.numerics.driver import compiled_driver
from immunosim.numerics.lanes.solving import solve_in_lanes
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.request import Request
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.summaries import N_NODES
from immunosim.numerics.tableaus import METHODS
from immunosim.numerics.workspace import Batch, Control, Method, new_work

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
    out: Ensemble | None = None,
    n_threads: int = 1,
    request: Request | None = None,
) -> Ensemble:
    """Integrate every row over its segments and report what is asked for.

    Parameters
    ----------
    kernels : Kernels
    initial_states : array_like, shape (n, n_pools)
        States before the jump of the first segment.
    parameters : array_like, shape (n, n_parameters)
        Closed parameters: primary, then derived.
    segments : Segments or sequence of n Segments
        Shared by all rows, or one for each; the last boundary is a row's horizon.
    times : array_like, shape (n_times,) or (n, n_times), not decreasing
        Shared by all rows, or one line for each, which may end in NaN: there nothing is reported. A time on a boundary
        reports the state before the jump there.
    options : SolverOptions, optional
    out : Ensemble, optional
        An earlier result of the same shapes, whose arrays are filled again instead of new ones.
    n_threads : int
    request : Request, optional
        What to report; by default the states at ``times``.

    Returns
    -------
    Ensemble

    Raises
    ------
    ValueError
        If shapes disagree, ``times`` decreases or a read-out is asked for that the kernels do not have; what is wrong
        with the numbers of a row is its status.
    """
    options, request = options or SolverOptions(), request or Request()
    _check_request(request, kernels)
    batch = _batch(kernels, initial_states, parameters, segments, times if request.needs_times else [])
    n, n_pools = batch.initial_states.shape
    outcome = new_outcome(request, n, batch.times.shape[1], n_pools, out)
    method, control = _method(options), _control(options, n_pools)
    if kernels.lanes is not None:
        solve_in_lanes(kernels, kernels.lanes, options.method, method, control, batch, request, outcome, n_threads)
        return Ensemble(**outcome._asdict())
    driver = compiled_driver()

    def solve_chunk(first_row: int, end_row: int) -> None:
        work = new_work(n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern)
        nodes = np.zeros((N_NODES * max(kernels.n_readouts, 1), 1))
        report = new_report(request, n_pools, kernels.n_readouts, nodes)
        with np.errstate(all="ignore"):  # kernels run as plain Python would warn where compiled ones are silent
            driver(*kernels.functions, method, control, work, batch, report, outcome, first_row, end_row)

    _run_chunks(solve_chunk, n, n_threads)
    return Ensemble(**outcome._asdict())


def solve_one(
    kernels: Kernels,
    initial_state: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments,
    times: npt.ArrayLike,
    options: SolverOptions | None = None,
    request: Request | None = None,
) -> Solution:
    """Integrate one row: ``solve_ensemble`` with n = 1.

    Parameters
    ----------
    initial_state : array_like, shape (n_pools,)
    parameters : array_like, shape (n_parameters,)
    kernels, segments, times, options, request
        As in ``solve_ensemble``.
    """
    row = np.atleast_2d(initial_state), np.atleast_2d(parameters)
    return solve_ensemble(kernels, *row, segments, times, options, request=request).row(0)


def solve_with_history(
    kernels: Kernels,
    initial_state: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments,
    options: SolverOptions,
    n_trials: int = 50,
) -> tuple[Solution, Array]:
    """Integrate one row by the scalar core, and keep its last trials: for the diagnosis of one that failed.

    Returns
    -------
    solution : Solution
        Without states.
    history : ndarray, shape (up to n_trials, 5)
        Time, step, error norm, deciding pool (-1 for none) and what was wrong (a ``Status``), the last trial last.
    """
    request = Request(states=False)
    batch = _batch(kernels, np.atleast_2d(initial_state), np.atleast_2d(parameters), segments, [])
    n_pools = kernels.n_pools
    outcome = new_outcome(request, 1, 0, n_pools)
    method = _method(options)
    work = new_work(n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern, n_trials)
    report = new_report(request, n_pools, kernels.n_readouts, np.zeros((N_NODES * max(kernels.n_readouts, 1), 1)))
    with np.errstate(all="ignore"):
        compiled_driver()(*kernels.functions, method, _control(options, n_pools), work, batch, report, outcome, 0, 1)
    solution = Ensemble(**outcome._asdict()).row(0)
    seen = solution.n_steps + solution.n_rejected
    order = np.arange(max(0, seen - n_trials), seen) % n_trials
    return solution, work.history[order]


def _check_request(request: Request, kernels: Kernels) -> None:
    places = [*request.readouts, *(summary.readout for summary in request.summaries)]
    wrong = [place for place in places if not 0 <= place < kernels.n_readouts]
    if wrong:
        raise ValueError(f"there is no read-out {wrong[0]}: the kernels compute {kernels.n_readouts}")


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
    return Batch(states, p, *_flatten(segments, n, n_pools), *_checked_times(times, n))


def _native(values: npt.ArrayLike) -> Array:
    # Writeable as well: numba would take a read-only array for another type, which the kernels do not accept.
    return np.require(values, np.float64, ["C", "A", "W"])


def _matrix(values: npt.ArrayLike, name: str) -> Array:
    array = _native(values)
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected 2: one row for each solve")
    return array


def _checked_times(times: npt.ArrayLike, n: int) -> tuple[Array, Integers]:
    """Return the output times as a line for all rows or one for each, and how many of each line count."""
    given = _native(times)
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
