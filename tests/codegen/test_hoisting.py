"""Hoisting: what depends on parameters alone leaves the kernel, once, and the value stays."""

import pytest
import sympy as sp

from immunosim.codegen.hoisting import Hoister
from immunosim.model.rate_laws import above, boost, excess, hill, saturating

A, B, C = CONSTANTS = sp.symbols("a b c")
X, Y = sp.symbols("x y")
POINT = {A: 1.3, B: 0.4, C: 2.2, X: 0.7, Y: 1.9}


def spelt_out(expression):
    """Rate laws as their formulas, the step at the point of these tests."""
    laws = expression.replace(lambda part: hasattr(part, "formula"), lambda law: law.formula())
    return laws.replace(
        lambda part: isinstance(part, above), lambda step: sp.Integer(int(step.subs(POINT).args[0] > 0))
    )


@pytest.mark.parametrize(
    "expression",
    [
        A * B * X * Y / C,
        (1 - A) * X + A * B * Y + C,
        A * X / (B + X),
        X / (Y / (A * B)) ** 2,
        saturating(X / A, B / C),
        A * hill(X / B, C, 3) * Y,
        boost(X**2, A * B) * C,
        2 * X - 3 * A,
        X * Y,
    ],
    ids=str,
)
def test_an_expression_keeps_its_value(expression):
    hoist = Hoister(CONSTANTS)
    moved = hoist(expression)
    values = {symbol: constant.subs(POINT) for constant, symbol in hoist.found.items()}
    assert float(moved.subs(values).subs(POINT)) == pytest.approx(float(spelt_out(expression).subs(POINT)), rel=1e-14)


def test_a_product_of_parameters_becomes_one_factor():
    hoist = Hoister(CONSTANTS)
    assert len(hoist(A * B * X * C * Y).args) == 3
    assert list(hoist.found) == [A * B * C]


def test_a_constant_is_hoisted_once():
    hoist = Hoister(CONSTANTS)
    assert hoist(X / A).free_symbols & hoist(Y / A).free_symbols == {hoist.found[1 / A]}
    assert len(hoist.found) == 1


def test_what_moves_and_what_is_a_bare_parameter_or_number_stays():
    hoist = Hoister(CONSTANTS)
    assert hoist(A * X) == A * X
    assert hoist(2 * X + Y**2) == 2 * X + Y**2
    assert hoist(sp.Rational(1, 3) ** 2 * X) == X / 9
    assert hoist(above(X, A)) == above(X, A)
    assert hoist.found == {}


def test_the_threshold_of_an_excess_stays_inside_its_step():
    assert Hoister(CONSTANTS)(excess(X, A)).has(above)


def test_hoisted_constants_depend_on_parameters_alone():
    hoist = Hoister(CONSTANTS)
    hoist(A * X / (B * C + Y / A) + hill(X, B, 2))
    assert all(constant.free_symbols <= set(CONSTANTS) for constant in hoist.found)
