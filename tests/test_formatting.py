"""Numbers, probabilities, units and days are written as a reader expects them, also at the edges of each rule."""

import datetime
from types import SimpleNamespace

import pytest

from immunosim.formatting import (
    calendar,
    difference,
    hair_sentences,
    is_or_are,
    number,
    percent,
    quantity,
    recovery,
    risk_sentences,
    score,
    seen,
    unit_text,
)
from immunosim.units import DAYS_PER_MONTH


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *((0.0, "0.000"), (-0.0, "0.000"), (0.01, "0.010"), (0.0567, "0.057"), (0.5, "0.500"), (0.9994, "0.999")),
        *((0.9996, "1.00"), (1.0, "1.00"), (9.994, "9.99"), (9.996, "10.0"), (42.04, "42.0"), (99.94, "99.9")),
        *((99.96, "100"), (100.4, "100"), (973.2, "973"), (12345.6, "12346")),
        *((0.00999, "0.01"), (0.001234, "0.0012"), (1e-7, "1e-07")),
        *((-0.5, "-0.500"), (-9.996, "-10.0"), (-1234.0, "-1234"), (-0.0012, "-0.0012")),
        *((None, "-"), (float("nan"), "-"), (float("inf"), "inf")),
    ],
)
def test_a_number_has_three_digits_that_count(value, words):
    assert number(value) == words


def test_what_stands_for_no_number_may_be_chosen():
    assert number(None, "never") == number(float("nan"), "never") == "never"
    assert number(3.0, "never") == "3.00"


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        *(
            (1.0, "above 99 %"),
            (0.991, "above 99 %"),
            (0.99, "99 %"),
            (0.5, "50 %"),
            (0.123, "12 %"),
            (0.0567, "5.7 %"),
        ),
        *((0.0123, "1.2 %"), (1e-4, "0.01 %"), (1e-5, "0.001 %"), (9.9e-6, "below 0.001 %"), (0.0, "below 0.001 %")),
        (float("nan"), "-"),
    ],
)
def test_a_probability_has_two_digits_and_ends_where_the_data_do(probability, words):
    assert percent(probability) == words


@pytest.mark.parametrize(
    ("unit", "printed"),
    [("1", ""), ("1e9/L", "10⁹/L"), ("cells/uL", "cells/µL"), ("ug/mL", "µg/mL"), ("mg", "mg"), ("1/year", "1/year")],
)
def test_units_are_printed_with_their_signs(unit, printed):
    assert unit_text(unit) == printed


def test_a_power_of_ten_is_multiplied():
    assert quantity(0.056, "1e9/L") == "0.056 × 10⁹/L"
    assert quantity(42.0, "cells/uL") == "42.0 cells/µL"
    assert quantity(0.5, "1") == "0.500 "


def test_a_score_has_one_decimal():
    assert (score(12.34), score(0.0), score(None)) == ("12.3", "0.0", "-")


def test_a_day_is_a_date_where_the_scenario_has_one_and_else_a_month():
    dated = SimpleNamespace(start_date=datetime.date(2020, 2, 28))
    assert calendar(dated, 1.9) == "2020-02-29"
    assert calendar(dated, 2.0) == "2020-03-01"
    assert calendar(SimpleNamespace(start_date=None), 6.5 * DAYS_PER_MONTH) == "6.5"


def point(low, high, is_below=False, outside=None):
    return {"observed_low": low, "observed_high": high, "is_below_limit": is_below, "outside_percent": outside}


def test_what_was_observed_is_a_value_a_range_or_a_limit():
    assert seen(point(500.0, 500.0)) == "500"
    assert seen(point(0.5, 0.7)) == "0.5 to 0.7"
    assert seen(point(0.0, 20.0, is_below=True)) == "<20"


def test_a_difference_is_signed_and_none_inside_of_a_range():
    assert difference(point(500.0, 500.0)) == "-"
    assert difference(point(0.5, 0.7, outside=0.0)) == "inside"
    assert difference(point(0.5, 0.5, outside=0.0)) == "+0.0 %"  # a value has no inside
    assert difference(point(0.5, 0.7, outside=12.34)) == "+12.3 %"
    assert difference(point(0.5, 0.7, outside=-3.0)) == "-3.0 %"


@pytest.mark.parametrize(
    ("limit", "fell", "months", "words"),
    [(None, True, 3.0, "-"), (700.0, False, None, "above"), (700.0, True, None, "never"), (700.0, True, 6.25, "6.25")],
)
def test_a_recovery_is_in_months_or_says_why_there_is_none(limit, fell, months, words):
    after = {"fell_below_limit": fell, "months_to_limit": months}
    assert recovery({"lower_limit_of_normal": limit}, after) == words


HAIR = {"peak": 55.2, "peak_day": 400.4, "peak_course": "course 2", "peak_months_after_course": 1.23, "at_end": 0.2}


def test_hair_loss_is_told_by_peak_end_and_pulses():
    pulse = {"pulse": "pulse 1", "at_start": 40.0, "after_4_weeks": 12.0, "after_4_months": None}
    assert list(hair_sentences(HAIR | {"after_pulse": [pulse]})) == [
        "Hair: SALT peaks at 55.2 on day 400, 1.2 months after course 2; at the end it is near zero.",
        "SALT and pulse 1: 40.0 at its start, 12.0 after 4 weeks, - after 4 months.",
    ]
    late = HAIR | {"peak_course": None, "peak_months_after_course": None, "at_end": 0.5, "after_pulse": []}
    assert list(hair_sentences(late)) == ["Hair: SALT peaks at 55.2 on day 400; at the end it is 0.500."]


def test_hair_loss_that_nobody_sees_is_none():
    assert list(hair_sentences(None)) == []
    assert list(hair_sentences(HAIR | {"peak": 0.49, "after_pulse": []})) == [
        "Hair: no visible loss (SALT below 0.5 throughout)."
    ]


def test_risks_are_told_by_organ_with_the_onset_of_those_that_fell_ill():
    organs = {
        "thyroid": {"name": "thyroid disease", "cumulative_hazard": 5.31, "onset_day": 512.6},
        "platelets": {"name": "low platelets", "cumulative_hazard": 1e-7, "onset_day": None},
    }
    relapse = {"mean_per_year": 0.1, "untreated_per_year": 0.52}
    assert list(risk_sentences({"autoimmunity": {"organs": organs, "risk": "No risk."}, "relapse": relapse})) == [
        "Cumulative hazard of autoimmunity of the median patient by the end (not a risk): "
        "thyroid disease 5.31, low platelets 1e-07.",
        "No risk.",
        "Thyroid disease: disease begins on day 513 for the draw of this patient.",
        "Relapse hazard: mean 0.100 a year (untreated 0.520).",
    ]
    assert list(risk_sentences({"autoimmunity": None, "relapse": None})) == []


@pytest.mark.parametrize(
    ("label", "verb"),
    [("CD4 T cells", "are"), ("T cells in blood", "are"), ("SALT score (0-100)", "is"), ("cytokine, relative", "is")],
)
def test_the_verb_goes_with_the_label(label: str, verb: str) -> None:
    assert is_or_are(label) == verb
