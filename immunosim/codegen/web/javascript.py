"""The kernels of a model as JavaScript: the same operations in the same order, for a browser without WebAssembly.

The text is what ``emit`` writes: names that are assigned once, stores at fixed places, loops with fixed bounds, choices
of a number by a comparison. It stays the one description of the arithmetic. Names become short: readers have the
equations, and a page loads in half the time. JavaScript has no fused multiply-add, so last bits differ from machine
code.
"""

import ast
import itertools
import string

from immunosim.codegen.kernel_module import KernelModule
from immunosim.errors import ModelError

KERNELS = ("close", "baseline", "rhs", "jacobian", "factorise", "solve", "rates", "readouts")
"""Functions that a page needs, in the order of their text."""

OPERATORS = {ast.Add: ("+", 1), ast.Sub: ("-", 1), ast.Mult: ("*", 2), ast.Div: ("/", 2)}
COMPARISONS = {ast.Gt: ">", ast.Lt: "<", ast.GtE: ">=", ast.LtE: "<="}
FUNCTIONS = {"exp": "Math.exp", "log": "Math.log", "sqrt": "Math.sqrt"}
CONSTANT = "const "
CHOICE, SUM, PRODUCT, SIGN, ATOM = range(5)
"""How tightly parts of an expression hold together."""


def javascript_text(module: KernelModule) -> str:
    """Return the kernels of a model as functions of a classic script.

    Parameters
    ----------
    module : KernelModule
        Of a text as ``emit.core_text`` writes it.

    Raises
    ------
    ModelError
        If the text holds something that this translation does not know.
    """
    parts = [_function(module.functions[name], module) for name in KERNELS if name in module.functions]
    return "\n".join(parts)


def _function(function: ast.FunctionDef, module: KernelModule) -> str:
    """Return a function; names that are assigned once are constants, those of loops change."""
    translation = _Translation(module, _changing(function), _short_names(function))
    arguments = ",".join(translation.names[argument.arg] for argument in function.args.args)
    about = ast.get_docstring(function)
    lines = [line for statement in function.body for line in translation.statement(statement)]
    head = f"// {about}\n" if about else ""
    return f"{head}function {function.name}({arguments}) {{\n{_joined(lines)}\n}}\n"


def _joined(lines: list[str]) -> str:
    """Return statements as text, constants that follow one another in one declaration."""
    parts: list[str] = []
    for line in lines:
        if line.startswith(CONSTANT) and parts and parts[-1].startswith(CONSTANT):
            parts[-1] = f"{parts[-1].removesuffix(';')},{line.removeprefix(CONSTANT)}"
        else:
            parts.append(line)
    return "\n".join(parts)


def _short_names(function: ast.FunctionDef) -> dict[str, str]:
    """Return a short name for each argument and each name that a function assigns; none is a word of the language."""
    arguments = [argument.arg for argument in function.args.args]
    stored = [node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    letters = string.ascii_letters
    short = ("".join(parts) for n in (1, 2) for parts in itertools.product(letters, repeat=n))
    words = {"do", "if", "in", "of", "as", "is"}
    return dict(zip(dict.fromkeys((*arguments, *stored)), (name for name in short if name not in words), strict=False))


def _changing(function: ast.FunctionDef) -> set[str]:
    """Return the names that are assigned more than once."""
    return {
        node.target.id
        for node in ast.walk(function)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }


class _Translation:
    """Statements and expressions of one function."""

    def __init__(self, module: KernelModule, changing: set[str], names: dict[str, str]) -> None:
        self.tables = module.tables
        self.changing = changing
        self.names = names
        self.declared: set[str] = set()

    def statement(self, statement: ast.stmt) -> list[str]:
        """Return the lines of a statement."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                return self.assignments(targets, self.expression(value))
            case ast.AugAssign(target=target, op=op, value=value) if type(op) in OPERATORS:
                return [f"{self.expression(target)}{OPERATORS[type(op)][0]}={self.expression(value)};"]
            case ast.For(target=ast.Name(id=index), iter=ast.Call(func=ast.Name(id="range"), args=bounds), body=body):
                start, stop, step = (self.expression(bound) for bound in bounds)
                index = self.names.get(index, index)
                inner = [line for part in body for line in self.statement(part)]
                return [f"for(let {index}={start};{index}<{stop};{index}+={step}){{", *inner, "}"]
            case ast.Return(value=ast.expr() as value):
                return [f"return {self.expression(value)};"]
            case ast.Expr(value=ast.Constant(value=str())):
                return []
        raise _refused(statement)

    def assignments(self, targets: list[ast.expr], value: str) -> list[str]:
        """Return the assignments of a value, the first declaring what is new."""
        lines = []
        for target in targets:
            if isinstance(target, ast.Name) and target.id not in self.declared:
                self.declared.add(target.id)
                word = "let " if target.id in self.changing else CONSTANT
                lines.append(f"{word}{self.expression(target)}={value};")
            else:
                lines.append(f"{self.expression(target)}={value};")
        return lines

    def expression(self, node: ast.expr) -> str:
        """Return an expression."""
        return self.bound(node)[0]

    def bound(self, node: ast.expr) -> tuple[str, int]:
        """Return an expression, and how tightly its parts hold together."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return repr(value), ATOM
            case ast.Name(id=name):
                known = self.tables.get(name)
                return (repr(known) if isinstance(known, int) else self.names.get(name, name)), ATOM
            case ast.Subscript(value=ast.Name(id=array), slice=place):
                return f"{self.names.get(array, array)}[{self.expression(place)}]", ATOM
            case ast.Attribute(value=value, attr="real"):
                return self.bound(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self.enclosed(operand, ATOM)}", SIGN
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                sign, strength = OPERATORS[type(op)]
                # Products and sums group from the left: on the right, one of the same strength keeps its brackets.
                # A space keeps "a - -b" from becoming a decrement.
                space = " " if sign in "+-" and _is_signed(right) else ""
                sign = f"{space}{sign}{space}"
                return f"{self.enclosed(left, strength)}{sign}{self.enclosed(right, strength + 1)}", strength
            case ast.IfExp(test=ast.Compare(left=left, ops=[op], comparators=[right]), body=body, orelse=other):
                test = f"{self.enclosed(left, SUM)}{COMPARISONS[type(op)]}{self.enclosed(right, SUM)}"
                return f"{test}?{self.enclosed(body, SUM)}:{self.enclosed(other, SUM)}", CHOICE
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in FUNCTIONS:
                return f"{FUNCTIONS[name]}({self.expression(argument)})", ATOM
        raise _refused(node)

    def enclosed(self, node: ast.expr, strength: int) -> str:
        """Return an expression in brackets where it holds together less tightly than its place asks for."""
        text, tightness = self.bound(node)
        return f"({text})" if tightness < strength else text


def _is_signed(node: ast.expr) -> bool:
    """Whether an expression begins with a sign."""
    match node:
        case ast.UnaryOp():
            return True
        case ast.Constant(value=int() | float() as value):
            return value < 0
        case ast.BinOp(left=left) | ast.Attribute(value=left):
            return _is_signed(left)
    return False


def _refused(node: ast.AST) -> ModelError:
    return ModelError(f"{ast.unparse(node)}: cannot be written in JavaScript")
