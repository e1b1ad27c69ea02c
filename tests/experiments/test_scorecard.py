"""The verdict on a number, and what the scorecard says; the rows here are made up."""

import json
import math

import pytest

from experiments.scorecard import Judged, Kind, Row, Verdict, judge, load_rows
from experiments.tables import as_data, as_markdown, as_text, sentence, tally
from immunosim.errors import DataError

NAN = float("nan")


def row(**changes):
    usual = {
        "name": "height",
        "what": "Height",
        "unit": "m",
        "expected": 10.0,
        "tolerance": {"relative": 0.2},
        "simulated_at_release": 11.0,
        "source": ["somebody1999"],
        "why": "the spread of the source",
        "fitted": True,
    }
    return Row(**(usual | changes))


def in_range(low, high, **changes):
    return row(expected=None, tolerance={"range": [low, high]}, **changes)


@pytest.mark.parametrize(
    ("made", "limits", "text"),
    [
        (row(), (8.0, 12.0), "10.0 ± 20 %"),
        (row(expected=-10.0), (-12.0, -8.0), "-10.0 ± 20 %"),
        (row(tolerance={"absolute": 0.5}), (9.5, 10.5), "10.0 ± 0.500"),
        (in_range(0.7, 0.8), (0.7, 0.8), "0.7 to 0.8"),
        (in_range(None, 3), (-math.inf, 3.0), "at most 3"),
        (in_range(75, None), (75.0, math.inf), "at least 75"),
        (in_range(None, None), (-math.inf, math.inf), "shown only"),
    ],
)
def test_limits_follow_from_the_tolerance(made, limits, text):
    assert made.limits == pytest.approx(limits)
    assert made.published == text


@pytest.mark.parametrize("simulated", [8.0, 11.0, 12.0])
def test_a_number_within_tolerance_is_met_limits_included(simulated):
    assert Judged(row(), simulated).verdict is Verdict.MET


@pytest.mark.parametrize("simulated", [7.999, 12.001, NAN, math.inf, -math.inf])
def test_a_number_out_of_tolerance_is_a_miss_and_fails(simulated):
    one = Judged(row(), simulated)
    assert one.verdict is Verdict.MISSED
    assert one.has_failed


def test_a_known_miss_stays_a_miss_and_does_not_fail():
    one = Judged(row(known_miss="too few data", simulated_at_release=20.0), 20.0)
    assert one.verdict is Verdict.KNOWN
    assert not one.has_failed


@pytest.mark.parametrize("made", [row(known_miss="excuse"), in_range(None, 3, known_miss="excuse")])
def test_nothing_excuses_what_is_not_a_number(made):
    one = Judged(made, NAN)
    assert one.verdict is Verdict.MISSED
    assert one.has_failed


def test_a_known_miss_that_is_met_by_now_fails_until_its_mark_goes():
    one = Judged(row(known_miss="no longer true"), 11.0)
    assert one.verdict is Verdict.OUTLIVED
    assert one.has_failed


@pytest.mark.parametrize(
    ("simulated", "has_moved"),
    [(11.0, False), (11.01, False), (11.02, True), (10.0, True), (NAN, True)],  # 0.1 % of 11 is 0.011
)
def test_moving_from_the_release_is_told_apart_from_leaving_the_tolerance(simulated, has_moved):
    one = Judged(row(), simulated)
    assert one.has_moved is has_moved
    assert one.has_failed is has_moved


def test_a_number_without_a_value_of_the_release_has_moved():
    assert Judged(row(simulated_at_release=None), 11.0).has_moved


@pytest.mark.parametrize(
    "changes",
    [
        {"tolerance": {}},
        {"tolerance": {"relative": 0.1, "absolute": 1.0}},
        {"tolerance": {"relativ": 0.1}},
        {"tolerance": {"range": [1, 2]}},
        {"expected": None},
        {"source": []},
        {"why": ""},
        {"colour": "red"},
    ],
)
def test_an_incomplete_or_misspelt_row_is_refused_with_its_place(tmp_path, changes):
    file = tmp_path / "expected.json"
    file.write_text(json.dumps([row().model_dump(exclude_unset=True) | changes], default=list))
    with pytest.raises(DataError) as caught:
        load_rows(file)
    assert caught.value.file == str(file)
    assert caught.value.key.startswith("0")


