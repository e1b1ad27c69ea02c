"""Malformed calibration files: each is refused with file, key, reason and cure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from immunosim.calibration.setup import located_calibration, read_calibration, set_up
from immunosim.cli.main import app
from immunosim.errors import DataError, ImmunosimError

SPREAD = "is not a standard deviation of a logarithm, write a number above 0, at most 10, or"

MALFORMED = {
    "no TOML": (
        ("iterations = 6", "iterations ="),
        "{file}: line 6, column 13: not valid TOML: Invalid value, correct it there",
    ),
    "unknown key": (
        ("iterations = 6", "iteration = 6"),
        '{file}: iteration: unknown key, did you mean "iterations" or "description"?',
    ),
    "unknown parameter": (
        ("t_cell_count = 0.5", "t_cel_count = 0.5"),
        '{file}: free.parameters.t_cel_count: is not a parameter of the model, did you mean "t_cell_count"?',
    ),
    "unknown trait": (
        ("\ncount = 0.5", "\ncounts = 0.5"),
        '{file}: free.traits.counts: is not a trait of the population, did you mean "count"?',
    ),
    "unknown stratum": (
        ("resistant = 0.5", "resistent = 0.5"),
        '{file}: free.shares.resistent: is not a stratum of the population, did you mean "resistant"?',
    ),
    "unknown cohort of factors": (
        ("[free.factors.slow]", "[free.factors.slo]"),
        '{file}: free.factors.slo: is not a named cohort of the population, did you mean "slow"?',
    ),
    "unknown parameter of a factor": (
        ('division_rate = "none"', 'division_rat = "none"'),
        "{file}: free.factors.slow.division_rat: is not a parameter of the model, did you mean "
        '"division_rate" or "division_boost"?',
    ),
    "no prior in the set": (
        ("t_cell_count = 0.5", 't_cell_count = "prior"'),
        "{file}: free.parameters.t_cell_count: has no prior in the parameter set, "
        "give the standard deviation of its logarithm, such as 0.3",
    ),
    "a prior that is no number": (
        ("t_cell_count = 0.5", 't_cell_count = "wide"'),
        f'{{file}}: free.parameters.t_cell_count: "wide" {SPREAD} "prior" or "none"',
    ),
    "a prior that is not finite": (
        ("t_cell_count = 0.5", "t_cell_count = nan"),
        f'{{file}}: free.parameters.t_cell_count: nan {SPREAD} "prior" or "none"',
    ),
    "a prior of the set for a trait": (
        ("\ncount = 0.5", '\ncount = "prior"'),
        f'{{file}}: free.traits.count: "prior" {SPREAD} "none"',
    ),
    "no spread": (
        ("sd = 0.3", "sd = 0.0"),
        "{file}: free.traits.count: has no single spread above 0, leave it out, or give the trait an sd",
    ),
    "a share that draws patients": (
        ("sampled = 0.75\n", ""),
        "{file}: population.stratum: sampled shares of 1 of 2 parts sum to 0.25, "
        "give sampled for every part, with a sum of 1, or for none",
    ),
    "only free shares": (
        ("resistant = 0.5", "resistant = 0.5\nusual = 0.5"),
        "{file}: free.shares: every stratum is free, and their shares sum to 1, "
        "leave one of them out: it takes what the others leave",
    ),
    "a cohort without targets": (
        ('name = "first"', 'name = "firs"'),
        '{file}: cohort[1].name: no target is of "firs", did you mean "first"?',
    ),
    "a cohort that the population does not have": (
        ('cohort = "slow"', 'cohort = "slo"'),
        '{file}: cohort[2].cohort: unknown cohort "slo", did you mean "slow"?',
    ),
    "two cohorts of one name": (
        ('name = "second"', 'name = "first"'),
        '{file}: cohort: two cohorts are called "first", give each its own name',
    ),
    "a scenario that does not exist": (
        ('"short.toml"', '"long.toml"'),
        "{file}: cohort[1].scenario: long.toml does not exist, check the name and the folder",
    ),
    "scenarios of two models": (
        ('"short.toml"', '"two_courses"'),
        "{file}: cohort: the scenarios are of alemtuzumab/default and teaching/default, "
        "name scenarios of one model and one parameter set",
    ),
    "targets that do not exist": (
        ('"targets.toml"', '"target.toml"'),
        "target.toml: targets: is neither a file nor a target file of the model, known are all",
    ),
    "a trait of an unknown parameter": (
        ('["t_cell_count"]', '["t_cel_count"]'),
        '{file}: population.trait[1].multiplies: "t_cel_count" is not a parameter of the model teaching, '
        'did you mean "t_cell_count"?',
    ),
    "a population with a protocol": (
        ("[[population.trait]]", '[population]\nprotocol = "rules.toml"\n[[population.trait]]'),
        "{file}: population.protocol: doses by rule differ between populations, so that residuals would jump, "
        "calibrate without a protocol",
    ),
    "more sets than draws": (
        ("most = 40", "most = 4"),
        "{file}: ensemble.most: 4 draws cannot give 8 sets, allow more draws",
    ),
    "one patient": (("patients = 32", "patients = 1"), "{file}: patients: 1 is out of range, must be at least 2"),
}

OF_TARGETS = {
    "an unknown read-out": (("t_cells", "t_cel"), '.readout: unknown read-out "t_cel", did you mean "t_cells"?'),
    "a unit of another dimension": (
        ("cells/uL", "kg"),
        '.unit: the statistic is not in "kg", write a unit such as "cells/uL"',
    ),
    "a time after the horizon": (
        ("14 days", "400 days"),
        ": is read on day 400, after the horizon of {folder}/short.toml, day 300, "
        "name a longer trial of the cohort, or leave the target out",
    ),
}


def refused(folder: Path, path: Path) -> str:
    """Return the message of a calibration that the command line has to refuse without writing anything."""
    before = sorted(folder.rglob("*"))
    result = CliRunner().invoke(app, ["calibrate", str(path), "--out", str(folder / "results")])
    assert result.exit_code == 2, result.output
    assert sorted(folder.rglob("*")) == before
    return next(line for line in result.output.splitlines() if ".toml" in line)


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_calibration_is_refused(written: Callable[..., Path], tmp_path: Path, fault: str) -> None:
    change, message = MALFORMED[fault]
    path = written(tmp_path, change)
    assert refused(tmp_path, path).startswith(message.format(file=path))


@pytest.mark.parametrize("fault", OF_TARGETS)
def test_targets_that_a_cohort_cannot_have_are_named(written: Callable[..., Path], tmp_path: Path, fault: str) -> None:
    change, message = OF_TARGETS[fault]
    path, targets = written(tmp_path), tmp_path / "targets.toml"
    targets.write_text(targets.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    number = 2 if "14 days" in change else 1
    assert refused(tmp_path, path) == f"{targets}: target[{number}]{message.format(folder=tmp_path)}"


def test_a_scenario_that_sets_a_free_parameter_is_refused(written: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path)
    scenario = tmp_path / "short.toml"
    scenario.write_text(scenario.read_text() + "\n[parameters]\nt_cell_count = 1000\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"free\.parameters\.t_cell_count.*is set by"):
        set_up(read_calibration(path), path)


def test_a_calibration_of_nothing_is_refused(written: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[free.parameters]")] + "[free]\n", encoding="utf-8")
    with pytest.raises(ImmunosimError, match="nothing is free"):
        read_calibration(path)


def test_a_name_that_is_neither_file_nor_shipped_is_refused_with_close_ones() -> None:
    with pytest.raises(DataError, match="neither a file nor a calibration"):
        located_calibration("trails", "alemtuzumab")
    assert located_calibration("trials", "alemtuzumab").is_file()
