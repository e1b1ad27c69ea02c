"""LLVM IR over lanes: a thin layer on llvmlite's builder in which every number is a vector of one value a lane.

Arrays are ``[n][W]``, lanes innermost, aligned to whole vectors. Contraction (FMA) is the only liberty, as in the
scalar kernels.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

DOUBLE = ir.DoubleType()
INT64 = ir.IntType(64)
POINTER = ir.PointerType()
FLAGS = ("contract",)


class LaneBuilder:
    """Writes one function over lanes.

    Parameters
    ----------
    module : ir.Module
        Receives the function.
    name : str
    arguments : sequence of str
        Names of the arguments, all pointers to arrays over lanes that do not overlap.
    width : int
        Lanes of a vector.
    kind : ir.FunctionType, optional
        Where it is another than that of a function of pointers that returns nothing.
    """

    def __init__(
        self, module: ir.Module, name: str, arguments: Sequence[str], width: int, kind: ir.FunctionType | None = None
    ) -> None:
        self.width = width
        self.vector = DOUBLE if width == 1 else ir.VectorType(DOUBLE, width)
        self.integers = INT64 if width == 1 else ir.VectorType(INT64, width)
        kind = kind or ir.FunctionType(ir.VoidType(), [POINTER] * len(arguments))
        self.function = ir.Function(module, kind, name)
        self.function.attributes.add("noinline")
        self.function.attributes.add("nounwind")
        for argument, label in zip(self.function.args, arguments, strict=True):
            argument.name = label
            if argument.type == POINTER:
                argument.add_attribute("noalias")
        self.pointers = dict(zip(arguments, self.function.args, strict=True))
        self.build = ir.IRBuilder(self.function.append_basic_block("entry"))

    # --- memory ----------------------------------------------------------------------------------------------------

    def address(self, array: Any, index: Any) -> Any:
        """Return the address of the vector at an index, an int or an IR integer."""
        offset = ir.Constant(INT64, index) if isinstance(index, int) else index
        return self.build.gep(array, [offset], inbounds=True, source_etype=self.vector)

    def load(self, array: Any, index: Any) -> Any:
        """Load the vector at an index."""
        return self.build.load(self.address(array, index), align=8 * self.width, typ=self.vector)

    def store(self, value: Any, array: Any, index: Any) -> None:
        """Store the vector at an index."""
        self.build.store(value, self.address(array, index), align=8 * self.width)

    def give(self, value: Any) -> None:
        """Leave what the function returns where its last argument, ``result``, points to."""
        self.store(value, self.pointers["result"], 0)

    # --- arithmetic ------------------------------------------------------------------------------------------------

    def constant(self, value: float) -> Any:
        """Return the same number in all lanes."""
        return ir.Constant(self.vector, float(value) if self.width == 1 else [float(value)] * self.width)

    def add(self, a: Any, b: Any) -> Any:
        """Return a + b."""
        return self.build.fadd(a, b, flags=FLAGS)

    def subtract(self, a: Any, b: Any) -> Any:
        """Return a - b."""
        return self.build.fsub(a, b, flags=FLAGS)

    def multiply(self, a: Any, b: Any) -> Any:
        """Return a b."""
        return self.build.fmul(a, b, flags=FLAGS)

    def divide(self, a: Any, b: Any) -> Any:
        """Return a / b."""
        return self.build.fdiv(a, b, flags=FLAGS)

    def negate(self, a: Any) -> Any:
        """Return -a."""
        return self.build.fneg(a)

    def intrinsic(self, name: str, *arguments: Any) -> Any:
        """Return the value of an LLVM intrinsic such as ``llvm.sqrt``."""
        full_name = f"{name}.f64" if self.width == 1 else f"{name}.v{self.width}f64"
        kind = ir.FunctionType(self.vector, [self.vector] * len(arguments))
        declared = self.build.module.globals.get(full_name) or ir.Function(self.build.module, kind, full_name)
        return self.build.call(declared, arguments)

    def magnitude(self, a: Any) -> Any:
        """Return |a|."""
        return self.intrinsic("llvm.fabs", a)

    def larger(self, a: Any, b: Any) -> Any:
        """Return a where it is greater than b, else b."""
        return self.choose(a, ">", b, a, b)

    def choose(self, a: Any, comparison: str, b: Any, where_true: Any, where_false: Any) -> Any:
        """Return, lane by lane, one value where the comparison holds and the other where not (or NaN)."""
        return self.build.select(self.compare(a, comparison, b), where_true, where_false)

    def smaller(self, a: Any, b: Any) -> Any:
        """Return a where it is less than b, else b."""
        return self.choose(a, "<", b, a, b)

    def compare(self, a: Any, comparison: str, b: Any) -> Any:
        """Return, lane by lane, whether the comparison holds; it does not for NaN."""
        return self.build.fcmp_ordered(comparison, a, b)

    # --- bits ------------------------------------------------------------------------------------------------------

    def integer(self, value: int) -> Any:
        """Return the same whole number in all lanes."""
        return ir.Constant(self.integers, value if self.width == 1 else [value] * self.width)

    def as_integers(self, a: Any) -> Any:
        """Return the bits of numbers as whole numbers."""
        return self.build.bitcast(a, self.integers)

    def as_numbers(self, a: Any) -> Any:
        """Return the numbers that have the bits of whole numbers."""
        return self.build.bitcast(a, self.vector)

    def call(self, name: str, *pointers: Any) -> None:
        """Call another function over lanes of the module."""
        self.build.call(self.build.module.get_global(name), pointers)

    # --- control ---------------------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start: int, stop: int, step: int, carried: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
        """Repeat a block; ``carried`` holds vectors handed from turn to turn and, afterwards, their last values.

        Yields the index and the carried values of the turn; the block replaces the items of that list.
        """
        before = self.build.block
        body = self.build.append_basic_block("body")
        after = self.build.append_basic_block("after")
        self.build.branch(body)
        self.build.position_at_end(body)
        index = self.build.phi(INT64)
        index.add_incoming(ir.Constant(INT64, start), before)
        phis = [self.build.phi(value.type) for value in carried]
        for phi, value in zip(phis, carried, strict=True):
            phi.add_incoming(value, before)
        turn = list(phis)
        yield index, turn
        following = self.build.add(index, ir.Constant(INT64, step))
        index.add_incoming(following, self.build.block)
        for phi, value in zip(phis, turn, strict=True):
            phi.add_incoming(value, self.build.block)
        more = self.build.icmp_signed("<", following, ir.Constant(INT64, stop))
        self.build.cbranch(more, body, after)
        self.build.position_at_end(after)
        carried[:] = turn
