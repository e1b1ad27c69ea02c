"""The quartic through five values has the extrema, crossings and parts of the polynomial it came from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunosim.numerics import quartic

NODES = np.arange(5.0)
FINE = np.linspace(0.0, 4.0, 40_001)
# Values of polynomials with coefficients up to ten: rounding of a few hundred.
ROUNDING = 1e-11

polynomials = st.lists(st.floats(-10.0, 10.0), min_size=5, max_size=5).map(np.polynomial.Polynomial)


def values_of(polynomial):
    return tuple(float(value) for value in polynomial(NODES))


@given(polynomials)
def test_a_quartic_is_found_again_from_its_five_values(polynomial):
    c = quartic.coefficients(values_of(polynomial))
    np.testing.assert_allclose([quartic.value_at(c, s) for s in FINE[::4000]], polynomial(FINE[::4000]), atol=1e-9)


@given(polynomials)
def test_nothing_of_the_quartic_near_its_lowest_node_is_lower_than_the_minimum_found(polynomial):
    v = values_of(polynomial)
    place, value = quartic.lowest(v)
    assert value <= min(v)
    assert value == pytest.approx(polynomial(place), abs=1e-9)
    near = np.abs(FINE - np.argmin(v)) <= 1.0
    slope = polynomial.deriv()(FINE[near])
    is_flat = abs(polynomial.deriv()(np.argmin(v))) < 1e-9  # the sign of the slope there is rounding
    if (np.diff(np.sign(slope)) != 0).sum() <= 1 and not is_flat:  # one extremum between the neighbours
        # The grid is 1e-4 apart: a curvature of up to 1e3 there.
        assert value <= polynomial(FINE[near]).min() + 1e-9 + 1e-8 * np.abs(polynomial.deriv(2)(FINE)).max()


def test_the_minimum_of_a_parabola_between_two_nodes_is_exact():
    place, value = quartic.lowest(tuple((NODES - 1.3) ** 2 - 2.0))
    assert place == pytest.approx(1.3, abs=1e-9)
    assert value == pytest.approx(-2.0, abs=ROUNDING)


def test_the_minimum_of_a_falling_course_is_its_end():
    assert quartic.lowest((5.0, 4.0, 3.0, 2.0, 1.0)) == (4.0, 1.0)


@given(polynomials)
def test_the_mean_is_that_of_the_integral(polynomial):
    integral = polynomial.integ()
    assert quartic.mean_of(values_of(polynomial)) == pytest.approx((integral(4.0) - integral(0.0)) / 4.0, abs=1e-9)


@given(polynomials, st.floats(0.0, 2.0), st.floats(2.1, 4.0))
def test_a_part_holds_the_same_quartic(polynomial, low, high):
    found = quartic.part(values_of(polynomial), low, high)
    np.testing.assert_allclose(found, polynomial(np.linspace(low, high, 5)), atol=1e-9)


@pytest.mark.parametrize(
    ("v", "level", "expected"),
    [
        ((0.0, 1.0, 2.0, 3.0, 4.0), 2.5, (0.0, 2.5, 2.5)),
        ((4.0, 3.0, 2.0, 1.0, 0.0), 2.5, (1.5, 4.0, 2.5)),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 2.0, (0.0, 4.0, 4.0)),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 1.0, (np.nan, np.nan, 0.0)),  # at the level is not below it
        (tuple((NODES - 1.5) ** 2), 1.0, (0.5, 2.5, 2.0)),
        (tuple((NODES - 1.5) ** 2), 0.16, (1.1, 1.9, 0.8)),  # between two nodes
        (tuple((NODES - 1.5) ** 2), -0.1, (np.nan, np.nan, 0.0)),
    ],
    ids=["rising", "falling", "below", "at", "valley", "dip", "above"],
)
def test_the_time_below_a_level_is_found_with_its_ends(v, level, expected):
    np.testing.assert_allclose(quartic.below(v, level), expected, atol=1e-9)


def test_a_dip_between_nodes_is_suspected_before_it_is_searched():
    v = tuple((NODES - 1.5) ** 2)
    assert quartic.may_reach(v, 0.1)
    assert not quartic.may_reach((1.0, 2.0, 3.0, 4.0, 5.0), -1.0)
