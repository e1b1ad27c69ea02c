"""Conversion of quantities at the border: text with a unit becomes a plain float in an internal unit.

Inside the package numbers are in day, cells/uL, mg and L (year for age, kg for body weight). The units that scenario
files use all the time are converted from a small table, so that a run need not import pint; every other unit goes
through pint. This module knows nothing of scenarios or of the model.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

from immunosim.errors import QuantityError, close_matches

if TYPE_CHECKING:
    import pint

DAYS_PER_MONTH = 30.4375
"""Length of a month in days: a twelfth of a year of 365.25 days."""

# Each dimension in multiples of its smallest unit, all of them whole numbers, so that a conversion rounds once.
_SCALES: dict[str, dict[float, str]] = {
    "time": {
        1: "s sec second seconds",
        60: "min minute minutes",
        3600: "h hr hour hours",
        86400: "d day days",
        604800: "week weeks",
        2629800: "month months",
        31557600: "yr year years",
    },
    "mass": {1: "ng", 1e3: "ug", 1e6: "mg", 1e9: "g", 1e12: "kg"},
    "mass per weight": {1: "ng/kg", 1e3: "ug/kg", 1e6: "mg/kg", 1e9: "g/kg"},
    "mass rate": {1: "mg/day", 24: "mg/h mg/hour", 1000: "g/day", 1440: "mg/min", 24000: "g/h g/hour"},
    "volume": {1: "uL", 1e3: "mL", 1e6: "L"},
    "concentration": {1: "ng/L", 1e3: "ng/mL ug/L", 1e6: "ug/mL mg/L", 1e9: "mg/mL g/L"},
    "count": {
        1: "/L 1/L cell/L cells/L",
        1e3: "/mL 1/mL cell/mL cells/mL",
        1e6: "/uL 1/uL cell/uL cells/uL /mm3 cells/mm3",
        1e9: "1e9/L 10^9/L x10^9/L 1e9cells/L G/L",
    },
}
_COMMON: dict[str, tuple[str, float]] = {
    name: (dimension, scale)
    for dimension, names in _SCALES.items()
    for scale, text in names.items()
    for name in text.split()
}
_NOUNS = {
    "time": "a time",
    "mass": "a mass",
    "mass per weight": "a mass per body weight",
    "mass rate": "an infusion rate",
    "volume": "a volume",
    "concentration": "a concentration",
    "count": "a cell count",
}
_EXAMPLES = {
    "day": 'a duration such as "4 h"',
    "mg": 'a mass such as "12 mg"',
    "kg": 'a mass such as "70 kg"',
    "mg/kg": 'a mass per body weight such as "0.3 mg/kg"',
    "mg/day": 'an infusion rate such as "3 mg/h"',
    "year": 'a duration such as "31 years"',
    "cells/uL": 'a cell count such as "500 cells/uL" or "0.5e9/L"',
    "1e9/L": 'a cell count such as "0.5e9/L" or "500 cells/uL"',
}
_PINT_NOUNS = {
    "day": "a time",
    "mg": "a mass",
    "L": "a volume",
    "mg/L": "a concentration",
    "cell/L": "a cell count",
    "1/L": "a cell count",
    "": "a plain number",
    "1/day": "a rate",
    "L/day": "a clearance",
    "mg/day": "an infusion rate",
    "m": "a length",
    "m**2": "an area",
    "mol": "an amount of substance",
    "mol/L": "a molar concentration",
    "cell": "a number of cells",
    "cell/L/day": "a flow of cells",
    "kelvin": "a temperature",
}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_STRAY = re.compile(r"[^\s\w/%(×*^]")  # such as the comma of "0,5 mg"
# Only text of this form reaches pint, whose own parser fails in many ways on others: factors with small powers, one
# level of brackets.
_FACTOR = r"(?:[A-Za-z%][A-Za-z_]*|\d{1,2}(?:e\d{1,2})?)(?:(?:\^|\*\*)-?\d{1,2})?"
_PRODUCT = rf"{_FACTOR}(?:[*/ ]{_FACTOR})*"
_GROUP = rf"(?:{_FACTOR}|\({_PRODUCT}\)(?:(?:\^|\*\*)-?\d)?)"
_UNIT = re.compile(rf"{_GROUP}(?:[*/ ]{_GROUP})*")
_SPELLINGS = str.maketrans({"µ": "u", "μ": "u", "×": "x", "⁹": "^9", "·": "*"})


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
        Where the value has no unit, an unknown unit or another dimension, or is not a finite number.
    """
    wanted = wanted or _wanted(expected)
    bare = bare or expected in ("", "1")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise QuantityError(f"{shown(value)} is not a quantity", cure=f"expected {wanted}")
    match = _NUMBER.match(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and (match is None or _STRAY.match(value.strip(), match.end())):
        raise QuantityError(f"{shown(value)} is not a quantity", cure=f"expected {wanted}")
    number = finite(value if match is None else match.group(), value)
    unit = "" if match is None else normalised_unit(str(value).strip()[match.end() :])
    if unit:
        return _converted(number, unit, expected, value, wanted)
    if not bare:
        raise QuantityError(f"{shown(value)} has no unit", cure=f"expected {wanted}")
    return number


def convert(value: float, unit: str, expected: str) -> float:
    """Return a number given in one unit as a float in another unit.

    Raises
    ------
    QuantityError
        Where a unit is unknown or the dimensions differ.
    """
    text = f"{value!r} {unit}"
    return _converted(finite(value, value), normalised_unit(unit) or "1", expected, text, _wanted(expected))


def format_quantity(value: float, unit: str) -> str:
    """Return a quantity as text that `parse_quantity` reads back to the same bits."""
    return f"{float(value)!r} {unit}"


def normalised_unit(text: str) -> str:
    """Return a unit without spaces and in plain letters: ``× 10⁹ / L`` becomes ``x10^9/L``."""
    return re.sub(r"\s*([/*^]|x(?=\s*1))\s*", r"\1", text.translate(_SPELLINGS).strip())


def check_unit(unit: str) -> None:
    """Raise `QuantityError` where a text is no unit that `convert` would take."""
    name = normalised_unit(unit)
    if name and name not in _COMMON:
        _pint_quantity(1.0, name, unit, 'a unit such as "cells/uL"')


def shown(value: object) -> str:
    """Return a value as a scenario file would write it, for use in a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, (list, tuple)) else str(value)[:60]


def finite(number: str | float, given: object = None) -> float:
    """Return a number as a float, and raise `QuantityError`, which shows what was given, where it is not finite."""
    try:
        result = float(number)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise QuantityError(
            f"{shown(number if given is None else given)} is not a finite number", cure="write a finite value"
        )
    return result


def _wanted(expected: str) -> str:
    return _EXAMPLES.get(expected) or (
        "a plain number" if expected in ("", "1") else f'a quantity such as "1 {expected}"'
    )


def _converted(number: float, unit: str, expected: str, value: object, wanted: str) -> float:
    if unit == expected:
        return number
    source, target = _COMMON.get(unit), _COMMON.get(expected)
    if source is None or target is None:
        return _converted_by_pint(number, unit, expected, value, wanted)
    if source[0] != target[0]:
        raise QuantityError(f"{shown(value)} is {_NOUNS[source[0]]}", cure=f"expected {wanted}")
    return number if source[1] == target[1] else finite(number * source[1] / target[1], value)


def _converted_by_pint(number: float, unit: str, expected: str, value: object, wanted: str) -> float:
    quantity = _pint_quantity(number, unit, value, wanted)
    target = _pint_quantity(1.0, expected or "1", value, wanted)
    cell = _registry().cell
    # "1e9/L" leaves out the word "cells" that "cells/uL" spells out; both mean the same count.
    for candidate in (quantity, quantity * cell, quantity / cell):
        if candidate.dimensionality == target.dimensionality:
            return finite((candidate / target).to("").magnitude, value)
    same = [name for name in _COMMON if name.casefold() == unit.casefold() and name != unit]  # "MG" is a megagauss
    raise QuantityError(
        f"{shown(value)} is {_pint_noun(quantity)}", cure=f'did you mean "{same[0]}"?' if same else f"expected {wanted}"
    )


def _pint_quantity(number: float, unit: str, value: object, wanted: str) -> Any:
    import pint

    text = "1" + unit if unit.startswith("/") else unit
    try:
        if not _UNIT.fullmatch(text) or len(text) > 60:
            raise ValueError(text)
        return number * _registry().Quantity(text)
    except (pint.PintError, ValueError, TypeError, AttributeError):
        raise QuantityError(f'{shown(value)} has the unknown unit "{unit}"', cure=_unit_cure(unit, wanted)) from None


def _unit_cure(unit: str, wanted: str) -> str:
    matches = close_matches(unit, [name for name in _COMMON if len(name) > 1], limit=1)
    return f'did you mean "{matches[0]}"?' if matches else f"expected {wanted}"


def _pint_noun(quantity: Any) -> str:
    for unit, noun in _PINT_NOUNS.items():
        if quantity.is_compatible_with(unit):
            return noun
    return f"of the dimension {quantity.dimensionality}"


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("cell = [cell]")
    registry.define("IU = [international_unit]")
    return registry
