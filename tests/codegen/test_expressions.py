"""Any expression of the language keeps its value: printed for a kernel, for readers, and with constants hoisted.

Values are compared in fifty digits, so that a wrong bracket or sign cannot hide behind rounding.
"""

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from immunosim.codegen.derivatives import differentiate
from immunosim.codegen.equations import ReadingOrder, TextPrinter, signed_sum
from immunosim.codegen.hoisting import Hoister
from immunosim.codegen.printer import to_text
from immunosim.model.rate_laws import boost, excess, hill, inhibited_by, restraint, saturating

A, B, X, Y = sp.symbols("a b x y")
NUMBERS = mpmath.MPContext()
NUMBERS.dps = 50
NAMES = {"a": "1.3", "b": "0.4", "x": "0.7", "y": "1.9"}
READING = ReadingOrder(
    SimpleNamespace(
        switches=(), parameter_units=("a", "b"), derived=(), inputs=(), signals=(), processes=(), pools=("x", "y")
    )  # type: ignore[arg-type]
)

LAWS: Mapping[str, Callable[..., Any]] = {
    "saturating": lambda x, half: x / (half + x),
    "inhibited_by": lambda x, half: half / (half + x),
    "hill": lambda x, half, n: x**n / (half**n + x**n),
    "boost": lambda s, extra: (1 + extra) * s / (extra + s),
    "restraint": lambda r, extra: (1 + extra) / (1 + extra * r),
    "excess": lambda x, a: max(x - a, NUMBERS.mpf(0)),
}

Law = Callable[..., Any]
Both = tuple[sp.Expr, Any]
"""An expression, and its value computed beside it."""

PAIRS: tuple[tuple[Law, Law], ...] = (
    (saturating, LAWS["saturating"]),
    (inhibited_by, LAWS["inhibited_by"]),
    (lambda x, half: hill(x, half, 3), lambda x, half: LAWS["hill"](x, half, 3)),
    (boost, LAWS["boost"]),
    (restraint, LAWS["restraint"]),
    (excess, LAWS["excess"]),
)


def values() -> dict[str, Any]:
    return {name: NUMBERS.mpf(text) for name, text in NAMES.items()}


def evaluated(text: str, more: Mapping[str, Any] | None = None) -> Any:
    """Return the value of a text, every number in it taken to fifty digits."""
    exact = re.sub(r"(?<![\w.])\d+(\.\d+)?", lambda found: f'number("{found.group()}")', text)
    return eval(exact, {"__builtins__": {}, "number": NUMBERS.mpf}, values() | dict(LAWS) | dict(more or {}))


LEAVES = st.one_of(
    st.sampled_from([(sp.Symbol(name), NUMBERS.mpf(text)) for name, text in NAMES.items()]),
    st.integers(-3, 3).map(lambda number: (sp.Integer(number), NUMBERS.mpf(number))),
)


def applied(made: tuple[tuple[Law, Law], Both, str]) -> Both:
    """Return a law of a positive argument and of a name for its constant."""
    (symbolic, numeric), (expression, value), half = made
    return symbolic(1 + expression**2, sp.Symbol(half)), numeric(1 + value**2, values()[half])


def grown(parts: st.SearchStrategy[Both]) -> st.SearchStrategy[Both]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda two: (two[0][0] + two[1][0], two[0][1] + two[1][1])),
        pairs.map(lambda two: (two[0][0] - two[1][0], two[0][1] - two[1][1])),
        pairs.map(lambda two: (two[0][0] * two[1][0], two[0][1] * two[1][1])),
        pairs.map(lambda two: (two[0][0] / (1 + two[1][0] ** 2), two[0][1] / (1 + two[1][1] ** 2))),
        st.tuples(parts, st.integers(2, 3)).map(lambda one: (one[0][0] ** one[1], one[0][1] ** one[1])),
        st.tuples(st.sampled_from(PAIRS), parts, st.sampled_from(["a", "b", "x"])).map(applied),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=7)
each = given(EXPRESSIONS)
few = settings(max_examples=40, deadline=None)
fewer = settings(max_examples=12, deadline=None)


def assert_equal(found: Any, expected: Any) -> None:
    assert abs(found - expected) <= NUMBERS.mpf(10) ** -30 * (1 + abs(expected))


@each
@few
def test_the_text_of_a_kernel_has_the_value_of_the_expression(both: Both) -> None:
    assert_equal(evaluated(to_text(both[0])), both[1])


@each
@few
def test_the_text_for_arrays_has_the_value_of_the_expression(both: Both) -> None:
    names = {name: float(text) for name, text in NAMES.items()}
    found = eval(to_text(both[0], for_arrays=True), {"__builtins__": {}}, names | {"x": np.array([0.7, 0.7])})
    expected = eval(to_text(both[0]), {"__builtins__": {}}, names)
    assert np.broadcast_to(found, 2) == pytest.approx([expected] * 2, rel=1e-14)


@each
@few
def test_the_text_for_readers_has_the_value_of_the_expression(both: Both) -> None:
    assert_equal(evaluated(TextPrinter(READING).doprint(both[0])), both[1])


@each
@few
def test_hoisting_keeps_the_value_and_leaves_no_constant_part(both: Both) -> None:
    hoist = Hoister([A, B])
    moved = hoist(both[0])
    constants = {str(symbol): evaluated(to_text(part)) for part, symbol in hoist.found.items()}
    assert_equal(evaluated(to_text(moved), constants), both[1])
    assert all(part.free_symbols <= {A, B} for part in hoist.found)


@each
@fewer
def test_derivatives_through_named_lines_are_those_of_the_whole_expression(both: Both) -> None:
    first, second = sp.symbols("first second")
    found = differentiate({"first": both[0], "second": first**2 + X * first}, {X, Y})
    slopes = found.of(second * Y + first, {X, Y})
    names: dict[str, Any] = {"first": both[1]}
    names["second"] = evaluated(to_text(first**2 + X * first), names)
    for symbol, line in found.lines:
        names[str(symbol)] = evaluated(to_text(line), names)
    whole = (both[0] ** 2 + X * both[0]) * Y + both[0]
    for variable in (X, Y):
        expected = evaluated(to_text(whole.diff(variable)))
        assert_equal(evaluated(to_text(slopes.get(variable, sp.S.Zero)), names), expected)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (A - (B - X), "a + x - b"),
        (A * (B - X) ** 2, "a * (b - x)**2"),
        (A / (B * X**2), "a / (b * x**2)"),
        (A / B / X, "a / (b * x)"),
        (-(A + X), "-a - x"),
        (2 * A * X, "2 * a * x"),
        ((A + B) * (X + Y), "(a + b) * (x + y)"),
        (1 / (A * (X + 1)), "1 / (a * (1 + x))"),
        (sp.Rational(1, 2) * X, "1/2 * x"),
    ],
    ids=str,
)
def test_a_reader_sees_numbers_then_constants_then_pools(expression: sp.Expr, text: str) -> None:
    assert TextPrinter(READING).doprint(expression) == text


@pytest.mark.parametrize("number", [30.4375, 365.2425, 1 / 3, 0.1, 1e-9, 2.0, 6.02214076e23])
def test_a_number_in_a_formula_for_readers_keeps_every_digit(number: float) -> None:
    text = TextPrinter(READING).doprint(sp.Float(number) * X)
    assert float(text.removesuffix(" * x")) == number


def test_a_sum_is_joined_by_signs_and_not_by_pluses_of_negatives() -> None:
    text = TextPrinter(READING).doprint
    assert signed_sum([X, -A, -2 * B, Y], text) == "x - a - 2 * b + y"
    assert signed_sum([], text) == ""
