"""A figure of an ensemble says where its times hide what doses do, and is silent where they do not."""

import json

import numpy as np
import pytest
import xarray as xr

from immunosim.ensembles.coverage import MOST_LOOKED_AT, coverage_note
from immunosim.scenario import build_scenario, to_toml

DOCUMENT = {
    "model": "teaching",
    "horizon": "200 days",
    "dose": [{"drug": "antibody", "start": "50 days", "dose": "30 mg"}],
}

LATER = DOCUMENT | {"dose": [{"drug": "antibody", "start": "100 days", "dose": "30 mg"}]}
DENSE = np.concatenate([[0.0], np.arange(50.0, 70.0, 0.2), np.arange(70.0, 90.0, 5.0), [200.0]])
"""Times that show what the dose on day 50 does, and not what one on day 100 would do."""


def ensemble(times, *documents):
    texts = [to_toml(build_scenario(one)) for one in documents or (DOCUMENT,)]
    coordinates = {"time": ("time", np.asarray(times, float))}
    return xr.Dataset(coords=coordinates, attrs={"scenarios": json.dumps(texts)})


def sweep(times, *factors):
    plain = {"parameter": "", "choices": [], "unit": "day"}
    plan = {"document": DOCUMENT, "factors": [plain | one for one in factors]}
    return xr.Dataset(coords={"time": ("time", np.asarray(times, float))}, attrs={"plan": json.dumps(plan)})


def test_times_that_are_dense_after_the_dose_need_no_note():
    assert coverage_note(ensemble(DENSE)) == ""


def test_a_gap_after_the_dose_is_told_in_days():
    assert coverage_note(ensemble([0.0, 45.0, 145.0, 200.0])).startswith(
        "Output times after a dose are up to 100 days apart"
    )


def test_a_course_without_doses_has_nothing_to_hide():
    untreated = {key: value for key, value in DOCUMENT.items() if key != "dose"}
    assert coverage_note(ensemble([0.0, 200.0], untreated)) == ""


def test_the_order_of_the_times_does_not_matter():
    times = [0.0, 45.0, 145.0, 200.0]
    assert coverage_note(ensemble(times[::-1])) == coverage_note(ensemble(times))


def test_one_patient_whose_dose_is_hidden_is_enough():
    assert coverage_note(ensemble(DENSE, DOCUMENT, LATER)).startswith(
        "Output times after a dose are up to 115 days apart"
    )


def test_of_many_scenarios_the_first_are_looked_at():
    seen, unseen = [DOCUMENT] * (MOST_LOOKED_AT - 1) + [LATER], [DOCUMENT] * MOST_LOOKED_AT + [LATER]
    assert coverage_note(ensemble(DENSE, *seen)) != ""
    assert coverage_note(ensemble(DENSE, *unseen)) == ""


def test_a_sweep_of_the_time_of_a_dose_is_looked_at_where_the_dose_moves_to():
    moving = {"key": "dose[1].start", "low": 100.0, "high": 150.0}
    still = {"key": "dose[1].dose", "low": 10.0, "high": 30.0, "unit": "mg"}
    assert coverage_note(sweep(DENSE, moving)).startswith("Output times after a dose are up to 115 days apart")
    assert coverage_note(sweep(DENSE, still)) == ""


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"scenarios": "[]"},
        {"scenarios": "not json"},
        {"scenarios": '["not toml ["]'},
        {"scenarios": '["horizon = 3"]'},
        {"scenarios": "7"},
        {"plan": "{}"},
        {"plan": '{"factors": 3, "document": {}}'},
    ],
)
def test_a_file_of_another_version_has_no_note_and_no_error(attributes):
    assert coverage_note(xr.Dataset(coords={"time": ("time", [0.0, 200.0])}, attrs=attributes)) == ""
