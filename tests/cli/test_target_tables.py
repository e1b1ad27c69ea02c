"""The table of targets on the terminal."""

import math

import numpy as np
import pytest

from immunosim.cli.target_tables import sentences, show_targets
from immunosim.cohorts.intervals import Interval
from immunosim.cohorts.set_numbers import NumbersOfSets, SetNumbers
from immunosim.cohorts.target_records import Target
from immunosim.cohorts.target_report import TargetReport, TargetResult
from immunosim.cohorts.targets import PublishedTarget


def result(name, simulated, *, cohort="trial", **keys) -> TargetResult:
    about = {"name": name, "statistic": "mean", "readout": "x", "value": 100.0, "unit": "cells/uL", "sigma": 0.1}
    record = Target(**(about | {"time": 0.0} | keys))
    return TargetResult(PublishedTarget(record, "targets.toml", 1, "Someone 2020", cohort), simulated)


@pytest.fixture
def report() -> TargetReport:
    results = (
        result("near", Interval(105.0, 98.0, 110.0)),
        result("far", Interval(150.0, math.nan, math.nan), tolerance="within 15 %", grade="B", use="held out"),
        result("time", Interval(20.0, 15.0, math.inf), unit="month", value=20.0),
    )
    return TargetReport(results, (result("elsewhere", Interval(1.0), cohort="clinic").target,))


def test_a_row_has_published_and_simulated_numbers_with_interval_and_residual(report, capsys):
    show_targets(report)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    rows = {cells[0]: [cell.strip() for cell in cells if cell.strip()] for cells in lines if cells[0]}
    assert rows["near"] == ["near", "cells/µL", "100", "105", "98.0 to 110", "+0.5", "|z| <= 2", "yes", "A"]
    assert rows["far"] == ["far", "cells/µL", "100", "150", "-", "+4.1", "within 15 %", "no", "B, held out"]
    assert rows["time"][4] == "15.0 to never"


def test_intervals_over_plausible_sets_stand_beside_those_of_patients(report, capsys):
    numbers = np.array([[90.0, np.nan], [100.0, np.nan], [130.0, np.nan]])
    both = [entry.target for entry in report.results[:2]]
    cohorts = {"trial": NumbersOfSets(numbers, np.array([0, 2, 0]))}
    show_targets(report.with_sets(SetNumbers(3, 64, {"trial": both}, cohorts, ("sd of counts",))))
    out = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines()]
    rows = {cells[0]: cells for cells in lines if cells}
    assert rows["target"][4:6] == ["90 %, patients", "90 %, sets"]
    assert rows["near"][4:6] == ["98.0 to 110", "90.0 to 130"]
    assert (rows["far"][5], rows["time"][5]) == ("-", "-")
    assert "3 plausible sets of the population, the same 64 patients" in out
    assert "Failed patients of trial: 2 under set 2, of 64." in out
    assert "No number of far under 3 of 3 sets." in out
    assert "No number of near" not in out
    assert "not about the simulated values of sd of counts" in out


def test_fitted_and_held_out_targets_are_summed_apart(report):
    assert sentences(report) == [
        "Fitted: 2 of 2 within tolerance, chi-square 0.238.",
        "Held out: 0 of 1 within tolerance, chi-square 16.4.",
        "Not simulated: 1 targets of clinic.",
    ]
