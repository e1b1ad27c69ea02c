"""Tables and sentences on the terminal say what the summary says."""

import re
from typing import Any

import pytest

from immunosim.cli import printing
from immunosim.cli.printing import plain_table, show_table
from immunosim.cli.tables import hair_sentences, level_sentences, risk_sentences, show_counts, show_observed
from immunosim.formatting import MEDIAN_HAZARD, number

SALT: dict[str, Any] = {
    "peak": 42.0,
    "peak_day": 551.2,
    "peak_course": "second course",
    "peak_months_after_course": 6.11,
    "at_end": 0.1,
    "after_pulse": [{"pulse": "the pulse", "at_start": 41.0, "after_4_weeks": 30.0, "after_4_months": None}],
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.000"),
        (0.0071, "0.0071"),
        (0.0457, "0.046"),
        (1.234, "1.23"),
        (45.67, "45.7"),
        (973.4, "973"),
    ],
)
def test_numbers_keep_the_digits_that_count(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_plain_table_aligns_text_left_and_numbers_right() -> None:
    table = plain_table("Title", ("name", "value"), [("a", "10.0"), ("long name", "2")], "<>")
    assert table.splitlines() == ["", "Title", "name       value", "a           10.0", "long name      2"]


def test_a_table_without_rows_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Title", ("name",), [])
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_table_that_fits_its_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    show_table("Title", ("name", "value"), [("a name that is far too long for this terminal", "1.0")])
    lines = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= 30
    assert [line.split() for line in lines[1:]] == [
        ["Title"],
        ["name", "value"],
        ["a", "name", "that", "is", "far", "too", "1.0"],
        ["long", "for", "this", "terminal"],
    ]


def test_hair_loss_is_told_from_its_peak_to_its_end() -> None:
    peak, pulse = hair_sentences(SALT)
    assert peak == "Hair: SALT peaks at 42.0 on day 551, 6.1 months after second course; at the end it is near zero."
    assert pulse.strip() == "SALT and the pulse: 41.0 at its start, 30.0 after 4 weeks, - after 4 months."


def test_hair_loss_that_nobody_sees_is_not_dated() -> None:
    assert list(hair_sentences(SALT | {"peak": 0.2})) == ["Hair: no visible loss (SALT below 0.5 throughout)."]


def test_a_drug_that_stays_is_still_detectable() -> None:
    course = {"course": "course 1", "peak": 3.0, "undetectable_days_after_start": None}
    level = {"label": "alemtuzumab in serum", "unit": "ug/mL", "detection_limit": 0.06, "after_course": [course]}
    (sentence,) = level_sentences({"drug_levels": {"alemtuzumab": level}})
    assert sentence == "Alemtuzumab in serum, course 1: peak 3.00 ug/mL, still detectable at the end."


def test_the_onset_of_autoimmunity_is_told() -> None:
    thyroid = {"name": "thyroid", "cumulative_hazard": 0.69, "onset_day": 400.0}
    kidney = {"name": "kidney (anti-GBM)", "cumulative_hazard": 1e-9, "onset_day": None}
    organs = {"thyroid": thyroid, "gbm": kidney}
    relapse = {"mean_per_year": 0.2, "untreated_per_year": 0.6}
    sentences = list(risk_sentences({"autoimmunity": {"organs": organs, "risk": "No risk."}, "relapse": relapse}))
    hazards = "thyroid 0.690, kidney (anti-GBM) 1e-09"
    assert sentences[0] == f"{MEDIAN_HAZARD}: {hazards}."
    assert sentences[1] == "No risk."
    assert sentences[2] == "Thyroid: disease begins on day 400 for the draw of this patient."


def test_a_model_without_disease_has_no_sentences_about_it() -> None:
    assert list(hair_sentences(None)) == []
    assert list(risk_sentences({"autoimmunity": None, "relapse": None})) == []


@pytest.mark.parametrize(
    ("limit", "fell", "months", "text"),
    [(None, None, None, "-"), (400.0, False, None, "above"), (400.0, True, None, "never"), (400.0, True, 8.0, "8.00")],
)
def test_a_recovery_is_a_time_or_a_word(
    capsys: pytest.CaptureFixture[str], limit: float | None, fell: bool | None, months: float | None, text: str
) -> None:
    after = {
        "course": "course 1",
        "start_day": 0.0,
        "nadir": 1.0,
        "nadir_days_after_start": 2.0,
        "at_months": {"1": 3.0},
    }
    after |= {"fell_below_limit": fell, "months_to_limit": months}
    count = {
        "name": "CD4",
        "unit": "cells/uL",
        "untreated": 9.0,
        "lower_limit_of_normal": limit,
        "after_course": [after],
    }
    show_counts({"counts": {"cd4": count}})
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("CD4")]
    assert rows == [["CD4,", "cells/uL", "9.00", "1.00", "2", "3.00", text]]


def test_an_observed_value_without_a_percentage_has_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    point = {"course": None, "day": 9.0, "readout": "cd4", "unit": "cells/uL", "simulated": 3.0}
    point |= {"observed_low": 0.0, "observed_high": 0.0, "is_below_limit": False}
    show_observed([point | {"outside_percent": None}])
    assert capsys.readouterr().out.splitlines()[-1].split() == ["day", "9", "cd4", "cells/uL", "0", "3.00", "-"]


@pytest.mark.parametrize(("outside", "text"), [(0.0, ["inside"]), (50.0, ["+50.0", "%"])])
def test_a_value_below_quantification_is_inside_or_above_its_limit(
    capsys: pytest.CaptureFixture[str], outside: float, text: list[str]
) -> None:
    point = {"course": None, "day": 9.0, "readout": "cd4", "unit": "cells/uL", "simulated": 3.0}
    point |= {"observed_low": 0.0, "observed_high": 2.0, "is_below_limit": True}
    show_observed([point | {"outside_percent": outside}])
    assert capsys.readouterr().out.splitlines()[-1].split() == ["day", "9", "cd4", "cells/uL", "<2", "3.00", *text]
