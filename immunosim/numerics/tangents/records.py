"""Records of the differentiated core: its compiled functions, and the arrays that they share.

Arrays over lanes are ``[n][W]`` as in the lane core. What has a value for each pool and direction is laid out in
blocks, each ``[n_pools][n_directions][W]``: a few directions stand side by side, so that an entry of a matrix is
loaded once for all of them, and a block stays in the first cache through a stage. Pools that no direction of a block
can move are left out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from immunosim.numerics.lanes.records import Engine, Vectors, aligned
from immunosim.numerics.machine_code import Address, MachineFunction

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Pairs = tuple[tuple[int, int], ...]

# Order of the addresses that the compiled functions receive: those of the step, then our own.
OF_STEP = ("y", "p", "u", "lu", "increments", "per_h", "accepted", "theta")
OF_SLOPES = (
    *("stage", "constants", "points", "jacobian", "curvature", "sources", "stage_slopes"),
    *("parameter_slopes", "input_slopes"),
    *("slopes", "new_slopes", "slope_increments", "sampled"),
)
FRAME = OF_STEP + OF_SLOPES


@dataclass(frozen=True)
class Block:
    """Directions that stand side by side, and the pools that they can move.

    ``offset`` is that of the block among all, in vectors.
    """

    directions: tuple[int, ...]
    pools: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Vectors in the block."""
        return len(self.directions) * len(self.pools)


