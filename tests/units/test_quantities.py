"""Quantities become floats in internal units, once, and wrong ones are named for what they are."""

import contextlib
import functools
import math
import subprocess
import sys
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunosim.errors import QuantityError
from immunosim.units import check_unit, convert, format_quantity, parse_quantity
from immunosim.units.numbers import read_number
from immunosim.units.spellings import SPELLINGS

ACCEPTED = [
    ("12 mg", "mg", 12.0),
    ("1 g", "mg", 1000.0),
    ("240mg", "mg", 240.0),
    ("4 h", "day", 4 / 24),
    ("90 min", "day", 0.0625),
    ("2 weeks", "day", 14.0),
    ("8 months", "day", 243.5),
    ("6.5 months", "day", 197.84375),
    ("12 months", "day", 365.25),
    ("-3 days", "day", -3.0),
    ("31 years", "year", 31.0),
    ("6 months", "year", 0.5),
    ("70 kg", "kg", 70.0),
    ("300 ug/kg", "mg/kg", 0.3),
    ("3 mg/h", "mg/day", 72.0),
    ("154 lb", "kg", 69.85322498),
    ("0.5e9/L", "cells/uL", 500.0),
    ("0.5e9 cells/L", "cells/uL", 500.0),
    ("0.5 1e9/L", "cells/uL", 500.0),
    ("0.5 x 10^9/L", "cells/uL", 500.0),
    ("0.5 × 10⁹/L", "cells/uL", 500.0),
    ("500 cells/µL", "1e9/L", 0.5),
    ("500 /mm3", "cells/uL", 500.0),
    ("3 ug/mL", "mg/L", 3.0),
    ("0.5 1/hour", "1/day", 12.0),
    ("1e9/L/day", "cells/uL/day", 1000.0),
    ("2 1/(mg/L)/day", "L/mg/day", 2.0),
    ("3 mIU/L", "IU/L", 0.003),
    ("50 %", "1", 0.5),
    ("3", "1", 3.0),
]


@pytest.mark.parametrize(("text", "expected", "value"), ACCEPTED)
def test_a_quantity_is_converted_to_the_expected_unit(text: str, expected: str, value: float) -> None:
    # 1e-13: two or three roundings of the conversion factors; pint's pound has ten digits.
    assert parse_quantity(text, expected) == pytest.approx(value, rel=1e-9 if "lb" in text else 1e-13)


REFUSED = [
    ("12 mg/L", "mg", '"12 mg/L" is a concentration, expected a mass such as "12 mg"'),
    ("12 h", "mg", '"12 h" is a time, expected a mass such as "12 mg"'),
    ("12 mg", "day", '"12 mg" is a mass, expected a duration such as "4 h"'),
    ("3 m", "day", '"3 m" is a length, expected a duration such as "4 h"'),
    ("5 mg/kg", "mg", '"5 mg/kg" is a mass per body weight, expected a mass such as "12 mg"'),
    ("3 mol/L", "mg/L", '"3 mol/L" is a molar concentration, expected a quantity such as "1 mg/L"'),
    ("1 W", "mg", '"1 W" has the unknown unit "W", expected a mass such as "12 mg"'),
    ("1 mg*m/s", "mg", '"1 mg*m/s" is of the dimension [mass] * [length] / [time], expected a mass such as "12 mg"'),
    (
        "12 mg",
        "cells/uL",
        '"12 mg" is a mass, expected a cell count such as "500 cells/uL" or "0.5e9/L"',
    ),
    ("12 mgg", "mg", '"12 mgg" has the unknown unit "mgg", did you mean "mg"?'),
    ("5 mL/min/kg", "L/day", None),
    ("12", "mg", '"12" has no unit, expected a mass such as "12 mg"'),
    (12, "mg", '12 has no unit, expected a mass such as "12 mg"'),
    (0.5, "1/day", '0.5 has no unit, expected a quantity such as "1 1/day"'),
    (True, "mg", 'true is not a quantity, expected a mass such as "12 mg"'),
    ([1], "mg", 'a list is not a quantity, expected a mass such as "12 mg"'),
    ({}, "mg", 'a table is not a quantity, expected a mass such as "12 mg"'),
    ("much", "mg", '"much" is not a quantity, expected a mass such as "12 mg"'),
    ("0,5 mg", "mg", '"0,5 mg" has a decimal comma, write 0.5'),
    ("nan mg", "mg", '"nan mg" is not a quantity, expected a mass such as "12 mg"'),
    ("1e400 mg", "mg", '"1e400 mg" is not a finite number, write a finite value'),
    (10**400, "1", f"1{'0' * 59} is not a finite number, write a finite value"),
    (float("inf"), "1", "inf is not a finite number, write a finite value"),
    ("much", "1", '"much" is not a quantity, expected a plain number'),
    ("3 mg^(", "mg", '"3 mg^(" has the unknown unit "mg^(", did you mean "mg"?'),
    ("1 s**9**9**9", "day", '"1 s**9**9**9" has the unknown unit "s**9**9**9", expected a duration such as "4 h"'),
    ("x" * 80, "mg", f'"{"x" * 57}..." is not a quantity, expected a mass such as "12 mg"'),
]


