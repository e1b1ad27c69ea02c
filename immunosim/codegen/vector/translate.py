"""Translation of the text of a scalar kernel into the same arithmetic over lanes.

The text is what ``emit`` writes: names that are assigned once, stores at fixed places, loops with fixed bounds that
only accumulate, choices of a number by a comparison. That text stays the one description of the arithmetic: this module
groups no sum or product otherwise, it only merges what is computed twice and computes values where they are needed.
"""

import ast
from collections.abc import Mapping
from typing import Any

from llvmlite import ir

from immunosim.errors import ModelError
from immunosim.numerics.lanes.vector_ir import INT64, LaneBuilder

BINARY = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
COMPARISONS = {ast.Gt: ">", ast.Lt: "<", ast.GtE: ">=", ast.LtE: "<="}
INTRINSICS = {"sqrt": "llvm.sqrt", "exp": "llvm.exp", "log": "llvm.log"}


def add_rhs(module: ir.Module, rhs: ast.FunctionDef, width: int) -> None:
    """Add ``rhs(y, p, u, out)``, which adds the right-hand side to what ``out`` holds.

    A stage adds it to a sum over the increments: that saves a pass over the pools.
    """
    writer = LaneBuilder(module, "rhs", ["y_", "p_", "u_", "out_"], width)
    translation = Translation(writer, {})
    translation.accumulates = "out_"
    translation.block(translation.postpone(rhs.body, {}))
    writer.build.ret_void()


def add_factorise(
    module: ir.Module,
    jacobian: ast.FunctionDef,
    factorise: ast.FunctionDef,
    constants: Mapping[str, int],
    width: int,
) -> None:
    """Add ``factorise(y, p, u, shift, lu, growth)``: Jacobian, shifted matrix and factors without a stop in memory.

    Each entry of the Jacobian is computed where the elimination reads it.
    """
    writer = LaneBuilder(module, "factorise", ["y_", "p_", "u_", "shift", "lu_", "result"], width)
    translation = Translation(writer, constants)
    translation.block(translation.postpone(jacobian.body, {"out_": "jac_"}))
    translation.values["shift"] = writer.load(writer.pointers["shift"], 0)
    translation.block(factorise.body)
    writer.build.ret_void()


def add_solve(module: ir.Module, solve: ast.FunctionDef, width: int) -> None:
    """Add ``solve(lu, b)``, in place."""
    writer = LaneBuilder(module, "solve", ["lu_", "b_"], width)
    Translation(writer, {}).block(solve.body)
    writer.build.ret_void()


def add_readouts(module: ir.Module, readouts: ast.FunctionDef, width: int) -> None:
    """Add ``readouts(y, p, u, out)``."""
    writer = LaneBuilder(module, "readouts", ["y_", "p_", "u_", "out_"], width)
    translation = Translation(writer, {})
    translation.block(translation.postpone(readouts.body, {}))
    writer.build.ret_void()


