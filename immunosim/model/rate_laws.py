"""The nonlinear rate laws, each a named function with its own formula, derivative and LaTeX.

A law is a sympy function that stays whole in an expression, so that a rate reads as its author wrote it.
``formula`` gives the rational expression a kernel computes; ``fdiff`` gives the derivative by hand, because
printing the derivative of ``x**n`` as ``n*x**n/x`` is not a number at x = 0. Exponents of laws of rates are integers,
and all such laws are finite when every concentration is zero.
"""

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from immunosim.errors import ModelError


class RateLaw(sp.Function):  # type: ignore[misc]  # sympy is untyped
    """Common face of the laws: ``formula``, ``fdiff`` (sympy's name for a partial derivative) and ``unit_of``."""

    def formula(self) -> sp.Expr:
        """Return the rational expression that a kernel evaluates."""
        raise NotImplementedError

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return the unit of the value, given the units of the arguments; raise ModelError where they clash."""
        raise NotImplementedError

    def _wrong_argument(self, argindex: int) -> Any:
        raise ArgumentIndexError(self, argindex)


def _require_equal(units: Sequence[sp.Expr], law: str) -> None:
    if units[0] != units[1]:
        raise ModelError(f"{law}: its first two arguments have units {units[0]} and {units[1]}, expected the same")


def _require_pure(units: Sequence[sp.Expr], law: str) -> None:
    for unit in units:
        if unit != 1:
            raise ModelError(f"{law}: an argument has unit {unit}, expected a pure number")


class saturating(RateLaw):
    """Michaelis-Menten saturation, x / (K + x)."""

    def formula(self) -> sp.Expr:
        """Return x / (K + x)."""
        x, half = self.args
        return x / (half + x)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return K / (K + x)^2 for x and -x / (K + x)^2 for K."""
        x, half = self.args
        return {1: half, 2: -x}[argindex] / (half + x) ** 2

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; x and K must share a unit."""
        _require_equal(units, "saturating")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        x, half = (printer.doprint(a) for a in self.args)
        return rf"\frac{{{x}}}{{{half} + {x}}}"


class inhibited_by(RateLaw):
    """Simple inhibition, K / (K + x)."""

    def formula(self) -> sp.Expr:
        """Return K / (K + x)."""
        x, half = self.args
        return half / (half + x)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return -K / (K + x)^2 for x and x / (K + x)^2 for K."""
        x, half = self.args
        return {1: -half, 2: x}[argindex] / (half + x) ** 2

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; x and K must share a unit."""
        _require_equal(units, "inhibited_by")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        x, half = (printer.doprint(a) for a in self.args)
        return rf"\frac{{{half}}}{{{half} + {x}}}"


class hill(RateLaw):
    """Hill law with an integer exponent n of at least 2, x^n / (K^n + x^n)."""

    @classmethod
    def eval(cls, x: sp.Expr, half: sp.Expr, exponent: sp.Expr) -> None:
        """Refuse an exponent that is not a whole number of at least 2."""
        if not (exponent.is_Integer and exponent >= 2):
            raise ModelError(f"hill: the exponent {exponent} is not a whole number of at least 2")

    def formula(self) -> sp.Expr:
        """Return x^n / (K^n + x^n)."""
        x, half, n = self.args
        return x**n / (half**n + x**n)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return n K^n x^(n-1) / (K^n + x^n)^2 for x, and its mirror image for K."""
        x, half, n = self.args
        below = (half**n + x**n) ** 2
        if argindex == 1:
            return n * half**n * x ** (n - 1) / below
        if argindex == 2:
            return -n * half ** (n - 1) * x**n / below
        return self._wrong_argument(argindex)

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; x and K must share a unit."""
        _require_equal(units, "hill")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        x, half, n = (printer.doprint(a) for a in self.args)
        return rf"\frac{{{{{x}}}^{{{n}}}}}{{{{{half}}}^{{{n}}} + {{{x}}}^{{{n}}}}}"


class boost(RateLaw):
    """A signal relative to baseline that raises a rate, (1 + K) s / (K + s): 1 at s = 1, at most 1 + K."""

    def formula(self) -> sp.Expr:
        """Return (1 + K) s / (K + s)."""
        s, extra = self.args
        return (1 + extra) * s / (extra + s)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return (1 + K) K / (K + s)^2 for s and s (s - 1) / (K + s)^2 for K."""
        s, extra = self.args
        return {1: (1 + extra) * extra, 2: s * (s - 1)}[argindex] / (extra + s) ** 2

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; both arguments are pure numbers."""
        _require_pure(units, "boost")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        s, extra = (printer.doprint(a) for a in self.args)
        return rf"\frac{{(1 + {extra})\,{s}}}{{{extra} + {s}}}"


class restraint(RateLaw):
    """A restraint relative to baseline that is lost, (1 + K) / (1 + K r): 1 at r = 1, 1 + K at r = 0."""

    def formula(self) -> sp.Expr:
        """Return (1 + K) / (1 + K r)."""
        r, extra = self.args
        return (1 + extra) / (1 + extra * r)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return -(1 + K) K / (1 + K r)^2 for r and (1 - r) / (1 + K r)^2 for K."""
        r, extra = self.args
        return {1: -(1 + extra) * extra, 2: 1 - r}[argindex] / (1 + extra * r) ** 2

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; both arguments are pure numbers."""
        _require_pure(units, "restraint")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        r, extra = (printer.doprint(a) for a in self.args)
        return rf"\frac{{1 + {extra}}}{{1 + {extra}\,{r}}}"


class above(RateLaw):
    """One where x exceeds a, else zero: the slope of ``excess``."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return 0 (the step itself is never smoothed)."""
        return sp.S.Zero

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; x and a must share a unit."""
        _require_equal(units, "above")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        x, a = (printer.doprint(arg) for arg in self.args)
        return rf"[{x} > {a}]"


class excess(RateLaw):
    """What x has above a, max(x - a, 0). Use inside ``hill`` so that the rate keeps a continuous slope."""

    def formula(self) -> sp.Expr:
        """Return (x - a) [x > a]."""
        x, a = self.args
        return (x - a) * above(x, a)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return [x > a] for x and -[x > a] for a."""
        x, a = self.args
        return {1: 1, 2: -1}[argindex] * above(x, a)

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return the unit of x."""
        _require_equal(units, "excess")
        return units[0]

    def _latex(self, printer: Any) -> str:
        x, a = (printer.doprint(arg) for arg in self.args)
        return rf"\left({x} - {a}\right)_{{+}}"


class growth(RateLaw):
    """Growth or decline at a constant rate, exp(a b). Only in constants."""

    def formula(self) -> sp.Expr:
        """Return exp(a b)."""
        a, b = self.args
        return sp.exp(a * b)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return b exp(a b) for a and a exp(a b) for b."""
        a, b = self.args
        return {1: b, 2: a}[argindex] * self

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; the product of the arguments is a pure number."""
        _require_pure([units[0] * units[1]], "growth")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        a, b = (printer.doprint(arg) for arg in self.args)
        return rf"e^{{{a}\,{b}}}"


class power(RateLaw):
    """Allometric power x^a of a positive x. Only in constants."""

    def formula(self) -> sp.Expr:
        """Return exp(a log x)."""
        x, a = self.args
        return sp.exp(a * sp.log(x))

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return a x^a / x for x and x^a log x for a."""
        x, a = self.args
        return {1: a / x, 2: sp.log(x)}[argindex] * self

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; both arguments are pure numbers."""
        _require_pure(units, "power")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        x, a = (printer.doprint(arg) for arg in self.args)
        return rf"{{{x}}}^{{{a}}}"


class square_root(RateLaw):
    """Square root of a positive x. Only in constants: the slope is infinite at zero."""

    def formula(self) -> sp.Expr:
        """Return the square root."""
        return sp.sqrt(self.args[0])

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return 1 / (2 sqrt(x))."""
        return sp.Rational(1, 2) / self if argindex == 1 else self._wrong_argument(argindex)

    @staticmethod
    def unit_of(units: Sequence[sp.Expr]) -> sp.Expr:
        """Return 1; the argument is a pure number."""
        _require_pure(units, "square_root")
        return sp.S.One

    def _latex(self, printer: Any) -> str:
        return rf"\sqrt{{{printer.doprint(self.args[0])}}}"
