"""Every result prints shortly, shows itself in a notebook, is a table and a dataset, is drawn, reported and pickled."""

import json
import pickle

import matplotlib.axes
import matplotlib.figure
import numpy as np
import pytest
import xarray as xr

import immunosim as ims
from immunosim.errors import DataError
from immunosim.report import to_json

VARY = {"blood_lysis_rate": "x0.5:x2:log"}
WITHOUT_FIGURE = ("Verification", "PatientData")


def made(short, trajectory):
    """Return one result of every kind, by its class."""
    ages = ims.ensemble(short, {"blood_lysis_rate": [10.0, 20.0, 30.0]}, readouts=["cd4"], endpoints=["nadir of cd4"])
    fits = {"free": ["antibody_clearance"], "starts": 2, "without": []}
    found = [
        *(trajectory, ages, ims.sweep(short, VARY, n=6)),
        ims.sensitivity(short, "local", ["blood_lysis_rate"], readouts=["cd4"], at=["1 month"]),
        ims.explain(trajectory, "cd4"),
        ims.explain(trajectory, "cd4", accounting=True),
        (comparison := ims.compare({"a": trajectory, "b": ims.simulate(short, {"course.1.dose": "6 mg"})})),
        *ims.explain_difference(comparison, "cd4"),
        ims.verify(trajectory),
        ims.fit("case_report", **fits),
        ims.fit("clinic", "clinic.csv", patient="P01", **fits),
        ims.forecast("case_report", goals=["cd4@0.2e9/L"], free=fits["free"], starts=2),
        ims.read_data("clinic.csv", "clinic"),
    ]
    return {type(one).__name__: one for one in found}


KINDS = (
    *("Trajectory", "EnsembleResult", "SweepResult", "Analysis", "Explanation", "Comparison"),
    *("Counterfactuals", "DifferenceCauses"),
    *("Verification", "Fitted", "Forecast", "PatientData"),
)


@pytest.fixture(scope="session")
def results(short, trajectory):
    return made(short, trajectory)


@pytest.fixture(params=KINDS)
def result(request, results):
    return results[request.param]


def test_there_is_one_of_every_kind(results):
    assert set(results) == set(KINDS)


def test_it_prints_in_one_line_without_its_arrays(result):
    assert len(repr(result).splitlines()) == 1
    assert len(repr(result)) <= 250
    assert "array" not in repr(result)


def test_a_notebook_shows_at_most_forty_lines(result):
    shown = result._repr_html_()
    assert shown.count("<tr>") + shown.count("<p>") <= 40
    assert len(shown.splitlines()) <= 40
    assert "<table>" in shown


def test_it_is_a_table_a_dataset_and_plain_data(result):
    assert len(result.to_dataframe()) > 0
    assert isinstance(result.dataset, xr.Dataset)
    assert result.dataset.sizes
    assert json.loads(to_json(result.summary()))


def test_it_is_drawn_or_says_that_it_is_not(result):
    if type(result).__name__ in WITHOUT_FIGURE:
        with pytest.raises(DataError, match="has no figure"):
            result.plot()
    else:
        assert isinstance(result.plot(), matplotlib.figure.Figure | matplotlib.axes.Axes)


def test_it_writes_a_page_that_needs_no_other_file(result, tmp_path):
    page = result.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "not a medical device" in page
    assert 'src="http' not in page


def test_it_survives_pickling(result):
    again = pickle.loads(pickle.dumps(result))
    assert repr(again) == repr(result)
    assert again.to_dataframe().equals(result.to_dataframe())


def test_several_patients_are_one_result(tmp_path, configs):
    lines = (configs / "data" / "clinic.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table = tmp_path / "two.csv"
    table.write_text("".join(line for line in lines if line.startswith(("patient", "P01", "P02"))), encoding="utf-8")
    found = ims.fit("clinic", table, free=["antibody_clearance"], starts=1)
    assert len(found.to_dataframe()) == 2
    assert found.dataset.sizes == {"patient": 2, "name": 1}
    assert len(found._repr_html_().splitlines()) <= 40
    assert isinstance(found.plot(), matplotlib.figure.Figure)
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)


def test_a_pickled_trajectory_goes_on_where_it_was(trajectory):
    again = pickle.loads(pickle.dumps(trajectory))
    assert np.array_equal(again["cd4"], trajectory["cd4"])
    assert ims.explain(again, "cd4", 30.0).value == ims.explain(trajectory, "cd4", 30.0).value


def test_a_pickle_of_another_version_of_the_model_is_refused(trajectory):
    restore, (kept, _) = trajectory.problem.__reduce__()
    with pytest.raises(DataError, match="another version of the model"):
        restore(kept, "another key")


def test_hostile_titles_are_text_in_a_page(short):
    found = ims.simulate(short.model_copy(update={"title": "<script>alert(1)</script>\n\n"}))
    assert "<script>" not in found._repr_html_()
    assert len(repr(found).splitlines()) == 1


def test_a_scenario_prints_in_one_line(short):
    assert repr(short) == "<Scenario: 'Standard patient, one course' until day 60>"


def test_an_ensemble_over_time_is_one_row_a_patient_and_time(results):
    found = results["EnsembleResult"]
    assert len(found.to_dataframe(over_time=True)) == found["cd4"].size
    assert len(found.to_dataframe()) == 3


def test_the_ranking_of_a_sensitivity_starts_with_the_largest(results):
    assert results["Analysis"].ranking("cd4") == ["blood_lysis_rate"]
    with pytest.raises(DataError, match="was not analysed"):
        results["Analysis"].plot("cd8")
