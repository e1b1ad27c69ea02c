"""Subexpressions of parameters alone, taken out of the kernels and computed once per patient.

A product such as efficiency * rate * lysability * occupancy * cells keeps one constant factor; a division by a
parameter becomes a multiplication. The right-hand side runs thousands of times for one parameter vector, its closure
once.
"""

from collections.abc import Collection

import sympy as sp

from immunosim.model.rate_laws import RateLaw, above


class Hoister:
    """Collects the constants that expressions share.

    Parameters
    ----------
    constants : Collection[Symbol]
        Parameters and derived constants.
    prefix : str
        Start of the names of the symbols that stand for what is taken out.

    Attributes
    ----------
    found : dict
        Expression over constants -> symbol that stands for it, in the order of discovery.
    """

    def __init__(self, constants: Collection[sp.Symbol], prefix: str = "hoisted") -> None:
        self.constants = frozenset(constants)
        self.prefix = prefix
        self.found: dict[sp.Expr, sp.Symbol] = {}

    def __call__(self, expression: sp.Expr) -> sp.Expr:
        """Return the expression with its constant parts replaced by symbols."""
        if isinstance(expression, RateLaw) and not isinstance(expression, above):
            return self(expression.formula())
        if expression.is_Atom:
            return expression
        if self._is_constant(expression):
            return self._symbol(expression)
        if not (expression.is_Mul or expression.is_Add):
            return expression.func(*(self(argument) for argument in expression.args))
        fixed = [argument for argument in expression.args if self._is_constant(argument)]
        moving = [self(argument) for argument in expression.args if not self._is_constant(argument)]
        together = expression.func(*fixed)
        return expression.func(together if together.is_Atom else self._symbol(together), *moving)

    def _is_constant(self, expression: sp.Expr) -> bool:
        return bool(expression.free_symbols <= self.constants)

    def _symbol(self, expression: sp.Expr) -> sp.Symbol:
        if expression.is_number:
            return expression
        if expression not in self.found:
            self.found[expression] = sp.Symbol(f"{self.prefix}_{len(self.found)}")
        return self.found[expression]
