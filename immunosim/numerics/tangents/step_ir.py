"""The derivative of a trial step of all lanes along all directions, written as LLVM IR.

Equation (T1) of ``tableaus`` differentiated along a direction k with the step held fixed: s is the derivative of y, s_i
that of the state Y_i of a stage, v_i that of its increment u_i, p' that of the parameters and inputs,

    (I / (gamma h) - J) v_i = J(Y_i) s_i + f_p(Y_i) p' + sum_j (C_ij / h) v_j
                              + d[J(y) u_i]/dy s + d[J(y) u_i]/dp p'                                    (V3)
    s_i = s + sum_j A_ij v_j,   s_new = s + sum_j A_sj v_j + v_s                                        (V4)

with the factors, increments and tableau of the step itself. What does not depend on the direction is computed once for
a stage by ``linearise``, the terms in p' included; then, block by block of the directions, ``multiply`` adds the terms
in s and ``substitute`` solves.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from immunosim.numerics.lanes.vector_ir import INT64, POINTER, LaneBuilder
from immunosim.numerics.tableaus import METHODS as ALL_METHODS
from immunosim.numerics.tableaus import Tableau
from immunosim.numerics.tangents.records import FRAME, Block, SlopeLayout

# Stages that only the dense output needs are not differentiated.
METHODS = {name: tableau for name, tableau in ALL_METHODS.items() if tableau.n_output_stages == 0}


def add_differentiate(
    module: ir.Module, tableau: Tableau, layout: SlopeLayout, sources: Sequence[tuple[int, int]], width: int
) -> None:
    """Add ``differentiate_<method>(frame)`` to a module that holds the functions that it calls.

    ``sources`` tells the pool and the direction of each term in p'.
    """
    _SlopeStep(module, tableau, layout, sources, width).write()


def add_slope_sample(module: ir.Module, tableau: Tableau, layout: SlopeLayout, width: int) -> None:
    """Add ``sample_slopes_<method>(frame)``: equation (T3), which is linear, of the slopes, at the fraction theta."""
    writer, at = opened(module, f"sample_slopes_{tableau.name}", width)
    theta, one = writer.load(at["theta"], 0), writer.constant(1.0)
    rest = writer.subtract(one, theta)
    both = writer.multiply(theta, rest)
    shares = []
    for j in range(tableau.n_stages):
        first, second, third = (writer.constant(row[j]) for row in tableau.H)
        inner = writer.add(first, writer.multiply(theta, writer.add(second, writer.multiply(theta, third))))
        shares.append((writer.multiply(both, inner), writer.address(at["slope_increments"], j * layout.size)))
    with writer.loop(0, layout.size, 1, []) as (i, _):
        value = writer.multiply(rest, writer.load(at["slopes"], i))
        value = writer.add(value, writer.multiply(theta, writer.load(at["new_slopes"], i)))
        for share, increment in shares:
            value = writer.add(value, writer.multiply(share, writer.load(increment, i)))
        writer.store(value, at["sampled"], i)
    writer.build.ret_void()


def add_slope_advance(module: ir.Module, layout: SlopeLayout, width: int) -> None:
    """Add ``advance_slopes(frame)``: lanes that accept the trial step take the slopes at its end."""
    writer, at = opened(module, "advance_slopes", width)
    accepted, half = writer.load(at["accepted"], 0), writer.constant(0.5)
    with writer.loop(0, layout.size, 1, []) as (i, _):
        values = writer.load(at["new_slopes"], i), writer.load(at["slopes"], i)
        writer.store(writer.choose(accepted, ">", half, *values), at["slopes"], i)
    writer.build.ret_void()


def add_constants(module: ir.Module, width: int) -> None:
    """Add ``fill_constants(frame)``: what depends on the parameters alone, for all lanes."""
    writer, at = opened(module, "fill_constants", width)
    writer.call("extra_constants", at["p"], at["constants"])
    writer.build.ret_void()


def opened(module: ir.Module, name: str, width: int) -> tuple[LaneBuilder, dict[str, Any]]:
    """Start a function of one argument, the frame, and load the addresses it holds."""
    writer = LaneBuilder(module, name, ["frame"], width)
    frame, at = writer.pointers["frame"], {}
    for k, field in enumerate(FRAME):
        place = writer.build.gep(frame, [ir.Constant(INT64, k)], inbounds=True, source_etype=POINTER)
        at[field] = writer.build.load(place, typ=POINTER)
    return writer, at


class _SlopeStep:
    """Writes the derivative of a step of one method."""

    def __init__(
        self, module: ir.Module, tableau: Tableau, layout: SlopeLayout, sources: Sequence[tuple[int, int]], width: int
    ) -> None:
        self.tableau, self.layout, self.sources = tableau, layout, sources
        self.writer, self.at = opened(module, f"differentiate_{tableau.name}", width)
        stages = range(tableau.n_stages)
        self.increments = [self.writer.address(self.at["increments"], j * layout.n_pools) for j in stages]
        self.slopes = [self.writer.address(self.at["slope_increments"], j * layout.size) for j in stages]

    def write(self) -> None:
        writer, at = self.writer, self.at
        writer.call("points", *(at[name] for name in ("y", "p", "u", "constants", "points")))
        for stage in range(self.tableau.n_stages):
            self.states(stage)
            known = (at["p"], at["u"], at["constants"], at["points"], self.increments[stage])
            given = (at["parameter_slopes"], at["input_slopes"])
            state = at["stage"] if stage > 0 else at["y"]
            writer.call("linearise", state, *known, *given, at["jacobian"], at["curvature"], at["sources"])
            for shape, blocks in enumerate(self.layout.shapes):
                with writer.loop(0, len(blocks), 1, []) as (turn, _):
                    self.block(stage, shape, blocks, turn)
        writer.build.ret_void()

    def block(self, stage: int, shape: int, blocks: Sequence[Block], turn: Any) -> None:
        """Write equations (V3) and (V4) of a stage for one of the blocks of a shape."""
        writer, at, size = self.writer, self.at, blocks[0].size
        offset = writer.build.mul(turn, ir.Constant(INT64, size))
        first = writer.build.add(offset, ir.Constant(INT64, blocks[0].offset))
        slopes = writer.address(at["slopes"], first)
        increments = [writer.address(array, first) for array in self.slopes[: stage + 1]]
        self.sums(stage, slopes, increments, size)
        self.add_sources(blocks, turn, increments[-1])
        state_slopes = at["stage_slopes"] if stage > 0 else slopes
        matrices = (at["jacobian"], at["curvature"])
        writer.call(f"multiply_{shape}", *matrices, slopes, state_slopes, increments[-1])
        writer.call(f"substitute_{shape}", at["lu"], increments[-1])
        if stage == self.tableau.n_stages - 1:
            new_slopes = writer.address(at["new_slopes"], first)
            with writer.loop(0, size, 1, []) as (i, _):
                new = writer.add(writer.load(state_slopes, i), writer.load(increments[-1], i))
                writer.store(new, new_slopes, i)

    def start_of(self, stage: int) -> int:
        """Return the first increment that the state of a stage needs beyond what is in place.

        Where a stage starts where the one before it did, plus its increment, the sum of that one is kept.
        """
        a = self.tableau.A
        follows = (
            stage > 1 and a[stage, stage - 1] == 1.0 and (a[stage, : stage - 1] == a[stage - 1, : stage - 1]).all()
        )
        return stage - 1 if follows else 0

    def states(self, stage: int) -> None:
        """Write the state of a stage, as the step computed it."""
        if stage == 0:
            return
        writer, at, first = self.writer, self.at, self.start_of(stage)
        start = at["stage"] if first else at["y"]
        shares = [writer.constant(share) for share in self.tableau.A[stage]]
        with writer.loop(0, self.layout.n_pools, 1, []) as (i, _):
            state = writer.load(start, i)
            for j in range(first, stage):
                state = writer.add(state, writer.multiply(shares[j], writer.load(self.increments[j], i)))
            writer.store(state, at["stage"], i)

    def sums(self, stage: int, slopes: Any, increments: Sequence[Any], size: int) -> None:
        """Write the two sums over the slopes of the increments in one pass, which loads each of these once.

        The slopes of the state stand in one place for all blocks, which so stays in the first cache.
        """
        writer, at = self.writer, self.at
        per_h = writer.load(at["per_h"], 0)
        shares = [writer.constant(share) for share in self.tableau.A[stage]]
        rates = [writer.multiply(writer.constant(rate), per_h) for rate in self.tableau.C[stage, :stage]]
        with writer.loop(0, size, 1, []) as (i, _):
            change = writer.constant(0.0)
            if stage > 0:
                state = writer.load(slopes, i)
                for j in range(stage):
                    v_j = writer.load(increments[j], i)
                    state = writer.add(state, writer.multiply(shares[j], v_j))
                    term = writer.multiply(rates[j], v_j)
                    change = term if j == 0 else writer.add(change, term)
                writer.store(state, at["stage_slopes"], i)
            writer.store(change, increments[stage], i)

    def add_sources(self, blocks: Sequence[Block], turn: Any, change: Any) -> None:
        """Add the terms in p' of a block of directions, which are few and at fixed places."""
        writer, build = self.writer, self.writer.build
        after = build.append_basic_block("after_sources")
        choice = build.switch(turn, after)
        for number, block in enumerate(blocks):
            case = build.append_basic_block("sources")
            choice.add_case(ir.Constant(INT64, number), case)
            build.position_at_end(case)
            for k, (pool, direction) in enumerate(self.sources):
                if direction in block.directions:
                    place = block.pools.index(pool) * len(block.directions) + block.directions.index(direction)
                    total = writer.add(writer.load(change, place), writer.load(self.at["sources"], k))
                    writer.store(total, change, place)
            build.branch(after)
        build.position_at_end(after)