@pytest.mark.parametrize("content", [None, "[{"])
def test_a_missing_or_broken_file_is_refused(tmp_path, content):
    file = tmp_path / "expected.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(DataError, match="cannot be read"):
        load_rows(file)


def test_every_row_needs_a_number_and_every_number_a_row():
    with pytest.raises(DataError, match='"hieght" was simulated') as caught:
        judge([row()], {"height": 1.0, "hieght": 2.0})
    assert caught.value.cure == 'did you mean "height"?'
    with pytest.raises(DataError, match="which was not simulated"):
        judge([row(), row(name="width")], {"height": 1.0})


@pytest.fixture
def results():
    return {
        "01_first": (
            Judged(row(), 11.0),
            Judged(row(name="b", known_miss="a reason", what="Breadth", fitted=False, simulated_at_release=20.0), 20.0),
            Judged(row(name="c", source=["somebody1999", "assumed"], simulated_by_version_1=11.0), 11.0),
        ),
        "02_second": (
            Judged(row(name="d", repeats="01_first"), 11.0),
            Judged(row(name="e", fitted=False, simulated_by_version_1=9.0), 30.0),
            Judged(in_range(None, 40, name="f", fitted=False), 11.0),
            Judged(in_range(None, None, name="g", source=["assumed"]), 11.0),
        ),
    }


def test_predicted_fitted_and_assumed_numbers_count_apart_and_one_sided_ones_besides(results):
    """Not fitted: b and e, and f as a bound. Fitted: height; d repeats it. Assumed: c; g is only shown."""
    assert sentence(results) == (
        "Not fitted: 0 of 2 numbers met, 1 of 1 one-sided bounds. Fitted: 1 of 1 numbers met. "
        "Assumed in part or whole: 1 of 1 numbers met. "
        "Of 1 published numbers of both versions, version 1 met 1 and version 2 0. 1 of 7 rows fail this run."
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"fitted": False}, Kind.PREDICTED),
        ({"fitted": True}, Kind.FITTED),
        ({"fitted": True, "source": ["somebody1999", "assumed"]}, Kind.ASSUMED),
        ({"fitted": False, "source": ["assumed"]}, Kind.ASSUMED),
    ],
)
def test_nothing_that_is_assumed_counts_as_fitted_or_predicted(changes, kind):
    assert row(**changes).kind is kind


def test_a_number_that_is_only_shown_is_neither_met_nor_missed_but_must_not_move():
    shown = in_range(None, None)
    assert Judged(shown, 11.0).verdict is Verdict.SHOWN
    assert Judged(shown, 12.0).has_failed
    assert Judged(shown, NAN).has_failed
    assert tally([("a", Judged(shown, 11.0))]) == "0 of 0 numbers met"


def test_misses_their_reasons_and_moves_are_in_every_form(results):
    for text in (as_text(results), as_markdown(results)):
        assert "MISS (known)" in text
        assert "a reason" in text
        assert "30.0 (was 11.0 at release)" in text
        assert sentence(results) in text


def test_a_markdown_table_has_as_many_cells_in_every_line(results):
    lines = [line for line in as_markdown(results).splitlines() if line.startswith("|")]
    assert len(lines) == 3 * 2 + 7
    assert len({line.count("|") for line in lines}) == 1


def test_data_hold_every_row_with_its_verdict(results):
    data = as_data(results)
    assert [one["verdict"] for one in data["01_first"]] == ["met", "MISS (known)", "met"]
    assert data["02_second"][1]["simulated"] == 30.0
    assert data["02_second"][1]["moved_since_release"]
