"""Whatever is typed becomes a finite number or an error of ours, in a bounded time."""

import contextlib
import math
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from immunosim.errors import QuantityError
from immunosim.scenario.clock import Clock
from immunosim.units import check_unit, convert, parse_quantity, read_number, shown, split_quantity

UNITS = ("mg", "day", "kg", "cells/uL", "1/day", "1", "mg/(cells/uL)")
PIECES = st.sampled_from(
    [
        *(
            "1",
            "12",
            "0.5",
            "1e3",
            ",5",
            "1_0",
            "0x1F",
            "９",
            "inf",
            "nan",
            " ",
            "  ",
            "\t",
            "\n",
            "\0",
            "-",
            "−",
            "–",
            "+",
        ),
        *(
            "mg",
            "MG",
            "kg",
            "/kg",
            "/0",
            "g",
            "h",
            "d",
            "/L",
            "10^9",
            "10*9",
            "⁹",
            "K/uL",
            "cells",
            "{",
            "}",
            "(",
            ")",
            "^",
        ),
        *(
            "**",
            "*",
            "/",
            ".",
            "%",
            "µ",
            "×",
            "to",
            "per",
            "x",
            "e",
            "E9",
            "course 1 + ",
            "2017-06-15",
            "\u202e",
            "é",
            "²",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40))


def _is_value_or_refused(read: Callable[[], float]) -> None:
    with contextlib.suppress(QuantityError):
        assert math.isfinite(read())


@settings(deadline=None)
@given(TEXTS, st.sampled_from(UNITS))
@example("12 mg/0", "mg")
@example("1 s**9**9**9", "day")
@example("1 kg^4*kg^4*kg^4*kg^4*kg^4*kg^4*kg^4*kg^4", "mg")
def test_any_text_is_a_quantity_or_refused(text: str, unit: str) -> None:
    _is_value_or_refused(lambda: parse_quantity(text, unit))
    _is_value_or_refused(lambda: parse_quantity(text, unit, bare=True))
    _is_value_or_refused(lambda: convert(1.0, text, unit))


@settings(deadline=None)
@given(TEXTS)
def test_any_text_is_a_number_a_time_or_a_unit_or_refused(text: str) -> None:
    _is_value_or_refused(lambda: read_number(text))
    _is_value_or_refused(lambda: read_number(text, decimal_comma=True))
    _is_value_or_refused(lambda: split_quantity(text)[0])
    _is_value_or_refused(lambda: Clock(None, [("first", "0 days")]).days(text))
    _is_value_or_refused(lambda: check_unit(text) or 0.0)


@settings(deadline=None)
@given(st.integers() | st.floats())
@example(10**5000)
@example(int("f" * 4000, 16))
def test_any_number_is_finite_or_refused(value: float) -> None:
    _is_value_or_refused(lambda: parse_quantity(value, "mg", bare=True))
    assert len(shown(value)) <= 60


@pytest.mark.parametrize("piece", ["9", "1 ", "mg ", "(", "1,000", "10^", "/kg", "{", " ", "+", "course 1 + ", "é"])
def test_a_long_text_is_refused_without_being_read(piece: str) -> None:
    text = "1" + piece * 200_000
    for read in (lambda: parse_quantity(text, "mg"), lambda: Clock(None, ()).days(text), lambda: read_number(text)):
        with pytest.raises(QuantityError):
            read()
    with pytest.raises(QuantityError):
        check_unit(text)
