"""The arithmetic of kernels as text: numbers round-trip, powers are products, unsafe expressions are refused."""

import math

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from immunosim.codegen.printer import to_text
from immunosim.errors import ModelError
from immunosim.model.rate_laws import above, excess, growth, hill, power

X, Y = sp.symbols("x y")


def value(text, **names):
    return eval(text, {"__builtins__": {}}, {"exp": math.exp, "log": math.log, **names})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_round_trip_through_the_text(number):
    assert value(to_text(sp.Float(number))) == number
    assert value(to_text(sp.sympify(number))) == number


@given(st.integers(min_value=-(2**53), max_value=2**53))
def test_whole_numbers_are_printed_as_floats(number):
    text = to_text(sp.Integer(number))
    assert value(text) == number
    assert isinstance(value(text), float)


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 3), (-2, 7), (5, 2)])
def test_fractions_keep_their_value_wherever_they_stand(numerator, denominator):
    fraction = sp.Rational(numerator, denominator)
    exact, x = numerator / denominator, 1.3
    assert value(to_text(fraction)) == exact
    assert value(to_text(fraction * X), x=x) == pytest.approx(exact * x, rel=1e-15)
    assert value(to_text(X / (fraction + X)), x=x) == pytest.approx(x / (exact + x), rel=1e-15)
    assert value(to_text(X - fraction), x=x) == pytest.approx(x - exact, rel=1e-15)


@pytest.mark.parametrize("exponent", [2, 3, 4])
def test_whole_powers_are_products(exponent):
    assert to_text(X**exponent) == "(" + "*".join(["x"] * exponent) + ")"
    assert "**" not in to_text((X + Y) ** exponent / (X - Y) ** exponent)


@pytest.mark.parametrize(
    "expression",
    [
        1 / X,
        1 / X**3,
        Y / X**2,
        -Y / (X + Y) ** 2,
        (X - Y) ** 2 * X,
        X / (Y / (X + 1)) ** 2,
        -((X + Y) ** 3),
        2 * X - 3 * Y**2 / X,
        1 / (1 / X + 1 / Y),
        X * (Y - 2) / (3 * (X + Y) ** 2),
    ],
    ids=str,
)
def test_the_text_has_the_value_of_the_expression(expression):
    x, y = 1.7, 0.3
    exact = float(expression.subs({X: sp.Rational(17, 10), Y: sp.Rational(3, 10)}))
    assert value(to_text(expression), x=x, y=y) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("exponent", [sp.Rational(1, 3), sp.Rational(-3, 2), sp.Float(0.75), Y], ids=str)
def test_a_power_that_is_not_whole_is_refused(exponent):
    with pytest.raises(ModelError, match="only whole powers reach a kernel"):
        to_text(X**exponent)


def test_laws_are_printed_as_the_arithmetic_they_stand_for():
    assert "hill" not in to_text(hill(X, Y, 3))
    assert value(to_text(Y * hill(X, Y, 3)), x=2.0, y=1.0) == pytest.approx(8 / 9, rel=1e-15)
    assert value(to_text(growth(X, Y)), x=0.5, y=2.0) == pytest.approx(math.e, rel=1e-15)
    assert value(to_text(power(X, Y)), x=2.0, y=0.75) == pytest.approx(2**0.75, rel=1e-15)


def test_a_step_compares_the_real_part_so_that_complex_steps_pass():
    text = to_text(above(X, Y))
    assert [value(text, x=x, y=1.0) for x in (0.5, 1.0, 1.5, 1.5 + 1e-30j)] == [0.0, 0.0, 1.0, 1.0]
    assert value(to_text(excess(X, 1)), x=2 + 1e-30j) == 1 + 1e-30j


def test_a_function_that_no_kernel_knows_is_refused():
    with pytest.raises(NotImplementedError, match="mystery"):
        to_text(sp.Function("mystery")(X))
