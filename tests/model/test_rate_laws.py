"""The rate laws: value and slopes as a kernel prints them, against the formulas of docs/equations.md at 40 digits."""

import mpmath
import pytest
import sympy as sp
from sympy.core.function import ArgumentIndexError

from immunosim.codegen.printer import to_text
from immunosim.errors import ModelError
from immunosim.model.rate_laws import (
    RateLaw,
    above,
    boost,
    excess,
    growth,
    hill,
    inhibited_by,
    power,
    restraint,
    saturating,
    square_root,
)

A, B = sp.symbols("a b")

# name: (law over a and b, the same by hand)
LAWS = {
    "saturating": (saturating(A, B), lambda x, k: x / (k + x)),
    "inhibited_by": (inhibited_by(A, B), lambda x, k: k / (k + x)),
    "hill of order 2": (hill(A, B, 2), lambda x, k: x**2 / (k**2 + x**2)),
    "hill of order 3": (hill(A, B, 3), lambda x, k: x**3 / (k**3 + x**3)),
    "boost": (boost(A, B), lambda s, k: (1 + k) * s / (k + s)),
    "boost of a square": (boost(A**2, B), lambda s, k: (1 + k) * s**2 / (k + s**2)),
    "restraint": (restraint(A, B), lambda r, k: (1 + k) / (1 + k * r)),
    "excess": (excess(A, B), lambda x, a: max(x - a, mpmath.mpf(0))),
    "hill of an excess": (
        hill(excess(A, 1), B, 2),
        lambda x, k: max(x - 1, mpmath.mpf(0)) ** 2 / (k**2 + max(x - 1, mpmath.mpf(0)) ** 2),
    ),
    "growth": (growth(A, B), lambda a, b: mpmath.exp(a * b)),
    "power": (power(A, B), lambda x, a: x**a),
    "square root": (square_root(A), lambda x, _: mpmath.sqrt(x)),
}
FINITE_AT_ZERO = [name for name in LAWS if name not in ("growth", "power", "square root")]
POINTS = [(0.3, 2.0), (1.7, 0.4), (25.0, 3.0), (1e-3, 1e2)]


def evaluated(expression, a, b):
    """The printed text of an expression at a point, in whatever arithmetic the point is given."""
    names = {"a": a, "b": b, "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt}
    return eval(to_text(expression), {"__builtins__": {}}, names)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", LAWS)
def test_a_law_has_the_value_of_its_formula(name, point):
    law, by_hand = LAWS[name]
    with mpmath.workdps(40):
        a, b = map(mpmath.mpf, point)
        assert mpmath.almosteq(evaluated(law, a, b), by_hand(a, b), rel_eps=1e-30, abs_eps=1e-35)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", LAWS)
def test_the_slopes_of_a_law_are_those_of_its_formula(name, point):
    law, by_hand = LAWS[name]
    with mpmath.workdps(60):
        a, b = map(mpmath.mpf, point)
        for variable, order in ((A, (1, 0)), (B, (0, 1))):
            expected = mpmath.diff(by_hand, (a, b), order)
            # mpmath's central difference at 60 digits is good to about 30.
            assert mpmath.almosteq(evaluated(law.diff(variable), a, b), expected, rel_eps=1e-20, abs_eps=1e-25)


@pytest.mark.parametrize("name", FINITE_AT_ZERO)
def test_values_and_slopes_are_finite_at_zero_concentration(name):
    law, _ = LAWS[name]
    for expression in (law, law.diff(A), law.diff(B)):
        assert abs(evaluated(expression, 0.0, 2.0)) < 10.0


@pytest.mark.parametrize("extra", [0.01, 1.0, 31.33])
def test_boost_and_restraint_are_one_untreated_and_end_at_one_plus_k(extra):
    assert evaluated(boost(A, B), 1.0, extra) == pytest.approx(1.0, rel=1e-15)
    assert evaluated(restraint(A, B), 1.0, extra) == pytest.approx(1.0, rel=1e-15)
    assert evaluated(boost(A, B), 1e9, extra) == pytest.approx(1 + extra, rel=1e-6)
    assert evaluated(restraint(A, B), 0.0, extra) == 1 + extra


def test_half_of_the_greatest_effect_at_the_half_saturation():
    for law in (saturating(A, B), inhibited_by(A, B), hill(A, B, 2), hill(A, B, 3)):
        assert evaluated(law, 0.7, 0.7) == pytest.approx(0.5, rel=1e-15)


def test_excess_is_zero_with_slope_zero_up_to_the_threshold_and_rises_with_slope_one_beyond():
    value, by_x, by_threshold = excess(A, B), excess(A, B).diff(A), excess(A, B).diff(B)
    for x in (0.0, 1.0, 2.0):
        assert [evaluated(part, x, 2.0) for part in (value, by_x, by_threshold)] == [0.0, 0.0, 0.0]
    assert [evaluated(part, 3.5, 2.0) for part in (value, by_x, by_threshold)] == [1.5, 1.0, -1.0]


def test_the_step_has_no_slope_of_its_own():
    assert above(A, B).diff(A) == above(A, B).diff(B) == 0
    assert excess(A, B).diff(A, 2) == 0


def test_a_hill_law_of_an_excess_has_a_continuous_slope_at_the_threshold():
    slope = hill(excess(A, 1), B, 2).diff(A)
    assert evaluated(slope, 1.0, 2.0) == 0.0
    assert evaluated(slope, 1.0 + 1e-9, 2.0) == pytest.approx(2e-9 / 2.0**2, rel=1e-6)


@pytest.mark.parametrize("exponent", [1, 0, -2, sp.Rational(3, 2), sp.Float(2.5), A])
def test_a_hill_exponent_is_a_whole_number_of_at_least_two(exponent):
    with pytest.raises(ModelError, match="whole number of at least 2"):
        hill(A, B, exponent)


def test_the_exponent_of_a_hill_law_has_no_slope():
    with pytest.raises(ArgumentIndexError):
        hill(A, B, 2).fdiff(3)


def test_a_law_without_a_formula_says_so():
    with pytest.raises(NotImplementedError):
        RateLaw(A).formula()
    with pytest.raises(NotImplementedError):
        RateLaw.unit_of([])


@pytest.mark.parametrize("law", [law for law, _ in LAWS.values()] + [above(A, B)], ids=str)
def test_the_latex_of_a_law_is_a_formula_of_its_arguments(law):
    text = sp.latex(law)
    assert "operatorname" not in text
    assert text.count("{") == text.count("}")
    assert {"a"} <= set(text)


def test_the_latex_of_a_hill_law_reads_as_a_textbook_prints_it():
    assert sp.latex(saturating(A, B)) == r"\frac{a}{b + a}"
    assert sp.latex(hill(A, B, 3)) == r"\frac{{a}^{3}}{{b}^{3} + {a}^{3}}"
    assert sp.latex(boost(A, B)) == r"\frac{(1 + b)\,a}{b + a}"
