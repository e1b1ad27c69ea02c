"""Groups of patients by conditions."""

import numpy as np
import pytest
from cohorts.hand_made import cohort

from immunosim.cohorts.conditions import members
from immunosim.errors import DataError, QuantityError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", range(40)),
        ("stratum = poor_depleters", range(4)),
        ("stratum != poor_depleters", range(4, 40)),
        ("smoker = true and stratum = ordinary", range(4, 40, 4)),
        ("age >= 60 years", [39]),
        ("age < 252 months", [0]),
        ("smoker = no", [n for n in range(40) if n % 4]),
    ],
)
def test_a_condition_selects(text, expected):
    assert np.flatnonzero(members(cohort(), text)).tolist() == list(expected)


def test_texts_are_names():
    regimen = ("patient", np.array(["one"] * 30 + ["two courses"] * 10))
    assert members(cohort(regimen=regimen), "regimen = two courses").sum() == 10


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("age", QuantityError, "not a condition"),
        ("age >= ", QuantityError, "not a condition"),
        ("agee >= 40", DataError, 'unknown column "agee"'),
        ("cd4 >= 40", DataError, 'unknown column "cd4"'),
        ("age >= 40 mg", DataError, "mass"),
        ("stratum = poor_depleter", DataError, "no patient has"),
        ("stratum > ordinary", DataError, "not compared"),
    ],
)
def test_what_is_no_condition_on_these_patients_is_refused(text, kind, message):
    with pytest.raises(kind) as caught:
        members(cohort(), text)
    assert message in str(caught.value)
    assert caught.value.cure
