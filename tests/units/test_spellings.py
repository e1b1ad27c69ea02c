"""The ways in which laboratories, analysers and clinics write a quantity, and what was misread before."""

import pytest

from immunosim.errors import QuantityError
from immunosim.units import check_unit, is_count_unit, parse_quantity

COUNTS = {
    # 500 cells/uL
    "UCUM": (
        "0.5 10*9/L",
        "500 10*6/L",
        "0.5 10*3/uL",
        "500 {cells}/uL",
        "500 /uL",
        "500 /uL{cells}",
        "0.5 10*3.{cells}/uL",
        "0.5 10*9.L-1",
        "0.5 10*3.uL-1",
    ),
    "analysers": (
        *(
            "0.5 K/uL",
            "0.5 K/µL",
            "0.5 K/mm3",
            "0.5 G/L",
            "0.5 G/l",
            "0.5 Gpt/L",
            "0.5 /nL",
            "0.5 10^3/mm3",
            "0.5 10³/mm³",
        ),
        *(
            "0.5 10^3/uL",
            "0.5 x10E9/L",
            "0.5 10e9/L",
            "0.5 E9/L",
            "0.5 Tsd/ul",
            "0.5 Tsd./µl",
            "0.5 thou/uL",
            "0.5 th/uL",
            "0.5 x10(9)/L",
            "500 M/L",
        ),
        *(
            *("0.5 1000/µl", "0.5 Mrd/l", "0.5 10E+9/L", "0.5 cells x 10^9/L", "500 cél/mm3", "500 células/µL"),
            *("500 cellules/mm3", "500 celler/µL", "500 per uL", "500 milj/L"),
            "500 Mpt/L",
            "500 Mio/L",
            "0.5 109/L",
            "0.5 x109/L",
            "0.5 K cells/uL",
            "500 #/uL",
            "500 c/µL",
            "500 Zellen/µl",
        ),
    ),
    "people": (
        *(
            "0.5e9/L",
            "0.5 1e9/L",
            "0.5 x 10^9/L",
            "0.5 × 10⁹/L",
            "0.5·10^9/L",
            "0.5 10^9 cells/L",
            ".5e9/L",
            "5e2 cells/uL",
        ),
        *(
            "500 cells/uL",
            "500 cells/µL",
            "500/µl",
            "500 cells/mm³",
            "500 cells/mm3",
            "500 /mm^3",
            "500 /cmm",
            "500 cells/mcL",
        ),
        *("500 cells per uL", "500 CELLS/UL", "500 1/uL", "500000/mL", "500. cells / uL", "0.0005 10^12/L"),
    ),
}
OTHERS = {
    "day": {
        **{"4 h": 4 / 24, "4 hrs": 4 / 24, "4 H": 4 / 24, "24HRS": 1.0, "90 min": 0.0625, "2 d": 2.0, "3 Days": 3.0},
        **{"2 wk": 14.0, "2 Weeks": 14.0, "6 mo": 182.625, "6 mth": 182.625, "6 mths": 182.625, "1 a": 365.25},
        **{"1 y": 365.25, "1 yrs": 365.25, "1 YEAR": 365.25, "5. d": 5.0, ".5 d": 0.5, "1e1 d": 10.0, "−3 days": -3.0},
    },
    "mg": {"12mg": 12.0, "12000 mcg": 12.0, "12000 µg": 12.0, "0.012 g": 12.0, "1 gm": 1000.0, "12 milligrams": 12.0},
    "kg": {"70 kg": 70.0, "70 Kg": 70.0, "70 KG": 70.0, "70000 g": 70.0},
    "mg/kg": {"0.3 mg/kg": 0.3, "300 ug/kg": 0.3, "300 mcg / kg": 0.3},
    "mg/L": {"3 ug/mL": 3.0, "3 µg/ml": 3.0, "3 mg/l": 3.0, "0.3 mg/dL": 3.0},
    "mg/day": {"3 mg/h": 72.0, "72 mg/d": 72.0, "3 mg/hr": 72.0},
    "1/day": {"12 d-1": 12.0, "0.5 /h": 12.0, "0.5 h^-1": 12.0},
    "L/day": {"10 mL/min": 14.4, "1 L/h": 24.0},
    "1": {"50 %": 0.5, "50%": 0.5},
}


def test_sixty_ways_to_write_a_quantity_are_many_more() -> None:
    assert sum(map(len, COUNTS.values())) + sum(map(len, OTHERS.values())) > 60


@pytest.mark.parametrize("text", [text for texts in COUNTS.values() for text in texts])
def test_a_count_is_read_in_every_spelling(text: str) -> None:
    assert parse_quantity(text, "cells/uL") == pytest.approx(500.0, rel=1e-15)  # a conversion rounds once


