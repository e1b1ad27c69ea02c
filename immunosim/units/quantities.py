"""Quantities: one number and one unit become a float in the unit that is expected."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from immunosim.errors import QuantityError
from immunosim.units import spellings
from immunosim.units.numbers import (
    begin_of_number,
    finite,
    is_date,
    is_power_of_ten,
    is_range,
    plain,
    refuse_long,
    refuse_strange_number,
    shown,
)
from immunosim.units.unit import SeveralNumbers, UnknownUnit, unit_of


def parse_quantity(value: object, expected: str, *, wanted: str = "", bare: bool = False) -> float:
    """Return a quantity as a float in the expected unit.

    Parameters
    ----------
    value : object
        Text such as ``"12 mg"``, ``"4 h"`` or ``"0.5e9/L"``, or a number where a bare number is allowed.
    expected : str
        The unit of the result, such as ``"day"``, ``"mg"``, ``"cells/uL"`` or ``"1/day"``.
    wanted : str, optional
        What to call the expected quantity in a message; by default it follows from the unit.
    bare : bool, optional
        Whether a number without a unit is taken to be in the expected unit.

    Returns
    -------
    float
        The finite value in the expected unit; unchanged to the last bit where the text is already in that unit.

    Raises
    ------
    QuantityError
        Where the value is not one finite number with one unit of the dimension that is expected.
    """
    wanted = wanted or _wanted(expected)
    bare = bare or expected in ("", "1")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise QuantityError(f"{shown(value)} is not a quantity", cure=f"expected {wanted}")
    number, unit = split_quantity(value, wanted) if isinstance(value, str) else (finite(value, value), "")
    if unit:
        return _converted(number, unit, expected, value, wanted)
    if not bare:
        raise QuantityError(f"{shown(value)} has no unit", cure=f"expected {wanted}")
    return number


def split_quantity(text: str, wanted: str = "a quantity") -> tuple[float, str]:
    """Return the number of a quantity and the text of its unit, which may be empty and is not checked.

    Raises
    ------
    QuantityError
        Where the text does not begin with one number that can be read in one way.
    """
    refuse_long(text)
    written = plain(text)
    refuse_strange_number(written, text)
    match = begin_of_number(written)
    if match is None or is_date(written):
        raise QuantityError(f"{shown(text)} is not a quantity", cure=f"expected {wanted}")
    if is_power_of_ten(written):
        cure = "write the number before the power of ten, such as 0.5 10^9/L"
        raise QuantityError(f"{shown(text)} has no number", cure=cure)
    rest = written[match.end() :]
    if rest[:1] in ("e", "E") and rest[1:2].isdigit():
        raise QuantityError(f"{shown(text)} has two exponents", cure=f"write one number and one unit: {wanted}")
    if is_range(rest):
        raise QuantityError(f"{shown(text)} is a range", cure=f"write one number: {wanted}")
    return finite(match.group(), text), rest.strip()


def convert(value: float, unit: str, expected: str) -> float:
    """Return a number given in one unit as a float in another unit.

    Raises
    ------
    QuantityError
        Where a unit is unknown or the dimensions differ.
    """
    return _converted(finite(value, value), unit.strip() or "1", expected, f"{value!r} {unit}", _wanted(expected))


def factor_to(unit: str, expected: str) -> float:
    """Return what a number in one unit is multiplied by to be in the other.

    Raises
    ------
    QuantityError
        Where a unit is unknown or the dimensions differ.
    """
    return 1.0 if unit == expected else convert(1.0, unit, expected)


def format_quantity(value: float, unit: str) -> str:
    """Return a quantity as text that `parse_quantity` reads back to the same bits."""
    return f"{float(value)!r} {unit}"


def check_unit(unit: str) -> None:
    """Raise `QuantityError` where a text is not a unit that `convert` would take."""
    try:
        unit_of(unit)
    except UnknownUnit as error:
        cure = f'did you mean "{error.meant}"?' if error.meant else 'expected a unit such as "cells/uL"'
        raise QuantityError(f"{shown(unit)} {error.reason}", cure=cure) from None


def _wanted(expected: str) -> str:
    return spellings.EXAMPLES.get(expected) or (
        "a plain number" if expected in ("", "1") else f'a quantity such as "1 {expected}"'
    )


def _converted(number: float, unit: str, expected: str, value: object, wanted: str) -> float:
    if unit == expected:
        return number
    try:
        times, by, noun = _ratio(unit, expected)
    except SeveralNumbers as error:
        cure = f"write one number and one unit: {wanted}"
        raise QuantityError(f"{shown(value)} {error.reason}", cure=cure) from None
    except UnknownUnit as error:
        cure = f'did you mean "{error.meant}"?' if error.meant else f"expected {wanted}"
        raise QuantityError(f"{shown(value)} {error.reason}", cure=cure) from None
    if noun:
        capital = unit[:1].upper() + unit[1:]
        meant = capital if capital != unit and _is_of(capital, expected) else ""  # G/L is a count, g/L a concentration
        raise QuantityError(
            f"{shown(value)} is {noun}", cure=f'did you mean "{meant}"?' if meant else f"expected {wanted}"
        )
    return number if times == by else finite(number * times / by, value)


def _is_of(unit: str, expected: str) -> bool:
    try:
        return not _ratio(unit, expected)[2]
    except UnknownUnit:
        return False


@lru_cache(maxsize=4096)
def _ratio(unit: str, expected: str) -> tuple[float, float, str]:
    """Return the two factors of a conversion, or what the unit is of where it is not of the expected dimension."""
    source, target = unit_of(unit), unit_of(expected)
    if source.dimension != target.dimension:
        return 1.0, 1.0, source.noun
    smallest = spellings.SMALLEST.get(target.dimension, Fraction(1))
    times, by = source.size / smallest, target.size / smallest
    if times.denominator != 1 or by.denominator != 1:
        ratio = times / by
        times, by = Fraction(ratio.numerator), Fraction(ratio.denominator)
    try:
        return float(times), float(by), ""
    except OverflowError:
        raise UnknownUnit("has an unknown unit") from None
