"""Bundles of arrays that the kernels hand to one another: named tuples, which compiled drivers receive by address.

Everything is allocated before the first step, so that kernels never allocate.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import kernel

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Places in the vector of counts.
STEPS, REJECTED, RHS, JACOBIAN, LU, PIVOTED = range(6)
N_COUNTS = 6


class Functions(NamedTuple):
    """The generated kernels, called through ``calling``; ``readouts`` is any of them where nothing asks for such."""

    rhs: Any
    jacobian: Any
    factorise: Any
    solve: Any
    readouts: Any


class Method(NamedTuple):
    """What a step needs of a tableau; stages after the first ``n_stages`` serve dense output only."""

    gamma: float
    order: int
    embedded_order: int
    n_stages: int
    A: Array
    C: Array
    H: Array


class Control(NamedTuple):
    """Tolerances and limits; a first step of zero asks for an estimate."""

    rtol: float
    first_step: float
    max_step: float
    max_steps: int
    atol: Array
    negative_tolerance: Array


class Pivoting(NamedTuple):
    """What ``pivoting`` needs: the place of each nonzero (none without a pattern), and the dense factors.

    ``sizes`` holds the largest magnitude of each row, ``swaps`` the row that each pivot was found in; ``in_use`` is one
    where the step goes by these factors.
    """

    rows: Integers
    columns: Integers
    matrix: Array
    sizes: Array
    swaps: Integers
    in_use: Integers


class Work(NamedTuple):
    """State and scratch of the row being solved.

    ``y`` and ``f`` belong to the start of the step, ``y_new`` and ``f_new`` to its end; ``memory`` holds the size and
    error of the last accepted step. ``history`` is a ring of the last trials: time, step, error norm, deciding pool and
    what was wrong, a status.
    """

    y: Array
    y_new: Array
    f: Array
    f_new: Array
    jacobian: Array
    lu: Array
    increments: Array
    dense: Array
    memory: Array
    counts: Integers
    history: Array
    pivoting: Pivoting


class Report(NamedTuple):
    """What is asked of every row, see ``Request``, and the scratch of one thread for it.

    ``state`` and ``values`` take a state and its read-outs. For the summaries, one entry each: ``kind``, ``place`` of
    the read-out, ``threshold`` and window; ``memory``, shape (lanes, summaries, 2), is what they carry through a row,
    and ``nodes``, shape (5 n_readouts, lanes), the read-outs at five places of a step.
    """

    keeps_states: int
    chosen: Integers
    kind: Integers
    place: Integers
    threshold: Array
    start: Array
    end: Array
    state: Array
    values: Array
    memory: Array
    nodes: Array


class Batch(NamedTuple):
    """Input of all rows; the segments of all sets stand one after the other, set k at set_start[k]:set_start[k + 1].

    ``times`` has one row for all, or one for each; row k counts as far as ``n_times[k]``.
    """

    initial_states: Array
    parameters: Array
    set_of_row: Integers
    set_start: Integers
    boundaries: Array
    inputs: Array
    jumps: Array
    times: Array
    n_times: Integers


class RowInput(NamedTuple):
    """What the scalar core needs of the row that it solves: its place in the batch, parameters and output times."""

    place: int
    parameters: Array
    times: Array


class Outcome(NamedTuple):
    """Output of all rows; see ``Ensemble``."""

    states: Array
    readouts: Array
    summaries: Array
    status: Integers
    fail_time: Array
    fail_state: Array
    end_state: Array
    worst_pool: Integers
    counts: Integers


def new_work(
    n_pools: int,
    n_jacobian: int,
    n_lu: int,
    n_increments: int,
    pattern: tuple[Sequence[int], Sequence[int]] = ((), ()),
    n_history: int = 1,
) -> Work:
    """Allocate the arrays of one row; ``pattern`` is the rows and columns of the Jacobian's nonzeros, if known."""
    rows, columns = (np.array(places, np.int64) for places in pattern)
    n_full = n_pools if rows.size else 0
    return Work(
        y=np.zeros(n_pools),
        y_new=np.zeros(n_pools),
        f=np.zeros(n_pools),
        f_new=np.zeros(n_pools),
        jacobian=np.zeros(n_jacobian),
        lu=np.zeros(n_lu),
        increments=np.zeros((n_increments, n_pools)),
        dense=np.zeros((4, n_pools)),
        memory=np.zeros(2),
        counts=np.zeros(N_COUNTS, np.int64),
        history=np.zeros((n_history, 5)),
        pivoting=Pivoting(
            rows=rows,
            columns=columns,
            matrix=np.zeros((n_full, n_full)),
            sizes=np.zeros(n_full),
            swaps=np.zeros(n_full, np.int64),
            in_use=np.zeros(1, np.int64),
        ),
    )


@kernel
def line_of(batch: Batch, row: int) -> int:
    """Return which line of the output times is that of a row."""
    return row if batch.times.shape[0] > 1 else 0
