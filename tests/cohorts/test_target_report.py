"""Published against simulated numbers."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from cohorts.hand_made import cohort

from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.target_report import COLUMNS, evaluate, simulated_value
from immunosim.cohorts.targets import read_targets
from immunosim.errors import DataError

TEXT = """
cohort = "trial"
[source]
citation = "Someone 2020"

[[target]]
name = "untreated"
statistic = "mean"
readout = "cd4"
time = "0 days"
value = 0.9
unit = "1e9/L"
sigma = 0.05
tolerance = "within 15 %"

[[target]]
name = "smokers"
statistic = "share"
condition = "smoker = true"
value = 90
unit = "%"
sigma = 5
scale = "linear"
use = "held out"

[[target]]
name = "elsewhere"
statistic = "mean"
readout = "cd4"
time = "0 days"
cohort = "clinic"
value = 900
unit = "cells/uL"
sigma = 0.05
"""
FEW = Bootstrap(3, 30)


@pytest.fixture
def targets(tmp_path):
    path = tmp_path / "targets.toml"
    path.write_text(TEXT)
    return read_targets(path)


def test_a_simulated_number_has_the_unit_of_the_target(targets):
    result = evaluate(targets[:1], cohort(), FEW).results[0]
    well = cohort().isel(patient=slice(0, 39))
    mean = float(np.average(well["cd4"].values[:, 0], weights=well["weight"].values))
    assert result.simulated.value == pytest.approx(mean / 1000.0, rel=1e-12)
    assert result.z == pytest.approx(math.log(mean / 900.0) / 0.05)
    assert result.z_interval[0] < result.z < result.z_interval[1]
    assert result.is_within
    assert result.tolerated_z() == pytest.approx((math.log(0.85) / 0.05, math.log(1.15) / 0.05))


def test_fitted_and_held_out_targets_are_counted_apart(targets):
    report = evaluate(targets[:2], cohort(), FEW)
    summary = report.summary()
    assert (summary["n_targets"], summary["n_within"]) == (2, 1)
    assert summary["by_use"] == {"fitted": {"n": 1, "n_within": 1}, "held out": {"n": 1, "n_within": 0}}
    assert report.chi_square == pytest.approx(sum(result.z**2 for result in report.results))


def test_targets_of_a_cohort_that_was_not_simulated_are_named(targets):
    report = evaluate(targets, cohort().assign_attrs(cohort="trial"), FEW)
    assert [target.record.name for target in report.not_simulated] == ["elsewhere"]
    both = evaluate(targets, {"trial": cohort(), "clinic": cohort(20)}, FEW)
    assert [result.record.name for result in both.results] == ["untreated", "smokers", "elsewhere"]


def test_the_table_is_the_same_for_the_same_seed_and_order_of_patients_does_not_move_values(targets):
    first, again = (evaluate(targets[:2], cohort(), FEW).to_dataframe() for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    shuffled = cohort().isel(patient=np.random.default_rng(0).permutation(40))
    other = evaluate(targets[:2], shuffled, FEW).to_dataframe()
    assert other["simulated"].to_numpy() == pytest.approx(first["simulated"].to_numpy(), rel=1e-12)


def test_the_table_is_written_as_csv_and_as_json(targets, tmp_path):
    report = evaluate(targets[:2], cohort(), FEW)
    table = pd.read_csv(report.to_csv(tmp_path / "targets.csv"))
    assert tuple(table.columns) == COLUMNS
    assert table["target"].tolist() == ["untreated", "smokers"]
    assert json.loads(json.dumps(report.summary()))["targets"][0]["target"] == "untreated"


def test_what_a_cohort_does_not_have_is_named_by_file_and_key(targets):
    without = cohort().drop_vars(["cd4", "smoker"])
    with pytest.raises(DataError) as caught:
        evaluate(targets[:2], without, FEW)
    assert [problem.key for problem in caught.value.problems] == ["target[1].readout", "target[2].condition"]
    assert {problem.file for problem in caught.value.problems} == {targets[0].file}
    assert all(problem.cure for problem in caught.value.problems)


def test_a_unit_of_another_dimension_is_refused(tmp_path):
    path = tmp_path / "targets.toml"
    path.write_text(TEXT.replace('unit = "1e9/L"', 'unit = "mg/L"'))
    with pytest.raises(DataError, match="mg/L") as caught:
        evaluate(read_targets(path)[:1], cohort(), FEW)
    assert caught.value.key == "target[1].unit"


def test_a_group_of_nobody_is_refused(tmp_path):
    path = tmp_path / "targets.toml"
    path.write_text(TEXT.replace('time = "0 days"', 'time = "0 days"\ngroup = "age > 90"'))
    with pytest.raises(DataError, match="no patients") as caught:
        evaluate(read_targets(path)[:1], cohort(), FEW)
    assert caught.value.key == "target[1].group"


def test_under_a_set_of_values_a_group_of_nobody_has_no_number(tmp_path):
    path = tmp_path / "targets.toml"
    path.write_text(TEXT.replace('time = "0 days"', 'time = "0 days"\ngroup = "age > 90"'))
    record = read_targets(path)[0].record
    assert math.isnan(simulated_value(record, cohort()))
    somebody = record.model_copy(update={"group": "age > 40"})
    assert simulated_value(somebody, cohort()) == pytest.approx(0.9, rel=0.2)  # mean of some of the untreated counts


def test_a_dataset_without_patients_is_refused(targets):
    with pytest.raises(DataError, match="no dimension patient"):
        evaluate(targets[:1], cohort().rename(patient="sample"), FEW)


def test_a_report_says_what_it_holds_and_draws_its_forest(targets):
    report = evaluate(targets, cohort().assign_attrs(cohort="trial"), FEW)
    assert repr(report) == "<TargetReport: 1 of 2 targets within tolerance>"
    assert report.facts()["not simulated"] == 1
    assert len(report.plot().axes[0].get_yticklabels()) == 2
