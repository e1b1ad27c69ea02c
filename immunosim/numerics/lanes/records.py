"""Records of the lane core: its compiled functions, and the arrays that they share.

Arrays over lanes are ``[n][W]``, lanes innermost, and start on a cache line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import CodeStore
from immunosim.numerics.machine_code import Address, MachineFunction
from immunosim.numerics.workspace import N_COUNTS, Functions

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CACHE_LINE = 64

# In the place of the growth of the factors: the trial of the lane was repeated with pivoting.
PIVOTED_GROWTH = -1.0

# Order of the addresses that the compiled step receives.
FRAME = (
    *("y", "f", "p", "u", "y_new", "f_new", "lu", "increments"),
    *("t", "end", "h", "max_step", "max_trials", "last_h", "last_root", "was_rejected", "output_time"),
    *("shift", "per_h", "growth", "atol", "rtol", "negative_tolerance"),
    *("norm", "validity", "margin"),
    *("t_new", "accepted", "event", "due", "n_trials", "n_accepted"),
    *("theta", "state", "change", "nodes"),
)


PER_POOL = ("y", "f", "y_new", "f_new", "atol", "negative_tolerance", "state", "change")


@dataclass(frozen=True)
class LaneFunctions:
    """The machine code of one model.

    Attributes
    ----------
    width : int
        Lanes of a vector.
    attempt : mapping of str to MachineFunction
        For each method: one trial step of all lanes.
    sample : mapping of str to MachineFunction
        For each method: the state inside the step.
    trace : mapping of str to MachineFunction
        For each method: the read-outs at the places of a step that summaries see; empty without read-outs.
    defect : MachineFunction
        Estimates the error of the sampled states.
    advance : MachineFunction
        Accepts the trial step in some lanes.
    next_row : MachineFunction
        Takes a number from a counter that threads share.
    kernels : mapping of str to int
        Addresses of the model's own functions over lanes.
    scalar : Functions
        The model's functions of one row.
    store : CodeStore, optional
        Where the compiled loop is kept.
    """

    width: int
    attempt: Mapping[str, MachineFunction]
    sample: Mapping[str, MachineFunction]
    trace: Mapping[str, MachineFunction]
    defect: MachineFunction
    advance: MachineFunction
    next_row: MachineFunction
    kernels: Mapping[str, int]
    scalar: Functions
    store: CodeStore | None = None

    def engine(self, method: str, frame: Integers, counter: Integers) -> "Engine":
        """Return what the loop needs of these for a method, a frame and a counter."""
        # Without read-outs nothing asks for a trace.
        steps = self.attempt[method], self.sample[method], self.trace.get(method, self.sample[method])
        return Engine(*steps, self.defect, self.advance, self.next_row, Address(frame), Address(counter))


class Vectors(NamedTuple):
    """Arrays over lanes of one thread; those named as in ``Work`` mean the same here.

    Each lane is at ``t`` in a segment that ends at ``end``, wants ``h`` as its next step, and remembers the size and
    the root of its last one.

    Of the trial step: ``shift`` and ``per_h`` are 1 / (gamma h) and 1 / h, ``growth`` that of the factors or
    ``PIVOTED_GROWTH``, ``norm`` the error, ``validity`` zero where all is finite and NaN elsewhere, ``margin`` the
    least distance from the negative tolerance. ``accepted`` is one where the step is taken, to ``t_new``, else zero;
    ``event`` one where the driver must look at the lane (the segment ends, the trial cannot be judged by its error, no
    further one is allowed), ``due`` where an output time is passed.
    """

    y: Array
    f: Array
    p: Array
    u: Array
    y_new: Array
    f_new: Array
    lu: Array
    increments: Array
    t: Array
    end: Array
    h: Array
    max_step: Array
    max_trials: Array
    last_h: Array
    last_root: Array
    was_rejected: Array
    output_time: Array
    shift: Array
    per_h: Array
    growth: Array
    atol: Array
    rtol: Array
    negative_tolerance: Array
    norm: Array
    validity: Array
    margin: Array
    t_new: Array
    accepted: Array
    event: Array
    due: Array
    n_trials: Array
    n_accepted: Array
    theta: Array
    state: Array
    change: Array
    nodes: Array


class Lanes(NamedTuple):
    """What the driver notes of each lane: its row (-1: idle), segment, next output time, and how its trial ended.

    ``counts`` holds what is not derived from the numbers of trials and accepted steps, see ``tally``.
    """

    row: Integers
    segment: Integers
    i_time: Integers
    report: Integers
    status: Integers
    pool: Integers
    counts: Integers


class Engine(NamedTuple):
    """The functions of machine code, and the addresses that they receive."""

    attempt: Any
    sample: Any
    trace: Any
    defect: Any
    advance: Any
    next_row: Any
    frame: int
    counter: int


def aligned(*shape: int) -> Array:
    """Return zeros that start on a cache line."""
    size = int(np.prod(shape))
    # Vectors are loaded as aligned, see ``vector_ir``, and such a load of an address that is not traps; numpy does not
    # promise a cache line.
    room = np.zeros(size + CACHE_LINE // 8)
    skip = -room.ctypes.data % CACHE_LINE // 8
    return room[skip : skip + size].reshape(shape)


def new_vectors(
    width: int, n_pools: int, n_parameters: int, n_inputs: int, n_lu: int, n_increments: int, n_nodes: int = 1
) -> Vectors:
    """Allocate the arrays of one thread."""
    lengths = {
        **dict.fromkeys(PER_POOL, n_pools),
        **{
            "p": n_parameters,
            "u": max(n_inputs, 1),
            "lu": n_lu,
            "increments": n_increments * n_pools,
            "nodes": n_nodes,
        },
    }
    return Vectors(*(aligned(lengths.get(name, 1), width) for name in Vectors._fields))


def frame_of(vectors: Vectors) -> Integers:
    """Return the addresses of the arrays in the order of ``FRAME``."""
    return np.array([getattr(vectors, name).ctypes.data for name in FRAME], np.int64)


def new_lanes(width: int) -> Lanes:
    """Return idle lanes, as many as are to work: those that the vectors hold beyond them are computed and not seen."""
    return Lanes(
        row=np.full(width, -1),
        segment=np.zeros(width, np.int64),
        i_time=np.zeros(width, np.int64),
        report=np.zeros(width, np.int64),
        status=np.zeros(width, np.int64),
        pool=np.zeros(width, np.int64),
        counts=np.zeros((width, N_COUNTS), np.int64),
    )