@dataclass(frozen=True)
class SlopeLayout:
    """Where the slope of a pool along a direction stands.

    Attributes
    ----------
    n_pools, n_directions : int
    blocks : tuple of Block
        Those of the same shape follow one another.
    """

    n_pools: int
    n_directions: int
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, reach: Sequence[frozenset[int]], n_pools: int, largest_block: int) -> "SlopeLayout":
        """Return the layout for the pools that each direction can move, in blocks as equal as they can be."""
        # Directions of equal reach stand side by side: a block is computed for all pools that any of its directions
        # moves.
        order = sorted((k for k in range(len(reach)) if reach[k]), key=lambda k: (-len(reach[k]), sorted(reach[k])))
        n_blocks = -(-len(order) // largest_block)
        blocks: list[Block] = []
        for directions in np.array_split(np.array(order, np.int64), n_blocks) if order else ():
            pools = tuple(sorted(frozenset().union(*(reach[k] for k in directions))))
            offset = blocks[-1].offset + blocks[-1].size if blocks else 0
            blocks.append(Block(tuple(directions.tolist()), pools, offset))
        return cls(n_pools, len(reach), tuple(blocks))

    @property
    def size(self) -> int:
        """Vectors in all blocks."""
        return sum(block.size for block in self.blocks)

    @property
    def shapes(self) -> list[list[Block]]:
        """The blocks, those of one shape together: the same pools, as many directions."""
        together: list[list[Block]] = []
        for block in self.blocks:
            shape = (block.pools, len(block.directions))
            if together and shape == (together[-1][0].pools, len(together[-1][0].directions)):
                together[-1].append(block)
            else:
                together.append([block])
        return together

    def places(self) -> Integers:
        """Return where each slope stands, shape (n_directions, n_pools); -1 where it is always zero."""
        places = np.full((self.n_directions, self.n_pools), -1)
        for block in self.blocks:
            for slot, direction in enumerate(block.directions):
                for row, pool in enumerate(block.pools):
                    places[direction, pool] = block.offset + row * len(block.directions) + slot
        return places


@dataclass(frozen=True)
class SensitivityFunctions:
    """The machine code for one model and one set of directions.

    Attributes
    ----------
    width : int
    layout : SlopeLayout
    parameters, inputs : tuple of frozenset of int, one for each direction
        Places of the parameters and inputs that the direction may move.
    parameter_pairs, input_pairs : tuple of (direction, column)
        Those of them that the right-hand side reads.
    n_constants, n_points, n_jacobian, n_curvature, n_sources : int
        Lengths of the arrays that the functions fill.
    differentiate, sample : mapping of str to MachineFunction
        For each method: the derivative of the trial step of all lanes, and its value inside the step.
    constants, advance : MachineFunction
        What depends on the parameters alone, and the acceptance of the trial step.
    """

    width: int
    layout: SlopeLayout
    parameters: tuple[frozenset[int], ...]
    inputs: tuple[frozenset[int], ...]
    parameter_pairs: Pairs
    input_pairs: Pairs
    n_constants: int
    n_points: int
    n_jacobian: int
    n_curvature: int
    n_sources: int
    differentiate: Mapping[str, MachineFunction]
    sample: Mapping[str, MachineFunction]
    constants: MachineFunction
    advance: MachineFunction

    def engine(
        self, engine: Engine, method: str, frame: Integers, side_frame: Integers, side_slope_frame: Integers
    ) -> "SlopeEngine":
        """Return what the loop needs of these beside the lanes' own."""
        ours = (engine.attempt, self.differentiate[method], self.sample[method], self.constants, self.advance)
        return SlopeEngine(*ours, *map(Address, (frame, side_frame, side_slope_frame)))


class SlopeVectors(NamedTuple):
    """Arrays over lanes of one thread.

    ``slopes`` are the derivatives of the state at the start of the step and ``new_slopes`` at its end, ``sampled``
    inside it; ``slope_increments`` are those of the increments. ``stage_slopes`` hold one block at a stage,
    ``parameter_slopes`` and ``input_slopes`` the pairs of ``SensitivityFunctions``; the rest is scratch.
    """

    stage: Array
    constants: Array
    points: Array
    jacobian: Array
    curvature: Array
    sources: Array
    stage_slopes: Array
    parameter_slopes: Array
    input_slopes: Array
    slopes: Array
    new_slopes: Array
    slope_increments: Array
    sampled: Array


class SlopeEngine(NamedTuple):
    """The functions of machine code, and the addresses that they receive.

    The side is a second set of arrays with the same start of the step, for steps that only lead to an output.
    """

    attempt: Any
    differentiate: Any
    sample: Any
    constants: Any
    advance: Any
    frame: int
    side_frame: int
    side_slope_frame: int


class Marks(NamedTuple):
    """Where each lane was before its trial step: row, segment, next output time, and factorisations so far.

    From the output time ``first_own`` on, states inside the step came from steps of their own.
    """

    row: Integers
    segment: Integers
    i_time: Integers
    n_lu: Integers
    first_own: Integers


class Tangents(NamedTuple):
    """Derivatives of the input of all rows along the directions, and where the output goes.

    ``parameters`` (n or 1, n_pairs), ``initial_states`` (n or 1, n_directions, n_pools); the others stand for the
    segments of all sets, one after the other as in ``Batch``: ``inputs`` (n_segments, n_pairs), ``jumps``
    (n_segments, n_directions, n_pools), ``boundary_times`` (n_segments + n_sets, n_directions). ``outputs``
    (n, n_times, n_directions, n_pools) receives the slopes. ``places`` (n_directions, n_pools) as in ``SlopeLayout``.
    """

    parameters: Array
    initial_states: Array
    inputs: Array
    jumps: Array
    boundary_times: Array
    outputs: Array
    places: Integers


class SlopeRecords(NamedTuple):
    """What the differentiated core has beside the records of the lane core: functions, arrays and directions.

    ``side_vectors`` and ``side_slopes`` are those of ``side_of``.
    """

    engine: SlopeEngine
    side_vectors: Vectors
    slopes: SlopeVectors
    side_slopes: SlopeVectors
    marks: Marks
    tangents: Tangents


def new_slope_vectors(functions: SensitivityFunctions, n_stages: int) -> SlopeVectors:
    """Allocate the arrays of one thread."""
    everything = functions.layout.size
    lengths = {
        "stage": functions.layout.n_pools,
        "constants": functions.n_constants,
        "points": functions.n_points,
        "jacobian": functions.n_jacobian,
        "curvature": functions.n_curvature,
        "sources": functions.n_sources,
        "stage_slopes": max((block.size for block in functions.layout.blocks), default=1),
        "parameter_slopes": len(functions.parameter_pairs),
        "input_slopes": len(functions.input_pairs),
        "slope_increments": n_stages * everything,
    }
    return SlopeVectors(
        *(aligned(max(lengths.get(name, everything), 1), functions.width) for name in SlopeVectors._fields)
    )


def slope_frame_of(vectors: Vectors, slopes: SlopeVectors) -> Integers:
    """Return the addresses of the arrays in the order of ``FRAME``."""
    addresses = [getattr(vectors, name).ctypes.data for name in OF_STEP]
    return np.array(addresses + [getattr(slopes, name).ctypes.data for name in OF_SLOPES], np.int64)


def side_of(vectors: Vectors, slopes: SlopeVectors) -> tuple[Vectors, SlopeVectors]:
    """Return arrays for another step from the same start: what a step writes is their own, all else is shared."""
    written = (
        *("y_new", "f_new", "lu", "increments", "shift", "per_h", "growth", "norm", "validity", "margin"),
        *("t", "end", "h", "max_step", "max_trials", "last_h", "last_root", "was_rejected", "output_time"),
        *("t_new", "accepted", "event", "due", "n_trials", "n_accepted"),
    )
    side = {name: aligned(*getattr(vectors, name).shape) for name in written}
    side["max_step"][:] = np.inf
    own = {name: aligned(*getattr(slopes, name).shape) for name in ("new_slopes", "slope_increments")}
    return vectors._replace(**side), slopes._replace(**own)
