"""Solve many rows together with the derivatives of their states: the seam of the differentiated core.

The equations are (V3) to (V5); the derivative is that of the computed solution along its own steps, whose lengths are
held fixed, so it is as smooth as these and costs no step of its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.lanes.records import LaneFunctions, frame_of, new_lanes
from immunosim.numerics.lanes.solving import run_threads, runner, vectors_of
from immunosim.numerics.preparation import batch_of, control_of, method_of
from immunosim.numerics.problem import Kernels, Segments, SolverOptions
from immunosim.numerics.reporting import new_outcome, new_report
from immunosim.numerics.request import Request
from immunosim.numerics.results import Ensemble
from immunosim.numerics.status import Status
from immunosim.numerics.tangents.directions import Directions, tangents_of
from immunosim.numerics.tangents.driver import drive_slopes
from immunosim.numerics.tangents.records import (
    Marks,
    SensitivityFunctions,
    SlopeRecords,
    Tangents,
    new_slope_vectors,
    side_of,
    slope_frame_of,
)
from immunosim.numerics.workspace import Batch, Control, Method, Outcome, new_work

Array = npt.NDArray[np.float64]

REQUEST = Request()


def solve_sensitivities(
    kernels: Kernels,
    functions: SensitivityFunctions,
    initial_states: npt.ArrayLike,
    parameters: npt.ArrayLike,
    segments: Segments | Sequence[Segments],
    directions: Directions,
    times: npt.ArrayLike,
    options: SolverOptions | None = None,
    out: Array | None = None,
    n_threads: int = 1,
) -> tuple[Ensemble, Array]:
    """Integrate every row and differentiate its states along the directions.

    Parameters
    ----------
    kernels : Kernels
        With lanes.
    functions : SensitivityFunctions
        Compiled for these kernels, these directions and the width of the lanes.
    initial_states, parameters, segments, times, options, n_threads
        As in ``solve_ensemble``, which the states returned agree with bit for bit.
    directions : Directions
    out : ndarray, shape (n, n_times, n_directions, n_pools), optional, receives the slopes

    Returns
    -------
    ensemble : Ensemble
    slopes : ndarray, shape (n, n_times, n_directions, n_pools)
        Derivatives of the states; NaN throughout for a row that failed. An output time on a boundary reports the
        slopes before the jump there.

    Raises
    ------
    ValueError
        If shapes disagree, the kernels have no lanes of the functions' width, or the method is not differentiated.
    """
    lanes = kernels.lanes
    if lanes is None or lanes.width != functions.width:
        raise ValueError(
            f"sensitivities need kernels with {functions.width} lanes, and these have {lanes and lanes.width}"
        )
    options = options or SolverOptions()
    if options.method not in functions.differentiate:
        known = ", ".join(functions.differentiate)
        raise ValueError(f"method {options.method!r} is not differentiated, expected one of {known}")
    batch = batch_of(kernels, initial_states, parameters, segments, times)
    n, n_pools = batch.initial_states.shape
    n_times = batch.times.shape[1]
    outcome = new_outcome(REQUEST, n, n_times, n_pools)
    shape = (n, n_times, functions.layout.n_directions, n_pools)
    slopes = np.empty(shape) if out is None else out
    if slopes.shape != shape or slopes.dtype != np.float64 or not slopes.flags.carray:
        raise ValueError(f"out must be a writeable C-contiguous float64 array of shape {shape}")
    tangents = tangents_of(directions, functions, batch, slopes)
    method, control = method_of(options), control_of(options, n_pools)
    _run(kernels, lanes, functions, options.method, method, control, batch, tangents, outcome, n_threads)
    slopes[outcome.status != int(Status.OK)] = np.nan
    return Ensemble(**outcome._asdict()), slopes


def _run(
    kernels: Kernels,
    lane_functions: LaneFunctions,
    functions: SensitivityFunctions,
    method_name: str,
    method: Method,
    control: Control,
    batch: Batch,
    tangents: Tangents,
    outcome: Outcome,
    n_threads: int,
) -> None:
    """Solve every row, a set of lanes a thread; an interrupt ends the counting of rows, as in the lane core."""
    n_rows, n_stages = len(batch.initial_states), len(method.A)
    counter = np.zeros(1, np.int64)

    def room() -> tuple[Any, ...]:
        work = new_work(kernels.n_pools, kernels.n_jacobian, kernels.n_lu, n_stages, kernels.pattern)
        vectors = vectors_of(kernels, functions.width, method, control, batch)
        slopes = new_slope_vectors(functions, n_stages)
        side_vectors, side_slopes = side_of(vectors, slopes)
        report = new_report(REQUEST, kernels.n_pools, kernels.n_readouts, vectors.nodes)
        lanes = new_lanes(min(functions.width, n_rows))
        marks = Marks(*(np.zeros(functions.width, np.int64) for _ in Marks._fields))
        engine = lane_functions.engine(method_name, frame_of(vectors), counter)
        frames = slope_frame_of(vectors, slopes), frame_of(side_vectors), slope_frame_of(side_vectors, side_slopes)
        slope_engine = functions.engine(engine, method_name, *frames)
        records = SlopeRecords(slope_engine, side_vectors, slopes, side_slopes, marks, tangents)
        return (lane_functions.scalar, engine, method, control, work, vectors, lanes, batch, report, outcome, records)

    run = runner(drive_slopes, "slopes", room, lane_functions.store, is_compiling())
    run_threads(run, counter, n_rows, n_threads)