@pytest.mark.parametrize(
    ("text", "unit", "value"), [(text, unit, value) for unit, of in OTHERS.items() for text, value in of.items()]
)
def test_times_doses_and_weights_are_read_in_every_spelling(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-14)


MASS = 'a mass such as "12 mg"'
ONE = f"has more than one number, write one number and one unit: {MASS}"
MISREAD = {
    "1 2 mg": ONE,
    "12 mg 5": ONE,
    "12 mg/0": ONE,
    "12mg/2": ONE,
    "1/2 mg": ONE,
    "2x12 mg": ONE,
    "2*12 mg": ONE,
    "12 mg, 3 mg": ONE,
    "12 mg + 3 mg": ONE,
    "12 mg (3)": ONE,
    "1 mg 500 ug": ONE,
    "1 1 mg": ONE,
    "12 mg mg": f"has more than one unit, expected {MASS}",
    "12 mg daily": f"has more than one unit, expected {MASS}",
    "5 to 10 mg": f"is a range, write one number: {MASS}",
    "10-12 mg": f"is a range, write one number: {MASS}",
    "10–12 mg": f"is a range, write one number: {MASS}",
    "12±3 mg": f"is a range, write one number: {MASS}",
    "0,5 mg": "has a decimal comma, write 0.5",
    ",5 mg": "has a decimal comma, write 0.5",
    "0,500 mg": "has a decimal comma, write 0.500",
    "1,000 mg": "has a separator of thousands, write 1000, or 1.000 if the comma is a decimal mark",
    "1.234,5 mg": "has a separator of thousands, write 1234.5 without it",
    "1.234.567 mg": "has a separator of thousands, write 1234567 without it",
    "1,000.5 mg": "has a separator of thousands, write 1000.5 without it",
    "1 000 mg": "has a separator of thousands, write 1000 without it",
    "1'000 mg": "has a separator of thousands, write 1000 without it",
    "1_000 mg": "has a separator of thousands, write 1000 without it",
    "1_0 mg": "has an underscore, write 10",
    "0x1F mg": "is not a decimal number, write the number with the digits 0 to 9",
    "inf mg": f"is not a quantity, expected {MASS}",
    "-inf mg": f"is not a quantity, expected {MASS}",
    "1e400 mg": "is not a finite number, write a finite value",
    "1e3e3 mg": f"has two exponents, write one number and one unit: {MASS}",
    "１２ mg": "has digits of another script, write the digits 0 to 9",
    "12 MG": 'has the unit "MG", in which M may be mega or milli, did you mean "mg"?',
    "12 Mg": 'has the unit "Mg", in which M may be mega or milli, did you mean "mg"?',
    "1 Mg/kg": 'has the unit "Mg/kg", in which M may be mega or milli, did you mean "mg/kg"?',
    "1 G": 'has the unit "G", which may be giga or gram, did you mean "g"?',
    "1 gr": f'has the unknown unit "gr", expected {MASS}',
    "12 u": 'has the unknown unit "u", did you mean "ug"?',
    "5 10^3 mg": f"has a power of ten, which only counts may have, write one number and one unit: {MASS}",
}


@pytest.mark.parametrize("text", MISREAD)
def test_what_may_be_misread_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, "mg")
    assert str(caught.value) == f'"{text}" {MISREAD[text]}'


@pytest.mark.parametrize(
    ("text", "unit", "complaint"),
    [
        ("1 70 kg", "kg", "has more than one number"),
        ("1 h 30 min", "day", "has more than one number"),
        ("1h30", "day", "has more than one number"),
        ("10^9/L", "cells/uL", "has no number, write the number before the power of ten"),
        ("10*9/L", "cells/uL", "has no number, write the number before the power of ten"),
        ("2 109/L", "cells/uL", "has a separator of thousands"),  # 2e9/L or 2109/L
        ("0.5 g/L", "cells/uL", 'is a concentration, did you mean "G/L"?'),
        ("3 ML", "mL", 'did you mean "mL"?'),
        ("6 M", "day", "unknown unit"),
        ("12 mg/kg", "1", "is a mass per body weight"),
    ],
)
def test_other_quantities_that_may_be_misread_are_refused(text: str, unit: str, complaint: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, unit)
    assert complaint in str(caught.value)


def test_units_of_series_and_headers_are_the_same_ones() -> None:
    assert all(is_count_unit(unit) for unit in ("10*6/L", "10*9/L", "K/uL", "thou/uL", "Zellen/µl", "c/µL", "/nl"))
    assert not any(is_count_unit(unit) for unit in ("g/L", "mg", "1", "", "5 /uL", "K"))
    for wrong in ("5 mg", "mg mg", "MG", "10^3 mg"):
        with pytest.raises(QuantityError):
            check_unit(wrong)
