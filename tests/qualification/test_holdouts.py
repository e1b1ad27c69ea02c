"""The hold-outs are those of the scorecard, measured as there, and judged by the release and by the evidence."""

import json

import pytest
from qualification.remake import holdout_rows

from immunosim.qualification import Verdict, holdouts

ROW = {
    **{"name": "x", "what": "X", "unit": "%", "expected": None, "tolerance": {"range": [None, 90]}},
    **{"simulated_at_release": 55.0, "citations": ["Nobody 2000"]},
}


def test_the_shipped_rows_are_the_published_numbers_that_were_not_fitted():
    assert json.loads(holdouts.ROWS.read_text(encoding="utf-8")) == json.loads(json.dumps(holdout_rows())), (
        "run: python tests/qualification/remake.py"
    )
    assert len(holdouts.rows()) == 12


@pytest.mark.parametrize("check", holdouts.holdout_checks(), ids=lambda check: check.id)
def test_a_published_finding_comes_out_as_at_the_release(check):
    assert check.look(lambda text: None).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("simulated", "known_miss", "verdict"),
    [
        (55.0, "", Verdict.PASSED),
        (55.04, "", Verdict.PASSED),
        (55.06, "", Verdict.FAILED),  # 0.1 % from the release
        (float("nan"), "", Verdict.FAILED),
        (55.0, "because", Verdict.FAILED),  # met by now: the mark has to go
    ],
)
def test_another_number_than_at_the_release_fails(simulated, known_miss, verdict):
    assert holdouts.judged(ROW | {"known_miss": known_miss}, simulated).verdict is verdict


def test_a_known_miss_passes_as_published_and_says_why():
    missed = ROW | {"tolerance": {"range": [60, None]}, "known_miss": "the model has no such thing"}
    found = holdouts.judged(missed, 55.0)
    assert found.verdict is Verdict.PASSED
    assert found.value == "55 % (released 55); misses the evidence, as published"
    assert found.notes == ("known miss: the model has no such thing",)
    assert holdouts.judged(missed | {"known_miss": ""}, 55.0).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        ({"range": [None, 90]}, "at most 90 %"),
        ({"range": [75, None]}, "at least 75 %"),
        ({"range": [5, 6]}, "5 to 6 %"),
        ({"relative": 0.1}, "90 to 110 %"),
        ({"absolute": 2}, "98 to 102 %"),
    ],
)
def test_evidence_is_said_in_words(tolerance, words):
    assert holdouts.evidence(ROW | {"expected": 100.0, "tolerance": tolerance}) == words
