"""A calibration of the rate of an event says so in its population, from which a risk of one patient is then told."""

from dataclasses import replace
from pathlib import Path

import pytest

import immunosim
from immunosim.calibration.result import CalibrationResult
from immunosim.calibration.running import CalibrationRun
from immunosim.calibration.setup import read_calibration, set_up
from immunosim.cohorts.reading import read_population
from immunosim.door.calibration_files import POPULATION, TARGETS, write_calibration
from immunosim.door.watching import Quiet
from immunosim.errors import DataError

SCENARIO = """
model_version = 1  # whose events have a rate each
horizon = "2 years"

[[course]]
start = "0 days"
dose = "12 mg"
doses = 5
every = "24 h"
"""

RISK = """
cohort = "everybody"
source = { citation = "made for a test" }

[[target]]
name = "risk"
statistic = "risk"
hazard = "thyroid_cumulative_hazard"
time = "2 years"
value = 2
unit = "%"
sigma = 0.1
"""

HELD_OUT = """
[[target]]
name = "{name}"
cohort = "{cohort}"
statistic = "mean"
readout = "cd4"
time = "{time}"
value = 330
unit = "cells/uL"
sigma = 0.1
use = "held out"
"""

PUBLISHED = RISK + "".join(
    HELD_OUT.format(name=name, cohort=cohort, time=time)
    for name, cohort, time in [
        ("cd4", "everybody", "12 months"),
        ("cd4 of others", "others", "12 months"),
        ("late", "everybody", "9 years"),
        ("elsewhere", "nobody", "12 months"),
    ]
)

CALIBRATION = """
targets = ["published.toml"]
patients = 32
fresh_patients = 128
iterations = 4
cohort = [{ name = "everybody", scenario = "short.toml" }, { name = "others", scenario = "short.toml" }]
ensemble = { n = 0, most = 0 }

[[population.trait]]
name = "frailty"
multiplies = ["autoimmune_frailty"]
sd = 0.5

[free]
parameters = { thyroid_event_rate = "none" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a calibration of the rate of thyroid disease."""
    folder = tmp_path_factory.mktemp("events")
    for name, text in {"short": SCENARIO, "published": PUBLISHED, "calibration": CALIBRATION}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> CalibrationResult:
    """Return its result, whose files are written."""
    path = folder / "calibration.toml"
    calibrated = CalibrationRun(set_up(read_calibration(path), path), None, 2, Quiet()).result()
    write_calibration(calibrated, folder / "results")
    return calibrated


def test_the_population_names_the_event_and_the_rate_that_it_was_calibrated_with(
    result: CalibrationResult, folder: Path
) -> None:
    assert not result.before.results[0].is_within
    population = read_population(folder / "results" / POPULATION)
    assert population.calibrated_to == ("thyroid",)
    assert population.calibrated_with == pytest.approx({"thyroid_event_rate": float(result.values[0])}, rel=1e-12)


def test_a_risk_is_told_with_the_calibrated_rate_alone(result: CalibrationResult, folder: Path) -> None:
    results = folder / "results"
    told = immunosim.risk(results / "everybody.toml", "thyroid", "2 years", n=128)
    assert told.risk.value == pytest.approx(0.02, rel=0.2)
    with pytest.raises(DataError, match="was calibrated with thyroid_event_rate = "):
        immunosim.risk(folder / "short.toml", "thyroid", "2 years", population=results / POPULATION, n=128)


def test_an_event_whose_target_is_missed_is_not_calibrated(result: CalibrationResult) -> None:
    missed = replace(result, after=result.before)
    assert missed.population.calibrated_to == ()
    assert missed.population.calibrated_with == {}


def test_held_out_targets_are_judged_but_not_seen(result: CalibrationResult, folder: Path) -> None:
    _, after = result.held_out
    assert [entry.record.name for entry in after.results] == ["cd4", "cd4 of others"]
    assert [cohort.name for cohort in result.setup.cohorts] == ["everybody"]
    assert (folder / "results" / "others.toml").is_file()
    numbers = [report.results[0].simulated.value for report in result.held_out]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)  # the rate of an event changes no count
    assert {target.record.name for target in after.not_simulated} == {"late", "elsewhere"}
    assert len(result.after.results) == len(result.residuals[1]) == 1
    assert "cd4" not in result.setup.cohorts[0].outputs.readouts
    assert result.facts()["held-out targets"] == "2 of 2 within tolerance, 2 before"
    lines = (folder / "results" / TARGETS).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["risk", "cd4", "cd4 of others"]
    assert all("held out" in line for line in lines[2:])