class Translation:
    """The state of one translation: values of names, and what is known of the memory."""

    def __init__(self, writer: LaneBuilder, constants: Mapping[str, int]) -> None:
        self.writer = writer
        self.constants = constants
        self.accumulates = ""
        self.values: dict[str, Any] = {}
        self.postponed: dict[str, ast.expr] = {}
        self.indices: dict[str, Any] = {}
        self.made: dict[tuple[Any, ...], Any] = {}

    # --- statements ------------------------------------------------------------------------------------------------

    def postpone(self, statements: list[ast.stmt], renamed: Mapping[str, str]) -> list[ast.stmt]:
        """Note assignments to names and to renamed arrays, to be computed where they are first read; return the rest.

        Values then live for a shorter time than in the order of the text: fewer spill from the registers.
        """
        rest = []
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.postponed[name] = value
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=array), slice=place)], value=value) if (
                    array in renamed
                ):
                    self.postponed[f"{renamed[array]}[{self.whole(place)}]"] = value
                case _:
                    rest.append(statement)
        return rest

    def block(self, statements: list[ast.stmt]) -> None:
        """Translate statements in their order."""
        for statement in statements:
            self.statement(statement)

    def statement(self, statement: ast.stmt) -> None:
        """Translate a statement."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                result = self.expression(value)
                for target in targets:
                    self.assign(target, result)
            case ast.AugAssign(target=target, op=op, value=value):
                self.assign(target, self.expression(ast.BinOp(_readable(target), op, value)))
            case ast.For(target=ast.Name(id=index), iter=ast.Call(func=ast.Name(id="range"), args=bounds), body=body):
                self.loop(index, [self.whole(bound) for bound in bounds], body)
            case ast.Return(value=ast.expr() as value):
                self.writer.give(self.expression(value))
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case _:
                raise _refused(statement)

    def assign(self, target: ast.expr, value: Any) -> None:
        """Give a name or an element of an array its value."""
        match target:
            case ast.Name(id=name):
                self.values[name] = value
            case ast.Subscript(value=ast.Name(id=array), slice=place):
                index, pointer = self.index(place), self.writer.pointers[array]
                if array == self.accumulates:
                    value = self.writer.add(self.writer.load(pointer, index), value)
                self.writer.store(value, pointer, index)
                # What was loaded from other places stays valid: arrays do not overlap.
                self.made["load", array, index] = value
            case _:
                raise _refused(target)

    def loop(self, index: str, bounds: list[int], body: list[ast.stmt]) -> None:
        """Write a loop; names assigned in it are carried, what is known of the memory is forgotten around it."""
        start, stop, step = bounds
        names = sorted({name for statement in body for name in _assigned_in(statement)})
        carried = [self.values[name] for name in names]
        with self.writer.loop(start, stop, step, carried) as (self.indices[index], turn):
            self.made.clear()
            self.values.update(zip(names, turn, strict=True))
            self.block(body)
            turn[:] = [self.values[name] for name in names]
        self.made.clear()
        self.values.update(zip(names, carried, strict=True))

    # --- expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: ast.expr) -> Any:
        """Translate an expression; return its value."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return self.once(("constant", float(value)), self.writer.constant, value)
            case ast.Name(id=name) if name in self.values:
                return self.values[name]
            case ast.Name(id=name) if name in self.postponed:
                self.values[name] = _named(self.expression(self.postponed[name]), name)
                return self.values[name]
            case ast.Subscript(value=ast.Name(id="jac_"), slice=ast.Constant(value=int() as place)) if (
                f"jac_[{place}]" in self.postponed
            ):
                return self.expression(self.postponed[f"jac_[{place}]"])
            case ast.Subscript(value=ast.Name(id=array), slice=place):
                index = self.index(place)
                key = ("load", array, index if isinstance(index, int) else id(index))
                return self.once(key, self.writer.load, self.writer.pointers[array], index)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return self.once(("constant", -float(value)), self.writer.constant, -value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.operation("negate", operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self.operation(BINARY[type(op)], left, right)
            case ast.Attribute(value=value, attr="real"):
                return self.expression(value)
            case ast.IfExp(test=ast.Compare(left=left, ops=[op], comparators=[right]), body=body, orelse=orelse):
                a, b, yes, no = (self.expression(part) for part in (left, right, body, orelse))
                return self.writer.choose(a, COMPARISONS[type(op)], b, yes, no)
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in INTRINSICS:
                return self.writer.intrinsic(INTRINSICS[name], self.expression(argument))
        raise _refused(node)

    def operation(self, name: str, *operands: ast.expr) -> Any:
        """Translate an operation on expressions."""
        values = [self.expression(operand) for operand in operands]
        return self.once((name, *map(id, values)), getattr(self.writer, name), *values)

    def once(self, key: tuple[Any, ...], make: Any, *arguments: Any) -> Any:
        """Return what was made for a key before, or make it."""
        if key not in self.made:
            self.made[key] = make(*arguments)
        return self.made[key]

    def index(self, node: ast.expr) -> Any:
        """Return the place in an array that an expression names, an int or an IR integer."""
        match node:
            case ast.Name(id=name) if name in self.indices:
                return self.indices[name]
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=int() as offset)):
                return self.writer.build.add(self.index(left), ir.Constant(INT64, offset))
        return self.whole(node)

    def whole(self, node: ast.expr) -> int:
        """Return the whole number that an expression stands for."""
        match node:
            case ast.Constant(value=int() as value):
                return value
            case ast.Name(id=name) if name in self.constants:
                return self.constants[name]
        raise _refused(node)


def _named(value: Any, name: str) -> Any:
    """Give a value the name that the text has for it, so that the IR can be read beside it."""
    if isinstance(value, ir.Instruction) and value.name.startswith("."):
        value.name = name
    return value


def _readable(target: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(target), mode="eval").body


def _assigned_in(statement: ast.stmt) -> list[str]:
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def _refused(node: ast.AST) -> ModelError:
    return ModelError(f"{ast.unparse(node)}: cannot be computed for several patients at once")
