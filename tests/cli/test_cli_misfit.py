"""A fit that its data reject names the cause, and forecasts from it are withheld unless they are wanted anyway."""

import json

import pytest

FREE = ("--free", "antibody_clearance", "--fix", "others", "--starts", "1", "--workers", "1")
GOAL = ("--goal", "cd4@0.3e9/L")


@pytest.fixture
def wrong(short):
    """Return a table with one count that is ten times too high among precise ones."""
    path = short.parent / "wrong.csv"
    days = {15: 0.042, 20: 0.043, 23: 0.045, 25: 0.55, 28: 0.058, 30: 0.06, 33: 0.065, 35: 0.07, 38: 0.075}
    rows = "".join(f"a,{day},{value}\n" for day, value in days.items())
    path.write_text(f"patient,day,CD4 [1e9/L]\n{rows}", encoding="utf-8")
    return path


def test_a_forecast_from_a_rejected_fit_is_withheld_and_the_outlier_named(command, short, wrong, tmp_path):
    refused = command("forecast", short, "--data", wrong, *FREE, *GOAL, "--out", "here")
    assert refused.exit_code == 3
    assert "forecasts are withheld, since the model does not fit the data (chi-squared p = " in refused.stderr
    assert "cd4 of 550 cells/uL on day 25 (line 5)" in " ".join(refused.stderr.split())
    record = json.loads((tmp_path / "here" / "forecast.json").read_text())
    assert record["patients"] == {}
    assert list(record["failures"]) == ["a"]


def test_with_anyway_it_is_made_marked_and_widened(command, short, wrong, tmp_path):
    made = command("forecast", short, "--data", wrong, *FREE, *GOAL, "--anyway", "--out", "here")
    assert made.exit_code == 0, made.stderr
    assert "Made although the model does not fit the data" in made.stdout
    (update,) = json.loads((tmp_path / "here" / "forecast.json").read_text())["patients"]["a"]
    assert update["widening"] > 1.5
    assert update["misfit"].startswith("the model does not fit the data")
    header, row = (tmp_path / "here" / "forecast.csv").read_text().splitlines()
    assert header.endswith("widened_by,misfit")
    assert "the model does not fit the data" in row


def test_a_rejected_fit_says_what_would_fit_better_and_writes_its_files(command, short, wrong, tmp_path):
    found = command("fit", short, "--data", wrong, *FREE, "--without", "none", "--out", "here")
    assert found.exit_code == 0, found.stderr
    for words in ("Most likely cause: one measurement is an outlier", "What would fit better", "Outliers"):
        assert words in found.stdout
    assert "Predicted recovery: forecasts are withheld" in found.stdout
    record = json.loads((tmp_path / "here" / "fit.json").read_text())
    assert record["returns"] == {"a": []}
    assert record["explanations"][0]["outliers"][0]["line"] == 5
    assert (record["forecasts_withheld"] == "", record["widened_by"]) == (False, 1.0)
    assert (tmp_path / "here" / "fitted.toml").exists()
