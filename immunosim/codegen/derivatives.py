"""Derivatives of a list of assignments by the chain rule, one named line a derivative.

Forward accumulation over named assignments keeps the text readable and short: the derivative of a rate with respect
to a pool goes through the named derivatives of the signals it reads. Nothing is expanded or simplified.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sympy as sp

Line = tuple[sp.Symbol, sp.Expr]


@dataclass
class Derivatives:
    """Named derivatives of assignments.

    Attributes
    ----------
    lines : list of (symbol, expression)
        Assignments that compute the derivatives, each after what it needs.
    table : dict
        Name of an assignment -> {variable: symbol of the derivative}.
    """

    lines: list[Line] = field(default_factory=list)
    table: dict[str, dict[sp.Symbol, sp.Expr]] = field(default_factory=dict)

    def of(self, expression: sp.Expr, variables: Collection[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
        """Return the total derivatives of an expression, through every assignment that it reads."""
        total: dict[sp.Symbol, sp.Expr] = {}
        for symbol in sorted(expression.free_symbols, key=str):
            if symbol in variables:
                total[symbol] = total.get(symbol, sp.S.Zero) + expression.diff(symbol)
            for variable, slope in self.table.get(symbol.name, {}).items():
                total[variable] = total.get(variable, sp.S.Zero) + expression.diff(symbol) * slope
        return {variable: slope for variable, slope in total.items() if slope != 0}


def differentiate(assignments: Mapping[str, sp.Expr], variables: Collection[sp.Symbol]) -> Derivatives:
    """Differentiate assignments, in their order, with respect to variables.

    Parameters
    ----------
    assignments : Mapping[str, Expr]
        Name -> expression over variables, constants and earlier assignments.
    variables : Collection[Symbol]
        What to differentiate with respect to.
    """
    derivatives = Derivatives()
    for name, expression in assignments.items():
        slopes = {}
        for variable, slope in derivatives.of(expression, variables).items():
            symbol = sp.Symbol(f"d_{name}__{variable}")
            derivatives.lines.append((symbol, slope))
            slopes[variable] = symbol
        derivatives.table[name] = slopes
    return derivatives
