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
        ("hazard > 0.05 at 1 month and age >= 40 years", range(20, 40, 4)),
        ("hazard < 1 at 0 days", range(40)),
    ],
)
def test_a_condition_selects(text, expected):
    assert np.flatnonzero(members(cohort(), text)).tolist() == list(expected)


def test_a_value_that_is_not_known_meets_no_condition():
    dataset = cohort()
    dataset["cd4"][3] = np.nan
    assert 3 not in np.flatnonzero(members(dataset, "cd4 != 7 at 1 month"))


def test_texts_are_names():
    regimen = ("patient", np.array(["one"] * 30 + ["two courses"] * 10))
    assert members(cohort(regimen=regimen), "regimen = two courses").sum() == 10


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("age", QuantityError, "not a condition"),
        ("age >= ", QuantityError, "not a condition"),
        ("agee >= 40", DataError, 'unknown column "agee"'),
        ("cd4 >= 40", DataError, '"cd4" has a course'),
        ("cd5 >= 40 at 1 month", DataError, 'unknown read-out "cd5"'),
        ("age >= 40 at 1 month", DataError, 'unknown read-out "age"'),
        ("cd4 >= 40 at 2 months", DataError, "was not read at day 60.875"),
        ("cd4 >= 40 at 2 mg", QuantityError, "mass"),
        ("cd4 >= 40 mg at 1 month", DataError, "mass"),
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
