"""Room for what is asked of the rows: the record that kernels read, and the arrays they fill."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.request import Request
from immunosim.numerics.status import Status
from immunosim.numerics.workspace import N_COUNTS, Outcome, Report

if TYPE_CHECKING:
    from immunosim.numerics.results import Ensemble

Array = npt.NDArray[np.float64]


def new_report(request: Request, n_pools: int, n_readouts: int, nodes: Array) -> Report:
    """Return a request as the kernels of one thread read it; ``nodes`` has one column a lane."""
    summaries = request.summaries
    return Report(
        keeps_states=int(request.states),
        chosen=np.array(request.readouts, np.int64),
        kind=np.array([int(summary.kind) for summary in summaries], np.int64),
        place=np.array([summary.readout for summary in summaries], np.int64),
        threshold=np.array([summary.threshold for summary in summaries], np.float64),
        start=np.array([summary.start for summary in summaries], np.float64),
        end=np.array([summary.end for summary in summaries], np.float64),
        state=np.zeros(n_pools),
        values=np.zeros(n_readouts),
        memory=np.zeros((nodes.shape[1], len(summaries), 2)),
        nodes=nodes,
    )


def new_outcome(request: Request, n: int, n_times: int, n_pools: int, out: "Ensemble | None" = None) -> Outcome:
    """Return the arrays to fill: new ones or those of ``out``.

    Until a row is solved it says REFUSED_INPUT. Its outputs at times are not filled here: a row writes them all, or NaN
    where it ends early, and their memory is touched once, by the thread that needs it.

    Raises
    ------
    ValueError
        If an array of ``out`` has not the shape and kind that is needed.
    """
    shapes = {
        "states": (n, n_times if request.states else 0, n_pools),
        "readouts": (n, n_times if len(request.readouts) else 0, len(request.readouts)),
        "summaries": (n, len(request.summaries)),
        "status": (n,),
        "fail_time": (n,),
        "fail_state": (n, n_pools),
        "end_state": (n, n_pools),
        "worst_pool": (n,),
        "counts": (n, N_COUNTS),
    }
    empty: dict[str, float] = {"status": int(Status.REFUSED_INPUT), "worst_pool": -1, "counts": 0}
    arrays: dict[str, Any] = {}
    for name, shape in shapes.items():
        kind = np.int64 if name in empty else np.float64
        array = np.empty(shape, kind) if out is None else getattr(out, name)
        if array.shape != shape or array.dtype != kind or not array.flags.carray:
            raise ValueError(f"out.{name} must be a writeable C-contiguous {kind.__name__} array of shape {shape}")
        if array.ndim < 3:
            array.fill(empty.get(name, np.nan))
        arrays[name] = array
    return Outcome(**arrays)
