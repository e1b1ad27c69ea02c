"""``immunosim forecast`` says when counts are back, visit by visit; ``immunosim profile`` draws profiles."""

import json

import numpy as np
import pandas
import pytest

FAST = ("--free", "antibody_clearance", "--starts", "2", "--workers", "2")


@pytest.fixture
def table(short):
    path = short.parent / "counts.csv"
    text = "patient,day,lymphocytes [1e9/L],CD4 [cells/uL]\na,20,0.20,40\na,35,0.30,<50\nb,20,0.25,45\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_forecast_is_made_again_after_every_visit(command, short, tmp_path):
    goal = ("--goal", "lymphocytes@0.3e9/L")
    found = command("forecast", short, *FAST, *goal, "--each-visit", "--out", "here")
    assert found.exit_code == 0, found.stderr
    assert "Patient patient: predicted month of recovery, after each visit" in found.stdout
    assert found.stdout.count("No risk of autoimmunity can be told of one patient: no population") == 1
    record = json.loads((tmp_path / "here" / "forecast.json").read_text())
    assert list(record["risks"]) == ["patient"]
    updates = record["patients"]["patient"]
    assert [(one["day"], one["n_visits"], one["n_measurements"]) for one in updates] == [
        (0, 0, 0),
        (30, 1, 1),
        (35, 2, 2),
    ]
    (back,) = updates[-1]["returns"]
    assert (back["readout"], back["level"]) == ("lymphocytes", "0.3e9/L")
    assert len((tmp_path / "here" / "forecast.csv").read_text().splitlines()) == 4
    assert sorted(path.name for path in (tmp_path / "here").iterdir())[-1] == "forecast.png"


def test_several_patients_are_also_forecast_as_one_and_the_table_is_read_by_pandas(command, short, table, tmp_path):
    goals = ("--goal", "lymphocytes@0.3e9/L", "--goal", "lymphocytes@30e9/L")
    found = command("forecast", short, "--data", table, *FAST, *goals, "--out", "here")
    assert "All 2 patients (Kaplan-Meier over patients and draws, months after each last course)" in found.stdout
    assert "Months count from the start of the last course (day" in found.stdout
    rows = pandas.read_csv(tmp_path / "here" / "forecast.csv", float_precision="round_trip")
    never = rows[rows["level"] == "30e9/L"]
    assert np.isinf(never[["low_day", "median_day", "high_month"]].to_numpy()).all()
    assert (never["n_recovered"] == 0).all()
    assert f"0% (0 of {never['n_draws'].sum():,})" in found.stdout
    record = json.loads((tmp_path / "here" / "forecast.json").read_text())["patients"]["a"][0]["returns"]
    assert record[0]["low"] == rows["low_day"][0]
    assert (record[1]["median"], record[1]["n_draws"]) == (None, rows["n_draws"][1])


def test_later_visits_are_not_known_yet(command, short, table):
    options = ("--data", table, *FAST, "--as-of", "25 days", "--json")
    record = json.loads(command("forecast", short, *options).stdout)
    assert {name: own[0]["n_measurements"] for name, own in record["patients"].items()} == {"a": 2, "b": 2}
    assert record["failures"] == {}


def test_the_draws_of_a_sample_may_be_used(command, short):
    pytest.importorskip("emcee")
    options = ("--draws", "20", "--goal", "lymphocytes@0.3e9/L", "--json")
    record = json.loads(command("forecast", short, *FAST, *options).stdout)
    assert 0.0 <= record["patients"]["patient"][0]["returns"][0]["share"] <= 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--goal", "cd4"), '--goal: "cd4" has no read-out and level, write for example cd4@0.2e9/L'),
        (("--goal", "cd4@five"), "five"),
        (("--goal", "cd44@5 cells/uL"), "cd44"),
        (("--as-of", "5 days"), "--as-of: no patient was measured until day 5, give a later time"),
        (("--as-of", "soon"), "--as-of"),
    ],
)
def test_a_goal_or_time_that_is_none_is_said(command, short, contents, options, message):
    found = command("forecast", short, *FAST, *options)
    assert found.exit_code == 2
    assert message in found.stderr
    assert contents() == ["short.toml"]


def test_a_profile_is_written_as_a_table_and_drawn(command, short, tmp_path):
    found = command("profile", short, *FAST, "--points", "5", "--out", "here")
    assert found.exit_code == 0, found.stderr
    assert "90 % by profile" in found.stdout
    names = ["profiles.csv", "profiles.json", "profiles.png"]
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == names
    rows = (tmp_path / "here" / "profiles.csv").read_text().splitlines()
    assert rows[0] == "parameter,unit,value,rise_of_minus_log_likelihood,threshold"
    assert len(rows) > 8


def test_an_interval_is_wider_with_more_confidence(command, short):
    records = [
        json.loads(command("profile", short, *FAST, "--confidence", level, "--json").stdout)["parameters"][0]
        for level in ("0.6", "0.8")
    ]
    assert records[1]["low"] < records[0]["low"] < records[0]["high"] < records[1]["high"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--parameter", "thymic_export_rate", "--fix", "others"), "--parameter thymic_export_rate: is not fitted"),
        (("--data", "counts.csv"), "there are 2 patients, choose one with --patient (a, b), or take them as one"),
    ],
)
def test_what_cannot_be_profiled_is_said(command, short, table, contents, options, message):
    found = command("profile", short, *FAST, *options)
    assert found.exit_code == 2
    assert message in found.stderr
    assert contents() == ["counts.csv", "short.toml"]


def test_pooled_patients_are_profiled_as_one(command, short, table):
    found = command("profile", short, "--data", table, "--patients", "pooled", *FAST, "--json")
    assert json.loads(found.stdout)["parameters"][0]["name"] == "antibody_clearance"
