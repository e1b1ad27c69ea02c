"""The table of units: every spelling that is accepted, by dimension, with its size in the smallest unit in use.

Nothing beside this table is a unit: a large library of units takes ``1 gr`` for a grain and ``12 u`` for an atomic
mass. Compound units such as mg/kg/day are made of these by ``unit.py``, powers of ten before a count as well.
"""

from __future__ import annotations

from fractions import Fraction

DIMENSIONS = ("time", "mass", "length", "body weight", "amount", "activity")
"""What units are powers of; a cell is a plain number, and kg in a denominator is body weight."""

Dimension = tuple[int, ...]

PLAIN: Dimension = (0, 0, 0, 0, 0, 0)
TIME: Dimension = (1, 0, 0, 0, 0, 0)
MASS: Dimension = (0, 1, 0, 0, 0, 0)
LENGTH: Dimension = (0, 0, 1, 0, 0, 0)
VOLUME: Dimension = (0, 0, 3, 0, 0, 0)
WEIGHT: Dimension = (0, 0, 0, 1, 0, 0)
AMOUNT: Dimension = (0, 0, 0, 0, 1, 0)
ACTIVITY: Dimension = (0, 0, 0, 0, 0, 1)
COUNT: Dimension = (0, 0, -3, 0, 0, 0)

_POUND = Fraction("453592370000")

SPELLINGS: dict[Dimension, dict[Fraction | int, str]] = {
    TIME: {
        Fraction(1, 1000): "ms",
        1: "s sec secs second seconds",
        60: "min mins minute minutes",
        3600: "h hr hrs hour hours",
        86400: "d day days",
        604800: "wk wks w week weeks",
        2629800: "mo mos mth mths month months",
        31557600: "a y yr yrs year years",
    },
    MASS: {
        Fraction(1, 1000): "pg",
        1: "ng nanogram nanograms",
        10**3: "ug mcg microgram micrograms",
        10**6: "mg milligram milligrams",
        10**9: "g gm gram grams",
        10**12: "kg kilogram kilograms",
        _POUND: "lb lbs pound pounds",
    },
    VOLUME: {
        Fraction(1, 10**9): "fL",
        Fraction(1, 10**6): "pL",
        Fraction(1, 10**3): "nL",
        1: "uL mcL cmm cumm microliter microlitre",
        10**3: "mL cc milliliter millilitre",
        10**4: "cL",
        10**5: "dL deciliter decilitre",
        10**6: "L liter liters litre litres",
    },
    LENGTH: {Fraction(1, 1000): "um", 1: "mm", 10: "cm", 100: "dm", 1000: "m"},
    AMOUNT: {1: "pmol", 10**3: "nmol", 10**6: "umol", 10**9: "mmol", 10**12: "mol"},
    ACTIVITY: {1: "uIU", 10**3: "mIU", 10**6: "IU", 10**9: "kIU"},
    PLAIN: {1: "cell cells", Fraction(1, 100): "% percent pct"},
}
"""Spellings by dimension and size in s, ng, mm3, mm, pmol and uIU."""

EXACT = frozenset({"a", "g", "m", "w"})
"""Spellings that capitals make something else: ampere, giga, mega or molar, watt."""

BODY_WEIGHT = ("kg", "kilogram")
"""What stands for body weight in a denominator, as in mg/kg."""

CELL_WORDS = (
    "cells cell zellen zelle cellules cellule células célula celulas celula cél cel cellula celler "
    "counts count # n c no"
)
"""What is counted, before the slash of a count, in any case."""

MULTIPLIERS = {
    10**3: "K th thou thous thousand tsd miles",
    10**6: "M Mpt Mio million mill milj mega",
    10**9: "G Gpt giga billion Mrd mrd",
    10**12: "T Tpt tera",
}
"""What analysers write before the slash of a count: K/uL, G/L, Gpt/L. Single capitals but K have no small form."""

POWERS = (3, 6, 9, 12)
"""Exponents of ten that a count may have: 10^9/L, 10*9/L, x10E9/L, and 109/L, which has lost its superscript."""

SMALLEST: dict[Dimension, Fraction] = {
    COUNT: Fraction(1, 10**6),  # /L
    (0, 1, -3, 0, 0, 0): Fraction(1, 10**6),  # ng/L
    (-1, 1, 0, 0, 0, 0): Fraction(10**6, 86400),  # mg/day
}
"""A unit of some dimensions of which the usual ones are whole multiples, so that a conversion of those rounds once."""

NOUNS: dict[Dimension, str] = {
    PLAIN: "a plain number",
    TIME: "a time",
    MASS: "a mass",
    VOLUME: "a volume",
    LENGTH: "a length",
    (0, 0, 2, 0, 0, 0): "an area",
    AMOUNT: "an amount of substance",
    ACTIVITY: "an activity",
    COUNT: "a cell count",
    (0, 1, -3, 0, 0, 0): "a concentration",
    (0, 0, -3, 0, 1, 0): "a molar concentration",
    (0, 0, -3, 0, 0, 1): "an activity per volume",
    (0, 1, 0, -1, 0, 0): "a mass per body weight",
    (0, 1, -2, 0, 0, 0): "a mass per body surface",
    (-1, 1, 0, 0, 0, 0): "an infusion rate",
    (-1, 0, 0, 0, 0, 0): "a rate",
    (-1, 0, 3, 0, 0, 0): "a clearance",
    (-1, 0, -3, 0, 0, 0): "a flow of cells",
}
"""What a quantity of a dimension is called."""

EXAMPLES = {
    "day": 'a duration such as "4 h"',
    "mg": 'a mass such as "12 mg"',
    "kg": 'a mass such as "70 kg"',
    "mg/kg": 'a mass per body weight such as "0.3 mg/kg"',
    "mg/day": 'an infusion rate such as "3 mg/h"',
    "year": 'a duration such as "31 years"',
    "cells/uL": 'a cell count such as "500 cells/uL" or "0.5e9/L"',
    "1e9/L": 'a cell count such as "0.5e9/L" or "500 cells/uL"',
}
"""What is expected where a unit is, in words."""

SUGGESTED = (
    *("sec", "min", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years"),
    *("ng", "ug", "mg", "kg", "uL", "mL", "ug/kg", "mg/kg", "mg/day", "mg/h", "mg/min", "g/day", "ng/mL", "ug/mL"),
    *("ug/L", "mg/L", "g/L", "L/day", "L/h", "mL/min", "1/day", "1/h", "/L", "/uL", "/mm3", "cell/uL", "cells/uL"),
    *("cells/L", "cells/mL", "cells/mm3", "1e9/L", "10^9/L", "10*9/L", "10^3/uL", "K/uL", "G/L", "IU/L", "mIU/L"),
)
"""Units that a misspelt one is compared with."""
