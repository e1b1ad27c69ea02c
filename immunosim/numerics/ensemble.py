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
from immunosim.numerics.preparation import batch_of, control_of, method_of
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.request import Request
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.summaries import N_NODES
from immunosim.numerics.workspace import new_work

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
    batch = batch_of(kernels, initial_states, parameters, segments, times if request.needs_times else [])
    n, n_pools = batch.initial_states.shape
    outcome = new_outcome(request, n, batch.times.shape[1], n_pools, out)
    method, control = method_of(options), control_of(options, n_pools)
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
    batch = batch_of(kernels, np.atleast_2d(initial_state), np.atleast_2d(parameters), segments, [])
    n_pools = kernels.n_pools
    outcome = new_outcome(request, 1, 0, n_pools)
    method = method_of(options)
    work = new_work(n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern, n_trials)
    report = new_report(request, n_pools, kernels.n_readouts, np.zeros((N_NODES * max(kernels.n_readouts, 1), 1)))
    with np.errstate(all="ignore"):
        compiled_driver()(*kernels.functions, method, control_of(options, n_pools), work, batch, report, outcome, 0, 1)
    solution = Ensemble(**outcome._asdict()).row(0)
    seen = solution.n_steps + solution.n_rejected
    order = np.arange(max(0, seen - n_trials), seen) % n_trials
    return solution, work.history[order]


def _check_request(request: Request, kernels: Kernels) -> None:
    places = [*request.readouts, *(summary.readout for summary in request.summaries)]
    wrong = [place for place in places if not 0 <= place < kernels.n_readouts]
    if wrong:
        raise ValueError(f"there is no read-out {wrong[0]}: the kernels compute {kernels.n_readouts}")


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
