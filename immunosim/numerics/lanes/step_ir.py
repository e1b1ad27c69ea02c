"""One trial step of all lanes, equations (T1) and (T2) of ``tableaus``, written as LLVM IR.

The same operations in the same order as ``rosenbrock`` and ``step_control``, so that a lane follows the scalar core to
rounding. Only what a lane does by itself (output, segments, trials that break down) is left to the driver.
"""

from typing import Any

from llvmlite import ir

from immunosim.numerics.lanes.control_ir import judge, propose
from immunosim.numerics.lanes.records import FRAME
from immunosim.numerics.lanes.vector_ir import INT64, POINTER, LaneBuilder
from immunosim.numerics.tableaus import Tableau


def add_step(module: ir.Module, tableau: Tableau, n_pools: int, width: int) -> None:
    """Add ``attempt_<method>(frame)`` to a module that holds the model's kernels over lanes."""
    _Step(module, f"attempt_{tableau.name}", tableau, n_pools, width).write()


def add_advance(module: ir.Module, n_pools: int, width: int) -> None:
    """Add ``advance(frame)``: lanes that accept the trial step move to its end."""
    writer, at = framed(module, "advance", width)
    accepted = writer.load(at["accepted"], 0)
    half = writer.constant(0.5)
    times = writer.load(at["t_new"], 0), writer.load(at["t"], 0)
    writer.store(writer.choose(accepted, ">", half, *times), at["t"], 0)
    with writer.loop(0, n_pools, 1, []) as (i, _):
        for old, new in (("y", "y_new"), ("f", "f_new")):
            values = writer.load(at[new], i), writer.load(at[old], i)
            writer.store(writer.choose(accepted, ">", half, *values), at[old], i)
    writer.build.ret_void()


def add_next_row(module: ir.Module) -> None:
    """Add ``next_row(counter)``: return the counter and raise it by one, whichever thread asks."""
    function = ir.Function(module, ir.FunctionType(INT64, [POINTER]), "next_row")
    build = ir.IRBuilder(function.append_basic_block("entry"))
    build.ret(build.atomic_rmw("add", function.args[0], ir.Constant(INT64, 1), "monotonic"))


def framed(module: ir.Module, name: str, width: int) -> tuple[LaneBuilder, dict[str, Any]]:
    """Start a function of one argument, the frame; return its writer, and the addresses that the frame holds."""
    writer = LaneBuilder(module, name, ["frame"], width)
    return writer, _Addresses(writer)


class _Addresses(dict[str, Any]):
    """The addresses in a frame by name, each loaded at the start of the function if it is used."""

    def __init__(self, writer: LaneBuilder) -> None:
        super().__init__()
        self.writer = writer

    def __missing__(self, field: str) -> Any:
        build, frame = self.writer.build, self.writer.pointers["frame"]
        with build.goto_entry_block():
            place = build.gep(frame, [ir.Constant(INT64, FRAME.index(field))], inbounds=True, source_etype=POINTER)
            self[field] = build.load(place, name=field, typ=POINTER)
        return self[field]


def scaled(writer: LaneBuilder, at: dict[str, Any], i: Any, y: Any, y_new: Any, error: Any) -> Any:
    """Return the error of pool i in units of its tolerance."""
    size = writer.larger(writer.magnitude(y), writer.magnitude(y_new))
    scale = writer.add(writer.load(at["atol"], i), writer.multiply(writer.load(at["rtol"], 0), size))
    return writer.divide(writer.magnitude(error), scale)


def add_stage(
    writer: LaneBuilder,
    at: dict[str, Any],
    tableau: Tableau,
    n_pools: int,
    increments: list[Any],
    stage: int,
    name: str,
) -> None:
    """Write one stage, equation (T1); the array called ``name`` receives where its right-hand side is taken.

    Both sums over the increments are taken in one pass, which loads each of these once.
    """
    a, c = tableau.A[stage], tableau.C[stage]
    # Where a stage starts where the one before it did, plus its increment, the sum of that one is kept.
    follows = stage > 1 and a[stage - 1] == 1.0 and (a[: stage - 1] == tableau.A[stage - 1][: stage - 1]).all()
    start, first = (at[name], stage - 1) if follows else (at["y"], 0)
    out, per_h = increments[stage], writer.load(at["per_h"], 0)
    shares = [writer.constant(a[j]) for j in range(stage)]
    slopes = [writer.multiply(writer.constant(c[j]), per_h) for j in range(stage)]
    with writer.loop(0, n_pools, 1, []) as (i, _):
        state, slope = writer.load(start, i), None
        for j in range(stage):
            u_j = writer.load(increments[j], i)
            if j >= first:
                state = writer.add(state, writer.multiply(shares[j], u_j))
            term = writer.multiply(slopes[j], u_j)
            slope = term if slope is None else writer.add(slope, term)
        writer.store(state, at[name], i)
        writer.store(slope, out, i)
    writer.call("rhs", at[name], at["p"], at["u"], out)
    writer.call("solve", at["lu"], out)


class _Step:
    """Writes the trial step of one method."""

    def __init__(self, module: ir.Module, name: str, tableau: Tableau, n_pools: int, width: int) -> None:
        self.tableau = tableau
        self.n_pools = n_pools
        self.writer, self.at = framed(module, name, width)
        self.increments = [self.writer.address(self.at["increments"], j * n_pools) for j in range(tableau.n_stages)]

    def write(self) -> None:
        writer, at = self.writer, self.at
        h, rest = propose(writer, at, self.tableau.gamma)
        writer.call("factorise", *(at[name] for name in ("y", "p", "u", "shift", "lu", "growth")))
        with writer.loop(0, self.n_pools, 1, []) as (i, _):
            writer.store(writer.load(at["f"], i), self.increments[0], i)
        writer.call("solve", at["lu"], self.increments[0])
        for stage in range(1, self.tableau.n_stages):
            add_stage(writer, at, self.tableau, self.n_pools, self.increments, stage, "y_new")
        with writer.loop(0, self.n_pools, 1, []) as (i, _):
            y_new = writer.add(writer.load(at["y_new"], i), writer.load(self.increments[-1], i))
            writer.store(y_new, at["y_new"], i)
            writer.store(writer.constant(0.0), at["f_new"], i)
        writer.call("rhs", at["y_new"], at["p"], at["u"], at["f_new"])
        judge(writer, at, self.tableau, h, rest, self.look())
        writer.build.ret_void()

    def look(self) -> dict[str, Any]:
        """Store and return error norm, validity and margin, as ``step_control`` computes them."""
        writer, at = self.writer, self.at
        zero = writer.constant(0.0)
        carried = [zero, zero, writer.constant(float("inf"))]
        with writer.loop(0, self.n_pools, 1, carried) as (i, turn):
            largest, validity, margin = turn
            y, y_new, error = (writer.load(array, i) for array in (at["y"], at["y_new"], self.increments[-1]))
            share = scaled(writer, at, i, y, y_new, error)
            # The sum times zero is zero, or NaN as soon as any number is not finite: one test at the end instead of
            # three a pool.
            everything = writer.add(writer.add(y_new, error), writer.load(at["f_new"], i))
            room = writer.add(y_new, writer.load(at["negative_tolerance"], i))
            turn[:] = (
                writer.larger(share, largest),
                writer.add(validity, writer.multiply(everything, zero)),
                writer.smaller(room, margin),
            )
        found = dict(zip(("norm", "validity", "margin"), carried, strict=True))
        for name, value in found.items():
            writer.store(value, at[name], 0)
        return found
