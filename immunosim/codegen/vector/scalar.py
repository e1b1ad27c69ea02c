"""Kernels of one patient as machine code: the text translated as it stands, line by line.

The same bits as the compiler of numba made of the same text, which needed half a minute for it: products and sums in
the order of the text, contraction (FMA) left to LLVM, and a negation written as a difference from minus zero, which
LLVM contracts otherwise than a change of sign.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from llvmlite import ir

from immunosim.codegen.vector.translate import Translation
from immunosim.numerics.lanes.vector_ir import DOUBLE, FLAGS, POINTER, LaneBuilder

PREFIX = "scalar_"
"""Start of the names of these functions, which may share a module with those over lanes."""


class ScalarBuilder(LaneBuilder):
    """Writes one function over the numbers of one patient; arguments that end in an underscore are arrays."""

    def __init__(self, module: ir.Module, name: str, arguments: Sequence[str], returns: bool) -> None:
        kinds = [POINTER if argument.endswith("_") else DOUBLE for argument in arguments]
        super().__init__(module, name, arguments, 1, ir.FunctionType(DOUBLE if returns else ir.VoidType(), kinds))

    def negate(self, a: Any) -> Any:
        """Return -a."""
        return self.build.fsub(self.constant(-0.0), a, flags=FLAGS)

    def give(self, value: Any) -> None:
        """Return a value from the function."""
        self.build.ret(value)


def kinds_of(function: ast.FunctionDef) -> tuple[tuple[str, ...], str]:
    """Return the kinds of a kernel's arguments and of its result, as ``MachineFunction`` takes them."""
    kinds = tuple("array" if one.arg.endswith("_") else "number" for one in function.args.args)
    return kinds, "number" if isinstance(function.body[-1], ast.Return) else ""


def add_scalar(module: ir.Module, function: ast.FunctionDef, constants: Mapping[str, int]) -> None:
    """Add a kernel to a module."""
    names = [one.arg for one in function.args.args]
    returns = isinstance(function.body[-1], ast.Return)
    writer = ScalarBuilder(module, PREFIX + function.name, names, returns)
    translation = Translation(writer, constants)
    translation.values = {name: writer.pointers[name] for name in names if not name.endswith("_")}
    translation.block(function.body)
    if not returns:
        writer.build.ret_void()