@pytest.mark.parametrize(("value", "expected", "message"), REFUSED)
def test_a_wrong_quantity_is_named_for_what_it_is(value: object, expected: str, message: str | None) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(value, expected)
    assert message is None or str(caught.value) == message


def test_a_wrong_case_is_answered_with_the_unit_in_the_right_case() -> None:
    with pytest.raises(QuantityError, match='did you mean "mg"'):
        parse_quantity("12 MG", "mg")


def test_a_bare_number_is_taken_where_it_is_allowed() -> None:
    assert parse_quantity(31, "year", bare=True) == 31.0


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("IU = [international_unit]")
    return registry


TO_PINT = {
    **{"mcL": "uL", "cmm": "mm**3", "cumm": "mm**3", "gm": "g", "a": "year", "y": "year", "yrs": "year", "w": "week"},
    **{"wk": "week", "wks": "week", "mo": "month", "mos": "month", "mth": "month", "mths": "month", "hrs": "hour"},
    **{"secs": "second", "mins": "minute", "lbs": "lb", "pct": "percent", "cell": "1", "cells": "1"},
}
REFERENCES = ("s", "ng", "uL", "mm", "pmol", "uIU", "1")


@pytest.mark.parametrize(
    "name", sorted({name for of in SPELLINGS.values() for text in of.values() for name in text.split()})
)
def test_the_table_of_units_agrees_with_pint(name: str) -> None:
    quantity: Any = _registry().Quantity(TO_PINT.get(name, name))
    (reference,) = [one for one in REFERENCES if quantity.is_compatible_with(_registry().Quantity(one).units)]
    # 1e-9: pint's pound has ten digits.
    assert convert(1.0, name, reference) == pytest.approx(quantity.to(reference).magnitude, rel=1e-9)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["day", "mg", "kg", "year", "cells/uL"]))
def test_a_formatted_quantity_is_read_back_to_the_same_bits(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit), unit) == value


@given(st.floats(1e-6, 1e6), st.sampled_from(["1e9/L", "/uL", "cells/mL", "cells/mm3"]))
def test_counts_round_trip_between_their_units(value: float, unit: str) -> None:
    there = convert(value, unit, "cells/uL")
    assert convert(there, "cells/uL", unit) == pytest.approx(value, rel=1e-15)  # one rounding each way


@given(st.text("mgLdaykhu/*^ ()12-e%xs_.,", min_size=1, max_size=10))
def test_any_text_is_a_quantity_or_a_quantity_error(unit: str) -> None:
    with contextlib.suppress(QuantityError):
        assert math.isfinite(parse_quantity(f"3 {unit}", "mg"))


def test_check_unit_takes_known_units_and_refuses_others() -> None:
    for unit in ("1e9/L", "cells/uL", "IU/L", "%", ""):
        check_unit(unit)
    with pytest.raises(QuantityError, match="unknown unit"):
        check_unit("cellz/uL")


def test_common_units_do_not_import_pint() -> None:
    code = (
        "import sys; from immunosim.units import parse_quantity; parse_quantity('4 h', 'day'); "
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_comma_is_a_decimal_mark_only_where_a_table_says_so():
    assert read_number("0,5", decimal_comma=True) == 0.5
    for text in ("0,5", "1,500"):
        with pytest.raises(QuantityError):
            read_number(text)
