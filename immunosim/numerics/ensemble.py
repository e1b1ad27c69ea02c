"""Solve many rows (or one): the seam behind which the scalar core and the lane core stand.

A row is an initial state, a parameter vector, a set of segments and its output times.  Rows share kernels, options and
what is asked of them, and are independent of one another: results are the same bits for any order, number of rows and
number of threads.  Kernels that come with lanes are solved in these, which agrees with the scalar core to rounding.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.driver import solve_row
from immunosim.numerics.lanes.solving import solve_in_lanes
from immunosim.numerics.preparation import batch_of, control_of, method_of
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.request import Request
from immunosim.numerics.results import Ensemble, Solution
from immunosim.numerics.summaries import N_NODES
from immunosim.numerics.workspace import Batch, Control, Method, Outcome, Work, new_work

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


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
    is_compiled: bool = True,
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
    is_compiled : bool
        Whether numba compiles the loop over the steps, once an installation. If not, Python drives the machine code of
        the steps: the same to rounding, without waiting, at a hundredth of a second a row.

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
        given = (options.method, method, control, batch, request, outcome, n_threads, is_compiled and is_compiling())
        solve_in_lanes(kernels, kernels.lanes, *given)
        return Ensemble(**outcome._asdict())
    work = new_work(n_pools, kernels.n_jacobian, kernels.n_lu, len(method.A), kernels.pattern)
    _solve_rows(kernels, method, control, work, batch, request, outcome)
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
    """Integrate one row: ``solve_ensemble`` with n = 1, driven by Python.

    Parameters
    ----------
    initial_state : array_like, shape (n_pools,)
    parameters : array_like, shape (n_parameters,)
    kernels, segments, times, options, request
        As in ``solve_ensemble``.
    """
    row = np.atleast_2d(initial_state), np.atleast_2d(parameters)
    return solve_ensemble(kernels, *row, segments, times, options, request=request, is_compiled=False).row(0)


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
    _solve_rows(kernels, method, control_of(options, n_pools), work, batch, request, outcome)
    solution = Ensemble(**outcome._asdict()).row(0)
    seen = solution.n_steps + solution.n_rejected
    order = np.arange(max(0, seen - n_trials), seen) % n_trials
    return solution, work.history[order]


def _check_request(request: Request, kernels: Kernels) -> None:
    places = [*request.readouts, *(summary.readout for summary in request.summaries)]
    wrong = [place for place in places if not 0 <= place < kernels.n_readouts]
    if wrong:
        raise ValueError(f"there is no read-out {wrong[0]}: the kernels compute {kernels.n_readouts}")


def _solve_rows(
    kernels: Kernels, method: Method, control: Control, work: Work, batch: Batch, request: Request, outcome: Outcome
) -> None:
    """Solve rows by the scalar core."""
    nodes = np.zeros((N_NODES * max(kernels.n_readouts, 1), 1))
    report = new_report(request, kernels.n_pools, kernels.n_readouts, nodes)
    with np.errstate(all="ignore"):  # what is not finite has a status
        for row in range(len(batch.initial_states)):
            solve_row(kernels.functions, method, control, work, batch, report, outcome, row)
