"""Printing of sympy expressions as the arithmetic of a kernel.

Numbers are printed with ``repr`` so that they round-trip; powers are whole and printed as products, or square roots;
rate laws are printed as the expressions they stand for. Knows no biology.
"""

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from immunosim.errors import ModelError
from immunosim.model.rate_laws import RateLaw, above


class KernelPrinter(PythonCodePrinter):  # type: ignore[misc]  # sympy is untyped
    """Printer of the arithmetic that numba compiles and plain Python runs, with complex numbers too."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False})

    def _print_Integer(self, expr: sp.Integer) -> str:
        return f"{int(expr)}.0"

    def _print_Rational(self, expr: sp.Rational) -> str:
        return f"{expr.p}.0/{expr.q}.0"

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: sp.Pow, **_: object) -> str:
        base, exponent = expr.as_base_exp()
        if abs(exponent) == sp.Rational(1, 2):
            root = f"sqrt({self._print(base)})"
            return root if exponent > 0 else f"1.0/{root}"
        if not exponent.is_Integer:
            raise ModelError(f"{expr}: only whole powers reach a kernel; use a rate law")
        factor = self._print(base) if base.is_Symbol else f"({self._print(base)})"
        product = "*".join([factor] * abs(int(exponent)))
        return f"({product})" if exponent > 0 else f"1.0/({product})"

    def _print_above(self, expr: above) -> str:
        x, a = (self._print(arg) for arg in expr.args)
        # .real, so that the text also runs with complex numbers (derivatives by complex step)
        return f"(1.0 if ({x} - {a}).real > 0.0 else 0.0)"

    def _print_Function(self, expr: sp.Function) -> str:
        if isinstance(expr, RateLaw):
            return f"({self._print(expr.formula())})"
        return str(super()._print_Function(expr))

    def _print_exp(self, expr: sp.exp) -> str:
        return f"exp({self._print(expr.args[0])})"

    def _print_log(self, expr: sp.log) -> str:
        return f"log({self._print(expr.args[0])})"


class ArrayPrinter(KernelPrinter):
    """Printer of arithmetic that numpy runs on arrays as well: a comparison is a factor, not a choice."""

    def _print_above(self, expr: above) -> str:
        x, a = (self._print(arg) for arg in expr.args)
        return f"(1.0*(({x} - {a}).real > 0.0))"


def to_text(expression: sp.Expr, for_arrays: bool = False) -> str:
    """Return the expression as one line of Python arithmetic, of numbers or also of arrays of them."""
    printer = ArrayPrinter() if for_arrays else KernelPrinter()
    return str(printer.doprint(expression))
