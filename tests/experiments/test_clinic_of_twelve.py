"""The synthetic clinic is what its script makes, and its table is read without an error."""

import runpy
from pathlib import Path

import pytest

from immunosim.observations import lint, read_observations
from immunosim.scenario import load_scenario

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "experiments" / "06_clinic_of_twelve" / "make_clinic.py"


@pytest.mark.parametrize("name", ["clinic.csv", "clinic_truth.csv"])
def test_the_script_makes_the_tables_that_are_shipped(name):
    made = runpy.run_path(str(SCRIPT))["tables"]()
    assert made[name] == (ROOT / "configs" / "data" / name).read_text(encoding="utf-8")


def test_the_table_is_read_without_an_error():
    scenario = load_scenario(ROOT / "configs" / "clinic.toml")
    observations, notes = read_observations(ROOT / "configs" / "data" / "clinic.csv", scenario)
    findings = [*notes, *lint(observations, scenario)]
    assert len(observations) == 12
    assert observations.n_below == 4
    assert {one.severity for one in findings} == {"warning"}
    # Three late doses and the three that the plan has instead, then five of half the planned amount.
    assert [one.line for one in findings] == [70, 71, 72, 72, 150, 151, 152, 153, 154]
