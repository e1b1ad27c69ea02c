"""Tolerances in words."""

import math

import pytest

from immunosim.cohorts.tolerances import Tolerance
from immunosim.errors import QuantityError


@pytest.mark.parametrize(
    ("text", "published", "inside", "outside"),
    [
        ("within 15 %", 100.0, (85.0, 115.0), (84.9, 115.1)),
        ("within 15 % or 10", 42.0, (32.0, 52.0), (31.9, 52.1)),
        ("within 15 % or 10", 200.0, (170.0, 230.0), (169.0, 231.0)),
        ("within 6", 40.0, (34.0, 46.0), (33.9, 46.1)),
        ("within 2.5", 7.1, (4.6, 9.6), (4.59, 9.61)),
        ("3 to 30", 15.0, (3.0, 30.0), (2.9, 30.1)),
    ],
)
def test_a_tolerance_ends_where_it_says(text, published, inside, outside):
    tolerance = Tolerance.of(text)
    assert all(tolerance.contains(value, published, 99.0) for value in inside)
    assert not any(tolerance.contains(value, published, 0.0) for value in outside)


def test_a_tolerance_of_z_looks_at_z_only():
    tolerance = Tolerance.of("|z| <= 2")
    assert tolerance.contains(1e9, 1.0, -2.0)
    assert not tolerance.contains(1.0, 1.0, 2.01)
    assert tolerance.bounds(1.0) == (-math.inf, math.inf)


@pytest.mark.parametrize("text", ["within 15 %", "within 6", "3 to 30", "|z| <= 2"])
def test_what_is_not_a_number_is_not_within(text):
    assert not Tolerance.of(text).contains(math.nan, 10.0, math.nan)


@pytest.mark.parametrize(
    "text", ["", "15 %", "within", "within -3", "30 to 3", "z < 2", "within 15 % or 10 %", "within 1e400"]
)
def test_other_words_are_refused_with_the_forms_there_are(text):
    with pytest.raises(QuantityError) as caught:
        Tolerance.of(text)
    assert caught.value.cure
